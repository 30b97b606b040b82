"""Ordinary photos, maps, options and manifests are never refused, and what was embedded can be taken out again."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import depthauthor as da
from authoring.batch.manifest import count_rows, read_rows
from authoring.batch.rows import RowDefaults, inputs_of
from authoring.cli.main import run
from tests.ordinary import build, maps, photos
from tests.ordinary.commands import HEIC_OPTIONS, MANIFESTS, OPTIONS, RUN

PHOTOS = photos.with_suffix()


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function that runs a command, which must end with 0, and returns what it printed."""

    def call(*words: str | Path) -> str:
        code = run([str(word) for word in words])
        out, err = capsys.readouterr()
        assert code == 0, (words, err)
        return out

    return call


def _map_for(photo: bytes) -> np.ndarray[Any, Any]:
    """Return metres of the photo's displayed shape."""
    from PIL import Image, ImageOps

    if photo[4:8] == b"ftyp":
        shown = da.inspect(photo).photo
        width, height = shown.width, shown.height
        if shown.orientation >= 5:
            width, height = height, width
    else:
        with Image.open(io.BytesIO(photo)) as image:
            upright = ImageOps.exif_transpose(image)
            width, height = upright.size
    scale = 128 / max(width, height)
    rows, columns = max(round(height * scale), 2), max(round(width * scale), 2)
    slope = np.linspace(8, 0.5, rows, dtype=np.float32)
    return np.repeat(slope[:, None], columns, axis=1)


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_takes_depth_and_every_command_reads_it(
    name: str, tmp_path: Path, command: Callable[..., str]
) -> None:
    suffix, make = PHOTOS[name]
    photo, depth, portrait = tmp_path / f"photo{suffix}", tmp_path / "map.npy", tmp_path / "portrait"
    portrait = portrait.with_suffix(".jpg" if suffix == ".jpg" else ".heic")
    data = make()
    photo.write_bytes(data)
    np.save(depth, _map_for(data))
    command("embed", photo, depth, "--unit", "m", "-o", portrait)
    for verb in ("inspect", "doctor", "verify"):
        command(verb, portrait)
    command("extract", portrait, "-o", tmp_path / "back.npy")
    command("dictionary", portrait, "-o", tmp_path / "depth.plist")
    command("preview", portrait, "-o", tmp_path / "preview.png", "--width", "320")
    command("refocus", portrait, "-o", tmp_path / "refocus.jpg")
    command("pointcloud", portrait, "-o", tmp_path / "cloud.ply")
    command("view", portrait, "-o", tmp_path / "view.html")
    if suffix != ".png":
        command("verify", portrait, "--photo", photo, "--map", depth, "--unit", "m")
        command("copy", portrait, photo, "-o", tmp_path / f"copy{portrait.suffix}")
        command("strip", portrait, "--restore", "-o", tmp_path / f"stripped{portrait.suffix}")
        assert (tmp_path / f"stripped{portrait.suffix}").read_bytes() == data


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_may_change_its_container(name: str, tmp_path: Path, command: Callable[..., str]) -> None:
    suffix, make = PHOTOS[name]
    photo, depth = tmp_path / f"photo{suffix}", tmp_path / "map.npy"
    data = make()
    photo.write_bytes(data)
    np.save(depth, _map_for(data))
    for other in {".jpg", ".heic"} - {suffix}:
        command("embed", photo, depth, "--unit", "m", "--effort", "fast", "-o", tmp_path / f"new{other}")


@pytest.mark.parametrize("name", maps.MAPS)
def test_a_map_is_taken(name: str, tmp_path: Path, command: Callable[..., str]) -> None:
    item = maps.MAPS[name]
    if item.extra and importlib.util.find_spec(item.extra) is None:
        pytest.skip(f"{item.extra} is not installed")
    photo, depth = tmp_path / "photo.jpg", tmp_path / f"map{item.suffix}"
    photo.write_bytes(photos.JPEGS["not subsampled"]())
    depth.write_bytes(item.make())
    command("embed", photo, depth, *item.options, "-o", tmp_path / "portrait.jpg")
    command("verify", tmp_path / "portrait.jpg", "--map", depth, *item.options)


@pytest.mark.parametrize("name", [*OPTIONS, *HEIC_OPTIONS])
def test_an_option_is_taken(
    name: str, tmp_path: Path, command: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    build.write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    options = {**OPTIONS, **HEIC_OPTIONS}[name]
    for photo in ("b.heic",) if name in HEIC_OPTIONS else ("a.jpg", "b.heic"):
        command("embed", photo, "gray.png", *maps.ENDS, *options, "-o", f"out{Path(photo).suffix}")


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_row_of_a_manifest_is_read(name: str, tmp_path: Path) -> None:
    build.write_inputs(tmp_path)
    suffix, text = MANIFESTS[name]
    manifest = tmp_path / f"manifest{suffix}"
    manifest.write_bytes(text)
    rows = list(read_rows(str(manifest), RowDefaults(str(tmp_path))))
    assert len(rows) == count_rows(str(manifest)) > 0
    assert [row.fault for row in rows] == [""] * len(rows)
    assert all(Path(place).is_file() for row in rows for place in inputs_of(row))


@pytest.mark.parametrize("name", RUN)
def test_every_row_of_a_manifest_is_done(name: str, tmp_path: Path) -> None:
    build.write_inputs(tmp_path)
    suffix, text = MANIFESTS[name]
    (tmp_path / f"manifest{suffix}").write_bytes(text)
    results = list(da.batch(tmp_path / f"manifest{suffix}", jobs=1, effort="fast"))
    assert results and [result.error for result in results] == [None] * len(results)
    assert all(Path(result.output).is_file() for result in results)


def test_the_corpus_can_be_written(tmp_path: Path) -> None:
    assert build.write(tmp_path) == len(PHOTOS) + len(maps.MAPS) + len(MANIFESTS) > 100
