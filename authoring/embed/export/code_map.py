"""Turn a photo's codes and range into those of other makers: near and far in metres, code 0 the nearest."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from authoring.depth.stored_plane import Codes, StoredPlane
from authoring.errors import RefusedError

INFINITY_M = 1e6
"""Far distance of a map that reaches infinity, for which the formats have no number that all programs read. It is
0.000001 1/m away, less than a thousandth of a step of any map whose nearest point is within 3 km."""

LEAST_RATIO = 1e3
"""Of the far to the near distance of such a map, so that its codes stay apart."""


@dataclass(frozen=True, slots=True, eq=False)
class CodeMap:
    """Codes (H, W) uint8 or uint16 between two distances, as GDepth and Dynamic Depth have them."""

    codes: Codes
    format: Literal["RangeInverse", "RangeLinear"]
    near: float
    far: float
    notes: tuple[str, ...] = ()

    @property
    def top_code(self) -> int:
        """The code of the far distance, 255 or 65535."""
        return int(np.iinfo(self.codes.dtype).max)


def code_map(plane: StoredPlane) -> CodeMap:
    """Return the codes of a plane as integers, none rounded: of disparity the complement, of depth the same.

    Raises RefusedError for a flat map, and for one that goes below 0.
    """
    low, high = plane.float_min, plane.float_max
    if low < 0:
        raise RefusedError(
            "the depth map goes below 0, which is no distance; take it out with extract, which writes holes there, and "
            "embed that first"
        )
    if low == high:
        raise RefusedError(
            "the depth map is flat: it has one distance, and the format needs a near and a far one"
        )
    if plane.pixel_format.kind == "depth":
        return CodeMap(plane.codes, "RangeLinear", low, high)
    near = 1 / high
    far = 1 / low if low else math.inf
    notes: tuple[str, ...] = ()
    if math.isinf(far):
        far = max(INFINITY_M, near * LEAST_RATIO)
        notes = (f"the far end is infinity, which was written as {far:.0f} m",)
    return CodeMap(plane.top_code - plane.codes, "RangeInverse", near, far, notes)


def as_inverse(given: CodeMap) -> CodeMap:
    """Return a map whose codes follow the inverse of the distance, as Android asks; linear ones are resampled.

    The new codes have 8 bits. Near and far become those of the codes in use, so that none of the new codes is wasted; a
    note says by how much distances change. The distance 0, which has no inverse, becomes the nearest other one.
    """
    if given.format == "RangeInverse":
        return given
    step = (given.far - given.near) / given.top_code
    distances = given.near + np.arange(given.top_code + 1) * step
    used = np.unique(given.codes)
    used = used[distances[used] > 0]
    if used.size < 2:
        raise RefusedError(
            "the depth map is flat: it has one distance, and the format needs a near and a far one"
        )
    near, far = float(distances[used[0]]), float(distances[used[-1]])
    inverse = 1 / np.clip(distances, near, far)
    scale = 255 / (1 / near - 1 / far)
    table = np.rint((1 / near - inverse) * scale).astype(np.uint8)
    again = 1 / (1 / near - table[given.codes] / scale)
    worst = float(np.abs(again - distances[given.codes]).max())
    note = (
        "the map holds depth and was resampled to codes of 1/depth, the only ones that Android takes: distances "
        f"changed by {worst:.3g} m at most"
    )
    return CodeMap(table[given.codes], "RangeInverse", near, far, (*given.notes, note))


def as_eight_bits(given: CodeMap) -> CodeMap:
    """Return a map with codes of 8 bits; those of 16 are rounded, and a note says so."""
    if given.codes.dtype == np.uint8:
        return given
    note = "the map has codes of 16 bits, which were rounded to the 8 of a JPEG"
    return replace(given, codes=np.rint(given.codes / 257).astype(np.uint8), notes=(*given.notes, note))
