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
    from authoring.showing.preview import contact_sheet, preview
    from authoring.showing.refocus import refocus

__version__ = VERSION

__all__ = [
    "Calibration",
    "DepthBuffer",
    "DepthauthorError",
    "Embedder",
    "PixelFormat",
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
    "preview",
    "refocus",
    "strip",
]

_HOME = {
    "Calibration": "authoring.depth",
    "DepthBuffer": "authoring.depth",
    "PixelFormat": "authoring.depth",
    "DepthauthorError": "authoring.errors",
    "Embedder": "authoring.embedder",
    "contact_sheet": "authoring.showing.preview",
    "preview": "authoring.showing.preview",
    "refocus": "authoring.showing.refocus",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME.get(name, "authoring.api")), name)
