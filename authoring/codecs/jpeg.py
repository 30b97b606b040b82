"""Encode and decode gray baseline JPEG, as in the auxiliary image of an iPhone JPEG, with Pillow."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.fill_bytes import without_fill
from authoring.codecs.limits import check_unpacking
from authoring.codecs.messages import first_line
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError

QUALITY = 100
"""All quantisers 1: the finest that 8-bit baseline JPEG has. Apple's own files (about 95) are wrong by up to
seven codes; at 100 the coding noise of a map is one code, seldom two, for twice the bytes (about 60 kB)."""

TOLERANCE_CODES = 1
"""The error that `encode_gray` aims at, for a decoder with the usual integer IDCT."""

BLOCK = 8
"""Side of a DCT block; in a gray JPEG each is coded independently but for its lossless DC difference."""

VARIANTS = 192
"""Perturbed versions of a block that are tried. On the hardest planes met, one in thirteen was enough."""

MAX_HARD_BLOCKS = 512
"""Blocks that are worth the search. A plane with more is noise; the caller measures and widens its bound."""


@dataclass(frozen=True, slots=True, eq=False)
class CodedGray:
    """A gray JPEG, and the codes that it decodes to."""

    data: bytes
    """SOI to EOI."""
    decoded: NDArray[np.uint8]
    """The codes (H, W) that it decodes to."""
    worst: int
    """The largest difference of the decoded codes from those given."""


def encode_gray(codes: NDArray[np.uint8]) -> CodedGray:
    """Encode `codes` (H, W) uint8, and decode them.

    In a nearly flat block all AC coefficients of one odd pixel may round to zero, and it decodes two codes off: at
    sharp edges that is common. Versions of such a block with single codes changed by one are encoded then, and
    the one that decodes nearest to the true codes is taken. Noise may stay outside the tolerance.
    """
    data = _save(codes)
    decoded = decode_gray(data)
    error = _difference(codes, decoded)
    if error.max() > TOLERANCE_CODES:
        rows, columns = np.nonzero(error > TOLERANCE_CODES)
        hard = sorted(
            set(zip((rows // BLOCK * BLOCK).tolist(), (columns // BLOCK * BLOCK).tolist(), strict=True))
        )
        if len(hard) <= MAX_HARD_BLOCKS:
            data = _save(_replace_blocks(codes, hard))
            decoded = decode_gray(data)
            error = _difference(codes, decoded)
    return CodedGray(data, decoded, int(error.max()))


def decode_gray(data: bytes) -> NDArray[np.uint8]:
    """Decode a gray JPEG (SOI to EOI) to codes (H, W) uint8.

    Raises MalformedError if it does not decode, UnsupportedError if it is not 8-bit gray or of a coding that Pillow
    lacks.
    """
    from PIL import JpegImagePlugin, UnidentifiedImageError

    try:
        # Not Image.open, which takes the short MP index of an auxiliary image for a broken MPO.
        with JpegImagePlugin.JpegImageFile(io.BytesIO(without_fill(data))) as picture:
            check_unpacking("the depth image", picture.width, picture.height, 1, len(data))
            if picture.mode != "L":
                raise UnsupportedError(
                    f"the depth image is coded as {picture.mode}; only 8-bit monochrome is read"
                )
            return np.array(picture)
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


def _difference(codes: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> NDArray[np.uint8]:
    difference: NDArray[np.uint8] = np.maximum(codes, decoded) - np.minimum(codes, decoded)
    return difference


def _perturbations() -> NDArray[np.int16]:
    """Return -1, 0 or 1 for each sample of each version, pseudo-random and the same everywhere.

    The numbers 0, 1, 2 ... through the finaliser of MurmurHash3: the same plane must give the same bytes, and
    importing NumPy's generators takes longer than coding the map.
    """
    mixed = np.arange(VARIANTS * BLOCK * BLOCK, dtype=np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    return ((mixed % np.uint32(3)).astype(np.int16) - 1).reshape(VARIANTS, BLOCK, BLOCK)


def _replace_blocks(codes: NDArray[np.uint8], hard: list[tuple[int, int]]) -> NDArray[np.uint8]:
    """Return the plane with each hard block, given by its top left corner, replaced by its best version."""
    perturbations = _perturbations()
    blocks, candidates = [], []
    for row, column in hard:
        block = codes[row : row + BLOCK, column : column + BLOCK].astype(np.int16)
        height, width = block.shape
        versions = np.clip(block + perturbations[:, :height, :width], 0, 255)
        # At the right and lower edge the encoder repeats the last pixel to fill the block, and so must a version.
        versions = np.pad(versions, ((0, 0), (0, BLOCK - height), (0, BLOCK - width)), mode="edge")
        blocks.append(block)
        candidates.append(versions.astype(np.uint8))
    sheet = np.concatenate([np.concatenate(list(versions), axis=1) for versions in candidates], axis=0)
    result = decode_gray(_save(sheet)).astype(np.int16)
    out = codes.copy()
    for index, ((row, column), block) in enumerate(zip(hard, blocks, strict=True)):
        height, width = block.shape
        strip = result[index * BLOCK : index * BLOCK + height].reshape(height, VARIANTS, BLOCK)[:, :, :width]
        error = np.abs(strip.transpose(1, 0, 2) - block)
        best = int(np.lexsort((error.sum(axis=(1, 2)), error.max(axis=(1, 2))))[0])
        out[row : row + height, column : column + width] = candidates[index][best, :height, :width]
    return out


def _save(codes: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(codes).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
