"""Array kernels that go through a map a few rows at a time, or by a table of all 65 536 half floats.

Knows: how to apply a function to a large array without a second plane of it, in two threads, and without numpy's
warnings. Must not know: what a sample means.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from authoring.beside import in_two

FloatArray = npt.NDArray[np.floating[Any]]
"""Samples (H, W) of any float type."""

CHUNK_SAMPLES = 1 << 18
"""Samples handled at once, 65 rows of a 12-megapixel photo: scratch of single floats stays in the second-level cache,
and threads seldom meet at the interpreter."""

SHARED_SAMPLES = 1 << 20
"""Arrays from this size on are shared by two threads. Starting one takes as long as a hundred thousand samples; below
a megapixel, where maps of the usual size lie, too little would be left to gain."""

HALVES = 1 << 16
"""How many bit patterns a half float has; a larger array is converted faster through a table of them."""


Result = TypeVar("Result")

Kernel: TypeAlias = Callable[[npt.NDArray[Any], npt.NDArray[np.float32]], npt.NDArray[Any]]
"""Makes the result for a chunk of samples. It may write into the float32 array of the chunk's shape that it is given,
and give that, but never into the samples."""


def row_chunks(
    shape: tuple[int, ...], within: slice | None = None, samples: int | None = None
) -> Iterator[slice]:
    """Slices of the first axis that together cover an array of `shape`, about CHUNK_SAMPLES samples each.

    within: the rows to cover, where it is not all of them. samples: another size.
    """
    rows = max(1, (samples or CHUNK_SAMPLES) // max(1, shape[1]))
    first, end, _ = (within or slice(None)).indices(shape[0])
    for start in range(first, end, rows):
        yield slice(start, min(start + rows, end))


def shared_rows(shape: tuple[int, ...], work: Callable[[slice], Result]) -> list[Result]:
    """The results of `work` on slices of rows that together cover an array of `shape`, from the top.

    An array of SHARED_SAMPLES and more comes in two slices, at the same time: `work` must treat each by itself, and
    gains where it leaves the interpreter, as numpy does on large chunks.
    """
    return in_two(shape[0], work) if math.prod(shape) >= SHARED_SAMPLES else [work(slice(0, shape[0]))]


def take_table(table: npt.NDArray[Any], codes: npt.NDArray[np.unsignedinteger[Any]]) -> npt.NDArray[Any]:
    """`table[codes]` for codes (H, W) that all lie inside the table; the result has the table's dtype."""
    out = np.empty(codes.shape, table.dtype)

    def take(part: slice) -> None:
        for rows in row_chunks(codes.shape, part):
            # "wrap" spares the bounds check of "raise", which would need a buffer of its own; "clip" takes longer.
            np.take(table, codes[rows], out=out[rows], mode="wrap")

    shared_rows(codes.shape, take)
    return out


def map_rows(kernel: Kernel, source: npt.NDArray[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """What a kernel makes of `source`, cast to `dtype`; the kernel treats each sample of (H, W) by itself.

    It may meet any value the dtype of `source` can hold, and may be called in two threads at once.
    """
    if source.dtype == np.float16 and source.size > HALVES:
        halves = np.arange(HALVES, dtype=np.uint16).view(np.float16)[np.newaxis]
        return take_table(map_rows(kernel, halves, dtype)[0], source.view(np.uint16))
    out = np.empty(source.shape, dtype)

    def fill(part: slice) -> None:
        # Each thread has numpy's settings of its own.
        with np.errstate(all="ignore"):
            scratch = None
            for rows in row_chunks(source.shape, part):
                samples = source[rows]
                if out.dtype == np.float32:
                    scratch = out[rows]
                elif scratch is None or len(scratch) != len(samples):
                    scratch = np.empty(samples.shape, np.float32)
                made = kernel(samples, scratch)
                if made is not scratch or out.dtype != np.float32:
                    out[rows] = made

    shared_rows(source.shape, fill)
    return out


def reduced(ufunc: np.ufunc, array: npt.NDArray[Any]) -> Any:
    """One number of a whole array (H, W), such as its largest: for functions that do not mind the order."""
    parts = shared_rows(array.shape, lambda part: ufunc.reduce(array[part], axis=None))
    return ufunc.reduce(parts)


def largest_difference(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> int:
    """The largest difference between two arrays (H, W) of codes."""

    def work(part: slice) -> int:
        worst = 0
        for rows in row_chunks(one.shape, part):
            apart = np.maximum(one[rows], other[rows])
            apart -= np.minimum(one[rows], other[rows])
            worst = max(worst, int(apart.max()))
        return worst

    return max(shared_rows(one.shape, work))


@functools.cache
def _half_values() -> npt.NDArray[np.float32]:
    return np.arange(HALVES, dtype=np.uint16).view(np.float16).astype(np.float32)


def widened(samples: FloatArray) -> npt.NDArray[np.float32]:
    """A float32 copy of a chunk; for half floats by table, in half the time of a cast."""
    if samples.dtype == np.float16:
        return np.take(_half_values(), samples.view(np.uint16), mode="wrap")
    return samples.astype(np.float32)


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A read-only view; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view
