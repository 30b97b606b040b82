"""Point clouds and meshes of a photo with depth, as arrays and as files.

Knows: how `Seen` and the room `geometry` join, which samples are left out, what a file says of its camera.
Must not know: paths, how PLY, PCD and GLB are laid out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo as pictures
from authoring.depth import Calibration, DepthBuffer, resampled
from authoring.errors import RefusedError, UsageError, about
from authoring.geometry import Axes, Camera, Grid, Mesh, PointCloud, RadialLens, Surface, mesh_of, points_of
from authoring.geometry.mesh import places_of
from authoring.geometry.points import AXES_TEXT, bounds
from authoring.operations.camera import CameraChoice, CameraOrigin, camera_note, settled_camera
from authoring.operations.mapping import MapOptions, MapSource
from authoring.operations.reports import LeftOut, PointCloudReport
from authoring.operations.seen import Seen, see, see_with_map
from authoring.version import VERSION

CloudFormat = Literal["ply", "pcd", "glb"]

SAMPLES_FOR_GAPS = 250_000
"""Samples that are looked at for the step of a map that is not embedded yet: all codes of 8 bits are among them."""

MAX_MESH_SAMPLES = 8_000_000
"""Corners of a mesh: 16 million triangles are 300 MB, and more than the usual viewers turn smoothly."""

MAX_TEXTURE_PX = 4096
"""Side of a texture that every WebGL viewer takes, phones among them; a 12 MP photo fits."""

TEXTURE_QUALITY = 90


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
class _Scene:
    """What clouds and meshes are both made of."""

    seen: Seen
    camera: Camera
    origin: CameraOrigin
    depth_m: NDArray[np.float32]
    grid: Grid
    surface: Surface
    """Of the grid's samples."""
    left_out: LeftOut
    notes: tuple[str, ...]


def pointcloud(
    photo: bytes,
    options: CloudOptions | None = None,
    depth: MapSource | None = None,
    map_options: MapOptions | None = None,
) -> PointCloud:
    """The points of a photo with Apple depth; with `depth`, of a photo and a map that is not embedded yet.

    Raises UnsupportedError where there is no depth, RefusedError where no point is left.
    """
    options = options or CloudOptions()
    return _cloud(_scene(photo, options, depth, map_options or MapOptions()), options)


def pointcloud_file(
    photo: bytes,
    format: CloudFormat,
    options: CloudOptions | None = None,
    depth: MapSource | None = None,
    map_options: MapOptions | None = None,
    *,
    mesh: bool = False,
) -> tuple[list[bytes | memoryview], PointCloudReport]:
    """The pieces of a file of points (PLY, PCD) or of a mesh (GLB, PLY), and what there is to tell."""
    options = options or CloudOptions()
    if mesh and format == "pcd":
        raise UsageError("a PCD file holds points only; write the mesh as .glb or .ply")
    if format == "glb" and not mesh:
        raise UsageError("a GLB file holds a mesh; add --mesh, or write the points as .ply or .pcd")
    if format == "glb" and options.axes != "opengl":
        raise UsageError("a GLB file has y up by its standard; leave out --axes, or write a .ply")
    scene = _scene(photo, options, depth, map_options or MapOptions())
    if not mesh:
        from authoring.geometry.pcd import build_pcd
        from authoring.geometry.ply import build_ply

        cloud = _cloud(scene, options)
        build = build_pcd if format == "pcd" else build_ply
        pieces = build(cloud.points, cloud.colours, comments=cloud.comments)
        return pieces, _report(scene, options, format, cloud.points, None)
    made, grid = _mesh(scene, options)
    if format == "glb":
        from authoring.geometry.glb import build_glb

        told = {"units": "m", "absolute": scene.seen.absolute, "about": list(_comments(scene, options))}
        pieces = build_glb(made, _texture(scene.seen), f"depthauthor {VERSION}", told)
    else:
        from authoring.geometry.ply import build_ply

        pieces = build_ply(made.points, _colours(scene.seen, grid), made.faces, _comments(scene, options))
    return pieces, _report(scene, options, format, made.points, len(made.faces))


def _scene(photo: bytes, options: CloudOptions, depth: MapSource | None, map_options: MapOptions) -> _Scene:
    seen = see(photo) if depth is None else see_with_map(photo, depth, map_options)
    with about("photo"):
        calibration, origin, notes = settled_camera(photo, seen, options.calibration)
    camera = camera_of_calibration(calibration)
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
    return _Scene(seen, camera, origin, depth_m, grid, surface, left_out, (*seen.notes, *notes))


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


def _cloud(scene: _Scene, options: CloudOptions) -> PointCloud:
    return PointCloud(
        points_of(scene.depth_m, scene.grid, scene.camera, options.axes),
        _colours(scene.seen, scene.grid),
        options.axes,
        scene.seen.absolute,
        _comments(scene, options),
    )


def _mesh(scene: _Scene, options: CloudOptions) -> tuple[Mesh, Grid]:
    if scene.grid.keep.size > MAX_MESH_SAMPLES:
        raise RefusedError(
            f"a mesh of {scene.grid.keep.size} samples is more than viewers take; "
            f"--stride {math.isqrt(scene.grid.keep.size // MAX_MESH_SAMPLES) + 1} makes it smaller",
            subject="photo",
        )
    faces, grid = mesh_of(scene.surface, scene.grid)
    if not len(faces):
        raise RefusedError(
            "no triangle is left: no four neighbouring samples lie on one surface", subject="photo"
        )
    points = points_of(scene.depth_m, grid, scene.camera, options.axes)
    return Mesh(points, faces, places_of(grid)), grid


def _colours(seen: Seen, grid: Grid) -> NDArray[np.uint8]:
    """Colour of each sample kept, averaged over the part of the photo that its map sample covers."""
    height, width = grid.shape
    pixels = pictures.srgb(pictures.resized(seen.pixels, width, height), seen.icc)
    taken = grid.taken(pixels).reshape(-1, 3)
    # Three times as fast as indexing with the mask itself.
    return taken if grid.keep.all() else taken.take(np.flatnonzero(grid.keep), axis=0)


def _texture(seen: Seen) -> bytes:
    height, width = seen.pixels.shape[:2]
    scale = min(1.0, MAX_TEXTURE_PX / max(width, height))
    pixels = pictures.resized(seen.pixels, max(1, round(width * scale)), max(1, round(height * scale)))
    pixels = pictures.srgb(pixels, seen.icc)
    rgb = pictures.Pixels(pixels.shape[1], pixels.shape[0], pixels.tobytes())
    return pictures.encode_jpeg(rgb, pictures.Metadata(), quality=TEXTURE_QUALITY)


def _comments(scene: _Scene, options: CloudOptions) -> tuple[str, ...]:
    camera = scene.camera
    (fx, fy), (cx, cy) = camera.focal_px, camera.center_px
    scale = (
        "absolute: the metres hold"
        if scene.seen.absolute
        else "relative: distances are in proportion, their scale is not guaranteed"
    )
    return (
        f"depthauthor {VERSION}",
        f"units: metres; {scale}",
        f"axes: {options.axes}, {AXES_TEXT[options.axes]}",
        f"camera: fx {fx:.6g} fy {fy:.6g} cx {cx:.6g} cy {cy:.6g} pixels of {camera.width_px} x {camera.height_px}; "
        f"{camera_note(scene.origin)}",
        f"lens distortion: {'taken out' if camera.lens else 'none known'}",
        "colours: sRGB",
    )


def _report(
    scene: _Scene,
    options: CloudOptions,
    format: CloudFormat,
    points: NDArray[np.float32],
    triangles: int | None,
) -> PointCloudReport:
    notes = list(scene.notes)
    if not scene.seen.absolute:
        notes.append("Accuracy is relative: distances are in proportion, their scale is not guaranteed")
    if scene.origin in ("exif", "nominal"):
        notes.append(f"the camera is {camera_note(scene.origin)}; widths and heights are as good as it is")
    height, width = scene.seen.depth.samples.shape
    low, high = bounds(points)
    near, far = sorted((abs(low[2]), abs(high[2])))
    camera = scene.camera
    return PointCloudReport(
        format=format,
        points=len(points),
        triangles=triangles,
        map_width=width,
        map_height=height,
        axes=options.axes,
        unit="m",
        absolute=scene.seen.absolute,
        near=near,
        far=far,
        low=low,
        high=high,
        camera=scene.origin,
        fx=camera.focal_px[0],
        fy=camera.focal_px[1],
        cx=camera.center_px[0],
        cy=camera.center_px[1],
        photo_width=camera.width_px,
        photo_height=camera.height_px,
        lens_distortion_removed=camera.lens is not None,
        left_out=scene.left_out,
        notes=tuple(notes),
    )
