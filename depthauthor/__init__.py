"""depthauthor: put a depth map into a photo the way an iPhone does, and read it back.

    import depthauthor as da
    report = da.embed("photo.jpg", depth, output="photo.heic", unit="m")   # an array (H, W), a tensor, a file, …
    buffer = da.extract("photo.heic")                                      # np.asarray(buffer) is metres

`except da.DepthauthorError` catches every error that an input can cause.

`python -m depthauthor` is the command line. The code is in the package `authoring`; its modules are not public. Each
function imports what it needs when it is used: `inspect` starts without numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authoring.version import VERSION

if TYPE_CHECKING:
    from authoring.api.check_files import doctor, verify
    from authoring.api.cloud_files import pointcloud, pointcloud_file
    from authoring.api.embedder import Embedder
    from authoring.api.estimate_files import estimate, estimate_file
    from authoring.api.export_files import export
    from authoring.api.kit_files import kit
    from authoring.api.page_files import report, view
    from authoring.api.photo_files import (
        copy,
        dictionary,
        embed,
        embed_bytes,
        extract,
        extract_bytes,
        extract_file,
        inspect,
        strip,
        strip_bytes,
    )
    from authoring.api.picture_files import (
        contact_sheet,
        preview,
        preview_image,
        refocus,
        refocus_image,
    )
    from authoring.batch.python import batch
    from authoring.depth.buffer import DepthBuffer, PixelFormat
    from authoring.depth.calibration import Calibration
    from authoring.errors import (
        DepthauthorError,
        MalformedError,
        RefusedError,
        UnsupportedError,
        UsageError,
    )
    from authoring.views.geometry.points import PointCloud

__version__ = VERSION

__all__ = [
    "Calibration",
    "DepthBuffer",
    "DepthauthorError",
    "Embedder",
    "MalformedError",
    "PixelFormat",
    "PointCloud",
    "RefusedError",
    "UnsupportedError",
    "UsageError",
    "__version__",
    "batch",
    "contact_sheet",
    "copy",
    "dictionary",
    "doctor",
    "embed",
    "embed_bytes",
    "estimate",
    "estimate_file",
    "export",
    "extract",
    "extract_bytes",
    "extract_file",
    "inspect",
    "kit",
    "pointcloud",
    "pointcloud_file",
    "preview",
    "preview_image",
    "refocus",
    "refocus_image",
    "report",
    "strip",
    "strip_bytes",
    "verify",
    "view",
]

_HOME = {
    "Calibration": "authoring.depth.calibration",
    "DepthBuffer": "authoring.depth.buffer",
    "DepthauthorError": "authoring.errors",
    "Embedder": "authoring.api.embedder",
    "MalformedError": "authoring.errors",
    "PixelFormat": "authoring.depth.buffer",
    "PointCloud": "authoring.views.geometry.points",
    "RefusedError": "authoring.errors",
    "UnsupportedError": "authoring.errors",
    "UsageError": "authoring.errors",
    "batch": "authoring.batch.python",
    "contact_sheet": "authoring.api.picture_files",
    "copy": "authoring.api.photo_files",
    "dictionary": "authoring.api.photo_files",
    "doctor": "authoring.api.check_files",
    "embed": "authoring.api.photo_files",
    "embed_bytes": "authoring.api.photo_files",
    "estimate": "authoring.api.estimate_files",
    "estimate_file": "authoring.api.estimate_files",
    "export": "authoring.api.export_files",
    "extract": "authoring.api.photo_files",
    "extract_bytes": "authoring.api.photo_files",
    "extract_file": "authoring.api.photo_files",
    "inspect": "authoring.api.photo_files",
    "kit": "authoring.api.kit_files",
    "pointcloud": "authoring.api.cloud_files",
    "pointcloud_file": "authoring.api.cloud_files",
    "preview": "authoring.api.picture_files",
    "preview_image": "authoring.api.picture_files",
    "refocus": "authoring.api.picture_files",
    "refocus_image": "authoring.api.picture_files",
    "report": "authoring.api.page_files",
    "strip": "authoring.api.photo_files",
    "strip_bytes": "authoring.api.photo_files",
    "verify": "authoring.api.check_files",
    "view": "authoring.api.page_files",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
