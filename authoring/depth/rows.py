"""Array kernels that go through a map a few rows at a time, or by a table of all 65 536 half floats.

Knows: how to apply a function to a large array without a second plane of it, and without numpy's warnings.
Must not know: what a sample means.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
"""Samples (H, W) of any float type."""

CHUNK_SAMPLES = 1 << 16
"""Samples handled at once, 16 rows of a 12-megapixel photo: a chunk and its scratch stay in the second-level cache."""

HALVES = 1 << 16
"""How many bit patterns a half float has; a larger array is converted faster through a table of them."""


def row_chunks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of the first axis that together cover an array of `shape`, about CHUNK_SAMPLES samples each."""
    rows = max(1, CHUNK_SAMPLES // max(1, shape[1]))
    for start in range(0, shape[0], rows):
        yield slice(start, min(start + rows, shape[0]))


def take_table(table: npt.NDArray[Any], codes: npt.NDArray[np.unsignedinteger[Any]]) -> npt.NDArray[Any]:
    """`table[codes]` for codes (H, W) that all lie inside the table; the result has the table's dtype."""
    out = np.empty(codes.shape, table.dtype)
    for rows in row_chunks(codes.shape):
        # "clip" spares the bounds check of "raise", which would need a buffer of its own.
        np.take(table, codes[rows], out=out[rows], mode="clip")
    return out


def map_rows(
    function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], source: npt.NDArray[Any], dtype: npt.DTypeLike
) -> npt.NDArray[Any]:
    """`function(source)` cast to `dtype`, for a function that treats each sample of (H, W) by itself.

    The function may meet any value the dtype of `source` can hold, and must not write into its argument.
    """
    with np.errstate(all="ignore"):
        if source.dtype == np.float16 and source.size > HALVES:
            halves = np.arange(HALVES, dtype=np.uint16).view(np.float16)
            table = function(halves[np.newaxis])[0].astype(dtype)
            return take_table(table, source.view(np.uint16))
        out = np.empty(source.shape, dtype)
        for rows in row_chunks(source.shape):
            out[rows] = function(source[rows])
        return out


@functools.cache
def _half_values() -> npt.NDArray[np.float32]:
    return np.arange(HALVES, dtype=np.uint16).view(np.float16).astype(np.float32)


def widened(samples: FloatArray) -> npt.NDArray[np.float32]:
    """A float32 copy of a chunk; for half floats by table, in half the time of a cast."""
    if samples.dtype == np.float16:
        return np.take(_half_values(), samples.view(np.uint16), mode="clip")
    return samples.astype(np.float32)


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A read-only view; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view
