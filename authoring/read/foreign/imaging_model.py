"""Read the camera that Dynamic Depth and XDM state: focal lengths and principal point."""

from __future__ import annotations

from authoring.containers.base import Layout
from authoring.depth.aspect import same_shape
from authoring.depth.calibration import Calibration
from authoring.errors import DepthauthorError, UsageError
from authoring.read.foreign.google_xmp import number
from authoring.read.foreign.structures import Structure, text

OTHER_FRAME = (
    "the camera of the file is for {0} by {1} pixels, which is not the photo's shape, and is not used"
)
DISTORTION = "the lens distortion of the file has another form than Apple's and is not used"


def camera_of(
    model: Structure | None, namespace: str, layout: Layout, *, normalized: bool = False
) -> tuple[Calibration | None, tuple[str, ...]]:
    """Return the camera for the photo's stored raster, and notes on what is left out; None if there is none.

    normalized: focal lengths are in long sides of the photo and the principal point in its sides (XDM), not in pixels
    of ImageWidth by ImageHeight (Dynamic Depth).
    """
    if model is None:
        return None, ()
    names = ("FocalLengthX", "FocalLengthY", "PrincipalPointX", "PrincipalPointY")
    try:
        fx, fy, cx, cy = (number(text(model, namespace, name), name) for name in names)
        width, height = (
            float(side) if normalized else number(text(model, namespace, name), name)
            for name, side in (("ImageWidth", layout.width), ("ImageHeight", layout.height))
        )
        if None in (fx, fy, cx, cy, width, height):
            return None, ("the camera of the file is incomplete and is not used",)
        assert fx is not None and fy is not None and cx is not None and cy is not None
        assert width is not None and height is not None
        if not (1 <= width <= 1e6 and 1 <= height <= 1e6):
            raise UsageError("its frame has no size")
        if normalized:
            longest = max(width, height)
            fx, fy, cx, cy = fx * longest, fy * longest, cx * width, cy * height
        frame = round(width), round(height)
        if not same_shape(frame, (layout.width, layout.height)):
            return None, (OTHER_FRAME.format(*frame),)
        camera = Calibration(((fx, 0.0, cx), (0.0, fy, cy), (0.0, 0.0, 1.0)), *frame)
    except DepthauthorError:
        return None, ("the camera of the file is damaged and is not used",)
    distorted = text(model, namespace, "Distortion") is not None or any(
        child.tag == f"{{{namespace}}}LensDistortion" for child in model.iter()
    )
    return camera, (DISTORTION,) if distorted else ()
