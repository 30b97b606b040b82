"""Real photos with other Exif and XMP: foreign readers read the new blocks, and all else stays."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL
import pillow_heif
import pytest
from PIL import Image

from authoring import containers, tiff
from authoring.containers.base import ContainerFile, Layout
from tests.containers import heif_files, jpeg_files

Sample = Callable[[str], bytes]
Tool = Callable[..., str]

PHOTOS = (
    "pug.heic",
    "plain_iphone_telephoto.heic",
    "aux_YCbCr.heic",
    "libheif.heic",
    "scene.heic",
    "edge_iphone_mpf_gainmap.jpg",
    "edge_mpf_45gps.jpg",
    "edge_gray.jpg",
    "edge_progressive_nikon.jpg",
    "gdepth_lensblur1.jpg",
    "in_nyu_rgb.jpg",
    "scene.jpg",
)
DECODED = [name for name in PHOTOS if name not in ("pug.heic", "aux_YCbCr.heic")]
"""The two others take more than a second to decode; that their coded bytes are equal says as much."""
GOLDEN = Path(__file__).parents[2] / "golden"
PACKET = b"""<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="exchanged"/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"""
TIFF = (
    bytes.fromhex("4d4d002a00000008 0002 0110000200000006 00000026 0112000300000001 00010000 00000000")
    + b"Model\0"
)
every = pytest.mark.parametrize("name", PHOTOS)


@pytest.fixture(scope="module")
def photo(sample: Sample) -> Sample:
    """A sample, the golden scene, or a photo that libheif writes without Exif and XMP."""

    def read(name: str) -> bytes:
        if name == "libheif.heic":
            return heif_files.coded("RGB", 160, 128)
        return (GOLDEN / name).read_bytes() if name.startswith("scene") else sample(name)

    return read


def changes(block: bytes | None, new: bytes) -> Iterator[bytes]:
    """In place, grown, shrunk, taken out; or put in."""
    if block is None:
        yield new
        return
    middle = len(block) // 2
    yield block[:middle] + bytes([block[middle] ^ 1]) + block[middle + 1 :]
    yield block + bytes(100)
    yield block[:-60]
    yield block[:middle] + block[middle + 9 :]
    yield new
    yield b""


def combinations(file: ContainerFile) -> Iterator[tuple[bytes | None, bytes | None]]:
    for exif in changes(file.layout.exif, TIFF):
        yield exif, None
    for xmp in changes(file.layout.xmp, PACKET):
        yield None, xmp
    yield TIFF, PACKET
    yield b"", PACKET
    yield TIFF, b""
    yield b"", b""


def spliced(file: ContainerFile) -> bytes:
    result = heif_files.auxiliary() if file.layout.container == "heic" else jpeg_files.auxiliary()
    return file.splice(result).apply(file.source)


def without_end(layout: Layout) -> Layout:
    """Return a layout without the photo's end, which moves with its blocks and its MP index."""
    return replace(layout, primary_stop=0)


@every
def test_all_else_stays_also_after_a_splice_and_its_removal(name: str, photo: Sample) -> None:
    data = photo(name)
    file = containers.parse(data)
    layout = file.layout
    for exif, xmp in combinations(file):
        changed = containers.parse(file.with_metadata(exif=exif, xmp=xmp).apply(data))
        expected = replace(
            layout,
            exif=layout.exif if exif is None else exif or None,
            xmp=layout.xmp if xmp is None else xmp or None,
            primary_stop=0,
        )
        assert without_end(changed.layout) == expected
        if layout.primary_stop:
            assert changed.source[changed.layout.primary_stop :] == data[layout.primary_stop :]
        result = containers.parse(spliced(changed))
        (new,) = {image.identifier for image in result.layout.auxiliaries} - {
            image.identifier for image in layout.auxiliaries
        }
        bare = containers.parse(result.remove([new]).apply(result.source))
        assert without_end(bare.layout) == expected
        back = bare.with_metadata(
            exif=None if exif is None else layout.exif or b"", xmp=None if xmp is None else layout.xmp or b""
        )
        assert without_end(containers.parse(back.apply(bare.source)).layout) == without_end(layout)


@every
def test_coded_bytes_stay(name: str, photo: Sample) -> None:
    data = photo(name)
    file = containers.parse(data)
    parts = file.parts()
    after = containers.parse(file.with_metadata(exif=TIFF, xmp=PACKET).apply(data)).parts()
    different = {key for key in parts if after.get(key) != parts[key]}
    own = {entry.identifier for entry in file.entries if entry.role in ("Exif", "XMP")}
    allowed = {f"item {entry} {kind}" for entry in own for kind in ("Exif", "mime")}
    assert different <= allowed | {"segment APP1 Exif 0", "segment APP1 XMP 0"}


@pytest.mark.parametrize("name", DECODED)
def test_pillow_reads_the_new_blocks_and_the_same_pixels(name: str, photo: Sample) -> None:
    data = photo(name)
    result = containers.parse(data).with_metadata(exif=TIFF, xmp=PACKET).apply(data)
    if name.endswith(".heic"):
        before, after = (pillow_heif.open_heif(io.BytesIO(item)) for item in (data, result))
        assert after.info["exif"] in (TIFF, b"Exif\0\0" + TIFF)
        assert after.info["xmp"] == PACKET
        assert np.array_equal(np.asarray(before), np.asarray(after))
        return
    old, new = Image.open(io.BytesIO(data)), Image.open(io.BytesIO(result))
    assert dict(new.getexif()) == {0x110: "Model", 0x112: 1}
    assert new.info["xmp"] == PACKET
    assert getattr(new, "n_frames", 1) == getattr(old, "n_frames", 1)
    # Before 12, Pillow loads no further image that has another size, in the photo before either.
    frames = getattr(new, "n_frames", 1) if int(PIL.__version__.partition(".")[0]) >= 12 else 1
    for frame in range(frames):
        old.seek(frame)
        new.seek(frame)
        assert old.tobytes() == new.tobytes()


@pytest.fixture(scope="module")
def exiftool_view(photo: Sample, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of every photo before and after: what exiftool reads, complains of and extracts; three runs for all."""
    folder = tmp_path_factory.mktemp("exiftool")
    for name in PHOTOS:
        data = photo(name)
        (folder / f"old_{name}").write_bytes(data)
        changed = containers.parse(data).with_metadata(exif=TIFF, xmp=PACKET).apply(data)
        (folder / f"new_{name}").write_bytes(spliced(containers.parse(changed)))
    tool("exiftool", "-b", "-MPImage2", "-W", folder / "%f_%t.bin", "-ext", "jpg", folder)
    every_photo = ("-ext", "jpg", "-ext", "heic", folder)
    report = tool("exiftool", "-all", "-G1", "-j", *every_photo)
    (folder / "tags").write_text(report[: report.rindex("]") + 1])
    (folder / "faults").write_text(
        tool("exiftool", "-validate", "-a", "-s", "-Warning", "-Error", *every_photo)
    )
    return folder


@every
def test_exiftool_reads_the_new_blocks_and_finds_no_new_fault(name: str, exiftool_view: Path) -> None:
    tags = {Path(item["SourceFile"]).name: item for item in json.loads((exiftool_view / "tags").read_text())}
    new = tags[f"new_{name}"]
    assert new["XMP-xmp:CreatorTool"] == "exchanged"
    assert (new["IFD0:Model"], new["IFD0:Orientation"]) == ("Model", "Horizontal (normal)")
    assert "ExifIFD:ExposureTime" not in new
    parts = (exiftool_view / "faults").read_text().split("======== ")[1:]
    reports = {Path(head).name: text for head, _, text in (part.partition("\n") for part in parts)}
    old_faults, faults = (
        set(re.findall(r"(?:Warning|Error) +: (.*)", reports[prefix + name])) for prefix in ("old_", "new_")
    )
    # The new Exif block is so small that exiftool misses fields in it; the new packet names no extension.
    allowed = ("Missing required", "extended XMP", "'auxl'")
    assert [item for item in faults - old_faults if not any(words in item for words in allowed)] == []


def test_exiftool_extracts_the_gain_map_unchanged(sample: Sample, exiftool_view: Path) -> None:
    name = "edge_iphone_mpf_gainmap"
    data = sample(f"{name}.jpg")
    (gain_map,) = containers.parse(data).layout.auxiliaries
    for prefix in ("old_", "new_"):
        assert (exiftool_view / f"{prefix}{name}_MPImage2.bin").read_bytes() == gain_map.payload


def test_extended_xmp_stays(sample: Sample) -> None:
    data = sample("gdepth_lensblur1.jpg")
    file = containers.parse(data)
    result = file.with_metadata(xmp=PACKET).apply(data)
    chunks = [value for key, value in containers.parse(result).parts().items() if "extension" in key]
    assert len(chunks) == 5
    assert chunks == [value for key, value in file.parts().items() if "extension" in key]


@pytest.mark.parametrize(
    ("name", "by"), [("shu_matte.jpg", -15_565), ("lyangas_12mini_gainmap_depth.jpg", 0)]
)
def test_the_photo_size_in_the_index_stays_right_or_wrong(sample: Sample, name: str, by: int) -> None:
    from authoring.containers import jpeg

    data = sample(name)
    changed = jpeg.parse(jpeg.parse(data).with_metadata(exif=TIFF, xmp=PACKET).apply(data)).structure
    assert changed.entries[0].size - changed.primary_stop == by


def test_one_short_in_place_is_one_touch(sample: Sample) -> None:
    """The commonest use: a value of Exif patched; the report names those bytes and nothing else."""
    for name in ("edge_iphone_mpf_gainmap.jpg", "pug.heic"):
        data = sample(name)
        file = containers.parse(data)
        exif = file.layout.exif
        assert exif is not None
        patched = tiff.with_orientation(exif, 8)
        assert patched is not None
        edits = file.with_metadata(exif=patched)
        (touched,) = edits.touched
        assert (touched.stop - touched.start, touched.reason) == (1, "Exif: changed in place")
        assert edits.result_size == len(data)
