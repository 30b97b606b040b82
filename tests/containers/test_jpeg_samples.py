"""Real photos: an image is added, every original byte stays, foreign readers agree, and removal restores all."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from authoring.containers import jpeg
from authoring.containers.base import CodedAuxiliary
from authoring.errors import MalformedError
from tests.containers.jpeg_files import auxiliary, gray

Sample = Callable[[str], bytes]
Tool = Callable[..., str]

IMAGES = {
    "edge_arithmetic.jpg": 1,
    "edge_cmyk_progressive.jpg": 1,
    "edge_gray.jpg": 1,
    "edge_iphone_mpf_gainmap.jpg": 2,
    "edge_mpf_45gps.jpg": 1,
    "edge_orient6_portrait.jpg": 1,
    "edge_orient8_landscape.jpg": 1,
    "edge_progressive_nikon.jpg": 1,
    "gdepth_lensblur1.jpg": 1,
    "in_nyu_rgb.jpg": 1,
    "lyangas_12mini_gainmap_depth.jpg": 3,
    "rw_ios11_test06.jpg": 2,
    "shu_matte.jpg": 3,
    "xdm_crosswalk_r200.jpg": 1,
}
NOT_IN_PILLOW = "edge_arithmetic.jpg"
every = pytest.mark.parametrize("name", IMAGES)


def pixels(data: bytes, frame: int = 0) -> tuple[str, bytes]:
    image = Image.open(io.BytesIO(data))
    image.seek(frame)
    return image.mode, image.tobytes()


@every
def test_every_part_stays_and_removal_keeps_them(sample: Sample, name: str) -> None:
    data = sample(name)
    before = jpeg.parse(data)
    assert len(before.layout.auxiliaries) == IMAGES[name] - 1
    edits = before.splice(auxiliary())
    result = edits.apply(data)
    after = jpeg.parse(result)
    number = IMAGES[name] + 1
    parts = dict(after.parts())
    new = parts.pop(f"image {number}")
    assert new == after.layout.auxiliaries[-1].payload
    assert parts == before.parts()
    assert after.layout.auxiliaries[:-1] == before.layout.auxiliaries
    for field in ("exif", "xmp", "icc", "width", "height", "signed"):
        assert getattr(after.layout, field) == getattr(before.layout, field)
    touched = sum(item.stop - item.start for item in edits.touched)
    assert touched <= 110
    back = after.remove([number]).apply(result)
    assert jpeg.parse(back).parts() == before.parts()


@every
def test_pillow_sees_the_same_photo_and_one_more_frame(sample: Sample, name: str) -> None:
    data = sample(name)
    file = jpeg.parse(data)
    result = file.splice(auxiliary()).apply(data)
    image = Image.open(io.BytesIO(result))
    frames = IMAGES[name] + 1
    assert (image.format, image.n_frames) == ("MPO", frames)  # type: ignore[attr-defined]
    assert pixels(result, frames - 1) == pixels(gray())
    for frame in range(1, IMAGES[name]):
        assert pixels(result, frame) == pixels(data, frame)
    if name == NOT_IN_PILLOW:
        with pytest.raises(OSError, match="broken data stream"):
            pixels(data)
        return
    original = pixels(data)
    assert pixels(result) == original
    # An Apple header or index may go for good without a record: the picture must not care.
    back = jpeg.parse(result).remove([frames]).apply(result)
    if back != data:
        assert pixels(back) == original


@pytest.fixture(scope="module")
def exiftool_view(sample: Sample, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All photos with their image added, and what exiftool extracts from and says about each; two runs for all."""
    folder = tmp_path_factory.mktemp("exiftool")
    for name in IMAGES:
        data = sample(name)
        (folder / f"old_{name}").write_bytes(data)
        (folder / f"new_{name}").write_bytes(jpeg.parse(data).splice(auxiliary()).apply(data))
    images = ("-MPImage2", "-MPImage3", "-MPImage4")
    tool("exiftool", "-b", *images, "-W", folder / "%f_%t.bin", "-ext", "jpg", folder)
    tags = ("-Warning", "-Error", "-MPF:NumberOfImages")
    (folder / "report").write_text(
        tool("exiftool", "-validate", "-a", "-G0", "-s", *tags, "-ext", "jpg", folder)
    )
    return folder


@every
def test_exiftool_extracts_the_image_and_has_no_new_warning(exiftool_view: Path, name: str) -> None:
    parts = (exiftool_view / "report").read_text().split("======== ")[1:]
    reports = {Path(head).name: text for head, _, text in (part.partition("\n") for part in parts)}
    old, new = (
        re.findall(r"(?:Warning|Error) +: (.*)", reports[prefix + name]) for prefix in ("old_", "new_")
    )
    assert set(new) <= set(old)
    assert not any("MPF" in line or "MPImage" in line for line in new)
    number = IMAGES[name] + 1
    assert re.findall(r"NumberOfImages +: (\d+)", reports["new_" + name]) == [str(number)]
    stem = "new_" + name.removesuffix(".jpg")
    extracted = (exiftool_view / f"{stem}_MPImage{number}.bin").read_bytes()
    assert (
        extracted == jpeg.parse((exiftool_view / f"new_{name}").read_bytes()).layout.auxiliaries[-1].payload
    )
    assert extracted.endswith(gray()[20:])
    assert not (exiftool_view / f"{stem}_MPImage{number + 1}.bin").exists()


def test_known_images_and_oddities(sample: Sample) -> None:
    file = jpeg.parse(sample("lyangas_12mini_gainmap_depth.jpg"))
    lyangas = file.layout
    assert [(image.identifier, image.width, image.height) for image in lyangas.auxiliaries] == [
        (2, 2016, 1512),
        (3, 768, 576),
    ]
    assert lyangas.auxiliaries[1].xmp is not None
    assert b"depthData" in lyangas.auxiliaries[1].xmp
    assert (lyangas.width, lyangas.height, lyangas.xmp, file.notes) == (4032, 3024, None, ())
    assert lyangas.icc is not None
    assert lyangas.icc[36:40] == b"acsp"
    matte = jpeg.parse(sample("shu_matte.jpg"))
    assert [(image.width, image.height) for image in matte.layout.auxiliaries] == [(576, 768), (1512, 2016)]
    assert matte.notes == (
        "The MP index states 2032855 as the photo's size in bytes; it is 2048420 (ImageIO writes such sizes).",
    )
    original = jpeg.parse(sample("rw_ios11_test06.jpg"))
    assert original.notes == ("Zero bytes after the last image: 654708.",)
    assert original.parts()["trailer"] == bytes(654_708)


def test_depth_of_an_iphone_can_be_taken_out_and_put_back(sample: Sample) -> None:
    """Apple's own image, put back by a splice, gives Apple's own file: layout and index are Apple's."""
    data = sample("rw_ios11_test06.jpg")
    depth = jpeg.parse(data).layout.auxiliaries[0]
    assert depth.xmp is not None
    stripped = jpeg.parse(data).remove([2]).apply(data)
    assert stripped[2:20] == data[2:4] + b"\0\x10" + data[6:20]
    again = jpeg.parse(stripped)
    coded = CodedAuxiliary(depth.width, depth.height, depth.payload, b"", "", b"", depth.xmp)
    assert again.splice(coded).apply(stripped) == data


def test_last_image_of_lyangas_can_be_put_back_too(sample: Sample) -> None:
    """All but the plain JFIF header of that phone's auxiliary images, which a splice leaves out."""
    data = sample("lyangas_12mini_gainmap_depth.jpg")
    depth = jpeg.parse(data).layout.auxiliaries[1]
    assert depth.xmp is not None
    less = jpeg.parse(data).remove([3]).apply(data)
    coded = CodedAuxiliary(depth.width, depth.height, depth.payload, b"", "", b"", depth.xmp)
    result = jpeg.parse(less).splice(coded).apply(less)
    assert jpeg.parse(result).parts()["image 2"] == jpeg.parse(data).parts()["image 2"]
    assert jpeg.parse(result).layout.auxiliaries[1].payload == b"\xff\xd8" + depth.payload[20:]


def test_cut_photo_is_read_but_not_edited(sample: Sample) -> None:
    file = jpeg.parse(sample("edge_truncated_no_eoi.jpg"))
    assert (file.layout.width, file.layout.height) == (3484, 2347)
    assert file.layout.exif is not None
    assert "no EOI marker" in file.notes[0]
    assert "no EOI marker" in file.dump()
    with pytest.raises(MalformedError, match="save it again"):
        file.splice(auxiliary())


@pytest.mark.parametrize("name", ["lyangas_12mini_gainmap_depth.jpg", "shu_matte.jpg"])
def test_removing_any_image_leaves_the_others(sample: Sample, tool: Tool, tmp_path: Path, name: str) -> None:
    data = sample(name)
    before = jpeg.parse(data).layout
    for number in (2, 3):
        result = jpeg.parse(data).remove([number]).apply(data)
        (left,) = jpeg.parse(result).layout.auxiliaries
        assert left.payload == before.auxiliaries[3 - number].payload
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(result)
        assert "Warning" not in tool("exiftool", "-a", "-G1", "-Warning", path)
    none = jpeg.parse(data).remove([2, 3]).apply(data)
    assert b"MPF\0" not in none
    assert jpeg.parse(none).notes == ()
