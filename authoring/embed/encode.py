"""Encode a stored plane for a container, with the SEI message and the XMP packet that belong to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from authoring.apple import xmp
from authoring.apple.kinds import HEVC_DEPTH_URN
from authoring.apple.property_table import PropertyTree
from authoring.codecs import sei
from authoring.codecs.hevc import Effort, Setting
from authoring.containers.base import CodedAuxiliary, ContainerName, TiffRaster
from authoring.containers.dng.tags import DEPTH_PHOTOMETRIC
from authoring.depth.plane_error import largest_difference
from authoring.depth.stored_plane import Codes, StoredPlane
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.adobe_depth import dng_tags
from authoring.read.depth_image import decode_item, decode_raster

NO_Z_LIMITS = (
    "the depth SEI states no z_near and z_far: for depth its code 0 is said to be the far end, and in Apple's stored"
    " form it is the near end; the XMP states the range"
)
"""Note about hdep and fdep in HEIC."""

CODED_LOSSLESSLY = "the map's hard edges need more than the usual coding, and it was coded losslessly"
"""Note about a HEIC map that comes back off by more than one code otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class CodedPlane:
    """A stored plane as a bitstream, and what the bitstream decodes to."""

    container: ContainerName
    width: int
    height: int
    payload: bytes
    configuration: bytes
    """The body of hvcC (HEIC); empty for the others."""
    decoded: Codes
    """Codes (H, W) uint8, or uint16 in a DNG: every promise about depth is measured on them."""
    tolerance_codes: int
    """How far the decoded codes may be from the plane's."""
    notes: tuple[str, ...] = ()
    raster: TiffRaster | None = None
    """DNG: how `payload`, its one strip, is coded."""


def encode_plane(
    container: ContainerName,
    plane: StoredPlane,
    *,
    lossless: bool = False,
    effort: Effort = "balanced",
    threads: int | None = None,
    order: Literal["<", ">"] = "<",
) -> CodedPlane:
    """Encode a plane for a container, and decode it again.

    A plane that comes back off by more than one code (hard edges throughout) is coded in HEIC with a finer setting,
    and losslessly if that does not help; in JPEG, which cannot, its tolerance is widened. The notes name the last two.
    threads: of the HEVC encoder; None lets it choose. order: the byte order of a DNG.

    Raises UnsupportedError for `lossless` in a JPEG: 8-bit baseline is never exact.
    """
    if container == "dng":
        return _encode_strip(plane, order)
    if container == "jpeg":
        if lossless:
            raise UnsupportedError(
                "a JPEG's depth map is a JPEG itself and never exact; use HEIC for --lossless"
            )
        return _encode_jpeg(plane)
    coded = _encode_hevc(plane, lossless, effort, threads)
    if not lossless and _error_codes(coded, plane) > coded.tolerance_codes:
        coded = _encode_hevc(plane, False, "finer", threads)
    if not lossless and _error_codes(coded, plane) > coded.tolerance_codes:
        coded = replace(_encode_hevc(plane, True, effort, threads), notes=(CODED_LOSSLESSLY,))
    return _with_tolerance(coded, _error_codes(coded, plane))


def _encode_strip(plane: StoredPlane, order: Literal["<", ">"]) -> CodedPlane:
    """Encode a plane as the strip of a DNG, without loss: 8 bits as lossless JPEG, 16 bits as Deflate.

    8 bits are for every reader; 16-bit lossless JPEG is what few libraries decode.
    """
    from authoring.codecs import lossless_jpeg, tiff_pieces

    height, width = plane.codes.shape
    if plane.bits == 8 and max(width, height) <= lossless_jpeg.LONGEST_SIDE:
        payload, compression = lossless_jpeg.encode_lossless(plane.codes), tiff_pieces.JPEG
    else:
        payload, compression = tiff_pieces.encode_deflate(plane.codes, order), tiff_pieces.DEFLATE
    raster = TiffRaster(
        width=width,
        height=height,
        samples=1,
        bits=plane.bits,
        photometric=DEPTH_PHOTOMETRIC,
        compression=compression,
        predictor=1 if compression == tiff_pieces.JPEG else tiff_pieces.HORIZONTAL,
        order=order,
        piece_width=width,
        piece_height=height,
        pieces=(payload,),
    )
    coded = CodedPlane("dng", width, height, payload, b"", decode_raster(raster), 0, raster=raster)
    return _with_tolerance(coded, _error_codes(coded, plane))


def _encode_jpeg(plane: StoredPlane) -> CodedPlane:
    from authoring.codecs import jpeg

    height, width = plane.codes.shape
    coded = jpeg.encode_gray(plane.eight_bit_codes())
    return _with_tolerance(
        CodedPlane("jpeg", width, height, coded.data, b"", coded.decoded, jpeg.TOLERANCE_CODES), coded.worst
    )


def _encode_hevc(plane: StoredPlane, lossless: bool, setting: Setting, threads: int | None) -> CodedPlane:
    from authoring.codecs import hevc
    from authoring.containers import heif

    image = heif.single_image(
        hevc.encode_gray(plane.eight_bit_codes(), lossless=lossless, setting=setting, threads=threads)
    )
    configuration = hevc.finish_configuration(image.configuration, image.width, image.height)
    decoded = decode_item(image.width, image.height, image.payload, configuration)
    tolerance = 0 if lossless else hevc.LOSSY_TOLERANCE_CODES
    return CodedPlane("heic", image.width, image.height, image.payload, configuration, decoded, tolerance)


def _error_codes(coded: CodedPlane, plane: StoredPlane) -> int:
    """Return the largest difference between the decoded codes and those of the plane."""
    if coded.decoded.shape != plane.codes.shape:
        raise MalformedError(f"the coded map came back with shape {coded.decoded.shape}")
    return largest_difference(coded.decoded, plane.codes)


def _with_tolerance(coded: CodedPlane, error: int) -> CodedPlane:
    """Return the coded plane, its tolerance widened to its error in codes where that is larger."""
    if error <= coded.tolerance_codes:
        return coded
    note = f"the coded map is off by {error} codes in places; the bound says so"
    return replace(coded, tolerance_codes=error, notes=(*coded.notes, note))


def coded_auxiliary(plane: StoredPlane, coded: CodedPlane, tree: PropertyTree) -> CodedAuxiliary:
    """Build what a container places: bitstream, SEI message (HEIC) and XMP packet."""
    subtype = b""
    if coded.container == "heic":
        if plane.pixel_format.kind == "disparity":
            representation = sei.DepthRepresentation(
                sei.RepresentationType.UNIFORM_DISPARITY,
                # Exact for the half floats of this program and of iOS; another's limits are exact in the XMP.
                d_min=float(np.float32(plane.float_min)),
                d_max=float(np.float32(plane.float_max)),
            )
        else:
            # Uniform Z is said to have code 0 for ZFar (H.265, table G.3, not at hand); ours is the near end.
            representation = sei.DepthRepresentation(sei.RepresentationType.UNIFORM_Z)
        subtype = sei.build_aux_subtype(representation)
    return CodedAuxiliary(
        width=coded.width,
        height=coded.height,
        payload=coded.payload,
        configuration=coded.configuration,
        auxiliary_type=HEVC_DEPTH_URN,
        auxiliary_subtype=subtype,
        xmp=xmp.build_packet(tree),
        raster=coded.raster,
        dng_depth=dng_tags(plane.float_min, plane.float_max) if coded.container == "dng" else None,
    )
