"""The examples that open a point cloud with pypcd4 and three.js see the points and colours that were written."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import depthauthor as da

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
GOLDEN = ROOT / "golden"


@pytest.fixture(scope="module")
def cloud() -> da.PointCloud:
    data = da.embed_bytes(GOLDEN / "orientation" / "scene-6.jpg", GOLDEN / "scene-depth.npy", max_size=128)
    return da.pointcloud(data)


def test_pypcd4(cloud: da.PointCloud, tmp_path: Path) -> None:
    pytest.importorskip("pypcd4", reason="pypcd4 is not installed")
    path = tmp_path / "cloud.pcd"
    path.write_bytes(cloud.to_pcd())
    points, colours = runpy.run_path(str(EXAMPLES / "point_cloud_pypcd4.py"))["points_and_colours"](path)
    assert np.array_equal(points, cloud.points) and np.array_equal(colours, cloud.colours)
    command = [sys.executable, str(EXAMPLES / "point_cloud_pypcd4.py"), str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    low, high = cloud.points.min(axis=0), cloud.points.max(axis=0)
    assert printed.startswith(f"{len(points)} points\n")
    assert f"z from {low[2]:.3f} to {high[2]:.3f} m\n" in printed


def modules_with(package: str) -> Path:
    """Return the folder node_modules that holds an npm package: of NODE_PATH, of the project or of a folder above."""
    named = [Path(entry) for entry in os.environ.get("NODE_PATH", "").split(os.pathsep) if entry]
    for folder in [*named, *(parent / "node_modules" for parent in (ROOT, *ROOT.parents))]:
        if (folder / package / "package.json").is_file():
            return folder
    pytest.skip(
        f"{package} is not installed; npm install {package} and set NODE_PATH to the folder node_modules"
    )


@pytest.mark.parametrize("suffix", ["ply", "pcd"])
def test_three(cloud: da.PointCloud, tmp_path: Path, suffix: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    # An ES module looks for packages beside itself and above, not in NODE_PATH.
    (tmp_path / "node_modules").symlink_to(modules_with("three"), target_is_directory=True)
    script = shutil.copy(EXAMPLES / "point_cloud_three.mjs", tmp_path)
    path = tmp_path / f"cloud.{suffix}"
    path.write_bytes(cloud.to_ply() if suffix == "ply" else cloud.to_pcd())
    done = subprocess.run([node, script, str(path)], capture_output=True, text=True, timeout=60, check=True)
    seen = json.loads(done.stdout)
    assert seen["points"] == len(cloud.points) and seen["coloured"]
    assert np.array_equal(np.float32(seen["min"]), cloud.points.min(axis=0))
    assert np.array_equal(np.float32(seen["max"]), cloud.points.max(axis=0))
    # three.js has colours linear; the way there and back is off by one at most.
    assert np.abs(np.array(seen["firstColour"]) - cloud.colours[0]).max() <= 1
