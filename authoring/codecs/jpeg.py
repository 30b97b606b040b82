"""Gray baseline JPEG, as the auxiliary image of an iPhone JPEG is coded.

Knows: Pillow's JPEG encoder and decoder, and how coded data looks. Must not know: MPF, XMP, any file around the image.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_unpacking
from authoring.codecs.maps.pillow import first_line
from authoring.codecs.pixels import samples_of
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


SEARCHED_BYTES = 1 << 18
"""Searched at once: the scratch of it stays in the second-level cache."""


def is_one_scan(data: bytes, start: int, stop: int) -> bool:
    """Whether no marker lies in the entropy-coded data [start, stop), but for restarts (T.81, B.1.1.5 and E.1.4).

    The bytes 0xFF of such data are stuffed with a zero. Five times faster than a compiled pattern.
    """
    found = np.frombuffer(data, np.uint8, stop + 1 - start, start)
    first, second = found[:-1], found[1:]
    scratch = np.empty(min(SEARCHED_BYTES, len(first)), np.bool_)
    for low in range(0, len(first), SEARCHED_BYTES):
        here, after = first[low : low + SEARCHED_BYTES], second[low : low + SEARCHED_BYTES]
        # 1 where 0xFF is followed by no zero. The lesser of two is one pass, where a test and a conjunction are two.
        marks = np.equal(here, 0xFF, out=scratch[: len(here)]).view(np.uint8)
        np.minimum(marks, after, out=marks)
        if marks.max():
            codes = after[marks.view(np.bool_)]
            if not ((codes >= RESTART_0) & (codes <= RESTART_7) | (codes == 0xFF)).all():
                return False
    return True


@dataclass(frozen=True, slots=True, eq=False)
class CodedGray:
    """A gray JPEG, and what became of the plane in it."""

    data: bytes
    """SOI to EOI."""
    decoded: NDArray[np.uint8]
    """The codes (H, W) that it decodes to."""
    worst: int
    """The largest difference of those from the codes that were given."""


def encode_gray(codes: NDArray[np.uint8]) -> CodedGray:
    """Encode `codes` (H, W) uint8, and decode them.

    In a nearly flat block all the AC coefficients of one odd pixel may round to nothing, and it comes back two
    codes off: at sharp edges that is common. Versions of such a block, nudged by one code here and there, are coded
    then, and one that decodes within the tolerance of the true codes is taken. Noise may stay outside it.
    """
    data = _save(codes)
    decoded = decode_gray(data)
    worst, hard = _compared(codes, decoded)
    if 0 < len(hard) <= MAX_HARD_BLOCKS:
        data = _save(_with_tame_blocks(codes, hard))
        decoded = decode_gray(data)
        worst, _ = _compared(codes, decoded)
    return CodedGray(data, decoded, worst)


def _compared(codes: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> tuple[int, list[tuple[int, int]]]:
    """The largest difference, and the top left corners (row, column) of the blocks with one outside the tolerance."""
    worst, found = 0, set[tuple[int, int]]()
    rows = max(1, SEARCHED_BYTES // codes.shape[1])
    for top in range(0, codes.shape[0], rows):
        one, other = decoded[top : top + rows], codes[top : top + rows]
        apart = np.maximum(one, other)
        apart -= np.minimum(one, other)
        most = int(apart.max())
        worst = max(worst, most)
        if most > TOLERANCE_CODES:
            found.update(
                ((top + int(row)) // BLOCK * BLOCK, int(column) // BLOCK * BLOCK)
                for row, column in np.argwhere(apart > TOLERANCE_CODES)
            )
    return worst, sorted(found)


def _nudges() -> NDArray[np.int16]:
    """-1, 0 or 1 for each sample of each version, without a pattern, and the same everywhere.

    The numbers 0, 1, 2 ... through the finaliser of MurmurHash3: the same plane must give the same bytes, and
    importing NumPy's generators takes longer than coding the map.
    """
    mixed = np.arange(VARIANTS * BLOCK * BLOCK, dtype=np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    return ((mixed % np.uint32(3)).astype(np.int16) - 1).reshape(VARIANTS, BLOCK, BLOCK)


def _with_tame_blocks(codes: NDArray[np.uint8], hard: list[tuple[int, int]]) -> NDArray[np.uint8]:
    """The plane with each hard block replaced by its version that decodes best."""
    nudges = _nudges()
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
    from PIL import JpegImagePlugin, UnidentifiedImageError

    try:
        # Not Image.open: an auxiliary image holds the short MP index, which that takes for a broken MPO.
        with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as picture:
            check_unpacking("the depth image", picture.width, picture.height, 1, len(data))
            picture.draft("L", None)
            gray = picture if picture.mode == "L" else picture.convert("L")
            return samples_of(gray)
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


def _save(codes: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(codes).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
