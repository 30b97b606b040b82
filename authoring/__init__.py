"""depthauthor: put a depth map into a photo the way an iPhone does, and read it back.

    import authoring
    report = authoring.embed("photo.jpg", depth_m, output="photo.heic")   # float array (H, W), metres
    buffer = authoring.extract("photo.heic")                              # .depth_m(), .disparity_per_m()

Nothing heavy is imported until a function is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authoring.version import VERSION

if TYPE_CHECKING:
    from authoring.api import (
        copy,
        dictionary,
        embed,
        embed_bytes,
        extract,
        extract_bytes,
        extract_file,
        inspect,
        strip,
    )
    from authoring.depth import Calibration, DepthBuffer, PixelFormat
    from authoring.embedder import Embedder
    from authoring.errors import DepthauthorError
    from authoring.geometry import PointCloud
    from authoring.showing.pointcloud import pointcloud, pointcloud_file

__version__ = VERSION

__all__ = [
    "Calibration",
    "DepthBuffer",
    "DepthauthorError",
    "Embedder",
    "PixelFormat",
    "PointCloud",
    "__version__",
    "copy",
    "dictionary",
    "embed",
    "embed_bytes",
    "extract",
    "extract_bytes",
    "extract_file",
    "inspect",
    "pointcloud",
    "pointcloud_file",
    "strip",
]

_HOME = {
    "Calibration": "authoring.depth",
    "DepthBuffer": "authoring.depth",
    "PixelFormat": "authoring.depth",
    "DepthauthorError": "authoring.errors",
    "Embedder": "authoring.embedder",
    "PointCloud": "authoring.geometry",
    "pointcloud": "authoring.showing.pointcloud",
    "pointcloud_file": "authoring.showing.pointcloud",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME.get(name, "authoring.api")), name)
