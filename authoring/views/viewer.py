"""Make the page that shows a photo with depth in 3D."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.codecs import photo as codecs
from authoring.codecs import web
from authoring.compatibility.doctor import DoctorReport, diagnose_file
from authoring.compatibility.photo_facts import GRAY_SIDE
from authoring.depth.focus import largest_near_region
from authoring.depth.stored_plane import StoredPlane
from authoring.embed.reports import Size
from authoring.errors import about
from authoring.read.depth_image import read_depth
from authoring.read.photo_pixels import decode_photo
from authoring.report_base import Report
from authoring.views.pages.viewer_page import ViewerPage, viewer_page
from authoring.views.pictures import colours
from authoring.views.pictures.inpainting import inpaint_hidden_surface
from authoring.views.pictures.lens import Lens
from authoring.views.scene import CameraSource, Scene, scene_of

PICTURE_SIDE = GRAY_SIDE
"""Long side of the photo in the page, half that of an iPhone's 4032: more than most windows show, and the photo is
decoded to it once, for the page and for the level."""

PICTURE_QUALITY = 80
MAX_PICTURE_BYTES = 1_700_000
"""As base64 2.3 MB: with the depth a page stays below 3 MB, which mail and chat programs accept."""

MAX_DEPTH_SIDE = 1024
"""Larger maps are subsampled for the page; Apple's have 768 samples along the longer side, the largest sample 960."""

HIDDEN_SIDE = 320
HIDDEN_QUALITY = 70
"""The hidden surface is a guess, and visible in narrow gaps only."""

HIDDEN_REACH = 0.075
"""How far the hidden surface extends behind an edge, as a share of the long side: a little more than the parallax."""

HIDDEN_JUMP = 0.04
"""Difference of nearness (0..1) over two samples that is a depth edge. A floor over the whole picture rises by 0.01 a
sample."""

RANGE_SHARE = 0.001
"""Share of the samples at either end that may be beyond the colours, so that single wrong ones do not set the range."""

_CAMERA_WORDS: dict[CameraSource, str] = {
    "file": "camera from the file",
    "exif": "camera from Exif",
    "nominal": "camera nominal",
}
_CAMERAS: dict[CameraSource, str] = {
    "file": "calibration in the depth’s own metadata",
    "exif": "from Exif’s focal length",
    "nominal": "nominal: a typical phone’s, since the file says nothing about its lens",
}

_INFINITE_PER_M = 1e-3
"""Beyond a kilometre a distance is shown as infinite."""


@dataclass(frozen=True, slots=True, repr=False)
class ViewReport(Report):
    """What the page contains."""

    _shown = ("output", "level")

    photo: Size
    """Upright."""
    picture: Size
    """In the page."""
    depth: Size
    """Upright, in the page."""
    near_m: float
    far_m: float | None
    """The range of the colours; None for beyond a kilometre."""
    absolute: bool
    """Whether the metres hold; otherwise only the proportions of distances do."""
    camera: CameraSource
    level: str
    verdict: str
    bytes: int
    """Of the page."""
    notes: tuple[str, ...]
    file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/view/1"


def view(photo: bytes, name: str) -> tuple[bytes, ViewReport]:
    """Return the page of a JPEG, HEIC or DNG photo with depth, titled `name`, and the report.

    Raises UnsupportedError if the photo holds no depth or its pixels cannot be decoded.
    """
    with about("photo"):
        file = containers.parse(photo)
        reading = read_depth(file)
        # The page shows every code, and one that stands for a hole would be a point at the camera.
        reading = replace(reading, plane=reading.filled_plane())
        pixels = decode_photo(file, least=PICTURE_SIDE)
    scene = scene_of(file, reading, pixels)
    plane = scene.plane
    assert plane is not None
    diagnosis = diagnose_file(file, pixels=pixels)
    width, height = scene.size
    picture = web.fit_within(scene.pixels, PICTURE_SIDE)
    codes = _subsampled(plane.eight_bit_codes(), MAX_DEPTH_SIDE)
    disparity = scene.depth.disparity_per_m()
    range_per_m = _range(disparity)
    hidden_codes, hidden_picture = _hidden_surface(plane, picture)
    data = viewer_page(
        ViewerPage(
            name=name,
            level=diagnosis.level,
            camera_words=_CAMERA_WORDS[scene.camera],
            facts=_facts(scene, diagnosis),
            photo=web.web_jpeg(picture, quality=PICTURE_QUALITY, icc=scene.icc, max_bytes=MAX_PICTURE_BYTES),
            aspect=width / height,
            depth=web.gray_png(codes),
            hidden_depth=web.gray_png(hidden_codes),
            hidden_photo=web.web_jpeg(hidden_picture, quality=HIDDEN_QUALITY, icc=scene.icc),
            kind=plane.pixel_format.kind,
            low=plane.float_min,
            high=plane.float_max,
            range_per_m=range_per_m,
            absolute=scene.absolute,
            camera=_camera(scene),
            focus=scene.focus or largest_near_region(disparity),
            aperture=_aperture(scene),
            blur=_blur(scene),
            palette=colours.table().tobytes(),
        )
    )
    far, near = range_per_m
    return data, ViewReport(
        photo=Size(width, height),
        picture=Size(picture.shape[1], picture.shape[0]),
        depth=Size(codes.shape[1], codes.shape[0]),
        near_m=1 / max(near, _INFINITE_PER_M),
        far_m=1 / far if far >= _INFINITE_PER_M else None,
        absolute=scene.absolute,
        camera=scene.camera,
        level=diagnosis.level,
        verdict=diagnosis.verdict,
        bytes=len(data),
        notes=scene.notes,
    )


def _subsampled(codes: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    """Return every n-th code, so that the longer side has at most `long_side`: a mean of codes is not a surface."""
    step = -(-max(codes.shape) // long_side)
    return codes[::step, ::step]


def _range(disparity: NDArray[np.float32]) -> tuple[float, float]:
    """Return (far, near) in 1/m, without RANGE_SHARE of the samples at either end."""
    finite = disparity[np.isfinite(disparity)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.quantile(finite, (RANGE_SHARE, 1 - RANGE_SHARE), method="nearest")
    return float(low), float(high)


def _hidden_surface(
    plane: StoredPlane, picture: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return codes (h, w) and colours (h, w, 3) of the surface behind near objects, reduced."""
    codes = _subsampled(plane.eight_bit_codes(), HIDDEN_SIDE)
    height, width = codes.shape
    small = codecs.resized(picture, width, height).astype(np.float32)
    nearness = codes.astype(np.float32) / np.float32(255)
    if plane.pixel_format.kind == "depth":
        nearness = 1 - nearness
    reach = max(1, round(HIDDEN_REACH * max(codes.shape)))
    hidden = inpaint_hidden_surface(nearness, np.moveaxis(small, -1, 0), reach, HIDDEN_JUMP)
    values = hidden.plane if plane.pixel_format.kind == "disparity" else 1 - hidden.plane
    pixels = np.rint(np.clip(np.moveaxis(hidden.colours, 0, -1), 0, 255)).astype(np.uint8)
    return np.rint(values * 255).astype(np.uint8), pixels


def _camera(scene: Scene) -> tuple[float, float, float, float]:
    width, height = scene.calibration.reference_width_px, scene.calibration.reference_height_px
    (fx, fy), (cx, cy) = scene.calibration.focal_px, scene.calibration.principal_point_px
    return fx / width, fy / height, cx / width, cy / height


def _aperture(scene: Scene) -> float | None:
    """Return the file's aperture, if it is a positive number."""
    aperture = scene.aperture
    return aperture if aperture is not None and 0 < aperture < math.inf else None


def _blur(scene: Scene) -> float:
    """Return the radius of blur in widths of the photo, at f/1, for 1/m of distance from the focus."""
    width, height = scene.calibration.reference_width_px, scene.calibration.reference_height_px
    lens = Lens.of_camera(scene.calibration.focal_px[0], (width, height), f_number=1.0, focus_per_m=0.0)
    return lens.radius_px_m / width


def _facts(scene: Scene, diagnosis: DoctorReport) -> tuple[tuple[str, str], ...]:
    """Return labels and texts about the file."""
    width, height = scene.size
    unit = scene.depth.pixel_format.kind
    facts = [
        ("Photo", f"{width} × {height}, {diagnosis.container.upper()}"),
        ("Depth", f"{scene.depth.width} × {scene.depth.height}, {unit}, accuracy {scene.depth.accuracy}"),
        ("Camera", _CAMERAS[scene.camera]),
    ]
    if scene.depth.estimate is not None:
        by = scene.depth.estimate.by
        facts.insert(2, ("Estimate", f"by {by.name}: {by.worth}"))
    if (aperture := _aperture(scene)) is not None:
        facts.append(("Aperture", f"f/{aperture:g} stated in the file"))
    facts.append(
        ("Focus", "named in the photo" if scene.focus else "the nearest large region; the photo names none")
    )
    facts.append(("Level", f"{diagnosis.level}: {diagnosis.verdict}"))
    facts.append(("In Photos", f"{diagnosis.headline}."))
    return tuple(facts)
