"""The proofs: the photo is unchanged, the map is the given one."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import piexif
import pytest
from PIL import Image

from authoring import containers
from authoring.cli.main import run
from authoring.codecs.maps.formats import read_map
from authoring.compatibility.facts import gather
from authoring.compatibility.photo_proof import PhotoProof, compare, exif_changes
from authoring.compatibility.publish_check import check_before_publish
from authoring.compatibility.verify import verify
from authoring.embed.embed_options import EmbedOptions, options_of
from authoring.embed.steps import embed
from authoring.embed.strip import strip
from authoring.errors import RefusedError
from authoring.maps.map_options import MapOptions
from tests.compatibility import portrait_files as portraits

GOLDEN = Path(__file__).parents[2] / "golden"
RANGE = {"near": 0.5, "far": 8.0}


def proof(data: bytes, original: bytes) -> PhotoProof:
    return compare(containers.parse(data), containers.parse(original))


def scene(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


@pytest.fixture(scope="module", params=["scene.heic", "scene.jpg"])
def pair(request: pytest.FixtureRequest) -> tuple[bytes, bytes]:
    """A golden photo, and the same with depth of the data profile."""
    photo = scene(request.param)
    mask = read_map(scene("scene-mask.png"))
    return photo, embed(photo, mask, EmbedOptions(**RANGE, profile="data")).data  # type: ignore[arg-type]


def test_the_data_profile_leaves_the_photo_unchanged(pair: tuple[bytes, bytes]) -> None:
    photo, data = pair
    result = proof(data, photo)
    assert result.identical and result.pixels == "equal" and result.compared > 5
    assert {item.reason.partition(":")[0] for item in result.touched} == {"depth map added"}
    back = proof(photo, data)
    assert back.identical and {item.reason.partition(":")[0] for item in back.touched} == {
        "depth map removed"
    }


def test_a_changed_byte_of_the_picture_is_found(pair: tuple[bytes, bytes]) -> None:
    photo, data = pair
    parts = containers.parse(photo).parts()
    picture = max(parts.values(), key=len)
    start = data.index(picture) + len(picture) // 2
    other = portraits.patched(data, start, bytes([data[start] ^ 1]))
    report = verify(other, original=photo, wanted="L1")
    assert report.photo is not None and not report.photo.identical and not report.passed
    (change,) = (touched for touched in report.photo.touched if touched.reason.startswith("changed"))
    offset = photo.index(picture) + len(picture) // 2
    assert (change.start, change.stop) == (offset, offset + 1)


def test_portrait_marks_are_intended_and_other_changes_are_not() -> None:
    plain = portraits.photo(portraits.exif_block(flags25=0, flags31=0, custom=0), None)
    data = portraits.portrait()
    result = proof(data, plain)
    assert result.identical
    reasons = " ".join(item.reason for item in result.touched)
    assert "CustomRendered, maker note 0x0019, maker note 0x001F" in reasons and "focus region" in reasons
    block = portraits.exif_block()
    tag = block.index(b"\x90\0\0\x07\0\0\0\x04") + 8
    assert not proof(
        portraits.portrait(portraits.photo(portraits.patched(block, tag, b"0230"), None)), plain
    ).identical
    packet = portraits.focus_packet().replace(
        b"</rdf:Description>", b"<q:x xmlns:q='urn:q'>1</q:x></rdf:Description>"
    )
    other = proof(portraits.portrait(portraits.photo(block, packet)), plain)
    assert not other.identical and any("properties Regions, x" in item.reason for item in other.touched)
    assert not proof(portraits.portrait(portraits.photo(None, None)), plain).identical


def test_exif_changes_by_name() -> None:
    block = portraits.exif_block()
    assert exif_changes(block, block) == []
    assert exif_changes(portraits.exif_block(custom=1), block) == ["CustomRendered"]
    assert exif_changes(None, block) == ["CustomRendered", "a new Apple maker note"]
    assert exif_changes(portraits.exif_block(broken=True), block) is None
    assert exif_changes(b"MM\0*", block) is None


def test_verify_a_portrait_of_the_golden_photo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = scene("scene.heic")
    data = embed(photo, read_map(scene("scene-mask.png")), EmbedOptions(**RANGE)).data  # type: ignore[arg-type]
    path = tmp_path / "x.heic"
    path.write_bytes(data)
    arguments = [
        "verify",
        str(path),
        "--photo",
        str(GOLDEN / "scene.heic"),
        "--map",
        str(GOLDEN / "scene-mask.png"),
    ]
    options = ["--near", "0.5", "--far", "8", "--strict"]
    assert run([*arguments, *options, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["level"] == "L4" and report["photo"]["identical"]
    assert 0 < report["roundtrip"]["max_error"] <= report["roundtrip"]["bound"]
    assert run([*arguments, *options]) == 0
    assert "pixels equal" in capsys.readouterr().out
    assert run([*arguments, "--near", "0.5", "--far", "7"]) == 1
    assert "differs from the given one" in " ".join(
        verify(
            data,
            maps=[read_map(scene("scene-mask.png"))],
            options=MapOptions(near=0.5, far=7.0),
        ).faults
    )


def test_another_container_is_not_identical() -> None:
    result = proof(scene("scene.jpg"), scene("scene.heic"))
    assert not result.identical and result.pixels == "different" and "container" in result.touched[0].reason


@pytest.mark.parametrize(
    "name", ["pug.heic", "fidmaa_selfie_depth.heic", "lyangas_12mini_gainmap_depth.jpg", "shu_matte.jpg"]
)
def test_stripping_apples_depth_leaves_the_photo_unchanged(name: str, sample: Callable[[str], bytes]) -> None:
    photo = sample(name)
    assert proof(strip(photo).data, photo).identical


def test_arithmetic_coding_is_reported_as_not_decoded(sample: Callable[[str], bytes]) -> None:
    photo = sample("edge_arithmetic.jpg")
    depth = np.linspace(8, 0.5, 160 * 107, dtype=np.float32).reshape(107, 160)
    data = embed(photo, depth, EmbedOptions(profile="data")).data
    report = verify(data, original=photo, maps=[depth, depth], wanted="L1")
    assert report.photo is not None and report.photo.pixels == "not decoded" and report.photo.identical
    assert report.roundtrip is not None and report.roundtrip.maps == 2
    assert report.passed and report.roundtrip.mean_error <= report.roundtrip.max_error


def test_errors_of_the_map_in_metres() -> None:
    stored = portraits.plane()
    data = portraits.portrait()
    values = stored.float_min + stored.codes * stored.step
    depth = (1 / values).astype(np.float32)
    report = verify(data, maps=[depth], options=MapOptions(unit="m"))
    assert report.roundtrip is not None and report.roundtrip.holds
    shifted = (1 / (values + 0.25)).astype(np.float32)
    trip = verify(data, maps=[shifted], options=MapOptions(unit="m")).roundtrip
    assert trip is not None and not trip.holds
    assert trip.max_error == pytest.approx(0.25, abs=2 * stored.step)
    assert trip.max_error_m == pytest.approx(1 / 0.125 - 1 / 0.375, rel=0.15)
    with pytest.raises(RefusedError, match="shape of the photo"):
        verify(data, maps=[np.ones((60, 60), np.float32)], options=MapOptions(unit="m"))


def test_check_before_publish_takes_a_decoded_plane() -> None:
    data = portraits.portrait()
    stored = portraits.plane()
    assert check_before_publish(gather(containers.parse(data))).level == "L4"
    facts = gather(containers.parse(data), decoded=False)
    assert facts.codes is None
    report = check_before_publish(facts.with_codes(stored.codes))
    assert not report.faults and report.level == "L4"
    wrong = check_before_publish(facts.with_codes(stored.codes[:, :100]))
    assert wrong.level == "none" and wrong.faults[0].startswith("R2")


def test_a_photo_without_exif_is_still_the_original() -> None:
    """The mandatory tags of an Exif directory added for the portrait tags are not a change of the photo."""
    out = io.BytesIO()
    with Image.open(GOLDEN / "scene.jpg") as picture:
        Image.frombytes("RGB", picture.size, picture.tobytes()).save(out, "JPEG", quality=80)
    photo = out.getvalue()
    data = embed(photo, read_map(scene("scene-mask.png")), EmbedOptions(**RANGE)).data  # type: ignore[arg-type]
    assert proof(data, photo).identical


@pytest.mark.parametrize(
    ("name", "options"),
    [("scene-depth-mm.png", ["--unit", "mm"]), ("scene-depth.npy", ["--refine"]), ("scene-depth.npy", [])],
)
def test_verify_reads_the_map_with_the_options_of_embed(
    name: str, options: list[str], tmp_path: Path
) -> None:
    out, map_ = tmp_path / "out.jpg", GOLDEN / name
    assert run(["embed", str(GOLDEN / "scene.jpg"), str(map_), "-o", str(out), *options]) == 0
    assert run(["verify", str(out), "--map", str(map_), "--photo", str(GOLDEN / "scene.jpg"), *options]) == 0
    assert run(["verify", str(out), "--map", str(map_), "--kind", "disparity", "--unit", "m"]) != 0


@pytest.mark.parametrize("profile", ["data", "portrait"])
def test_a_preview_after_the_photo_is_found_as_before(profile: str) -> None:
    """A maker note's offset of it is re-based, which is no change of the photo; strip --restore gives the photo."""
    preview = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 40, 20)).save(preview, "JPEG")

    def photo(offset: int) -> bytes:
        length = len(preview.getvalue())
        note = struct.pack(">HHHIIHHIII", 2, 0x88, 4, 1, offset, 0x89, 4, 1, length, 0)
        exif = piexif.dump(
            {"0th": {piexif.ImageIFD.Make: b"Minolta"}, "Exif": {piexif.ExifIFD.MakerNote: note}}
        )
        out = io.BytesIO()
        Image.open(io.BytesIO(scene("scene.jpg"))).save(out, "JPEG", exif=exif)
        return out.getvalue()

    tiff = photo(0).index(b"Exif\0\0") + 6
    original = photo(len(photo(0)) - tiff) + preview.getvalue()
    embedded = embed(original, np.load(GOLDEN / "scene-depth.npy"), options_of(profile=profile))
    block = embedded.data.index(b"Exif\0\0") + 6
    place = embedded.data.index(bytes.fromhex("0088 0004 00000001"), block) + 8
    start = block + int.from_bytes(embedded.data[place : place + 4], "big")
    assert embedded.data[start:] == preview.getvalue()
    assert any("re-based" in touched.reason for touched in embedded.report.touched)
    assert proof(embedded.data, original).identical
    elsewhere = bytearray(embedded.data)
    elsewhere[place + 3] ^= 1
    assert not proof(bytes(elsewhere), original).identical
    assert strip(embedded.data, restore=True).data == original
