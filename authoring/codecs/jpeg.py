"""Gray baseline JPEG, as the auxiliary image of an iPhone JPEG is coded.

Knows: Pillow's JPEG encoder and decoder, and how coded data looks. Must not know: MPF, XMP, any file around the image.
"""

from __future__ import annotations

import contextlib
import io
import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from authoring.beside import in_two
from authoring.codecs import jpeg_halves
from authoring.codecs.limits import check_unpacking
from authoring.codecs.map_image import first_line
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError

QUALITY = 100
"""All quantisers 1: the finest that 8-bit baseline JPEG has. Apple's own files (about 95) are wrong by up to
seven codes; at 100 the coding noise of a map is one code, seldom two, for twice the bytes (about 60 kB)."""

TOLERANCE_CODES = 1
"""What `encode_gray` promises for a decoder with the usual integer IDCT."""

RESTART_0, RESTART_7 = 0xD0, 0xD7

BLOCK = 8
"""Side of a DCT block; in a gray JPEG each is coded on its own but for its lossless DC difference."""

VARIANTS = 192
"""Nudged versions of a block that are tried. On the hardest planes met, one in thirteen was enough."""

MAX_HARD_BLOCKS = 512
"""Blocks that are worth the search. A plane with more is noise; the caller measures and widens its bound."""

MAX_SIDE = 65_500
"""The most rows that libjpeg codes; each half of a higher plane would pass."""

SHARED_PIXELS = 1 << 20
"""A plane from this size on is coded in two threads: it takes ten milliseconds and more, and joining the halves one."""

COMPARED_BYTES = 1 << 19
"""Compared at once: more than that would leave the second-level cache, less would stop for the interpreter often."""

SEARCHED_BYTES = 1 << 17
"""Searched at once: the scratch of it stays in the second-level cache."""


def is_one_scan(data: bytes, start: int, stop: int) -> bool:
    """Whether no marker lies in the entropy-coded data [start, stop), but for restarts (T.81, B.1.1.5 and E.1.4).

    The bytes 0xFF of such data are stuffed with a zero. Five times faster than a compiled pattern.
    """
    found = np.frombuffer(data, np.uint8, stop + 1 - start, start)
    first, second = found[:-1], found[1:]
    for low in range(0, len(first), SEARCHED_BYTES):
        here, after = first[low : low + SEARCHED_BYTES], second[low : low + SEARCHED_BYTES]
        marks = here == 0xFF
        marks &= after != 0
        if marks.any():
            codes = after[marks]
            if not ((codes >= RESTART_0) & (codes <= RESTART_7) | (codes == 0xFF)).all():
                return False
    return True


class GrayJpeg(NamedTuple):
    """A plane as a JPEG, SOI to EOI."""

    data: bytes
    decoded: NDArray[np.uint8]
    """The codes (H, W) that it decodes to."""
    off_by: int
    """The largest difference between these and the plane's."""


def encode_gray(codes: NDArray[np.uint8]) -> GrayJpeg:
    """Encode `codes` (H, W) uint8.

    In a nearly flat block all the AC coefficients of one odd pixel may round to nothing, and it comes back two
    codes off: at sharp edges that is common. Versions of such a block, nudged by one code here and there, are coded
    then, and one that decodes within the tolerance of the true codes is taken. Noise may stay outside it.
    """
    made, hard = _coded(codes, codes)
    if not 0 < len(hard) <= MAX_HARD_BLOCKS:
        return made
    return _coded(_with_tame_blocks(codes, hard), codes)[0]


def _coded(codes: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> tuple[GrayJpeg, list[tuple[int, int]]]:
    """A plane coded, decoded, and held against the one that is wanted; with the hard blocks."""
    height, width = codes.shape
    if codes.size >= SHARED_PIXELS and BLOCK < height <= MAX_SIDE:
        decoded = np.empty(codes.shape, np.uint8)

        def half(rows: slice) -> tuple[bytes, bytes, _Held]:
            data = _save(codes[rows], aside=True)
            decoded[rows] = _decode(data, at_once=True)
            block = codes[(rows.stop - 1) // BLOCK * BLOCK : rows.stop, (width - 1) // BLOCK * BLOCK :]
            return data, _save(np.ascontiguousarray(block)), _held_against(wanted, decoded, rows)

        (upper, upper_end, above), (lower, lower_end, below) = in_two(height, half, BLOCK)
        data = jpeg_halves.join((upper, upper_end), (lower, lower_end))
        if data is not None:
            return GrayJpeg(data, decoded, max(above.off_by, below.off_by)), above.hard + below.hard
    data = _save(codes)
    decoded = decode_gray(data)
    held = _held_against(wanted, decoded, slice(0, height))
    return GrayJpeg(data, decoded, held.off_by), held.hard


class _Held(NamedTuple):
    """How some rows of a plane came back."""

    off_by: int
    hard: list[tuple[int, int]]
    """Top left corners (row, column) of the blocks with a pixel outside the tolerance, from the top."""


def _held_against(codes: NDArray[np.uint8], decoded: NDArray[np.uint8], within: slice) -> _Held:
    strip = max(BLOCK, COMPARED_BYTES // codes.shape[1] // BLOCK * BLOCK)
    worst, hard = 0, set[tuple[int, int]]()
    for top in range(within.start, within.stop, strip):
        part = slice(top, min(top + strip, within.stop))
        apart = np.maximum(codes[part], decoded[part])
        apart -= np.minimum(codes[part], decoded[part])
        most = int(apart.max())
        worst = max(worst, most)
        if most > TOLERANCE_CODES:
            rows, columns = (places // BLOCK * BLOCK for places in np.nonzero(apart > TOLERANCE_CODES))
            hard.update(zip((rows + top).tolist(), columns.tolist(), strict=True))
    return _Held(worst, sorted(hard))


def _with_tame_blocks(codes: NDArray[np.uint8], hard: list[tuple[int, int]]) -> NDArray[np.uint8]:
    """The plane with each hard block replaced by its version that decodes best."""
    # A fixed seed: the same plane must give the same bytes.
    nudges = np.random.default_rng(0).integers(-1, 2, (VARIANTS, BLOCK, BLOCK), dtype=np.int16)
    blocks, tried = [], []
    for row, column in hard:
        block = codes[row : row + BLOCK, column : column + BLOCK].astype(np.int16)
        height, width = block.shape
        versions = np.clip(block + nudges[:, :height, :width], 0, 255)
        # At the right and lower edge the encoder repeats the last pixel to fill the block, and so must a trial.
        versions = np.pad(versions, ((0, 0), (0, BLOCK - height), (0, BLOCK - width)), mode="edge")
        blocks.append(block)
        tried.append(versions.astype(np.uint8))
    sheet = np.concatenate([np.concatenate(list(versions), axis=1) for versions in tried], axis=0)
    result = decode_gray(_save(sheet)).astype(np.int16)
    out = codes.copy()
    for index, ((row, column), block) in enumerate(zip(hard, blocks, strict=True)):
        height, width = block.shape
        strip = result[index * BLOCK : index * BLOCK + height].reshape(height, VARIANTS, BLOCK)[:, :, :width]
        error = np.abs(strip.transpose(1, 0, 2) - block)
        best = int(np.lexsort((error.sum(axis=(1, 2)), error.max(axis=(1, 2))))[0])
        out[row : row + height, column : column + width] = tried[index][best, :height, :width]
    return out


def decode_gray(data: bytes) -> NDArray[np.uint8]:
    """Decode a JPEG (SOI to EOI) to codes (H, W) uint8; a colour one gives its luma.

    Raises MalformedError where it does not decode, UnsupportedError for a coding that Pillow lacks.
    """
    return np.array(_decode(data))


def _decode(data: bytes, *, at_once: bool = False) -> NDArray[np.uint8]:
    """As `decode_gray`, read-only. at_once: Pillow has all the data at once, and leaves the interpreter but once."""
    from PIL import JpegImagePlugin, UnidentifiedImageError

    try:
        # Not Image.open: an auxiliary image holds the short MP index, which that takes for a broken MPO.
        with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as picture:
            check_unpacking("the depth image", picture.width, picture.height, 1, len(data))
            if at_once:
                picture.decodermaxblock = len(data)
            picture.draft("L", None)
            gray = picture if picture.mode == "L" else picture.convert("L")
            return np.asarray(gray)
    except DepthauthorError:
        raise
    except UnidentifiedImageError as error:
        raise UnsupportedError(
            f"the depth image is a JPEG of a kind that is not decoded ({first_line(error)})"
        ) from error
    except Exception as error:  # Pillow lets errors of every kind through on damaged files.
        raise MalformedError(
            f"the depth image's JPEG stream does not decode ({first_line(error)})"
        ) from error


def _save(codes: NDArray[np.uint8], *, aside: bool = False) -> bytes:
    """A plane as Pillow codes it.

    aside: other threads run meanwhile, where the system has files in memory: Pillow leaves the interpreter only when it
    codes into a descriptor.
    """
    from PIL import Image

    picture = Image.fromarray(codes)
    if aside and hasattr(os, "memfd_create"):
        with contextlib.suppress(OSError), os.fdopen(os.memfd_create("depth"), "w+b") as file:
            picture.save(file, "JPEG", quality=QUALITY)
            file.seek(0)
            return file.read()
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
