"""What a photo's depth leaves open is said by inspect and extract, and refused where it cannot be read."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from authoring import containers
from authoring.cli.main import run
from authoring.embed.embed_options import options_of
from authoring.embed.steps import copy, embed
from authoring.errors import UnsupportedError
from authoring.read.extract import extract_file, read
from authoring.read.inspect import inspect
from tests.compatibility import portrait_files as portraits
from tests.compatibility import test_one_defect as defects
from tests.containers import jpeg_files as jpeg
from tests.containers.heif_files import small_photo

GOLDEN = Path(__file__).parents[2] / "golden"

OPEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "two depth images": (defects.two_maps, "the photo has 2 depth images"),
    "turned otherwise than the photo": (
        defects.turned_otherwise,
        "the depth image has no irot or imir and the photo has irot 3",
    ),
    "disparity that says hdep": (
        defects.texts("NativeFormat", "1751410032"),
        "AuxiliaryImageType is disparity and NativeFormat is hdep: the values are read as depth in m",
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_inspect_extract_and_copy_say_what_is_open(name: str) -> None:
    make, words = OPEN[name]
    photo = make()
    _, report = extract_file(photo, "npy")
    (note,) = (note for note in report.notes if words in note)
    assert note in inspect(photo).notes
    copied = copy(photo, portraits.good_photo(), options_of(profile="data")) if "turned" not in name else None
    assert copied is None or f"in the source, {note}" in copied.report.notes


def test_a_plain_portrait_leaves_nothing_open() -> None:
    photo = portraits.portrait()
    _, report = extract_file(photo, "npy")
    assert inspect(photo).notes == ()
    assert (report.holes, report.infinite) == (0, 0)
    assert all("relative" in note for note in report.notes)


XMP_ORIENTATION = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF>'
    b"</x:xmpmeta>"
)


def with_metadata(name: str, **blocks: bytes) -> bytes:
    file = containers.parse((GOLDEN / name).read_bytes())
    return file.with_metadata(**blocks).apply(file.source)


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (with_metadata("scene.jpg", exif=b"", xmp=XMP_ORIENTATION), "no Orientation in Exif and its XMP"),
        (with_metadata("scene.heic", exif=b"", xmp=XMP_ORIENTATION), "no irot or imir and its XMP"),
        (with_metadata("scene.heic", exif=jpeg.exif()[10:]), "no irot or imir and its Exif"),
    ],
    ids=["JPEG, XMP", "HEIC, XMP", "HEIC, Exif"],
)
def test_an_orientation_that_is_not_followed_is_said(photo: bytes, words: str) -> None:
    (note,) = (note for note in inspect(photo).notes if words in note)
    assert "says Orientation 6: it is read as stored" in note
    embedded = embed(photo, np.load(GOLDEN / "scene-depth.npy"), options_of(profile="data"))
    assert note in embedded.report.notes and note in inspect(embedded.data).notes
    assert note in extract_file(embedded.data, "npy")[1].notes


@pytest.mark.parametrize("name", ["scene.jpg", "scene.heic", "orientation/scene-6.jpg"])
def test_an_orientation_that_is_followed_or_plain_is_not(name: str) -> None:
    plain = XMP_ORIENTATION.replace(b'="6"', b'="1"') if "scene-6" not in name else XMP_ORIENTATION
    assert not any("Orientation" in note for note in inspect(with_metadata(name, xmp=plain)).notes)


def test_inspect_tells_the_rest_when_a_number_is_bad(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One property that cannot be read, and a packet that cannot: both are notes, and the rest is reported."""
    photo = defects.texts("PixelSize", "0.00x")()
    report = inspect(photo)
    assert report.depth is not None and report.depth.native_format == "hdis"
    assert report.depth.float_max == 2.0 and report.depth.calibration is not None
    assert report.depth.calibration["pixel_size_mm"] is None
    assert any("depthData:PixelSize: '0.00x' cannot be read as a number" in note for note in report.notes)
    path = tmp_path / "bad.heic"
    path.write_bytes(photo)
    assert run(["inspect", str(path)]) == 0 and "PixelSize" in capsys.readouterr().out
    assert run(["extract", str(path), "-o", str(tmp_path / "map.npy")]) == 3
    broken = photo.replace(b"</rdf:RDF>", b"</rdf:RDX>")
    assert broken != photo
    report = inspect(broken)
    assert report.depth is not None and report.depth.width == 160
    assert any("the depth's XMP cannot be read" in note for note in report.notes)


def test_each_depth_image_has_its_place() -> None:
    report = inspect(defects.two_maps())
    assert report.depth is not None
    (other,) = report.auxiliary
    assert other.type == "depth" and other.place != report.depth.place
    assert f"({report.depth.place}, {other.place})" in report.notes[0]


def with_range(low: float, high: float, kind: str = "hdis") -> bytes:
    stored = portraits.plane(low=low, high=high, kind=kind)
    return portraits.with_depth(portraits.good_photo(), portraits.coded(stored, portraits.properties(stored)))


def test_a_value_below_zero_is_a_hole_and_not_infinite() -> None:
    photo = with_range(-0.5, 2.0)
    stored = read(photo).plane
    below = int(np.count_nonzero(stored.float_min + stored.codes * stored.step < 0))
    assert below > 100
    for kind in ("depth", "disparity"):
        data, report = extract_file(photo, "npy", kind)
        values = np.load(io.BytesIO(data))
        assert int(np.isnan(values).sum()) == report.holes == below
        assert report.infinite == int(np.isinf(values).sum())
        assert any(f"{below} pixels have no distance" in note for note in report.notes)
        assert not any("infinity" in note for note in report.notes if not report.infinite)
    assert any(note.startswith("FloatMinValue is -0.5: values below 0") for note in inspect(photo).notes)


def test_infinity_is_said_of_disparity_zero_only() -> None:
    disparity, depth = with_range(0.0, 2.0), with_range(0.0, 2.0, "hdep")
    _, far = extract_file(disparity, "npy", "depth")
    assert far.infinite > 0 and far.holes == 0
    assert any("at infinity" in note for note in far.notes)
    _, near = extract_file(depth, "npy", "disparity")
    assert near.infinite > 0 and any("at 0 m: the disparity is infinite" in note for note in near.notes)
    for photo, kind in ((disparity, "disparity"), (depth, "depth")):
        _, report = extract_file(photo, "npy", kind)  # type: ignore[arg-type]
        assert report.infinite == 0 and not any("infinit" in note for note in report.notes)


def coloured_depth() -> bytes:
    stored = portraits.plane(size=(128, 96))
    image = portraits.coded(stored, portraits.properties(stored))
    gray, coloured = io.BytesIO(), io.BytesIO()
    Image.fromarray(stored.codes).save(gray, "JPEG", quality=100)
    Image.fromarray(stored.codes).convert("RGB").save(coloured, "JPEG", quality=100)
    photo = (GOLDEN / "scene.jpg").read_bytes()
    data = portraits.with_depth(photo, replace(image, payload=gray.getvalue(), configuration=b""))
    tables, colour = data.index(b"\xff\xdb", len(photo)), coloured.getvalue()
    return data[:tables] + colour[colour.index(b"\xff\xdb") :]


def test_a_coloured_depth_jpeg_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = coloured_depth()
    with pytest.raises(UnsupportedError, match="is coded as RGB; only 8-bit monochrome is read"):
        read(photo)
    assert inspect(photo).depth is not None
    path = tmp_path / "coloured.jpg"
    path.write_bytes(photo)
    assert run(["extract", str(path), "-o", str(tmp_path / "map.npy")]) == 4
    assert "coded as RGB" in capsys.readouterr().err


def written_by_exiftool(tool: Callable[..., str], path: Path, tag: str) -> bytes:
    tool("exiftool", "-ver")  # Skips where it is not installed.
    return subprocess.run(
        ["exiftool", "-b", f"-{tag}", path], capture_output=True, check=True, timeout=60
    ).stdout


EMBEDDED: dict[str, tuple[Callable[[], bytes], str]] = {
    "without a gain map": (lambda: (GOLDEN / "scene.jpg").read_bytes(), "MPImage2"),
    "with a gain map": (
        lambda: jpeg.multi((GOLDEN / "scene.jpg").read_bytes(), [jpeg.gain_map()]),
        "MPImage3",
    ),
}


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_place_in_a_jpeg_is_exiftools_tag(name: str, tool: Callable[..., str], tmp_path: Path) -> None:
    make, tag = EMBEDDED[name]
    depth = np.load(GOLDEN / "scene-depth.npy")
    photo = embed(make(), depth, options_of(profile="data")).data
    summary = inspect(photo).depth
    assert summary is not None and summary.place == tag
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo)
    assert written_by_exiftool(tool, path, tag) == read(photo).auxiliary.payload


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("lyangas_12mini_gainmap_depth.jpg", "MPImage3"),
        ("shu_matte.jpg", "MPImage2"),
        ("rw_ios11_test06.jpg", "MPImage2"),
    ],
)
def test_the_place_in_apples_jpegs(
    name: str, tag: str, sample: Callable[[str], bytes], tool: Callable[..., str], tmp_path: Path
) -> None:
    photo = sample(name)
    report = inspect(photo)
    assert report.depth is not None and report.depth.place == tag
    path = tmp_path / name
    path.write_bytes(photo)
    assert written_by_exiftool(tool, path, tag) == read(photo).auxiliary.payload
    sizes = {image.place: image.bytes for image in report.auxiliary}
    for place, size in sizes.items():
        assert len(written_by_exiftool(tool, path, place)) == size


def test_a_spatial_pair_is_named(sample: Callable[[str], bytes], capsys: pytest.CaptureFixture[str]) -> None:
    report = inspect(sample("spatial_vision_pro.heic"))
    assert report.spatial is not None and (report.spatial.left, report.spatial.right) == (26, 52)
    assert [part.identifier for part in report.parts if part.role == "right view"] == [52]


@pytest.mark.parametrize(
    ("kind", "members", "pair"),
    [("ster", [1, 2], (1, 2)), ("ster", [2, 1], (2, 1)), ("altr", [1, 2], None), ("ster", [2, 3], None)],
)
def test_only_a_stereo_group_with_the_photo_is_a_pair(
    kind: str,
    members: list[int],
    pair: tuple[int, int] | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    photo = replace(small_photo(), groups=[(kind, 99, members)])
    path = tmp_path / "photo.heic"
    path.write_bytes(photo.build())
    spatial = inspect(path.read_bytes()).spatial
    assert (None if spatial is None else (spatial.left, spatial.right)) == pair
    assert run(["inspect", str(path)]) == 0
    assert ("spatial    stereo pair" in capsys.readouterr().out) == (pair is not None)
