"""Makes what the container goldens start from: HEIC photos, coded depth payloads, and the list of cases.

Run as `python -m golden.cases` after the scene was rendered. The outcome depends on the HEVC and JPEG encoders at
hand, so it is made once and committed; `depthauthor golden check` needs no encoder at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from authoring.codecs import hevc, jpeg
from authoring.depth import DepthBuffer, Orientation, PixelFormat, StoredPlane, quantize
from authoring.operations.golden import SCHEMA
from authoring.operations.transcode import prepare

FOLDER = Path(__file__).parent
ORIENTATIONS = (1, 3, 6, 8, 2, 5)
"""The four that cameras write, and one mirrored of each kind."""


def planes() -> dict[str, StoredPlane]:
    """The upright scene as disparity and as depth, half size, to keep the folder small."""
    depth = np.load(FOLDER / "scene-depth.npy")[::2, ::2]
    return {
        "disparity": quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.HDIS)),
        "depth": quantize(DepthBuffer.from_depth_m(depth, pixel_format=PixelFormat.HDEP)),
    }


def files() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file but the list of cases."""
    yield "scene.heic", prepare((FOLDER / "scene.jpg").read_bytes(), "heic").file.source
    for number in ORIENTATIONS:
        photo = (FOLDER / "orientation" / f"scene-{number}.jpg").read_bytes()
        yield f"orientation/scene-{number}.heic", prepare(photo, "heic").file.source
    for kind, plane in planes().items():
        for number in ORIENTATIONS if kind == "disparity" else (1,):
            codes = np.ascontiguousarray(Orientation(number).to_stored(plane.codes))
            yield f"payload/{kind}-{number}.heic", hevc.encode_gray(codes)
            yield f"payload/{kind}-{number}.jpg", jpeg.encode_gray(codes, careful=True)


def cases() -> list[dict[str, Any]]:
    """The list: every orientation as hdis, every format on the plain photo, in both containers."""
    found = planes()
    listed = []

    def add(name: str, photo: str, number: int, pixel_format: PixelFormat, suffix: str) -> None:
        plane = found[pixel_format.kind]
        listed.append(
            {
                "name": f"{name}-{suffix}",
                "photo": f"{photo}.{suffix}",
                "payload": f"payload/{pixel_format.kind}-{number}.{suffix}",
                "pixel_format": pixel_format.value,
                "float_min": plane.float_min,
                "float_max": plane.float_max,
            }
        )

    for suffix in ("jpg", "heic"):
        for pixel_format in PixelFormat:
            add(f"scene-{pixel_format.value}", "scene", 1, pixel_format, suffix)
        for number in ORIENTATIONS:
            add(f"orientation-{number}", f"orientation/scene-{number}", number, PixelFormat.HDIS, suffix)
    return listed


def main() -> None:
    """Write everything."""
    for name, data in files():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    text = json.dumps({"schema": SCHEMA, "cases": cases()}, indent=1)
    (FOLDER / "cases.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
