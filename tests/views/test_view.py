"""The viewer page: self-contained, faithful to the depth, and safe with any name."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import depthauthor
from authoring.cli.main import run
from authoring.views.scene import load_scene
from authoring.views.viewer import PICTURE_SIDE, view
from tests.views.pages import Page, gray, jpeg, remote, validate

GOLDEN = Path(__file__).parents[2] / "golden"
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&\u202e\x07\udce4`${1}.heic"
TWELVE_MEGAPIXELS = (
    "pug.heic",
    "openize_14pro_portrait.heic",
    "lyangas_12mini_gainmap_depth.jpg",
    "rw_ios11_test06.jpg",
)
MOST_BYTES = 3_000_000


@pytest.fixture(scope="session")
def page(scene: bytes) -> Page:
    return Page(view(scene, "scene.heic")[0])


def test_nothing_is_fetched(page: Page) -> None:
    assert remote(page.text) == []
    assert [item for item in page.addresses() if not item.startswith(("data:", "#"))] == []


def test_the_policy_allows_only_what_is_in_the_page(page: Page) -> None:
    report = dict(part.strip().split(" ", 1) for part in page.policy.split(";"))
    assert report["default-src"] == "'none'" and report["img-src"] == "data:"
    assert "unsafe" not in page.policy
    for directive, element in (("style-src", "style"), ("script-src", "script")):
        digest = base64.b64encode(hashlib.sha256(page.content[element].encode()).digest()).decode()
        assert report[directive] == f"'sha256-{digest}'"
    assert len(page.all("style")) == 1 and len(page.all("script")) == 2
    assert not [attributes for _, attributes in page.elements if "style" in attributes]
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_a_hostile_name_stays_text(scene: bytes, page: Page) -> None:
    hostile = Page(view(scene, HOSTILE)[0])
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in page.elements]
    shown = "</script><img src=x onerror=alert(1)>\"'&\ufffd\ufffd\ufffd`${1}.heic"
    assert hostile.content["h1"] == shown
    assert hostile.content["title"] == f"{shown} in depth"
    assert hostile.data["words"]["photo"].startswith(shown)
    assert hostile.content["script"] == page.content["script"]
    assert "\u202e" not in hostile.text


@pytest.mark.parametrize("kind", ["hdis", "hdep"])
@pytest.mark.parametrize("suffix", ["heic", "jpg"])
def test_the_depth_in_the_page_is_the_files(suffix: str, kind: Any) -> None:
    photo = (GOLDEN / f"scene.{suffix}").read_bytes()
    data = depthauthor.embed_bytes(photo, np.load(GOLDEN / "scene-depth.npy"), native_format=kind)
    loaded = load_scene(data)
    report = Page(view(data, "x")[0]).data["depth"]
    codes = gray(report["png"])
    assert loaded.plane is not None and np.array_equal(codes, loaded.plane.codes)
    values = report["low"] + (report["high"] - report["low"]) * codes.astype(np.float64) / 255
    assert report["kind"] == loaded.depth.pixel_format.kind
    assert np.allclose(values, loaded.depth.samples, rtol=1e-5)


@pytest.mark.parametrize("path", sorted((GOLDEN / "orientation").glob("*.jpg")), ids=lambda path: path.stem)
def test_photo_and_depth_are_upright(path: Path) -> None:
    data = depthauthor.embed_bytes(path.read_bytes(), np.load(GOLDEN / "scene-depth.npy"))
    page = Page(view(data, path.name)[0])
    picture = jpeg(page.all("img")[0]["src"])
    height, width = load_scene(data).pixels.shape[:2]
    assert picture.size == (width, height)
    truth = np.asarray(Image.open(GOLDEN / "scene.jpg").convert("L").resize((64, 48)), np.float32)
    shown = np.asarray(picture.convert("L").resize((64, 48)), np.float32)
    assert np.corrcoef(truth.ravel(), shown.ravel())[0, 1] > 0.95
    hidden = gray(page.data["hidden"]["png"])
    assert abs(hidden.shape[1] / hidden.shape[0] - width / height) < 0.02


def test_the_hidden_surface_is_never_nearer(scene: bytes, page: Page) -> None:
    codes = gray(page.data["depth"]["png"])
    hidden = gray(page.data["hidden"]["png"])
    thinned = codes.shape[0] // hidden.shape[0]
    front = codes[::thinned, ::thinned]
    assert (hidden <= front).all()
    # The red ball stands before all that is around it: beside its edge the page must know something farther.
    assert (front.astype(int) - hidden > 60).mean() > 0.02


@pytest.mark.parametrize(
    ("depth_m", "kind", "near", "far"),
    [
        (np.where(np.arange(64) < 20, 2.0, 2.003) * np.ones((48, 1)), "hdis", "2.00 m", "2.00 m"),
        (np.where(np.arange(64) < 32, 0.5, np.inf) * np.ones((48, 1)), "hdis", "0.50 m", "∞"),
        (np.linspace(3, 1e-3, 48)[:, None] * np.ones(64), "hdep", "0.001 m", "3.00 m"),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), "hdis", "1.00 m", "4.00 m"),
    ],
    ids=["nearly flat", "infinite", "at the lens", "four samples"],
)
def test_unusual_maps(depth_m: np.ndarray, kind: Any, near: str, far: str) -> None:
    photo = io.BytesIO()
    height, width = depth_m.shape
    Image.new("RGB", (10 * width, 10 * height)).save(photo, "JPEG")
    data = depthauthor.embed_bytes(photo.getvalue(), depth_m, native_format=kind, profile="data", unit="m")
    page = Page(view(data, "x")[0])
    assert f"near {near}" in page.text and f"far {far}" in page.text
    low, high = page.data["range"]["low"], page.data["range"]["high"]
    assert 0 <= low <= high < np.inf


def test_the_same_photo_gives_the_same_bytes(scene: bytes) -> None:
    assert view(scene, "scene.heic")[0] == view(scene, "scene.heic")[0]


def test_relative_maps_say_so(scene: bytes, scene_jpeg: bytes) -> None:
    absolute, relative = (view(item, "x")[0].decode() for item in (scene, scene_jpeg))
    for part in ("<header>", "<footer>"):
        assert "relative" in relative.partition(part)[2].partition("</" + part[1:])[0]
    assert "relative" not in absolute.partition("<header>")[2].partition("<details>")[0]
    assert "0.64 m" in absolute


def test_colour_profiles_stay(sample: Callable[[str], bytes]) -> None:
    data = sample("pug.heic")
    picture = jpeg(Page(view(data, "pug.heic")[0]).all("img")[0]["src"])
    assert picture.info["icc_profile"] == load_scene(data).icc


@pytest.mark.parametrize("name", TWELVE_MEGAPIXELS)
def test_twelve_megapixels_stay_below_three_megabytes(name: str, sample: Callable[[str], bytes]) -> None:
    data, report = view(sample(name), name)
    assert len(data) == report.bytes < MOST_BYTES
    assert max(report.picture.width, report.picture.height) == PICTURE_SIDE
    assert not report.absolute and report.camera == "file"
    plane = load_scene(sample(name)).plane
    assert plane is not None
    assert np.array_equal(gray(Page(data).data["depth"]["png"]), plane.codes)


def test_a_photo_full_of_noise_stays_below_three_megabytes() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (3024, 4032, 3), np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(noise).save(encoded, "JPEG", quality=90)
    data = depthauthor.embed_bytes(encoded.getvalue(), np.load(GOLDEN / "scene-depth.npy"))
    assert len(view(data, "noise.jpg")[0]) < MOST_BYTES


def test_the_command(tmp_path: Path, scene: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    photo, out = tmp_path / "scene.heic", tmp_path / "page.html"
    photo.write_bytes(scene)
    assert run(["view", str(photo), "-o", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    validate("view", report)
    assert report["schema"] == "depthauthor/view/1" and report["bytes"] == out.stat().st_size
    assert report["near_m"] == pytest.approx(0.636, abs=0.01) and report["absolute"] is True
    assert run(["view", str(photo), "--out", str(out)]) == 5
    assert run(["view", str(photo), "-o", str(photo), "--overwrite"]) == 5
    assert photo.read_bytes() == scene
    assert run(["view", str(GOLDEN / "scene.jpg"), "-o", str(tmp_path / "none.html")]) == 4
    assert "no Apple depth" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "scene.heic"]


def test_without_an_output_the_browser_opens(
    tmp_path: Path, scene: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def open_address(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr("webbrowser.open", open_address)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    photo = tmp_path / "scene.heic"
    photo.write_bytes(scene)
    assert run(["view", str(photo)]) == 0
    (result,) = tmp_path.glob("depthauthor-*/scene.html")
    assert opened == [result.as_uri()]
    assert str(result) in capsys.readouterr().out
