"""Encode and decode the strips and tiles of an image in a TIFF directory: uncompressed, Deflate, lossless JPEG."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import jpeg
from authoring.codecs.limits import check_unpacking
from authoring.codecs.lossless_jpeg_decoder import decode_lossless, read_frame
from authoring.codecs.messages import first_line
from authoring.errors import MalformedError, UnsupportedError

Plane = NDArray[np.unsignedinteger[Any]]

NONE, JPEG, DEFLATE, JPEG_XL = 1, 7, 8, 52546
"""Compression, as DNG numbers it."""

HORIZONTAL = 2
"""Predictor: each sample less the one to the left."""

PREDICTOR_STEPS = {1: 0, HORIZONTAL: 1, 34892: 2, 34893: 4}
"""How far to the left the predicting sample is; DNG adds the last two (1.6.0.0, chapter 2)."""


def encode_deflate(codes: Plane, order: Literal["<", ">"]) -> bytes:
    """Encode codes (H, W) uint8 or uint16 as one strip: horizontal predictor, then Deflate."""
    differences = codes.copy()
    differences[:, 1:] -= codes[:, :-1]
    return zlib.compress(differences.astype(codes.dtype.newbyteorder(order)).tobytes(), 9)


def decode_pieces(
    pieces: Sequence[bytes],
    size: tuple[int, int],
    piece_size: tuple[int, int],
    *,
    bits: int,
    compression: int,
    predictor: int,
    order: Literal["<", ">"],
    samples: int = 1,
) -> Plane:
    """Decode strips or tiles to (H, W), or (H, W, samples), uint8 or uint16.

    size, piece_size: (width, height); tiles beyond the edge are cut. Raises UnsupportedError for another depth of
    bits or compression, MalformedError for pieces that do not decode to their size.
    """
    width, height = size
    if bits not in (8, 16):
        raise UnsupportedError(f"the image has {bits} bits a sample; 8 and 16 are read")
    dtype = np.dtype(np.uint8 if bits == 8 else np.uint16)
    check_unpacking("the image", width, height, dtype.itemsize * samples, sum(map(len, pieces)))
    check_unpacking("a tile", *piece_size, dtype.itemsize * samples, sum(map(len, pieces)))
    out = np.zeros((height, width, samples), dtype)
    columns = -(-width // piece_size[0])
    for index, piece in enumerate(pieces):
        top, left = index // columns * piece_size[1], index % columns * piece_size[0]
        # The last strip has the rows that are left; a tile at the edge has all of its own, of which these suffice.
        rows = min(piece_size[1], height - top)
        if compression == JPEG and samples == 1:
            decoded = _decode_jpeg(piece, piece_size, rows, dtype)
        else:
            decoded = _decode(piece, (rows, piece_size[0], samples), dtype, compression, predictor, order)
        target = out[top : top + rows, left : left + piece_size[0]]
        target[:] = decoded[: target.shape[0], : target.shape[1]]
    return out[:, :, 0] if samples == 1 else out


def _decode(
    piece: bytes,
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    compression: int,
    predictor: int,
    order: Literal["<", ">"],
) -> Plane:
    """Decode the first rows of a strip or tile to `shape`."""
    if compression not in (NONE, DEFLATE):
        name = "JPEG XL" if compression == JPEG_XL else f"compression {compression}"
        raise UnsupportedError(f"the image is coded as {name}, which is not read")
    size = int(np.prod(shape)) * dtype.itemsize
    data = piece[:size] if compression == NONE else _inflate(piece, size)
    if len(data) != size:
        raise MalformedError(f"a strip or tile has {len(data)} bytes, and its size needs {size}")
    plane: Plane = np.frombuffer(data, dtype.newbyteorder(order)).astype(dtype).reshape(shape)
    if compression == NONE:
        return plane  # A predictor belongs to Deflate (DNG 1.6.0.0, chapter 2).
    if predictor not in PREDICTOR_STEPS:
        raise UnsupportedError(f"the image has the predictor {predictor}, which is not read")
    for start in range(PREDICTOR_STEPS[predictor]):
        columns = plane[:, start :: PREDICTOR_STEPS[predictor]]
        np.cumsum(columns, axis=1, dtype=dtype, out=columns)
    return plane


def _decode_jpeg(piece: bytes, size: tuple[int, int], rows: int, dtype: np.dtype[Any]) -> Plane:
    """Decode a strip or tile of one component and at least `rows` rows to (H, W, 1); size is (width, height)."""
    if dtype.itemsize == 1:
        decoded: Plane = jpeg.decode_gray(piece)
        _check_size(size, rows, decoded.shape[1], decoded.shape[0])
        return decoded[:, :, np.newaxis]
    frame = read_frame(piece)
    if frame.precision != 16:
        raise UnsupportedError(
            f"the image has 16 bits a sample and its lossless JPEG {frame.precision}, so its scale is not known"
        )
    _check_size(size, rows, frame.width, frame.height)
    return decode_lossless(piece)[:, :, np.newaxis]


def _check_size(size: tuple[int, int], rows: int, width: int, height: int) -> None:
    if width != size[0] or not rows <= height <= size[1]:
        raise MalformedError(f"a strip or tile is a JPEG of {width}x{height}, not of {size[0]}x{rows}")


def _inflate(piece: bytes, size: int) -> bytes:
    """Inflate at most `size` bytes."""
    try:
        return zlib.decompressobj().decompress(piece, size)
    except zlib.error as error:
        raise MalformedError(f"a strip or tile does not inflate ({first_line(error)})") from error
