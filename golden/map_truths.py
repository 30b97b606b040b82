"""True distances of the scenes that map files are made of, and the rows of the table of map inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from golden.makers import DEPTH, DISPARITY

Verdict = Literal["right", "warned", "asked", "refused", "WRONG"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The true disparity of the upright photo, and how far off a form's own steps may make it."""

    per_m: Callable[[int, int], NDArray[np.float64]]
    """(width, height) → (H, W) in 1/m; NaN where nothing is known."""
    slack_per_m: float = 2e-4
    """What rounding in the file, and the filter that makes a map smaller, add to the stated bound."""

    def span(self) -> str:
        """Return the range in metres: "0.64 to 6.1 m"."""
        known = self.per_m(512, 384)
        known = known[np.isfinite(known)]
        far = "infinity" if known.min() == 0 else f"{1 / known.min():.2g} m"
        return f"{1 / known.max():.2g} to {far}"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A map file, what a person says of it, and what should come of it."""

    maker: str
    form: str
    name: str
    """Of the file."""
    build: Callable[[], bytes]
    expected: Verdict
    options: dict[str, Any] = field(default_factory=dict)
    truth: Truth | None = None
    """None: the golden scene's."""
    words: tuple[str, ...] = ()
    """What the message must contain."""
    photo: Callable[[], bytes] | None = None
    """None: the golden photo."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that an option names."""

    name: str
    text: str


def golden(width: int, height: int) -> NDArray[np.float64]:
    """Return the golden scene's disparity, which has one size only."""
    assert (height, width) == DEPTH.shape
    return DISPARITY


def slope(width: int, height: int, near_m: float = 0.5, far_m: float = 8.0) -> NDArray[np.float64]:
    """Return a smooth scene in metres (H, W), of the same view in every size: far at the top left."""
    x, y = (np.arange(width) + 0.5) / width, ((np.arange(height) + 0.5) / height)[:, None]
    return near_m + (far_m - near_m) * (1 - (0.3 * x + 0.7 * y**2))


GOLDEN = Truth(golden)
SLOPE = Truth(lambda width, height: 1 / slope(width, height), 0.02)
"""With the slack of a map in another raster."""


def sky_truth(rows: int = 100) -> Truth:
    """Return the golden scene with a sky over its first rows."""
    disparity = DISPARITY.copy()
    disparity[:rows] = 0
    return Truth(lambda width, height: disparity)


def with_sky(value: float, rows: int = 100) -> Floats:
    """Return the golden depth whose first rows hold the mark of a sky."""
    depth = DEPTH.copy()
    depth[:rows] = value
    return depth


def hole_truth() -> Truth:
    """Return the golden scene without the place of `with_hole`."""
    disparity = DISPARITY.copy()
    disparity[30:72, 38:102] = np.nan
    return Truth(lambda width, height: disparity)


def with_hole(values: NDArray[Any], mark: float) -> NDArray[Any]:
    """Return the map with a hole at rows 32 to 70, columns 40 to 100."""
    holed = values.copy()
    holed[32:70, 40:100] = mark
    return holed


SUBJECT_M, WALL_M = 1.0, 5.0


def person(width: int, height: int) -> NDArray[np.bool_]:
    """Return the mask of a person in the middle: head and shoulders."""
    x, y = np.arange(width) / width - 0.5, (np.arange(height) / height)[:, None]
    head = (x / 0.09) ** 2 + ((y - 0.3) / 0.16) ** 2 < 1
    body = (x / 0.22) ** 2 + ((y - 0.95) / 0.5) ** 2 < 1
    mask: NDArray[np.bool_] = head | body
    return mask


PERSON = Truth(lambda width, height: np.where(person(width, height), 1 / SUBJECT_M, 1 / WALL_M))


def ceiling(width: int, height: int) -> NDArray[np.float64]:
    """Return the distances in metres of a ceiling: near at the top."""
    return np.broadcast_to(1 + 5 * ((np.arange(height) + 0.5) / height)[:, None] ** 2, (height, width))


CEILING = Truth(lambda width, height: 1 / ceiling(width, height), 0.01)
