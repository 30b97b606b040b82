"""PLY, PCD and GLB as foreign readers see them, and the command that writes them."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import depthauthor
from authoring.cli.main import run
from authoring.views.cloud_samples import CloudOptions
from authoring.views.pointcloud import pointcloud_file
from authoring.views.scene import load_scene

GOLDEN = Path(__file__).parents[2] / "golden"
DEPTH_M = np.load(GOLDEN / "scene-depth.npy")


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cloud") / "photo.jpg"
    path.write_bytes(
        depthauthor.embed_bytes((GOLDEN / "orientation" / "scene-8.jpg").read_bytes(), DEPTH_M, max_size=192)
    )
    return path


def schema(name: str) -> Any:
    return json.loads((GOLDEN.parent / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))


def written(photo: Path, out: Path, *more: str) -> Path:
    assert run(["pointcloud", str(photo), "-o", str(out), "--overwrite", *more]) == 0
    return out


def test_ply_read_by_trimesh(photo: Path, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    cloud = depthauthor.pointcloud(photo)
    data = written(photo, tmp_path / "cloud.ply").read_bytes()
    assert data == cloud.to_ply()
    read = trimesh.load(io.BytesIO(data), file_type="ply")
    assert np.array_equal(read.vertices, cloud.points)
    assert np.array_equal(read.colors[:, :3], cloud.colours)
    header = data[: data.index(b"end_header\n")].decode("ascii")
    assert "comment units: metres; relative" in header
    assert "comment axes: opengl, x right, y up, z backward" in header
    assert "from Exif's focal length, approximate" in header


def test_pcd_read_by_pypcd4(photo: Path, tmp_path: Path) -> None:
    pypcd4 = pytest.importorskip("pypcd4")
    path = written(photo, tmp_path / "cloud.pcd", "--axes", "opencv")
    cloud = depthauthor.pointcloud(photo, axes="opencv")
    read = pypcd4.PointCloud.from_path(path)
    assert read.fields == ("x", "y", "z", "rgb")
    assert np.array_equal(read.numpy(("x", "y", "z")), cloud.points)
    assert np.array_equal(pypcd4.PointCloud.decode_rgb(read.numpy(("rgb",))), cloud.colours)
    assert path.read_bytes() == cloud.to_pcd()


def test_mesh_as_glb_read_by_trimesh(photo: Path, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    path = written(photo, tmp_path / "scene.glb", "--mesh")
    scene = trimesh.load(path)
    (mesh,) = scene.geometry.values()
    low, high = mesh.bounds
    assert low[2] < high[2] < 0 and low[1] < 0 < high[1]
    # Every triangle turns its front to the camera in the origin.
    assert ((mesh.face_normals * -mesh.triangles_center).sum(axis=1) > 0).all()
    texture = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB"), float)
    upright = load_scene(photo.read_bytes()).pixels.astype(float)
    assert texture.shape == upright.shape and np.abs(texture - upright).mean() < 4
    # Each corner's place in the texture is where the camera sees it; trimesh counts v from below.
    camera = load_scene(photo.read_bytes()).calibration
    (fx, fy), (cx, cy) = camera.focal_px, camera.principal_point_px
    x, y, z = mesh.vertices.T
    size = (camera.reference_width_px, camera.reference_height_px)
    assert np.abs((x / -z * fx + cx) / size[0] - mesh.visual.uv[:, 0]).max() < 1e-4
    assert np.abs((y / z * fy + cy) / size[1] - (1 - mesh.visual.uv[:, 1])).max() < 1e-4


def test_glb_keeps_the_rules_of_the_specification(photo: Path) -> None:
    pieces, report = pointcloud_file(load_scene(photo.read_bytes()), "glb", mesh=True)
    data = b"".join(pieces)
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack("<I4s", data[12:20])
    assert kind == b"JSON" and size % 4 == 0
    content = json.loads(data[20 : 20 + size])
    binary_size, kind = struct.unpack("<I4s", data[20 + size : 28 + size])
    assert kind == b"BIN\0" and binary_size == content["buffers"][0]["byteLength"] == len(data) - 28 - size
    assert all(view["byteOffset"] % 4 == 0 for view in content["bufferViews"])
    end = content["bufferViews"][-1]
    assert end["byteOffset"] + end["byteLength"] <= binary_size
    assert content["extensionsUsed"] == ["KHR_materials_unlit"]
    assert content["accessors"][0]["count"] == report.points
    assert content["accessors"][2]["count"] == 3 * (report.triangles or 0)
    jpeg = data[28 + size + end["byteOffset"] :][: end["byteLength"]]
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert picture.format == "JPEG" and not picture.getexif()


def test_glb_passes_the_khronos_validator(photo: Path, tmp_path: Path) -> None:
    """The validator comes from npm (gltf-validator); NODE_PATH or a folder above gives its location."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    path = written(photo, tmp_path / "scene.glb", "--mesh")
    script = (
        "const v=require('gltf-validator'),f=require('fs');v.validateBytes(new Uint8Array(f.readFileSync("
        "process.argv[1]))).then(r=>console.log(JSON.stringify(r.issues)))"
    )
    done = subprocess.run(
        [node, "-e", script, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    if "Cannot find module" in done.stderr:
        pytest.skip("gltf-validator is not installed; npm install gltf-validator and set NODE_PATH")
    issues = json.loads(done.stdout)
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues


def test_mesh_as_ply_read_by_trimesh(photo: Path, tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    path = written(photo, tmp_path / "scene.ply", "--mesh")
    mesh = trimesh.load(path, process=False)
    pieces, report = pointcloud_file(load_scene(photo.read_bytes()), "ply", mesh=True)
    assert (len(mesh.vertices), len(mesh.faces)) == (report.points, report.triangles)
    assert mesh.visual.kind == "vertex" and path.read_bytes() == b"".join(pieces)


def test_colours_of_a_profile_become_srgb(tmp_path: Path) -> None:
    from PIL import ImageCms

    # A profile whose red and green have changed places stands for any that is not sRGB.
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = plain.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")
    picture = Image.new("RGB", (64, 48), (200, 60, 30))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=100, subsampling=0, icc_profile=swapped)
    data = depthauthor.embed_bytes(
        out.getvalue(), np.linspace(2, 1, 48 * 64, dtype=np.float32).reshape(48, 64)
    )
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert np.abs(depthauthor.pointcloud(path).colours.astype(int) - (60, 200, 30)).max() <= 8


def test_report(photo: Path, tmp_path: Path, capsys: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for name, more in (
        ("a.ply", ()),
        ("a.pcd", ("--stride", "3", "--remove-edges")),
        ("a.glb", ("--mesh",)),
        ("b.ply", ("--map", str(GOLDEN / "scene-mask.png"), "--near", "0.5", "--far", "8")),
    ):
        capsys.readouterr()
        written(photo, tmp_path / name, "--json", *more)
        report = json.loads(capsys.readouterr().out)
        jsonschema.Draft202012Validator(schema("pointcloud")).validate(report)
        assert report["camera"] == "exif" and not report["absolute"]
        assert any("approximate" in note for note in report["notes"])
    written(photo, tmp_path / "a.ply")
    report = capsys.readouterr().out
    assert "m (relative)" in report and "camera     exif" in report and "y up" in report


def test_a_nominal_camera_is_labelled(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "gray").save(out, "JPEG")
    data = depthauthor.embed_bytes(
        out.getvalue(), np.linspace(2, 1, 64 * 48, dtype=np.float32).reshape(48, 64), profile="data"
    )
    pieces, report = pointcloud_file(load_scene(data), "ply")
    assert report.camera == "nominal" and any("guess" in note for note in report.notes)
    assert b"nominal" in bytes(next(iter(pieces)))


def test_standard_streams(photo: Path) -> None:
    command = [sys.executable, "-m", "depthauthor", "pointcloud", "-", "-o", "-", "--format", "ply"]
    done = subprocess.run(command, input=photo.read_bytes(), capture_output=True, timeout=60, check=True)
    assert done.stdout == depthauthor.pointcloud(photo).to_ply()
    assert b"points" in done.stderr


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["-o", "x.obj"], 2, ".ply, .pcd or .glb"),
        (["-o", "x.glb"], 2, "--mesh"),
        (["-o", "x.pcd", "--mesh"], 2, "points only"),
        (["-o", "x.glb", "--mesh", "--axes", "opencv"], 2, "y up"),
        (["-o", "x.ply", "--stride", "0"], 2, "stride"),
        (["-o", "x.ply", "--min-depth", "-1"], 2, "above 0"),
        (["-o", "x.ply", "--min-depth", "3", "--max-depth", "2"], 2, "not below"),
        (["-o", "x.ply", "--max-depth", "0.1"], 5, "no point is left"),
        (["-o", "x.ply", "--near", "1"], 2, "no map is given"),
        (["-o", "x.ply", "--calibration", "donor"], 2, "file, exif, nominal"),
        (["-o", "x.ply", "--calibration", "nothing.json"], 2, "no such file"),
        (["-o", "x.ply", "--calibration", "file"], 4, "no calibration of its own"),
        (["-o", "there.ply"], 5, "exists already"),
    ],
)
def test_errors_are_one_sentence(
    more: list[str], code: int, words: str, photo: Path, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.ply").write_text("mine")
    assert run(["pointcloud", str(photo), *more]) == code
    report = capsys.readouterr().err
    assert words in report and report.count("\n") == 1 and "Traceback" not in report
    assert [path.name for path in tmp_path.iterdir()] == ["there.ply"] and Path(
        "there.ply"
    ).read_text() == "mine"


@pytest.mark.filterwarnings("error")
def test_an_absurd_camera_is_malformed_input(photo: Path, tmp_path: Path, capsys: Any) -> None:
    report = json.loads((GOLDEN / "scene-calibration.json").read_text(encoding="utf-8"))
    (tmp_path / "camera.json").write_text(json.dumps({**report, "fx": 1e-300}))
    more = ["--calibration", str(tmp_path / "camera.json"), "-o", str(tmp_path / "x.ply")]
    assert run(["pointcloud", str(photo), *more]) == 3
    assert "choose another with --calibration" in capsys.readouterr().err


def test_a_photo_without_depth_and_no_photo(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "words.jpg").write_text("no photo")
    for path, code in ((GOLDEN / "scene.jpg", 4), (tmp_path / "words.jpg", 3)):
        assert run(["pointcloud", str(path), "-o", str(tmp_path / "x.ply")]) == code
        assert path.name in capsys.readouterr().err
    assert not (tmp_path / "x.ply").exists()


def test_pug(sample: Callable[[str], bytes]) -> None:
    """26 mm, its own calibration with a lens; relative. All of it in front of the camera, right way up."""
    pieces, report = pointcloud_file(load_scene(sample("pug.heic")), "ply")
    assert report.points == 768 * 576 and report.camera == "file" and report.lens_distortion == "removed"
    assert (report.near, report.far) == pytest.approx((1 / 4.383, 1 / 1.498), rel=1e-3)
    assert report.high[2] < 0 and not report.absolute
    assert sum(len(piece) for piece in list(pieces)[1:]) == 15 * report.points
    _, ignored = pointcloud_file(load_scene(sample("pug.heic")), "ply", CloudOptions(ignore_lens=True))
    assert ignored.lens_distortion == "ignored" and ignored.high[0] > report.high[0]


def test_the_selfie_has_a_head_of_human_size(sample: Callable[[str], bytes], tmp_path: Path) -> None:
    """The one sample with absolute depth; its file says fx 2085.5, which would make the neck 17 cm wide."""
    path = tmp_path / "selfie.heic"
    path.write_bytes(sample("fidmaa_selfie_depth.heic"))
    cloud = depthauthor.pointcloud(path)
    own = depthauthor.pointcloud(path, calibration=depthauthor.extract(path).calibration)
    assert cloud.absolute
    left, right = ((431, 146), (431, 325))
    # Either side of the neck in the map of 640 rows and 480 columns.
    widths = [
        float(
            np.linalg.norm(item.points.reshape(640, 480, 3)[left] - item.points.reshape(640, 480, 3)[right])
        )
        for item in (cloud, own)
    ]
    assert 0.11 < widths[0] < 0.15 < widths[1]
