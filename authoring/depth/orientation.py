"""Define the eight ways in which a stored raster may be turned or mirrored for display.

Exif Orientation (CIPA DC-008, tag 0x0112) and HEIF's irot and imir (ISO/IEC 23008-12, 6.5.10 and 6.5.12). Every member
is one optional transposition, then one optional swap of top and bottom, then one optional swap of left and right.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from authoring.errors import MalformedError, UnsupportedError

if TYPE_CHECKING:
    import numpy.typing as npt


class Orientation(enum.IntEnum):
    """The transformation from the stored raster to the displayed one; the values are Exif's."""

    UPRIGHT = 1
    MIRRORED = 2
    """Left and right change places."""
    HALF_TURN = 3
    FLIPPED = 4
    """Top and bottom change places."""
    TRANSPOSED = 5
    """Rows become columns."""
    QUARTER_TURN_CLOCKWISE = 6
    TRANSVERSED = 7
    """Transposed about the other diagonal."""
    QUARTER_TURN_ANTICLOCKWISE = 8

    @classmethod
    def _missing_(cls, value: object) -> Orientation:
        raise MalformedError(
            f"the photo's Orientation is {value}; only 1 to 8 have a meaning", subject="photo"
        )

    @property
    def swaps_axes(self) -> bool:
        """Whether width and height change places."""
        return self >= Orientation.TRANSPOSED

    @property
    def swaps_top_bottom(self) -> bool:
        """Whether the displayed rows run the other way, after the transposition if there is one."""
        return self in _TOP_BOTTOM

    @property
    def swaps_left_right(self) -> bool:
        """Whether the displayed columns run the other way, after the transposition if there is one."""
        return self in _LEFT_RIGHT

    def to_display(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the displayed raster of a stored one, (H, W) or (H, W, C), as a view."""
        if self.swaps_axes:
            array = array.swapaxes(0, 1)
        return array[:: -1 if self.swaps_top_bottom else 1, :: -1 if self.swaps_left_right else 1]

    def to_stored(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the stored raster of a displayed one, as a view: the inverse of `to_display`."""
        return self.inverse.to_display(array)

    def point_to_display(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the stored raster is in the displayed one; both in 0..1 of width and height."""
        x, y = (y, x) if self.swaps_axes else (x, y)
        return 1 - x if self.swaps_left_right else x, 1 - y if self.swaps_top_bottom else y

    def point_to_stored(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the displayed raster is in the stored one; the inverse of `point_to_display`."""
        x, y = 1 - x if self.swaps_left_right else x, 1 - y if self.swaps_top_bottom else y
        return (y, x) if self.swaps_axes else (x, y)

    @property
    def inverse(self) -> Orientation:
        """The orientation that undoes this one; all but the two quarter turns undo themselves."""
        if self in (Orientation.QUARTER_TURN_CLOCKWISE, Orientation.QUARTER_TURN_ANTICLOCKWISE):
            return Orientation(14 - self)
        return self

    def then(self, second: Orientation) -> Orientation:
        """Return the combination of both: this one first, then `second` on its result."""
        rows, columns = self.swaps_top_bottom, self.swaps_left_right
        if second.swaps_axes:
            rows, columns = columns, rows
        return _BY_PARTS[
            self.swaps_axes ^ second.swaps_axes,
            rows ^ second.swaps_top_bottom,
            columns ^ second.swaps_left_right,
        ]

    @classmethod
    def from_transforms(cls, transforms: Sequence[tuple[str, int]]) -> Orientation:
        """Return the combination of HEIF transformative properties, applied in the order given.

        ("irot", n): n quarter turns anticlockwise. ("imir", 0): top and bottom change places; ("imir", 1): left
        and right do. The first edition of the standard named the axis of reflection the other way round; this
        is the edition of 2022, and what libheif and libavif do. Raises UnsupportedError for any other name or value.
        """
        result = cls.UPRIGHT
        for kind, value in transforms:
            step = _STEPS.get((kind, value))
            if step is None:
                raise UnsupportedError(
                    f"the photo's transformation {kind} with the value {value} is not known"
                )
            result = result.then(step)
        return result


_TOP_BOTTOM = frozenset(
    (
        Orientation.HALF_TURN,
        Orientation.FLIPPED,
        Orientation.TRANSVERSED,
        Orientation.QUARTER_TURN_ANTICLOCKWISE,
    )
)
_LEFT_RIGHT = frozenset(
    (Orientation.MIRRORED, Orientation.HALF_TURN, Orientation.QUARTER_TURN_CLOCKWISE, Orientation.TRANSVERSED)
)
_BY_PARTS = {(o.swaps_axes, o.swaps_top_bottom, o.swaps_left_right): o for o in Orientation}
_STEPS = {
    ("irot", 0): Orientation.UPRIGHT,
    ("irot", 1): Orientation.QUARTER_TURN_ANTICLOCKWISE,
    ("irot", 2): Orientation.HALF_TURN,
    ("irot", 3): Orientation.QUARTER_TURN_CLOCKWISE,
    ("imir", 0): Orientation.FLIPPED,
    ("imir", 1): Orientation.MIRRORED,
}
