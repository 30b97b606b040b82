"""Build a small HEIC portrait that breaks no rule, and variants that break one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from authoring import containers
from authoring.apple import makernote, nominal_rendering, region
from authoring.apple.depth_properties import DepthProperties, build_tree
from authoring.apple.exif_required import ImageCharacteristics
from authoring.apple.nominal_maker_note import nominal_note
from authoring.apple.portrait_exif import add_portrait_tags
from authoring.apple.property_table import APPLE_DEPTH_DATA_VERSION, L008, Property, PropertyTree
from authoring.apple.rendering import build_rendering
from authoring.codecs import photo as pictures
from authoring.containers.base import CodedAuxiliary
from authoring.containers.heif.file import HeifFile
from authoring.depth.buffer import PixelFormat
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.encode import coded_auxiliary, encode_plane
from authoring.read.layout import depth_images

SIZE = (320, 240)
"""Of the photo, (width, height); the map has half of it on each side."""


def plane(
    *, low: float = 0.125, high: float = 2.0, size: tuple[int, int] = (160, 120), kind: str = "hdis"
) -> StoredPlane:
    """Return the plane of a slanted surface."""
    ramp = np.add.outer(np.arange(size[1]), np.arange(size[0])).astype(np.float64)
    codes = np.rint(ramp * 255 / ramp.max()).astype(np.uint8)
    return StoredPlane(codes, low, high, PixelFormat(kind))


def properties(stored: StoredPlane, **changes: Any) -> DepthProperties:
    """Return the full portrait set for a plane."""
    width, height = SIZE
    return DepthProperties(
        **{
            "auxiliary_image_type": stored.pixel_format.kind,
            "native_format": stored.pixel_format.fourcc,
            "stored_format": L008,
            "int_min": 0,
            "int_max": 255,
            "float_min": stored.float_min,
            "float_max": stored.float_max,
            "accuracy": "relative",
            "quality": "high",
            "filtered": True,
            "depth_data_version": APPLE_DEPTH_DATA_VERSION,
            "intrinsic_matrix": (300.0, 0.0, 0.0, 0.0, 300.0, 0.0, width / 2, height / 2, 1.0),
            "extrinsic_matrix": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
            "reference_width": width,
            "reference_height": height,
            "pixel_size": 0.0015,
            "simulated_aperture": 2.8,
            "rendering_parameters": build_rendering(nominal_rendering.nominal_rendering(2.8)),
            "effect_strength": 0.5,
            **changes,
        },
    )


def note(flags25: int, flags31: int, *, broken: bool = False) -> bytes:
    """Build the full Apple maker note; broken: with an entry whose values would end outside it."""
    flags = {makernote.IMAGE_PROCESSING_FLAGS: flags25, makernote.PHOTOS_APP_FEATURE_FLAGS: flags31}
    result = bytearray(makernote.with_integers(nominal_note(gain_map=False), flags))
    if broken:
        entry = next(entry for entry in makernote.read_entries(bytes(result)) if not entry.is_inline)
        result[entry.offset + 8 : entry.offset + 12] = len(result).to_bytes(4, "big")
    return bytes(result)


def exif_block(
    *,
    flags25: int = 0x20,
    flags31: int = 1,
    custom: int = 9,
    broken: bool = False,
    minimal: bool = False,
    orientation: int | None = None,
) -> bytes:
    """Build an Exif block with the portrait tags, or others; minimal: a maker note of the two flags alone."""
    block = add_portrait_tags(None, ImageCharacteristics(*SIZE), orientation=orientation).exif
    old = makernote.minimal_note({0x19: 0x20, 0x1F: 1})
    flags = {0x19: flags25, 0x1F: flags31}
    new = makernote.minimal_note(flags) if minimal else note(flags25, flags31, broken=broken)
    assert block.endswith(old)
    block = block.removesuffix(old) + new
    for before, after in (
        (b"\x92\x7c\0\x07" + len(old).to_bytes(4, "big"), b"\x92\x7c\0\x07" + len(new).to_bytes(4, "big")),
        (b"\xa4\x01\0\x03\0\0\0\x01\0\x09", b"\xa4\x01\0\x03\0\0\0\x01" + custom.to_bytes(2, "big")),
    ):
        assert block.count(before) == 1
        block = block.replace(before, after)
    return block


def focus_packet(x: float = 0.4, y: float = 0.6) -> bytes:
    """Build the photo's own XMP."""
    return region.with_focus_region(None, x, y, *SIZE).xmp


@cache
def photo(block: bytes | None = None, packet: bytes | None = None) -> bytes:
    """Build a HEIC photo with these blocks."""
    width, height = SIZE
    rows = np.indices((height, width)).sum(axis=0) % 256
    pixels = pictures.Pixels(width, height, np.repeat(rows.astype(np.uint8)[..., None], 3, axis=2).tobytes())
    return pictures.encode_heic(pixels, pictures.Metadata(exif=block, xmp=packet))


def good_photo() -> bytes:
    """Build a photo with all portrait metadata."""
    return photo(exif_block(), focus_packet())


def coded(
    stored: StoredPlane, properties: DepthProperties, *, without: str = "", extra: PropertyTree = ()
) -> CodedAuxiliary:
    """Encode the plane as an auxiliary image; without: a property that is omitted from its XMP."""
    omitted = {without, *(item.name for item in extra)}
    tree = (*(item for item in build_tree(properties) if item.name not in omitted), *extra)
    return coded_auxiliary(stored, encode_plane("heic", stored), tree)


def with_depth(base: bytes, image: CodedAuxiliary) -> bytes:
    """Splice the image into the photo."""
    return containers.parse(base).splice(image).apply(base)


def portrait(base: bytes | None = None, **changes: Any) -> bytes:
    """Build the portrait; `changes` go to its depth properties."""
    stored = plane()
    return with_depth(base or good_photo(), coded(stored, properties(stored, **changes)))


def text_property(properties: DepthProperties, name: str, value: str | tuple[str, ...]) -> PropertyTree:
    """Return a property of the set with another text, as our writer would not write it."""
    item = next(item for item in build_tree(properties) if item.name == name)
    return (Property(item.namespace, item.prefix, name, value),)


def heif(data: bytes) -> HeifFile:
    """Parse a HEIC file."""
    file = containers.parse(data)
    assert isinstance(file, HeifFile)
    return file


def depth_item(data: bytes) -> int:
    """Return the depth item's identifier."""
    return depth_images(containers.parse(data).layout)[0].identifier


def patched(data: bytes, start: int, new: bytes) -> bytes:
    """Replace bytes in place."""
    return data[:start] + new + data[start + len(new) :]


def replaced(data: bytes, old: bytes, new: bytes, start: int = 0, stop: int | None = None) -> bytes:
    """Replace a run that occurs once between `start` and `stop` by one of equal length."""
    assert len(old) == len(new) and data.count(old, start, stop) == 1
    return patched(data, data.index(old, start), new)


def raw_packet(image: CodedAuxiliary, packet: bytes) -> CodedAuxiliary:
    """Return the image with other XMP."""
    return replace(image, xmp=packet)
