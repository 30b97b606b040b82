"""The examples of whole libraries run, where their libraries are installed, and give what `embed_bytes` gives."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import depthauthor as da

ROOT = Path(__file__).parents[2]
EXAMPLE: dict[str, Any] = runpy.run_path(str(ROOT / "examples" / "libraries.py"))
PHOTO = (ROOT / "golden" / "scene.jpg").read_bytes()
DEPTH = np.load(ROOT / "golden" / "scene-depth.npy")[::4, ::4]
DEPTHS = [DEPTH, DEPTH * 2]


@pytest.fixture(scope="module")
def wanted() -> list[bytes]:
    return [da.embed_bytes(PHOTO, depth, container="heic", unit="m") for depth in DEPTHS]


def test_rows_of_a_batch(wanted: list[bytes]) -> None:
    assert EXAMPLE["embed_rows"]({"photo": [PHOTO] * 2, "depth_m": DEPTHS})["portrait"] == wanted


def test_datasets_map(wanted: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    assert EXAMPLE["with_datasets"]([PHOTO] * 2, DEPTHS) == wanted


def test_ray_data(wanted: list[bytes]) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    pytest.importorskip("ray.data", reason="Ray Data is not installed")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        assert EXAMPLE["with_ray"]([PHOTO] * 2, DEPTHS) == wanted
    finally:
        ray.shutdown()


def test_dask(wanted: list[bytes]) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        assert EXAMPLE["with_dask"]([PHOTO] * 2, DEPTHS, client) == wanted
