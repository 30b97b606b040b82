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
    from authoring.depth.buffer import DepthBuffer, PixelFormat
    from authoring.depth.calibration import Calibration
    from authoring.embedder import Embedder
    from authoring.errors import DepthauthorError
    from authoring.showing.pointcloud import pointcloud, pointcloud_file
    from authoring.showing.preview import contact_sheet, preview
    from authoring.showing.refocus import refocus
    from authoring.showing.report import report
    from authoring.showing.view import view
    from authoring.views.geometry.points import PointCloud

__version__ = VERSION

__all__ = [
    "Calibration",
    "DepthBuffer",
    "DepthauthorError",
    "Embedder",
    "PixelFormat",
    "PointCloud",
    "__version__",
    "contact_sheet",
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
    "preview",
    "refocus",
    "report",
    "strip",
    "view",
]

_HOME = {
    "Calibration": "authoring.depth.calibration",
    "DepthBuffer": "authoring.depth.buffer",
    "DepthauthorError": "authoring.errors",
    "Embedder": "authoring.embedder",
    "PixelFormat": "authoring.depth.buffer",
    "PointCloud": "authoring.views.geometry.points",
    "contact_sheet": "authoring.showing.preview",
    "copy": "authoring.api",
    "dictionary": "authoring.api",
    "embed": "authoring.api",
    "embed_bytes": "authoring.api",
    "extract": "authoring.api",
    "extract_bytes": "authoring.api",
    "extract_file": "authoring.api",
    "inspect": "authoring.api",
    "pointcloud": "authoring.showing.pointcloud",
    "pointcloud_file": "authoring.showing.pointcloud",
    "preview": "authoring.showing.preview",
    "refocus": "authoring.showing.refocus",
    "report": "authoring.showing.report",
    "strip": "authoring.api",
    "view": "authoring.showing.view",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
