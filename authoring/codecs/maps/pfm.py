"""PFM, the portable float map: three lines of text, then float32 samples, bottom row first.

Debevec's format, as netpbm's pfm(5) page describes it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.limits import check_pixels
from authoring.codecs.maps.map_image import MapImage, map_from_array
from authoring.errors import MalformedError, RefusedError

_HEADER = re.compile(rb"(P[Ff])\s+(\d{1,9})\s+(\d{1,9})\s+([-+0-9.eE]{1,40})(?:\r\n|\s)")
"""Lines may end with CR LF, as text mode on Windows writes them; a header with LF whose first sample begins with LF
after a CR does not occur."""


def read_pfm(data: bytes) -> MapImage:
    """Read a gray PFM. The sign of the scale is the byte order; its magnitude is ignored, and a note says so.

    No writer of maps means a factor by it: pfmLib, which Middlebury's tools use, writes 1/255 before samples that
    it does not scale.

    Raises RefusedError for a colour PFM whose channels differ, MalformedError for a damaged one.
    """
    head = _HEADER.match(data[:200])
    if head is None:
        raise MalformedError("the PFM's header is not Pf, width, height and scale")
    width, height = int(head[2]), int(head[3])
    try:
        scale = float(head[4])
    except ValueError:
        raise MalformedError("the PFM's scale is no number") from None
    if not np.isfinite(scale) or scale == 0:
        raise MalformedError(f"the PFM's scale is {scale:g}; it must be above or below 0")
    check_pixels(width * height)
    channels = 3 if head[1] == b"PF" else 1
    count = width * height * channels
    if len(data) - head.end() < count * 4:
        raise MalformedError("the PFM is cut off: fewer samples follow than its header says")
    samples = np.frombuffer(data, "<f4" if scale < 0 else ">f4", count, head.end())
    samples = samples.reshape(height, width, channels)[::-1]
    if channels == 3 and not (
        np.array_equal(samples[..., 0], samples[..., 1], equal_nan=True)
        and np.array_equal(samples[..., 0], samples[..., 2], equal_nan=True)
    ):
        raise RefusedError(
            "the PFM is in colour, and a map has one value a pixel; save it as a gray one (Pf)"
        )
    values = np.ascontiguousarray(samples[..., 0], np.float32)
    image = map_from_array(values, "PFM")
    if abs(scale) == 1:
        return image
    return replace(image, notes=(f"the PFM's scale, {abs(scale):g}, was not applied to its values",))


def write_pfm(values: NDArray[np.floating[Any]]) -> bytes:
    """Build a gray little-endian PFM of the array (H, W)."""
    height, width = values.shape
    return b"Pf\n%d %d\n-1.0\n" % (width, height) + np.ascontiguousarray(values[::-1], "<f4").tobytes()
