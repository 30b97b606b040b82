"""Exchange HEIC files with codecs: extract one picture, build a file around one, finish a file that libheif wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from authoring.containers.heif.box import build_box, build_full_box
from authoring.containers.heif.item_locations import (
    ConstructionMethod,
    Widths,
    build_locations,
    new_location,
)
from authoring.containers.heif.item_properties import (
    Link,
    build_associations,
    build_channels,
    build_configuration,
    build_spatial_extents,
    coded_bits,
)
from authoring.containers.heif.items import build_item, build_primary
from authoring.containers.heif.photo_layout import raster_of
from authoring.containers.heif.structure import parse_structure
from authoring.errors import UnsupportedError

_ITEM = 1
_LAST_MAIN_PROFILE = 3
"""general_profile_idc up to Main Still Picture: brand `heic`; Main 10 is 2 but any above 3 is `heix`."""


@dataclass(frozen=True, slots=True)
class SingleImage:
    """One coded picture.

    `width` and `height` are those of `ispe`, the raster that the decoder returns: where libheif padded the picture
    (odd sizes, or less than 64 pixels) they are larger than what it was asked to code.
    """

    width: int
    height: int
    payload: bytes
    """Length-prefixed NAL units."""
    configuration: bytes
    """Body of the hvcC box."""


def single_image(data: bytes) -> SingleImage:
    """Return the primary picture of a one-image file such as pillow_heif.encode writes.

    Raises UnsupportedError if the primary is not one HEVC picture (a grid, AV1), MalformedError for damage.
    """
    structure = parse_structure(data)
    primary = structure.primary
    kind = structure.items.entries[primary].type
    configuration = structure.configuration(primary)
    if kind != "hvc1" or not configuration:
        raise UnsupportedError(f"the main image is {kind!r}, not a single HEVC picture")
    width, height = raster_of(structure, primary)
    return SingleImage(width, height, structure.content(primary), configuration)


def build_still(width: int, height: int, payload: bytes, configuration: bytes, colour: bytes = b"") -> bytes:
    """Build a HEIC file that holds one picture (ISO/IEC 23008-12, 10.2.2): ftyp, meta, mdat, as libheif writes them.

    colour: the body of its colr box, where it has one.

    Raises MalformedError if the configuration is too short to be an hvcC body.
    """
    bits = coded_bits(configuration)
    brand = b"heic" if configuration[1] & 31 <= _LAST_MAIN_PROFILE else b"heix"
    ftyp = build_box("ftyp", brand, bytes(4), b"mif1", brand)
    properties = [
        build_configuration(configuration),
        build_spatial_extents(width, height),
        build_channels(bits),
    ]
    links: list[Link] = [(1, True), (2, False), (3, False)]
    if colour:
        properties.append(build_box("colr", colour))
        links.append((4, False))
    widths = Widths(4, 4, 0, 0)

    def meta(offset: int) -> bytes:
        location = new_location(_ITEM, offset, len(payload), widths)
        return build_full_box(
            "meta",
            0,
            0,
            build_full_box("hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            build_primary(_ITEM),
            build_full_box("iinf", 0, 0, b"\0\1", build_item(_ITEM, "hvc1", 0, 2)),
            build_box(
                "iprp", build_box("ipco", *properties), build_associations([(_ITEM, tuple(links))], 0, 0)
            ),
            build_full_box("iloc", 0, 0, build_locations([location], 0, widths)),
        )

    offset = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(offset) + build_box("mdat", payload)


def with_plain_offsets(data: bytes) -> bytes:
    """Return the file with every base_offset of `iloc` added to its extents and set to 0, where the fields allow.

    No data moves. libheif writes base_offset and leaves the extents at 0, which is valid; but metadata readers made
    for phone files (exifr 7.1) use the extents alone and find no Exif. Of use for re-encoded files, never for a
    photo that is to stay as it is.
    """
    table = parse_structure(data).locations
    widths = table.widths
    result = bytearray(data)
    for entry in table.entries.values():
        if entry.method != ConstructionMethod.FILE_OFFSET or entry.data_reference:
            continue
        if not entry.base or not widths.offset:
            continue
        offsets = [entry.base + extent.offset for extent in entry.extents]
        if max(offsets, default=0) >= 1 << 8 * widths.offset:
            continue
        result[entry.base_position : entry.base_position + widths.base] = bytes(widths.base)
        for extent, offset in zip(entry.extents, offsets, strict=True):
            result[extent.position : extent.position + widths.offset] = offset.to_bytes(widths.offset, "big")
    return bytes(result)


def with_configurations(data: bytes, convert: Callable[[bytes], bytes]) -> bytes:
    """Return the file with the body of every hvcC converted to one of the same length, so that no data moves.

    Raises ValueError for a conversion that changes the length.
    """
    result = bytearray(data)
    for box, configuration in parse_structure(data).configurations.items():
        converted = convert(configuration)
        if len(converted) != len(configuration):
            raise ValueError("a converted hvcC must keep its length")
        result[box.body : box.stop] = converted
    return bytes(result)
