"""Build PLY files (Greg Turk, 1994): binary little-endian, with the property names that every reader knows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

VERTEX = np.dtype([("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")])
FACE = np.dtype([("count", "u1"), ("vertices", "<u4", (3,))])

CHUNK_ROWS = 1 << 18
"""Points or triangles written at once: four megabytes."""

_PLY_TYPE = {"<f4": "float", "|u1": "uchar"}


def build_ply(
    points: NDArray[np.float32],
    colours: NDArray[np.uint8],
    faces: NDArray[np.uint32] | None = None,
    comments: tuple[str, ...] = (),
) -> Iterator[bytes | memoryview]:
    """Yield the chunks of a file: points (N, 3), colours (N, 3), and triangles (M, 3) if it is a mesh."""
    lines = ["ply", "format binary_little_endian 1.0", *(f"comment {comment}" for comment in comments)]
    lines.append(f"element vertex {len(points)}")
    lines += [f"property {_PLY_TYPE[VERTEX[name].str]} {name}" for name in VERTEX.names or ()]
    if faces is not None:
        # int, not uint: several readers accept no other, and no mesh here has 2**31 points.
        lines += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
    lines.append("end_header")
    yield "".join(f"{line}\n" for line in lines).encode("ascii", "replace")
    for start in range(0, len(points), CHUNK_ROWS):
        part = slice(start, start + CHUNK_ROWS)
        vertices = np.empty(len(points[part]), VERTEX)
        for axis, name in enumerate(("x", "y", "z")):
            vertices[name] = points[part, axis]
        for channel, name in enumerate(("red", "green", "blue")):
            vertices[name] = colours[part, channel]
        yield vertices.view(np.uint8).data
    if faces is None:
        return
    for start in range(0, len(faces), CHUNK_ROWS):
        triangles = faces[start : start + CHUNK_ROWS]
        rows = np.empty(len(triangles), FACE)
        rows["count"] = 3
        rows["vertices"] = triangles
        yield rows.view(np.uint8).data
