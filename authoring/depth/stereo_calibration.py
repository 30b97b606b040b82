"""The calibration file of a stereo pair as Middlebury's data sets have it.

calib.txt has one NAME=VALUE a line: cam0 and cam1, matrices "[f 0 cx; 0 f cy; 0 0 1]"; doffs, the difference of the
principal points in pixels; baseline in mm; width and height (vision.middlebury.edu/stereo/data/scenes2014).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from authoring.depth.calibration import Calibration
from authoring.errors import MalformedError

MAX_BYTES = 64 << 10
"""A file has less than 1 kB."""

_LINE = re.compile(r"^\s*(\w+)\s*=\s*(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StereoCalibration:
    """The left camera of a stereo pair, and what turns its disparity into distances."""

    calibration: Calibration
    baseline_m: float
    doffs: float
    """In pixels of the calibration's frame; added to the disparity."""

    @property
    def focal_px(self) -> float:
        """Focal length in pixels of the calibration's frame."""
        return self.calibration.focal_px[0]


def is_stereo_calibration(data: bytes) -> bool:
    """Return whether a file is of this form, not JSON."""
    return (
        b"cam0" in data[:MAX_BYTES] and b"baseline" in data[:MAX_BYTES] and not data.lstrip().startswith(b"{")
    )


def parse_stereo_calibration(data: bytes) -> StereoCalibration:
    """Parse a calib.txt. Raises MalformedError where a number is missing or impossible."""
    text = data[:MAX_BYTES].decode("utf-8", "replace")
    lines = dict(_LINE.findall(text))
    matrix = tuple(tuple(map(_number, row.split())) for row in lines.get("cam0", "").strip("[] ").split(";"))
    width, height = (_number(lines.get(name, "")) for name in ("width", "height"))
    baseline_mm, doffs = _number(lines.get("baseline", "")), _number(lines.get("doffs", "0"))
    numbers = [*(value for row in matrix for value in row), width, height, baseline_mm, doffs]
    if not all(map(math.isfinite, numbers)) or baseline_mm <= 0 or min(width, height) < 1:
        raise MalformedError("the calib.txt lacks numbers for cam0, baseline, width or height")
    return StereoCalibration(Calibration(matrix, int(width), int(height)), baseline_mm / 1000, doffs)


def _number(text: str) -> float:
    """Return the number of a text, NaN for none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
