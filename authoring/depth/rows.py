"""Array kernels that go through a map a few rows at a time, or by a table of all 65 536 half floats.

Knows: how to apply a function to a large array without a second plane of it, and without numpy's warnings.
Must not know: what a sample means.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from authoring.beside import Beside, side_by_side

Result = TypeVar("Result")

FloatArray = npt.NDArray[np.floating[Any]]
"""Samples (H, W) of any float type."""

CHUNK_SAMPLES = 1 << 16
"""Samples handled at once, 16 rows of a 12-megapixel photo: a chunk and its scratch stay in the second-level cache."""

HALVES = 1 << 16
"""How many bit patterns a half float has; a larger array is converted faster through a table of them."""


SIDE_BY_SIDE_SAMPLES = 1 << 20
"""From here on two threads share the rows; on smaller maps starting the second costs more than it saves."""


def row_chunks(shape: tuple[int, ...], part: slice | None = None) -> Iterator[slice]:
    """Slices of the first axis that cover an array of `shape`, or a part of its rows, some CHUNK_SAMPLES each."""
    rows = max(1, CHUNK_SAMPLES // max(1, shape[1]))
    first, last = (part.start, part.stop) if part else (0, shape[0])
    for start in range(first, last, rows):
        yield slice(start, min(start + rows, last))


def of_all_rows(work: Callable[[slice], Result], shape: tuple[int, ...]) -> list[Result]:
    """What `work` gives for all rows of an array; of a large one for two halves, done side by side.

    NumPy lets other threads run while it computes. The errors and results are those of one thread.
    """
    height = shape[0]
    if height < 2 or height * shape[1] < SIDE_BY_SIDE_SAMPLES or not side_by_side():
        return [work(slice(0, height))]
    lower = Beside(work, slice(height // 2, height))
    try:
        upper = work(slice(0, height // 2))
    finally:
        below = lower.result()
    return [upper, below]


def take_table(table: npt.NDArray[Any], codes: npt.NDArray[np.unsignedinteger[Any]]) -> npt.NDArray[Any]:
    """`table[codes]` for codes (H, W) that all lie inside the table; the result has the table's dtype."""
    out = np.empty(codes.shape, table.dtype)

    def take(part: slice) -> None:
        for rows in row_chunks(codes.shape, part):
            # "clip" spares the bounds check of "raise", which would need a buffer of its own.
            np.take(table, codes[rows], out=out[rows], mode="clip")

    of_all_rows(take, codes.shape)
    return out


def map_rows(
    function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]], source: npt.NDArray[Any], dtype: npt.DTypeLike
) -> npt.NDArray[Any]:
    """`function(source)` cast to `dtype`, for a function that treats each sample of (H, W) by itself.

    The function may meet any value the dtype of `source` can hold, and must not write into its argument. It may be
    called by two threads at once.
    """
    if source.dtype == np.float16 and source.size > HALVES:
        halves = np.arange(HALVES, dtype=np.uint16).view(np.float16)
        with np.errstate(all="ignore"):
            table = function(halves[np.newaxis])[0].astype(dtype)
        return take_table(table, source.view(np.uint16))
    out = np.empty(source.shape, dtype)

    def apply(part: slice) -> None:
        with np.errstate(all="ignore"):  # Of this thread.
            for rows in row_chunks(source.shape, part):
                out[rows] = function(source[rows])

    of_all_rows(apply, source.shape)
    return out


def extremes(array: npt.NDArray[Any]) -> tuple[Any, Any]:
    """The least and the largest of an array (H, W) of integers, at least one."""

    def look(part: slice) -> tuple[Any, Any]:
        found = [(array[rows].min(), array[rows].max()) for rows in row_chunks(array.shape, part)]
        return min(low for low, _ in found), max(high for _, high in found)

    found = of_all_rows(look, array.shape)
    return min(low for low, _ in found), max(high for _, high in found)


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
