"""Decode a HEIC photo tile by tile, each reduced as it is decoded."""

from __future__ import annotations

from authoring.codecs.hevc import stream_fault
from authoring.codecs.limits import check_unpacking
from authoring.codecs.photo import HeicTile, Pixels, join_heic_tiles
from authoring.containers.heif import HeifFile, build_still
from authoring.containers.heif.item_properties import coded_bits
from authoring.containers.heif.photo_layout import coded_colour, grid_of, raster_of
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.layout import kind_of

MAX_TILES = 4096
"""Of a grid: iPhones have 48, and more would take longer than a minute."""

FACTORS = (8, 4, 2)
"""By which each side may be divided, as a JPEG's may; blocks of pixels then do not cross tiles."""


def decode_tiles(file: HeifFile, least: int, *, for_display: bool = False) -> Pixels:
    """Decode the primary's pictures one by one, in the stored raster, before irot, imir and clap.

    least: pixels on the long side that are enough. for_display: refuse what only a decoder of the whole picture shows
    as it should be: more than 8 bits, a clean aperture, transparency. libheif leaves a tile of a grid that does not
    decode gray, and decoders conceal damage within a tile, so their bytes are checked too.

    Raises MalformedError for damage, with the tile; UnsupportedError for what is not made of HEVC pictures.
    """
    structure, layout = file.structure, file.layout
    primary = structure.primary
    grid = grid_of(structure, primary)
    items = structure.targets(primary, "dimg") if grid else (primary,)
    if len(items) > MAX_TILES or any(structure.items.entries[item].type != "hvc1" for item in items):
        raise UnsupportedError("the photo is no HEVC picture or grid of them")
    rows, columns = grid or (1, 1)
    if len(items) != rows * columns:
        raise MalformedError(f"the photo has {len(items)} tiles, and its grid {rows * columns}")
    width, height = raster_of(structure, items[0])
    colour = coded_colour(structure, primary) or coded_colour(structure, items[0])

    def tile(number: int, item: int) -> HeicTile:
        name = f"{f'tile {number} of {len(items)}' if grid else 'the picture'} (item {item})"

        def build() -> bytes:
            content, configuration = structure.content(item), structure.configuration(item)
            fault = stream_fault(content, configuration)
            if fault:
                raise MalformedError(f"{name} is damaged: {fault}")
            return build_still(width, height, content, configuration, colour)

        return HeicTile(name, build)

    size = raster_of(structure, primary)
    if not all(size):
        raise UnsupportedError("the photo states no size")
    check_unpacking("the photo", *size, 3, len(file.source))
    if grid and (columns * width < size[0] or rows * height < size[1]):
        raise MalformedError("the tiles of the photo do not cover it")
    if grid and ((columns - 1) * width >= size[0] or (rows - 1) * height >= size[1]):
        raise UnsupportedError("the photo has tiles that lie outside of it")
    if for_display and (
        size != (layout.width, layout.height)
        or max(coded_bits(structure.configuration(items[0]))) > 8
        or any(kind_of(auxiliary) == "alpha" for auxiliary in layout.auxiliaries)
    ):
        raise UnsupportedError("the photo is not shown by its tiles alone")
    factor = next(
        (n for n in FACTORS if max(size) // n >= least and not (grid and (width % n or height % n))), 1
    )
    tiles = [tile(number, item) for number, item in enumerate(items, 1)]
    return join_heic_tiles(tiles, columns, size, factor, icc=layout.icc, code_points=layout.code_points)
