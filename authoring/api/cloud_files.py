"""Make points and meshes of photo files: `pointcloud` as arrays, `pointcloud_file` as a file."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from authoring import files
from authoring.api import scene_input
from authoring.api.inputs import MapInputSource, PathLike, PhotoSource, map_input, photo_input
from authoring.depth.calibration_json import parse_calibration_json
from authoring.errors import UsageError
from authoring.views import pointcloud as projecting
from authoring.views.cloud_samples import CloudOptions
from authoring.views.geometry.points import PointCloud
from authoring.views.pointcloud import CloudFormat, PointCloudReport

if TYPE_CHECKING:
    from authoring.api.keywords import CloudKeywords

FORMAT_OF_SUFFIX: dict[str, CloudFormat] = {".ply": "ply", ".pcd": "pcd", ".glb": "glb"}


def pointcloud(
    photo: PhotoSource, depth: MapInputSource | None = None, **options: Unpack[CloudKeywords]
) -> PointCloud:
    """Return the coloured points of a photo with Apple depth: `.points` (N, 3) float32 metres, `.colours` (N, 3) uint8.

    Options are those of `CloudOptions`: axes, stride, min_depth, max_depth, remove_edges, resolution,
    ignore_lens, calibration (also the path of a calibration file). depth: a map that is not embedded, as for
    `embed`, with the options that say what it means (near, far, preset, …).

    For example:

        cloud = depthauthor.pointcloud("portrait.heic", max_depth=3)
        print(cloud.points.shape, cloud.colours.dtype)
    """
    given, given_map = photo_input(photo), None if depth is None else map_input(depth)
    cloud_options, map_options = _split(dict(options))
    scene = scene_input.load_input(given, given_map, map_options)
    with scene_input.naming(given, given_map):
        return projecting.pointcloud(scene, cloud_options)


def pointcloud_file(
    photo: PhotoSource,
    output: PathLike,
    depth: MapInputSource | None = None,
    *,
    mesh: bool = False,
    format: CloudFormat | None = None,
    overwrite: bool = False,
    **options: Unpack[CloudKeywords],
) -> PointCloudReport:
    """Write the points as PLY or PCD, or with `mesh` the surface as GLB or PLY, by the output's extension.

    Other options are those of `pointcloud`. The photo itself is never written.

    For example:

        depthauthor.pointcloud_file("portrait.heic", "cloud.ply", stride=2)
    """
    given, output = photo_input(photo), Path(output)
    given_map = None if depth is None else map_input(depth)
    chosen = format or FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if chosen is None:
        raise UsageError(f"{output}: unsupported point cloud format; use .ply, .pcd or .glb")
    scene_input.check_output(output, [given, given_map], overwrite)
    cloud_options, map_options = _split(dict(options))
    scene = scene_input.load_input(given, given_map, map_options)
    with scene_input.naming(given, given_map):
        chunks, report = projecting.pointcloud_file(scene, chosen, cloud_options, mesh=mesh)
    scene_input.write(output, chunks, [given, given_map], overwrite)
    return replace(report, file=scene_input.name_of(given), output=str(output))


def _split(options: dict[str, Any]) -> tuple[CloudOptions, dict[str, Any]]:
    """Return the options of the cloud, checked, and those of the map."""
    names = {field.name for field in fields(CloudOptions)}
    given = {name: value for name, value in options.items() if name in names and value is not None}
    calibration = given.get("calibration")
    if isinstance(calibration, os.PathLike) or (isinstance(calibration, str) and "." in calibration):
        path = Path(calibration)
        with files.named(path):
            given["calibration"] = parse_calibration_json(files.read_file(path))
    return CloudOptions(**given), {name: value for name, value in options.items() if name not in names}
