"""A photo with depth as one page that shows it in 3D.

Knows: which numbers of a photo the page needs, and how large its pictures may be. Must not know: HTML, WebGL.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import web
from authoring.compatibility.doctor import DoctorReport, diagnose
from authoring.depth.focus import largest_near_region
from authoring.embed.reports import Size
from authoring.errors import UnsupportedError
from authoring.views.pages.inpainting import what_lies_behind
from authoring.views.pages.viewer_page import ViewerPage, viewer_page
from authoring.views.pictures import colours
from authoring.views.scene import Camera, Seen, see

PICTURE_SIDE = 2048
"""Pixels of the photo in the page: more than a usual window shows, and half the side of a 12 MP photo."""

PICTURE_QUALITY = 80
MAX_PICTURE_BYTES = 1_700_000
"""As base64 2.3 MB: with the depth a page stays below 3 MB, which mail and chat programs let pass."""

MAX_DEPTH_SIDE = 1024
"""Larger maps are thinned for the page; Apple's have 768 samples along the longer side, the largest seen 960."""

BEHIND_SIDE = 320
BEHIND_QUALITY = 70
"""What lies behind is a guess, and shows in narrow gaps only."""

RANGE_SHARE = 0.001
"""Of the samples at either end that may lie beyond the colours: single wrong ones would take the range."""

FULL_FRAME_DIAGONAL_M = 0.04327
"""Of 36 mm by 24 mm. A phone's own lens is too small to blur anything; f-numbers are those of the lens that shows the
same picture on a full frame."""

_CAMERA_WORDS: dict[Camera, str] = {
    "file": "camera from the file",
    "exif": "camera from Exif",
    "nominal": "camera nominal",
}
_CAMERAS: dict[Camera, str] = {
    "file": "calibration in the depth’s own metadata",
    "exif": "from Exif’s focal length",
    "nominal": "nominal: a usual phone’s, since the file says nothing of its lens",
}

_INFINITE_PER_M = 1e-3
"""Beyond a kilometre a distance is told as infinite."""


@dataclass(frozen=True, slots=True)
class ViewReport:
    """What the page shows."""

    photo: Size
    """Upright."""
    picture: Size
    """In the page."""
    depth: Size
    """Upright, in the page."""
    near_m: float
    far_m: float | None
    """The distances that colours run over; None for beyond a kilometre."""
    absolute: bool
    """False: these are relative, distances hold in proportion only."""
    camera: Camera
    level: str
    verdict: str
    bytes: int
    """Of the page."""
    notes: tuple[str, ...]
    file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/view/1"


def view(photo: bytes, name: str) -> tuple[bytes, ViewReport]:
    """The page of a JPEG or HEIC photo with Apple depth, and what it shows; `name` is what it is called there.

    Raises UnsupportedError where the photo holds no depth or its pixels cannot be decoded.
    """
    seen = see(photo)
    diagnosis = diagnose(photo)
    height, width = seen.pixels.shape[:2]
    picture = web.scaled(seen.pixels, PICTURE_SIDE)
    codes, low, high = _plane(seen)
    range_per_m = _range(seen.depth.disparity_per_m())
    behind, behind_photo = _behind(codes, seen, picture)
    page = ViewerPage(
        name=name,
        level=diagnosis.level,
        camera_words=_CAMERA_WORDS[seen.camera],
        facts=_facts(seen, diagnosis),
        photo=web.web_jpeg(picture, quality=PICTURE_QUALITY, icc=seen.icc, max_bytes=MAX_PICTURE_BYTES),
        aspect=width / height,
        depth=web.gray_png(codes),
        behind=web.gray_png(behind),
        behind_photo=web.web_jpeg(behind_photo, quality=BEHIND_QUALITY, icc=seen.icc),
        kind=seen.depth.pixel_format.kind,
        low=low,
        high=high,
        range_per_m=range_per_m,
        absolute=seen.absolute,
        camera=_camera(seen),
        focus=seen.focus or largest_near_region(seen.depth.disparity_per_m()),
        aperture=_aperture(seen),
        blur=_blur(seen),
        palette=colours.table().tobytes(),
    )
    data = viewer_page(page)
    far, near = range_per_m
    return data, ViewReport(
        photo=Size(width, height),
        picture=Size(picture.shape[1], picture.shape[0]),
        depth=Size(codes.shape[1], codes.shape[0]),
        near_m=1 / max(near, _INFINITE_PER_M),
        far_m=1 / far if far >= _INFINITE_PER_M else None,
        absolute=seen.absolute,
        camera=seen.camera,
        level=diagnosis.level,
        verdict=diagnosis.verdict,
        bytes=len(data),
        notes=seen.notes,
    )


def _plane(seen: Seen) -> tuple[NDArray[np.uint8], float, float]:
    """The codes for the page, and what 0 and 255 stand for."""
    codes, samples = seen.codes, seen.depth.samples
    if codes is None:
        raise UnsupportedError("only a map that is embedded has codes to show")
    first, last = int(codes.argmin()), int(codes.argmax())
    lowest, highest = float(samples.flat[first]), float(samples.flat[last])
    least, most = int(codes.flat[first]), int(codes.flat[last])
    step = (highest - lowest) / (most - least) if most > least else 0.0
    thinned = -(-max(codes.shape) // MAX_DEPTH_SIDE)
    return codes[::thinned, ::thinned], lowest - least * step, lowest + (255 - least) * step


def _range(disparity: NDArray[np.float32]) -> tuple[float, float]:
    """(far, near) in 1/m, without a thousandth of the samples at either end."""
    finite = disparity[np.isfinite(disparity)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.quantile(finite, (RANGE_SHARE, 1 - RANGE_SHARE), method="nearest")
    return float(low), float(high)


def _behind(
    codes: NDArray[np.uint8], seen: Seen, picture: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Codes and colours of what lies behind near things, small."""
    thinned = -(-max(codes.shape) // BEHIND_SIDE)
    small = codes[::thinned, ::thinned]
    colours = web.sized(picture, small.shape[1], small.shape[0])
    share = np.divide(small, 255, dtype=np.float32)
    is_disparity = seen.depth.pixel_format.kind == "disparity"
    behind = what_lies_behind(share if is_disparity else np.float32(1) - share, colours)
    nearness = behind.nearness if is_disparity else 1 - behind.nearness
    return np.rint(nearness * 255).astype(np.uint8), behind.pixels


def _camera(seen: Seen) -> tuple[float, float, float, float]:
    width, height = seen.calibration.reference_width_px, seen.calibration.reference_height_px
    (fx, fy), (cx, cy) = seen.calibration.focal_px, seen.calibration.principal_point_px
    return fx / width, fy / height, cx / width, cy / height


def _aperture(seen: Seen) -> float | None:
    """The file's, where it is one: files state what they like."""
    told = seen.aperture
    return told if told is not None and 0 < told < math.inf else None


def _blur(seen: Seen) -> float:
    """Radius of blur in widths of the photo, at f/1, for 1/m away from the focus.

    A thin lens of opening A, focused on g = 1/m, spreads what is at d = 1/m over a disc of A * focal length * |d - g|.
    """
    width, height = seen.calibration.reference_width_px, seen.calibration.reference_height_px
    focal_px = seen.calibration.focal_px[0]
    opening_m = focal_px / math.hypot(width, height) * FULL_FRAME_DIAGONAL_M
    return opening_m * focal_px / width / 2


def _facts(seen: Seen, diagnosis: DoctorReport) -> tuple[tuple[str, str], ...]:
    """What the page tells of the file."""
    height, width = seen.pixels.shape[:2]
    unit = seen.depth.pixel_format.kind
    facts = [
        ("Photo", f"{width} × {height}, {diagnosis.container.upper()}"),
        ("Depth", f"{seen.depth.width} × {seen.depth.height}, {unit}, accuracy {seen.depth.accuracy}"),
        ("Camera", _CAMERAS[seen.camera]),
    ]
    if (aperture := _aperture(seen)) is not None:
        facts.append(("Aperture", f"f/{aperture:g} stated in the file"))
    facts.append(
        ("Focus", "named in the photo" if seen.focus else "the nearest large region; the photo names none")
    )
    facts.append(("Level", f"{diagnosis.level}: {diagnosis.verdict}"))
    facts.append(("In Photos", f"{diagnosis.headline}."))
    return tuple(facts)
