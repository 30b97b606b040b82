"""Point clouds and meshes of a photo with depth, as arrays and as files.

Knows: colours and textures, what a file and the report say of unit, axes and camera.
Must not know: paths, how PLY, PCD and GLB are laid out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from authoring.codecs import photo as pictures
from authoring.errors import MalformedError, RefusedError, UsageError
from authoring.maps.load import MapSource
from authoring.maps.map_options import MapOptions
from authoring.version import VERSION
from authoring.views.camera_choice import camera_note
from authoring.views.geometry.mesh import Mesh, mesh_of, places_of
from authoring.views.geometry.points import AXES_TEXT, Grid, PointCloud, bounds, points_of
from authoring.views.scene import Seen
from authoring.views.space import CloudOptions, LeftOut, LensState, Space, space_of

CloudFormat = Literal["ply", "pcd", "glb"]

MAX_MESH_SAMPLES = 8_000_000
"""Corners of a mesh: 16 million triangles are 300 MB, and more than the usual viewers turn smoothly."""

MAX_TEXTURE_PX = 4096
"""Side of a texture that every WebGL viewer takes, phones among them; a 12 MP photo fits."""

TEXTURE_QUALITY = 90

LENS_TEXT: dict[LensState, str] = {"removed": "taken out", "ignored": "left in", "none": "none known"}


@dataclass(frozen=True, slots=True)
class PointCloudReport:
    """What `pointcloud` wrote."""

    format: Literal["ply", "pcd", "glb"]
    points: int
    triangles: int | None
    """Null for points alone."""
    map_width: int
    map_height: int
    """Of the depth map, upright."""
    axes: Literal["opengl", "opencv"]
    """opengl: x right, y up, z backward. opencv: x right, y down, z forward."""
    unit: str
    absolute: bool
    """Whether the metres hold; else distances are in proportion only."""
    near: float
    far: float
    """Depth of the nearest and of the farthest point along the optical axis."""
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    """The box around all points: its least and its greatest x, y, z."""
    camera: Literal["file", "exif", "nominal", "given"]
    """Where the camera comes from: the depth's own calibration, Exif's focal length, a usual phone's, or the caller."""
    fx: float
    fy: float
    cx: float
    cy: float
    """In pixels of the upright photo, from its top left corner."""
    photo_width: int
    photo_height: int
    """Upright."""
    lens_distortion: Literal["removed", "ignored", "none"]
    """none: none is known."""
    left_out: LeftOut
    notes: tuple[str, ...] = ()
    file: str | None = None
    output: str | None = None
    schema: str = "depthauthor/pointcloud/1"


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
    return _cloud(space_of(photo, options, depth, map_options or MapOptions()), options)


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
    space = space_of(photo, options, depth, map_options or MapOptions())
    if not mesh:
        from authoring.views.geometry.pcd import build_pcd
        from authoring.views.geometry.ply import build_ply

        cloud = _cloud(space, options)
        build = build_pcd if format == "pcd" else build_ply
        pieces = build(cloud.points, cloud.colours, comments=cloud.comments)
        return pieces, _report(space, options, format, cloud.points, None)
    made, grid = _mesh(space, options)
    if format == "glb":
        from authoring.views.geometry.glb import build_glb

        told = {"units": "m", "absolute": space.seen.absolute, "about": list(_comments(space, options))}
        pieces = build_glb(made, _texture(space.seen), f"depthauthor {VERSION}", told)
    else:
        from authoring.views.geometry.ply import build_ply

        pieces = build_ply(made.points, _colours(space.seen, grid), made.faces, _comments(space, options))
    return pieces, _report(space, options, format, made.points, len(made.faces))


def _cloud(space: Space, options: CloudOptions) -> PointCloud:
    return PointCloud(
        _points(space, space.grid, options),
        _colours(space.seen, space.grid),
        options.axes,
        space.seen.absolute,
        _comments(space, options),
    )


def _points(space: Space, grid: Grid, options: CloudOptions) -> NDArray[np.float32]:
    points = points_of(space.depth_m, grid, space.camera, options.axes)
    if not np.isfinite(bounds(points)).all():
        raise MalformedError(
            "the calibration's numbers put points beyond what a number can hold; --calibration takes another camera",
            subject="photo",
        )
    return points


def _mesh(space: Space, options: CloudOptions) -> tuple[Mesh, Grid]:
    if space.grid.keep.size > MAX_MESH_SAMPLES:
        raise RefusedError(
            f"a mesh of {space.grid.keep.size} samples is more than viewers take; "
            f"--stride {options.stride * (math.isqrt(space.grid.keep.size // MAX_MESH_SAMPLES) + 1)} makes it smaller",
            subject="photo",
        )
    faces, grid = mesh_of(space.surface, space.grid)
    if not len(faces):
        raise RefusedError(
            "no triangle is left: no three neighbouring samples lie on one surface", subject="photo"
        )
    points = _points(space, grid, options)
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


def _comments(space: Space, options: CloudOptions) -> tuple[str, ...]:
    camera = space.camera
    (fx, fy), (cx, cy) = camera.focal_px, camera.center_px
    scale = (
        "absolute: the metres hold"
        if space.seen.absolute
        else "relative: distances are in proportion, their scale is not guaranteed"
    )
    return (
        f"depthauthor {VERSION}",
        f"units: metres; {scale}",
        f"axes: {options.axes}, {AXES_TEXT[options.axes]}",
        f"camera: fx {fx:.6g} fy {fy:.6g} cx {cx:.6g} cy {cy:.6g} pixels of {camera.width_px} x {camera.height_px}; "
        f"{camera_note(space.origin)}",
        f"lens distortion: {LENS_TEXT[space.lens]}",
        "colours: sRGB",
    )


def _report(
    space: Space,
    options: CloudOptions,
    format: CloudFormat,
    points: NDArray[np.float32],
    triangles: int | None,
) -> PointCloudReport:
    notes = list(space.notes)
    if not space.seen.absolute:
        notes.append("Accuracy is relative: distances are in proportion, their scale is not guaranteed")
    if space.origin in ("exif", "nominal"):
        notes.append(f"the camera is {camera_note(space.origin)}; widths and heights are as good as it is")
    height, width = space.seen.depth.samples.shape
    low, high = bounds(points)
    near, far = sorted((abs(low[2]), abs(high[2])))
    camera = space.camera
    return PointCloudReport(
        format=format,
        points=len(points),
        triangles=triangles,
        map_width=width,
        map_height=height,
        axes=options.axes,
        unit="m",
        absolute=space.seen.absolute,
        near=near,
        far=far,
        low=low,
        high=high,
        camera=space.origin,
        fx=camera.focal_px[0],
        fy=camera.focal_px[1],
        cx=camera.center_px[0],
        cy=camera.center_px[1],
        photo_width=camera.width_px,
        photo_height=camera.height_px,
        lens_distortion=space.lens,
        left_out=space.left_out,
        notes=tuple(notes),
    )
