"""Select the samples of a scene's depth that become points: camera, range, stride, flying pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.depth.calibration import Calibration
from authoring.depth.kernels import row_chunks
from authoring.depth.raster import resampled
from authoring.errors import RefusedError, UsageError, about
from authoring.views.camera_source import CameraOrigin, choose_camera
from authoring.views.geometry.distortion import RadialLens
from authoring.views.geometry.points import AXES_TEXT, Axes, Grid
from authoring.views.geometry.projection import Camera
from authoring.views.geometry.surface import Surface
from authoring.views.scene import CameraSource, Scene

LensState = Literal["removed", "ignored", "none"]

SAMPLES_FOR_GAPS = 250_000
"""Samples searched for the quantisation step of a map that is not embedded: enough to hold neighbouring 8-bit codes."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Numbers of samples that became no points; each is counted once, for the first reason that holds."""

    infinite: int
    """Disparity 0."""
    unknown: int
    """Holes of a map that is not embedded."""
    out_of_range: int
    """Outside the range of depths asked for."""
    edges: int
    """Flying pixels."""


@dataclass(frozen=True, slots=True)
class CloudOptions:
    """The options of `pointcloud`; UsageError for a value out of range."""

    axes: Axes = "opengl"
    stride: int = 1
    """Take every n-th sample across and down."""
    min_depth: float | None = None
    max_depth: float | None = None
    """Along the optical axis."""
    remove_edges: bool = False
    """Leave out flying pixels: samples on a slope between two surfaces at a jump of depth."""
    resolution: Literal["map", "photo"] = "map"
    """The samples to take: those of the map, or one for each pixel of the photo, interpolated."""
    ignore_lens: bool = False
    """Treat the lens as a pinhole, leaving its distortion in."""
    calibration: CameraSource | Calibration | None = None
    """Another camera than the file's own: Exif's, a typical phone's, or a calibration of the upright photo."""

    def __post_init__(self) -> None:
        """Check the values."""
        if self.axes not in AXES_TEXT:
            raise UsageError(f"axes is {self.axes!r}; it can be opengl or opencv")
        if self.resolution not in ("map", "photo"):
            raise UsageError(f"resolution is {self.resolution!r}; it can be map or photo")
        if self.stride < 1:
            raise UsageError(f"the stride is {self.stride}; it can be 1 or more")
        for name, value in (("min", self.min_depth), ("max", self.max_depth)):
            if value is not None and not value > 0:
                raise UsageError(f"--{name}-depth is {value:g} m; it must be above 0")
        if self.min_depth is not None and self.max_depth is not None and self.min_depth >= self.max_depth:
            raise UsageError(
                f"--min-depth {self.min_depth:g} m is not below --max-depth {self.max_depth:g} m"
            )


@dataclass(frozen=True, slots=True, eq=False)
class CloudSamples:
    """The samples of a scene that clouds and meshes are made of."""

    scene: Scene
    camera: Camera
    origin: CameraOrigin
    lens: LensState
    """What was done with the lens distortion; "none" if none is known."""
    depth_m: NDArray[np.float32]
    """(h, w): the map, or the map interpolated to the photo's size."""
    grid: Grid
    surface: Surface
    """Of the grid's samples."""
    left_out: LeftOut
    notes: tuple[str, ...]


def select_samples(scene: Scene, options: CloudOptions) -> CloudSamples:
    """Return the samples to project and the camera to project them with.

    Raises UnsupportedError if the chosen source has no camera, RefusedError if no sample is left.
    """
    with about("photo"):
        calibration, origin, notes = choose_camera(scene, options.calibration)
    camera = camera_of_calibration(calibration)
    lens: LensState = "removed" if camera.lens is not None else "none"
    if camera.lens is not None and options.ignore_lens:
        camera, lens = replace(camera, lens=None), "ignored"
    buffer = scene.depth
    if options.resolution == "photo":
        width, height = scene.size
        buffer = resampled(buffer, width, height)
    depth_m = buffer.depth_m()
    scale = scene.depth.width / buffer.width
    step_per_m, step_m = _quantisation_steps(scene)
    across, down = camera.footprint((buffer.height, buffer.width))
    full = Surface(depth_m, (across, down), step_per_m * scale, step_m * scale)
    grid, left_out = _select(depth_m, full, options)
    if not grid.keep.any():
        raise RefusedError(_nothing_left(left_out), subject="photo")
    stride = options.stride
    surface = replace(full, depth_m=grid.take(depth_m), footprint=(across * stride, down * stride))
    return CloudSamples(scene, camera, origin, lens, depth_m, grid, surface, left_out, (*scene.notes, *notes))


def camera_of_calibration(calibration: Calibration) -> Camera:
    """Return the pinhole and lens of a calibration; a missing distortion centre is the principal point."""
    center = calibration.lens_distortion_center_px or calibration.principal_point_px
    lens = RadialLens(
        center,
        calibration.pixel_size_mm,
        calibration.lens_distortion_coefficients,
        calibration.inverse_lens_distortion_coefficients,
    )
    return Camera(
        calibration.reference_width_px,
        calibration.reference_height_px,
        calibration.focal_px,
        calibration.principal_point_px,
        lens if lens.distorts else None,
    )


def _quantisation_steps(scene: Scene) -> tuple[float, float]:
    """Return one quantisation step of the map in 1/m and in m; 0 or little in the unit that was not quantised.

    A map that is not embedded may have been quantised too: its values then have gaps, even ones in one of the units,
    and the smallest gap is the step there. In the other unit the smallest gap is smaller than any step that matters.
    """
    if scene.plane is not None:
        step = scene.plane.step
        return (step, 0.0) if scene.depth.pixel_format.kind == "disparity" else (0.0, step)
    samples = scene.depth.samples
    skip = math.isqrt(samples.size // SAMPLES_FOR_GAPS) + 1
    few = scene.depth.replace(samples=np.ascontiguousarray(samples[::skip, ::skip]))
    return _smallest_gap(few.disparity_per_m()), _smallest_gap(few.depth_m())


def _smallest_gap(values: NDArray[np.float32]) -> float:
    distinct = np.unique(values[np.isfinite(values)])
    return float(np.diff(distinct).min()) if len(distinct) > 1 else 0.0


def _select(depth_m: NDArray[np.float32], surface: Surface, options: CloudOptions) -> tuple[Grid, LeftOut]:
    """Select every stride-th sample; return which of them to keep, and how many are left out for which reason."""
    stride = options.stride
    height, width = depth_m.shape
    rows = np.arange(min(stride // 2, (height - 1) // 2), height, stride)
    columns = np.arange(min(stride // 2, (width - 1) // 2), width, stride)
    grid = Grid((height, width), rows, columns, np.ones((len(rows), len(columns)), np.bool_))
    depth = grid.take(depth_m)
    near, far = options.min_depth or 0.0, options.max_depth or math.inf
    flying = grid.take(surface.flying()) if options.remove_edges else None
    keep = grid.keep
    counts = [0, 0, 0, 0]
    for chunk in row_chunks(depth.shape):
        part, kept = depth[chunk], keep[chunk]
        # Zero metres would be the camera itself: a disparity too large for a number.
        reasons = [np.isinf(part), ~(part > 0), (part < near) | (part > far)]
        if flying is not None:
            reasons.append(flying[chunk])
        for index, excluded in enumerate(reasons):
            counts[index] += int(np.count_nonzero(kept & excluded))
            kept &= ~excluded
    return grid, LeftOut(*counts)


def _nothing_left(left_out: LeftOut) -> str:
    reasons = [
        f"{count} {reason}"
        for count, reason in (
            (left_out.infinite, "are at infinity"),
            (left_out.unknown, "are holes"),
            (left_out.out_of_range, "are outside --min-depth and --max-depth"),
            (left_out.edges, "are flying pixels"),
        )
        if count
    ]
    return f"no point is left to write: of the samples, {', '.join(reasons)}"
