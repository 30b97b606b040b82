"""Name the tags and values of DNG 1.6.0.0 that depth needs."""

from __future__ import annotations

from enum import IntEnum


class Tag(IntEnum):
    """A tag of TIFF 6.0 or DNG."""

    NEW_SUBFILE_TYPE = 254
    IMAGE_WIDTH = 256
    IMAGE_LENGTH = 257
    BITS_PER_SAMPLE = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    STRIP_OFFSETS = 273
    SAMPLES_PER_PIXEL = 277
    ROWS_PER_STRIP = 278
    STRIP_BYTE_COUNTS = 279
    PREDICTOR = 317
    TILE_WIDTH = 322
    TILE_LENGTH = 323
    TILE_OFFSETS = 324
    TILE_BYTE_COUNTS = 325
    SUB_IFDS = 330
    XMP = 700
    DNG_VERSION = 50706
    DNG_BACKWARD_VERSION = 50707
    DEFAULT_SCALE = 50718
    DEFAULT_CROP_ORIGIN = 50719
    DEFAULT_CROP_SIZE = 50720
    ACTIVE_AREA = 50829
    OPCODE_LIST_3 = 51022
    DEPTH_FORMAT = 51177
    DEPTH_NEAR = 51178
    DEPTH_FAR = 51179
    DEPTH_UNITS = 51180
    DEPTH_MEASURE_TYPE = 51181
    SEMANTIC_NAME = 52526
    CONTENT_CREDENTIALS = 52545
    """C2PA."""


DEPTH_TAGS = (
    Tag.DEPTH_FORMAT,
    Tag.DEPTH_NEAR,
    Tag.DEPTH_FAR,
    Tag.DEPTH_UNITS,
    Tag.DEPTH_MEASURE_TYPE,
)
"""They are in IFD0, where Adobe's reader looks for them, and in files made here in the depth map's directory too."""

MAIN_IMAGE = 0
"""NewSubFileType of the photo."""
REDUCED_IMAGE = 1
"""NewSubFileType bit of a smaller copy."""
DEPTH_MAP = 8
"""NewSubFileType of a depth map."""
SMALLER_DEPTH_MAP = DEPTH_MAP | REDUCED_IMAGE
"""NewSubFileType of a smaller copy of it."""
SEMANTIC_MASK = 0x10004
"""NewSubFileType of a semantic mask."""

DEPTH_PHOTOMETRIC = 51177

LEAST_DNG_VERSION = bytes((1, 5, 0, 0))
"""The first version with depth maps. DNGBackwardVersion stays: an older reader may ignore the map."""
