"""A photo's depth as samples in space: the camera, where the surface jumps, which samples are kept.

Knows: how `Seen` becomes what the room `geometry` takes. Must not know: paths, colours, files of points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.depth.buffer import DepthBuffer
from authoring.depth.calibration import Calibration
from authoring.depth.raster import resampled
from authoring.errors import RefusedError, UsageError, about
from authoring.maps.load import MapSource
from authoring.maps.map_options import MapOptions
from authoring.views.camera_choice import CameraChoice, CameraOrigin, settled_camera
from authoring.views.geometry.camera import Camera
from authoring.views.geometry.distortion import RadialLens
from authoring.views.geometry.points import AXES_TEXT, Axes, Grid
from authoring.views.geometry.surface import Surface
from authoring.views.scene import Seen, see, see_with_map

LensState = Literal["removed", "ignored", "none"]

SAMPLES_FOR_GAPS = 250_000
"""Samples that are looked at for the step of a map that is not embedded yet: neighbouring codes of 8 bits are among
them."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Samples of a map that became no points, each counted once, for the first reason that holds."""

    infinite: int
    """Disparity 0."""
    unknown: int
    """Holes of a map that is not embedded yet."""
    out_of_range: int
    """Nearer or farther than was asked for."""
    edges: int
    """Flying pixels."""


@dataclass(frozen=True, slots=True)
class CloudOptions:
    """What `pointcloud` can be told besides the photo; UsageError where a value cannot be meant."""

    axes: Axes = "opengl"
    stride: int = 1
    """Take every so many-th sample across and down."""
    min_depth_m: float | None = None
    max_depth_m: float | None = None
    """Along the optical axis."""
    remove_edges: bool = False
    """Leave out flying pixels: samples that hang between two things at a jump of depth."""
    resolution: Literal["map", "photo"] = "map"
    """Whose samples to take: the map's own, or one for each pixel of the photo, interpolated."""
    ignore_lens: bool = False
    """Take the lens for a pinhole, and leave its distortion in."""
    calibration: CameraChoice | Calibration | None = None
    """Another camera than the file's own: Exif's, a usual phone's, or one of the upright photo, as `embed` takes it."""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.axes not in AXES_TEXT:
            raise UsageError(f"axes is {self.axes!r}; it can be opengl or opencv")
        if self.resolution not in ("map", "photo"):
            raise UsageError(f"resolution is {self.resolution!r}; it can be map or photo")
        if self.stride < 1:
            raise UsageError(f"the stride is {self.stride}; it can be 1 or more")
        for name, value in (("min", self.min_depth_m), ("max", self.max_depth_m)):
            if value is not None and not value > 0:
                raise UsageError(f"--{name}-depth is {value:g} m; it must be above 0")
        if (
            self.min_depth_m is not None
            and self.max_depth_m is not None
            and self.min_depth_m >= self.max_depth_m
        ):
            raise UsageError(
                f"--min-depth {self.min_depth_m:g} m is not below --max-depth {self.max_depth_m:g} m"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """What clouds and meshes are both made of."""

    seen: Seen
    camera: Camera
    origin: CameraOrigin
    lens: LensState
    """What became of the lens's distortion; "none" where none is known."""
    depth_m: NDArray[np.float32]
    grid: Grid
    surface: Surface
    """Of the grid's samples."""
    left_out: LeftOut
    notes: tuple[str, ...]


def space_of(photo: bytes, options: CloudOptions, depth: MapSource | None, map_options: MapOptions) -> Space:
    """A photo's depth with its camera and what is kept of it; with `depth`, of a map that is not embedded yet.

    Raises UnsupportedError where there is no depth, RefusedError where no sample is left.
    """
    seen = see(photo) if depth is None else see_with_map(photo, depth, map_options)
    with about("photo"):
        calibration, origin, notes = settled_camera(photo, seen, options.calibration)
    camera = camera_of_calibration(calibration)
    lens: LensState = "removed" if camera.lens is not None else "none"
    if camera.lens is not None and options.ignore_lens:
        camera, lens = replace(camera, lens=None), "ignored"
    buffer = seen.depth
    own = buffer.samples.shape
    if options.resolution == "photo":
        height, width = seen.pixels.shape[:2]
        buffer = resampled(buffer, width, height)
    depth_m = buffer.depth_m()
    shape = (buffer.height, buffer.width)
    per_map = own[1] / shape[1]
    step_per_m, step_m = _steps(seen)
    across, down = camera.footprint(shape)
    full = Surface(depth_m, (across, down), step_per_m * per_map, step_m * per_map)
    grid, left_out = _grid(buffer, depth_m, full, options)
    if not grid.keep.any():
        raise RefusedError(_nothing_left(left_out), subject="photo")
    stride = options.stride
    surface = replace(full, depth_m=grid.taken(depth_m), footprint=(across * stride, down * stride))
    return Space(seen, camera, origin, lens, depth_m, grid, surface, left_out, (*seen.notes, *notes))


def camera_of_calibration(calibration: Calibration) -> Camera:
    """The camera in the terms of geometry; without a distortion centre the principal point stands for it."""
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


def _steps(seen: Seen) -> tuple[float, float]:
    """One quantisation step of the map in 1/m and in m; the unit that was not quantised gives 0 or little.

    A map that is not embedded yet may come of 8 bits too: its values then have gaps, even ones in one of the units,
    and the least gap is the step there. In the other unit the least gap is smaller than any step that matters.
    """
    values = seen.depth.samples
    if seen.codes is not None:
        codes = int(seen.codes.max()) - int(seen.codes.min())
        step = float(values.max() - values.min()) / codes if codes else 0.0
        return (step, 0.0) if seen.depth.pixel_format.kind == "disparity" else (0.0, step)
    skip = math.isqrt(values.size // SAMPLES_FOR_GAPS) + 1
    few = seen.depth.replace(samples=np.ascontiguousarray(values[::skip, ::skip]))
    return _least_gap(few.disparity_per_m()), _least_gap(few.depth_m())


def _least_gap(values: NDArray[np.float32]) -> float:
    distinct = np.unique(values[np.isfinite(values)])
    return float(np.diff(distinct).min()) if len(distinct) > 1 else 0.0


def _grid(
    buffer: DepthBuffer, depth_m: NDArray[np.float32], surface: Surface, options: CloudOptions
) -> tuple[Grid, LeftOut]:
    """Every stride-th sample, and which of them are kept; each sample left out is counted once."""
    stride = options.stride
    height, width = depth_m.shape
    rows = np.arange(min(stride // 2, (height - 1) // 2), height, stride)
    columns = np.arange(min(stride // 2, (width - 1) // 2), width, stride)
    every = Grid((height, width), rows, columns, np.ones((len(rows), len(columns)), np.bool_))
    depth = every.taken(depth_m)
    keep = np.ones(depth.shape, np.bool_)

    def without(bad: NDArray[np.bool_]) -> int:
        before = int(np.count_nonzero(keep))
        np.logical_and(keep, ~bad, out=keep)
        return before - int(np.count_nonzero(keep))

    infinite = without(np.isinf(depth))
    # Zero metres would be the camera itself: a disparity too large for a number.
    unknown = without(~(depth > 0))
    near, far = options.min_depth_m or 0.0, options.max_depth_m or math.inf
    out_of_range = without((depth < near) | (depth > far))
    edges = without(every.taken(surface.flying())) if options.remove_edges else 0
    return replace(every, keep=keep), LeftOut(infinite, unknown, out_of_range, edges)


def _nothing_left(left_out: LeftOut) -> str:
    reasons = [
        f"{count} {why}"
        for count, why in (
            (left_out.infinite, "lie at infinity"),
            (left_out.unknown, "are holes"),
            (left_out.out_of_range, "lie outside --min-depth and --max-depth"),
            (left_out.edges, "are flying pixels"),
        )
        if count
    ]
    return f"no point is left to write: of the samples, {', '.join(reasons)}"
