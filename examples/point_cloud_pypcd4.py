"""Read a point cloud of `depthauthor pointcloud` with pypcd4.

depthauthor pointcloud photo-depth.heic -o cloud.pcd
python examples/point_cloud_pypcd4.py cloud.pcd
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypcd4 import PointCloud


def points_and_colours(path: Path) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return points (N, 3) in metres (x right, y up, z backward, unless `--axes opencv`) and colours (N, 3) in sRGB."""
    cloud: Any = PointCloud.from_path(path)
    return cloud.numpy(("x", "y", "z")), PointCloud.decode_rgb(cloud.numpy(("rgb",)))


if __name__ == "__main__":
    points, colours = points_and_colours(Path(sys.argv[1]))
    low, high = points.min(axis=0), points.max(axis=0)
    sys.stdout.write(f"{len(points)} points\n")
    for axis, least, most in zip("xyz", low, high, strict=True):
        sys.stdout.write(f"{axis} from {least:.3f} to {most:.3f} m\n")
    sys.stdout.write("mean colour {:.0f} {:.0f} {:.0f}\n".format(*colours.mean(axis=0)))
