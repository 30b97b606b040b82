"""The Python door: public names, keywords and their types, examples that run, reports, errors in Python's words."""

from __future__ import annotations

import inspect
import json
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import depthauthor as da
from authoring.api.keywords import EmbedKeywords, MapKeywords
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.portrait import PortraitOptions
from authoring.errors import in_python_words
from authoring.maps.map_options import MapOptions
from tests.estimate import hub_cache, tiny_models

GOLDEN = Path(__file__).parents[1] / "golden"
FUNCTIONS = [name for name in da.__all__ if inspect.isfunction(getattr(da, name))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, with a photo, a map and a portrait."""
    shutil.copy(GOLDEN / "scene.jpg", tmp_path / "photo.jpg")
    shutil.copy(GOLDEN / "scene-mask.png", tmp_path / "mask.png")
    monkeypatch.chdir(tmp_path)
    da.embed("photo.jpg", "mask.png", output="portrait.heic", near=0.5, far=8)
    return tmp_path


def test_dir_has_the_public_names_only() -> None:
    assert dir(da) == sorted(da.__all__)
    assert {"embed", "verify", "doctor", "batch", "UsageError", "Calibration"} <= set(dir(da))
    with pytest.raises(AttributeError, match="nonsense"):
        da.nonsense  # noqa: B018


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a hub cache that holds tiny networks under the names of known ones."""
    cache = tmp_path_factory.mktemp("hub")
    hub_cache.fill(cache)
    return cache


def _function(name: str) -> Any:
    """Return the parameter for a public function, skipped where what it runs is not installed."""
    return pytest.param(name, marks=tiny_models.needs_networks if name.startswith("estimate") else ())


@pytest.mark.parametrize("name", [_function(name) for name in FUNCTIONS])
def test_every_function_has_an_example_that_runs(
    name: str, folder: Path, networks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (inspect.getdoc(getattr(da, name)) or "").splitlines()
    example = "\n".join(line[4:] for line in lines if line.startswith("    "))
    assert example and f"{name}(" in example, f"{name} has no example"
    depth_m = np.load(GOLDEN / "scene-depth.npy")
    if name.startswith("estimate"):
        hub_cache.use(networks, monkeypatch)
    if name == "batch":
        for letter in "ab":
            shutil.copy("photo.jpg", f"{letter}.jpg")
            np.save(f"{letter}.npy", depth_m)
        example = example.replace("batch(", "depthauthor.batch(", 1)
    exec(compile(example, name, "exec"), {"depthauthor": da, "np": np, "depth_m": depth_m})


def test_keywords_are_the_options() -> None:
    internal = {"map_name", "photo_name", "stereo_width", "calibration_source", "portrait"}
    options = {field.name for kind in (EmbedOptions, PortraitOptions) for field in fields(kind)} - internal
    assert set(EmbedKeywords.__annotations__) | set(MapKeywords.__annotations__) == options
    camera = {"calibration", "fov", "focal_mm", "native_format"}
    assert (
        set(MapKeywords.__annotations__) == {field.name for field in fields(MapOptions)} - internal - camera
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"near": "x", "far": 5}, "near is 'x', which is not a number"),
        ({"max_size": 3.5}, "max_size is 3.5, which is not a whole number"),
        ({"lossless": "yes"}, "lossless is 'yes', which is not true or false"),
        ({"white": 3}, "white is 3; it can be far or near"),
        ({"native_format": []}, "native_format is []"),
        ({"near": True, "far": 5}, "near is True, which is not a number"),
        ({"focus": 1}, "focus is 1, which is not a pair of numbers"),
        ({"nonsense": 3}, "unknown option 'nonsense'"),
    ],
)
def test_an_embedder_checks_its_options_when_it_is_made(options: dict[str, Any], words: str) -> None:
    with pytest.raises(da.UsageError, match=re.escape(words)):
        da.Embedder(**options)


def test_a_type_checker_refuses_wrong_keywords(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    program = tmp_path / "program.py"
    program.write_text(
        'import depthauthor\n\ndepthauthor.embed("a.jpg", "b.png", near="x")\n'
        'depthauthor.embed("a.jpg", "b.png", nonsense=3)\ndepthauthor.embed("a.jpg", "b.png", near=0.3, far=5)\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(program)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    lines = [line for line in done.stdout.splitlines() if "error" in line and "program.py" in line]
    assert len(lines) == 2, done.stdout
    assert '"near"' in lines[0] and '"str"' in lines[0] and '"nonsense"' in lines[1]


def test_reports_are_short_and_give_all(folder: Path) -> None:
    report = da.embed("photo.jpg", "mask.png", near=0.5, far=8)
    assert repr(report).startswith("EmbedReport(output='photo-depth.jpg', native_format='hdis', level='L2'")
    assert json.loads(report.to_json()) == json.loads(json.dumps(report.to_dict()))
    assert report.to_dict()["schema"] == "depthauthor/embed/1"
    for other in (da.inspect("portrait.heic"), da.verify("portrait.heic"), da.doctor("portrait.heic")):
        assert len(repr(other)) < 250 and json.loads(other.to_json())["schema"].startswith("depthauthor/")


def test_buffers_are_arrays_and_images(folder: Path) -> None:
    buffer = da.extract("portrait.heic")
    metres = np.asarray(buffer)
    assert metres.dtype == np.float32 and np.array_equal(metres, buffer.depth_m())
    assert np.asarray(buffer, dtype=np.float64).dtype == np.float64
    image = buffer.to_pil()
    assert image.mode == "F" and np.array_equal(np.asarray(image), metres)
    assert len(repr(buffer)) < 100 and "768x576" in repr(buffer)


def test_cameras_from_numbers() -> None:
    camera = da.Calibration.pinhole(3000, 4032, 3024)
    rows = [[3000, 0, 2016], [0, 3000, 1512], [0, 0, 1]]
    assert da.Calibration.from_matrix(rows, 4032, 3024) == camera
    wide: Any = np.pad(np.array(rows, np.float64), ((0, 1), (0, 1)))
    assert da.Calibration.from_matrix(wide, 4032, 3024) == camera
    wrong: Any
    for wrong in ([[1, 2]], 3, "abc", [[1, 2, "x"]] * 3):
        with pytest.raises(da.UsageError):
            da.Calibration.from_matrix(wrong, 4032, 3024)


def test_errors_speak_of_keywords(folder: Path) -> None:
    with pytest.raises(da.UsageError) as caught:
        da.embed("photo.jpg", "mask.png")
    assert "--" not in str(caught.value) and "near" in str(caught.value)
    assert "--near" in caught.value.message
    with pytest.raises(da.RefusedError, match="overwrite replaces it, output writes elsewhere"):
        da.embed("photo.jpg", "mask.png", output="portrait.heic", near=0.5, far=8)
    assert in_python_words("add --white near, or --max-size 300") == 'add white="near", or max_size 300'
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_batch_yields_results(folder: Path) -> None:
    shutil.copy("photo.jpg", "second.jpg")
    second = {"photo": "second.jpg", "map": Path("mask.png"), "white": "near"}
    rows: list[Any] = [("photo.jpg", "mask.png"), second, ("no.jpg", "x")]
    results = list(da.batch(rows, out="done", jobs=1, near=0.5, far=8))
    assert [result.status for result in results] == ["done", "done", "failed"]
    assert sorted(path.name for path in Path("done").iterdir()) == ["photo.jpg", "second.jpg"]
    assert "no such file" in (results[2].error or "")
    first, other = (np.asarray(da.extract(f"done/{name}.jpg")) for name in ("photo", "second"))
    assert first.argmin() != other.argmin()
    wrong: Any = [3]
    with pytest.raises(da.UsageError, match="row 1 is a int"):
        list(da.batch(wrong, jobs=1))
    word: Any = "x"
    with pytest.raises(da.UsageError, match="near is 'x', not a number"):
        list(da.batch([], near=word))


def test_a_batch_runs_on_a_dask_client(folder: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        results = list(da.batch([("photo.jpg", "mask.png")], client=client, out="far", near=0.5, far=8))
    assert [result.status for result in results] == ["done"] and Path("far/photo.jpg").exists()
