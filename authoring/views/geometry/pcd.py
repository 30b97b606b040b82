"""Build PCD files, version 0.7, the format of the Point Cloud Library."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from authoring.views.geometry.ply import CHUNK_ROWS

POINT = np.dtype([("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("rgb", "<u4")])


def build_pcd(
    points: NDArray[np.float32], colours: NDArray[np.uint8], comments: tuple[str, ...] = ()
) -> Iterator[bytes | memoryview]:
    """Yield the chunks of a binary file: points (N, 3) and colours (N, 3).

    The field rgb is declared a float whose bits are red << 16 | green << 8 | blue, as readers of the library's
    PointXYZRGB expect.
    """
    lines = [
        "# .PCD v0.7 - Point Cloud Data file format",
        *(f"# {comment}" for comment in comments),
        "VERSION 0.7",
        "FIELDS x y z rgb",
        "SIZE 4 4 4 4",
        "TYPE F F F F",
        "COUNT 1 1 1 1",
        f"WIDTH {len(points)}",
        "HEIGHT 1",
        "VIEWPOINT 0 0 0 1 0 0 0",
        f"POINTS {len(points)}",
        "DATA binary",
    ]
    yield "".join(f"{line}\n" for line in lines).encode("ascii", "replace")
    for start in range(0, len(points), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        rows = np.empty(len(points[part]), POINT)
        for axis, name in enumerate(("x", "y", "z")):
            rows[name] = points[part, axis]
        packed = colours[part].astype(np.uint32)
        rows["rgb"] = packed[:, 0] << 16 | packed[:, 1] << 8 | packed[:, 2]
        yield rows.view(np.uint8).data
