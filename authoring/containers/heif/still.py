"""The smallest HEIC file: one HEVC picture and nothing else, taken apart or put together.

Knows: the boxes a decoder asks for (ISO/IEC 23008-12, 10.2.2; shape: what libheif writes).
Must not know: auxiliary images, edits.
"""

from __future__ import annotations

from dataclasses import dataclass

from authoring.containers.heif.box import build_box, build_full_box
from authoring.containers.heif.item_properties import (
    Link,
    build_associations,
    build_channels,
    build_configuration,
    build_extent,
    coded_bits,
)
from authoring.containers.heif.layout import raster_of
from authoring.containers.heif.locations import Widths, build_locations, new_location
from authoring.containers.heif.meta import build_item, build_primary
from authoring.containers.heif.structure import parse_structure
from authoring.errors import UnsupportedError

_ITEM = 1
_LAST_MAIN_PROFILE = 3
"""general_profile_idc up to Main Still Picture: brand `heic`; Main 10 is 2 but any above 3 is `heix`."""


@dataclass(frozen=True, slots=True)
class SingleImage:
    """One coded picture.

    `width` and `height` are those of `ispe`, the raster the decoder gives: where libheif padded the picture (odd sizes,
    or less than 64 pixels) they are larger than what it was asked to code.
    """

    width: int
    height: int
    payload: bytes
    """Length-prefixed NAL units."""
    configuration: bytes
    """Body of the hvcC box."""


def single_image(data: bytes) -> SingleImage:
    """The primary picture of a one-image file such as pillow_heif.encode writes.

    Raises UnsupportedError where the primary is not one HEVC picture (a grid, AV1), MalformedError for damage.
    """
    structure = parse_structure(data)
    kind = structure.items.entries[structure.primary].type
    configuration = structure.properties.find(structure.primary, "hvcC")
    if kind != "hvc1" or configuration is None:
        raise UnsupportedError(f"the main image is {kind!r}, not a single HEVC picture")
    width, height = raster_of(structure, structure.primary)
    return SingleImage(
        width, height, structure.content(structure.primary), data[configuration.body : configuration.stop]
    )


def build_still(width: int, height: int, payload: bytes, configuration: bytes, colour: bytes = b"") -> bytes:
    """A HEIC file that holds just this picture: ftyp, meta, mdat.

    colour: the body of its colr box, where it has one.

    Raises MalformedError where the configuration is too short to be an hvcC body.
    """
    bits = coded_bits(configuration)
    brand = b"heic" if configuration[1] & 31 <= _LAST_MAIN_PROFILE else b"heix"
    ftyp = build_box("ftyp", brand, bytes(4), b"mif1", brand)
    properties = [build_configuration(configuration), build_extent(width, height), build_channels(bits)]
    links: list[Link] = [(1, True), (2, False), (3, False)]
    if colour:
        properties.append(build_box("colr", colour))
        links.append((4, False))
    widths = Widths(4, 4, 0, 0)

    def meta(offset: int) -> bytes:
        place = new_location(_ITEM, offset, len(payload), widths)
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
            build_full_box("iloc", 0, 0, build_locations([place], 0, widths)),
        )

    offset = len(ftyp) + len(meta(0)) + 8
    return ftyp + meta(offset) + build_box("mdat", payload)
