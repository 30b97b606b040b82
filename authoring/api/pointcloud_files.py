"""`authoring.pointcloud` and `authoring.pointcloud_file`: from a photo file to points, as arrays or as a file.

Knows: paths and suffixes. Must not know: geometry, printing.
"""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from authoring import files
from authoring.api.photo_files import PathLike
from authoring.depth.calibration_json import parse_calibration_json
from authoring.embed.options import options_of
from authoring.errors import UsageError, about
from authoring.maps.load import MapSource, parse_map_source
from authoring.maps.map_options import MapOptions
from authoring.views import pointcloud as clouding
from authoring.views.geometry.points import PointCloud
from authoring.views.pointcloud import CloudFormat, PointCloudReport
from authoring.views.space import CloudOptions

FORMAT_OF_SUFFIX: dict[str, CloudFormat] = {".ply": "ply", ".pcd": "pcd", ".glb": "glb"}


def pointcloud(photo: PathLike, depth: MapSource | PathLike | None = None, **options: Any) -> PointCloud:
    """The coloured points of a photo with Apple depth: `.points` (N, 3) float32 metres, `.colours` (N, 3) uint8.

    Options are those of `CloudOptions`: axes, stride, min_depth_m, max_depth_m, remove_edges, resolution,
    ignore_lens, calibration (also the path of a calibration file). depth: a map that is not embedded yet, a file or
    an array of metres (H, W), with the options of `embed` that say what it means (near_m, far_m, preset, …).
    """
    photo = Path(photo)
    map_path = Path(depth) if isinstance(depth, str | os.PathLike) else None
    with files.naming(photo=photo, map=map_path):
        data, source, cloud_options, map_options = _gather(photo, map_path, depth, options)
        return clouding.pointcloud(data, cloud_options, source, map_options)


def pointcloud_file(
    photo: PathLike,
    output: PathLike,
    depth: MapSource | PathLike | None = None,
    *,
    mesh: bool = False,
    format: CloudFormat | None = None,
    overwrite: bool = False,
    **options: Any,
) -> PointCloudReport:
    """Write the points as PLY or PCD, or with `mesh` the surface as GLB or PLY; the suffix chooses.

    Other options are those of `pointcloud`. The photo itself is never written.
    """
    photo, output = Path(photo), Path(output)
    map_path = Path(depth) if isinstance(depth, str | os.PathLike) else None
    chosen = format or FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if chosen is None:
        raise UsageError(f"{output}: the suffix says no format; .ply, .pcd and .glb are written")
    files.refuse_existing(output, overwrite)
    with files.naming(photo=photo, map=map_path):
        data, source, cloud_options, map_options = _gather(photo, map_path, depth, options)
        files.refuse_same(output, [path for path in (photo, map_path) if path])
        pieces, report = clouding.pointcloud_file(data, chosen, cloud_options, source, map_options, mesh=mesh)
    files.write_file(output, pieces, overwrite=overwrite)
    return replace(report, file=str(photo), output=str(output))


def _gather(
    photo: Path, map_path: Path | None, depth: MapSource | PathLike | None, options: dict[str, Any]
) -> tuple[bytes, MapSource | None, CloudOptions, MapOptions]:
    """Everything read and checked: the photo's bytes, the map, and the options of each."""
    given = {name: value for name, value in options.items() if value is not None}
    calibration = given.get("calibration")
    if isinstance(calibration, os.PathLike) or (isinstance(calibration, str) and "." in calibration):
        path = Path(calibration)
        with files.named(path):
            given["calibration"] = parse_calibration_json(files.read_file(path))
    names = {one.name for one in fields(CloudOptions)}
    cloud_options = CloudOptions(**{name: value for name, value in given.items() if name in names})
    of_map = {name: value for name, value in given.items() if name not in names}
    if depth is None and of_map:
        raise UsageError(f"{next(iter(of_map))} says what a map means, and no map is given")
    map_options = options_of(**of_map)
    data = files.read_file(photo)
    source = None if isinstance(depth, str | os.PathLike) else depth
    if map_path is not None:
        with about("map"):
            source = parse_map_source(files.read_file(map_path), map_options.key, map_options.frame)
        map_options = replace(map_options, map_name=map_path.name)
    return data, source, cloud_options, map_options
