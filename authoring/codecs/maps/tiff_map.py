"""Maps in TIFF: what Pillow decodes rightly through Pillow, all else through tifffile (the extra `tiff`)."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring import tiff
from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps.map_image import (
    MapImage,
    Raster,
    gray_of_channels,
    map_from_array,
    mark_text,
    marked,
    with_mask,
)
from authoring.codecs.maps.picture import COLOUR_TOLERANCE, decode_picture, gray_of
from authoring.codecs.messages import first_line
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BIG_MAGIC = (b"II+\0", b"MM\0+")
"""BigTIFF, whose offsets have 64 bits."""

MAX_PAGES = 64
"""Pages that are looked at: an image, its mask and its overviews, of which each is half as large."""

_SUBFILE_TYPE, _OLD_SUBFILE_TYPE = 254, 255
_BITS, _COMPRESSION, _PHOTOMETRIC, _DESCRIPTION, _SAMPLES, _SAMPLE_FORMAT = 258, 259, 262, 270, 277, 339
_GDAL_NODATA = 42113
"""ASCII: the value that marks holes (GDAL, GTiff driver)."""

_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType: a smaller version of another page (overviews of GDAL, thumbnails), a transparency mask."""

_PILLOW_COMPRESSIONS = (1, 5, 6, 7, 8, 32773, 32946)
"""None, LZW, JPEG, deflate and PackBits; what else Pillow decodes depends on how it was built."""

_UINT, _INT, _FLOAT = 1, 2, 3
"""Values of SampleFormat."""


@dataclass(frozen=True, slots=True)
class _Page:
    """What the tags of a page say; TIFF 6.0 gives the defaults."""

    kind: int
    """NewSubfileType."""
    bits: tuple[int, ...]
    sample_format: int
    samples: int
    photometric: int
    compression: int
    description: str
    nodata: str

    @property
    def words(self) -> str:
        """Type and number of the samples, for a message: '3 float32 samples a pixel'."""
        name = {_UINT: "uint", _INT: "int", _FLOAT: "float"}.get(self.sample_format, "unknown ")
        count = f"{self.samples} " if self.samples > 1 else ""
        return f"{count}{name}{self.bits[0]} samples{' a pixel' if count else ''}"

    @property
    def suits_pillow(self) -> bool:
        """Whether Pillow decodes the page without losing bits or refusing it."""
        if self.compression not in _PILLOW_COMPRESSIONS or len(set(self.bits)) > 1:
            return False
        bits = self.bits[0]
        if self.samples == 1:
            wide = {_UINT: (1, 2, 4, 8, 16, 32), _INT: (16, 32), _FLOAT: (32,)}
            return bits in wide.get(self.sample_format, ())
        return self.sample_format == _UINT and bits == 8


def read_tiff(data: bytes) -> MapImage:
    """Read a TIFF of one map: gray levels, counts or floats; equal channels and alpha are reduced to one channel.

    Overviews and thumbnails are passed over, a transparency mask marks holes, and so does GDAL's no-data value.
    Raises UnsupportedError for several pages and where tifffile is needed and missing, RefusedError for several bands,
    MalformedError for damage. Colours are marked and left to the caller.
    """
    pages = _big_pages(data) if data.startswith(BIG_MAGIC) else _pages(data)
    page = pages[0]
    if page.kind & (_REDUCED | _MASK):
        raise UnsupportedError(
            "the TIFF begins with a reduced image or a mask; save the page that is the map alone"
        )
    if any(not other.kind & (_REDUCED | _MASK) for other in pages[1:]):
        raise UnsupportedError("the TIFF holds more than one page; save the one that is the map alone")
    if page.suits_pillow and not data.startswith(BIG_MAGIC):
        image = _decode_with_pillow(data, page)
    else:
        image = _decode_with_tifffile(data, page)
    image = _without_nodata(image, page)
    for index, other in enumerate(pages):
        if other.kind & _MASK and not other.kind & _REDUCED:
            image = _with_mask_page(image, data, index)
            break
    return marked(image, page.description)


def _pages(data: bytes) -> list[_Page]:
    """Return the pages of the chain, at least one and at most MAX_PAGES."""
    pages: list[_Page] = []
    seen = set()
    try:
        order, offset = tiff.read_header(data, "the TIFF")
        while (offset or not pages) and offset not in seen and len(pages) < MAX_PAGES:
            seen.add(offset)
            ifd = tiff.read_ifd(data, offset, order, "its header", partial=True)
            pages.append(_page(ifd))
            offset = ifd.next_offset
    except MalformedError as error:
        raise MalformedError("the map does not decode: its header is damaged or cut off") from error
    return pages


def _page(ifd: tiff.Ifd) -> _Page:
    def integers(tag: int, default: int) -> tuple[int, ...]:
        entry = ifd.find(tag)
        if (
            entry is None
            or entry.value is None
            or entry.type not in (tiff.TiffType.SHORT, tiff.TiffType.LONG)
        ):
            return (default,)
        form = "u2" if entry.type == tiff.TiffType.SHORT else "u4"
        return tuple(np.frombuffer(entry.value, f"{entry.order}{form}")[:16].tolist()) or (default,)

    def text(tag: int) -> str:
        entry = ifd.find(tag)
        return (entry.value or b"").split(b"\0")[0].decode("ascii", "replace").strip() if entry else ""

    old = integers(_OLD_SUBFILE_TYPE, 0)[0]
    return _Page(
        kind=integers(_SUBFILE_TYPE, _REDUCED if old == 2 else 0)[0],
        bits=integers(_BITS, 1),
        sample_format=integers(_SAMPLE_FORMAT, _UINT)[0],
        samples=integers(_SAMPLES, 1)[0],
        photometric=integers(_PHOTOMETRIC, 1)[0],
        compression=integers(_COMPRESSION, 1)[0],
        description=text(_DESCRIPTION),
        nodata=text(_GDAL_NODATA),
    )


def _decode_with_pillow(data: bytes, page: _Page) -> MapImage:
    picture, notes = decode_picture(data, "TIFF")
    if picture.mode == "I" and page.sample_format == _UINT:
        return replace(map_from_array(np.asarray(picture).view(np.uint32), "TIFF"), notes=notes)
    image = gray_of(picture, "TIFF", notes)
    if page.photometric == 0 and page.bits[0] == 16 and image.levels == 65536:
        # Pillow turns 8-bit levels with a white zero round, and leaves 16-bit ones.
        image = replace(image, samples=np.uint16(65535) - image.samples)
    return image


def _big_pages(data: bytes) -> list[_Page]:
    """Return the pages of a BigTIFF, read by tifffile, at least one."""
    with _open(data, "is a BigTIFF") as file:
        pages = [_big_page(page.aspage()) for page in file.pages[:MAX_PAGES]]
    if not pages:
        raise MalformedError("the TIFF does not decode; it is damaged or cut off")
    return pages


def _big_page(page: Any) -> _Page:
    nodata = page.tags.get(_GDAL_NODATA)
    return _Page(
        kind=int(page.subfiletype),
        bits=(int(page.bitspersample),),
        sample_format=int(page.sampleformat),
        samples=int(page.samplesperpixel),
        photometric=int(page.photometric),
        compression=int(page.compression),
        description=str(page.description),
        nodata=str(nodata.value) if nodata is not None else "",
    )


@contextlib.contextmanager
def _open(data: bytes, what: str) -> Iterator[Any]:
    """Open a TIFF with tifffile, whose messages are not printed; `what` the TIFF is or holds, for a message."""
    try:
        import tifffile
    except ImportError as error:
        raise UnsupportedError(
            f"the TIFF {what}, which needs tifffile: install it with pip install 'depthauthor[tiff]'"
        ) from error
    log = logging.getLogger("tifffile")
    disabled, log.disabled = log.disabled, True
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            yield file
    except DepthauthorError:
        raise
    except Exception as error:  # tifffile lets errors of every kind through on damaged files.
        if "imagecodecs" in str(error):
            raise UnsupportedError(
                f"the TIFF is compressed in a way that needs imagecodecs ({first_line(error)}): install it with "
                "pip install 'depthauthor[tiff]'"
            ) from error
        raise MalformedError("the TIFF does not decode; it is damaged or cut off") from error
    finally:
        log.disabled = disabled


def _decode_with_tifffile(data: bytes, page: _Page) -> MapImage:
    """Decode the first page."""
    with _open(data, f"holds {page.words}") as file:
        first = file.pages.first
        size = page.samples * max(1, page.bits[0] // 8)
        check_unpacking("the map", int(first.imagewidth), int(first.imagelength), size, len(data))
        planes = first.asarray(squeeze=False)  # (planes, depth, height, width, samples)
        if planes.shape[1] != 1:
            raise UnsupportedError("the TIFF holds a volume; save the one slice that is the map")
        pixels = np.moveaxis(planes[:, 0, ..., 0], 0, -1) if planes.shape[0] > 1 else planes[0, 0]
        orientation = first.tags.get(tiff.ORIENTATION)
        extra = len(first.extrasamples)
    notes: tuple[str, ...] = ()
    if orientation is not None and orientation.value in _TURNS:
        pixels = _TURNS[orientation.value](pixels)
        notes = ("the map file's own Exif orientation was applied",)
    pixels, coloured, more = _gray_of_samples(pixels, extra, page.photometric not in (0, 1))
    image = map_from_array(pixels, "TIFF")
    if page.photometric == 0 and image.levels in (256, 65536):
        image = replace(image, samples=image.samples.dtype.type(image.levels - 1) - image.samples)
    return replace(image, notes=notes + more, coloured=coloured)


_TURNS: dict[int, Any] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
"""How pixels of an Orientation become upright."""


def _gray_of_samples(pixels: Raster, extra: int, colours: bool) -> tuple[Raster, bool, tuple[str, ...]]:
    """Return the gray of (H, W, samples), whether its colours differ, and a note where alpha is dropped."""
    # Only one extra sample is alpha, which many writers leave unspecified; more are bands.
    own = pixels.shape[2] - min(extra, 1)
    notes: tuple[str, ...] = ()
    alpha = pixels[..., own:]
    if alpha.size and (alpha != alpha.flat[0]).any():
        notes = ("the map's alpha channel was ignored",)
    if own == 1:
        return pixels[..., 0], False, notes
    if own == 3 and (colours or not extra):
        largest = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else 0
        return *gray_of_channels(pixels[..., :3], COLOUR_TOLERANCE * largest / 255), notes
    raise RefusedError(f"the TIFF holds {pixels.shape[2]} bands; save the one that is the map alone")


def _without_nodata(image: MapImage, page: _Page) -> MapImage:
    """Return the map with holes where it holds the value that GDAL's tag names."""
    if not page.nodata:
        return image
    try:
        nodata = float(page.nodata)
    except ValueError:
        return image
    if np.isnan(nodata):
        return image
    if image.levels is not None and page.photometric == 0:
        nodata = image.levels - 1 - nodata
    with np.errstate(over="ignore"):
        value = (
            nodata if image.levels is not None or image.counts else float(image.samples.dtype.type(nodata))
        )
    holes = image.samples == value
    if not holes.any():
        return image
    notes = (*image.notes, f"{page.nodata} marks the holes of the map, by the file's GDAL_NODATA")
    if image.levels is None:
        return replace(
            image, samples=np.where(holes, image.samples.dtype.type(np.nan), image.samples), notes=notes
        )
    return replace(with_mask(image, ~holes), notes=notes)


def _with_mask_page(image: MapImage, data: bytes, index: int) -> MapImage:
    """Return the map with holes where the transparency mask, the page `index`, is 0."""
    with _open(data, "holds a transparency mask") as file:
        page = file.pages[index]
        check_unpacking("the mask", int(page.imagewidth), int(page.imagelength), 1, len(data))
        mask = page.asarray(squeeze=False)[0, 0, ..., 0] > 0
    if mask.shape != image.samples.shape or mask.all():
        return image
    if image.mask is not None:
        mask &= image.mask
    notes = (*image.notes, "the TIFF's transparency mask leaves out a part of the map")
    return replace(with_mask(image, mask), notes=notes)


def write_tiff(values: NDArray[np.float32], kind: Literal["depth", "disparity"], estimate: str = "") -> bytes:
    """Build a single-page 32-bit float TIFF of the array (H, W), deflated; its description says the kind."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(values, dtype=np.float32)).save(
        out,
        "TIFF",
        compression="tiff_adobe_deflate",
        tiffinfo={_DESCRIPTION: mark_text(kind, estimate)},
    )
    return out.getvalue()
