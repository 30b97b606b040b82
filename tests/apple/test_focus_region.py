"""The focus region that is added to a photo's own packet: everything else stays, as text and for exiftool."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from authoring import containers
from authoring.apple.region import (
    DEFAULT_SIZE,
    FocusRegion,
    read_focus_region,
    with_focus_region,
)
from authoring.apple.xmp import parse_packet
from authoring.errors import UsageError

PADDED = [
    "pug.heic",
    "openize_14pro_portrait.heic",
    "fidmaa_selfie_depth.heic",
    "edge_arithmetic.jpg",
    "edge_gray.jpg",
    "xdm_crosswalk_r200.jpg",
]
UNPADDED = ["aux_YCbCr.heic", "gdepth_lensblur1.jpg"]
FOCUSED = {
    "shu_matte.jpg": FocusRegion(
        0.56450000405311584, 0.14550000429153445, 0.11900000274181366, 0.089000001549720764
    ),
    "rw_ios11_test06.jpg": FocusRegion(0.7355, 0.341, 0.079, 0.158),
}


def packet_of(data: bytes) -> bytes:
    packet = containers.parse(data).layout.xmp
    assert packet is not None
    return packet


@pytest.fixture
def reading(tool: Callable[..., str], tmp_path: Path) -> Callable[..., list[dict[str, object]]]:
    """Return what exiftool reads in packets, with structures and lists."""

    def read(*packets: bytes) -> list[dict[str, object]]:
        paths = [tmp_path / f"{number}.xmp" for number in range(len(packets))]
        for path, packet in zip(paths, packets, strict=True):
            path.write_bytes(packet)
        answers = json.loads(tool("exiftool", "-q", "-j", "-G1", "-struct", "-n", *paths))
        kept = (
            {key: value for key, value in item.items() if key.startswith(("XMP", "ExifTool:W", "ExifTool:E"))}
            for item in answers
        )
        return [
            {key: value for key, value in item.items() if not key.endswith("ToolVersion")} for item in kept
        ]

    return read


def check_region(tags: dict[str, object], x: float, y: float, width: int, height: int) -> None:
    regions = tags.pop("XMP-mwg-rs:RegionInfo")
    assert isinstance(regions, dict)
    dimensions = regions["AppliedToDimensions"]
    assert (dimensions["W"], dimensions["H"], dimensions["Unit"]) == (width, height, "pixel")
    area = regions["RegionList"][-1]["Area"]
    assert regions["RegionList"][-1]["Type"] == "Focus" and area.pop("Unit") == "normalized"
    assert area == pytest.approx({"X": x, "Y": y, "W": DEFAULT_SIZE[0], "H": DEFAULT_SIZE[1]})


@pytest.mark.parametrize("name", [*PADDED, *UNPADDED])
def test_a_region_is_added_and_nothing_else_changes(
    sample: Callable[[str], bytes], reading: Callable[..., list[dict[str, object]]], name: str
) -> None:
    before = packet_of(sample(name))
    result = with_focus_region(before, 0.25, 1 / 3, 4032, 3024)
    after = result.xmp
    assert (
        result.changes
        and not result.notes
        and read_focus_region(after) == FocusRegion(0.25, 1 / 3, *DEFAULT_SIZE)
    )
    assert (len(after) == len(before)) == (name in PADDED)

    place = next(i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    text = re.search(
        rb"<rdf:Description (?:(?!<rdf:Description).)*?mwg-rs.*?</rdf:Description>", after, re.DOTALL
    )
    assert text is not None and abs(text.start() - place) < 20
    without = after[: text.start()] + after[text.end() :]
    if name in PADDED:
        assert b"".join(before.split()) == b"".join(without.split()), "padding went, and nothing else"
        assert after.rstrip(b"\0").endswith(b"?>") and before[-8:] == after[-8:]
    else:
        assert without == before
    old, new = reading(before, after)
    check_region(new, 0.25, 1 / 3, 4032, 3024)
    assert old == new
    assert with_focus_region(after, 0.5, 0.5, 10, 10).xmp == after


@pytest.mark.parametrize("name", sorted(FOCUSED))
def test_an_existing_region_stays(sample: Callable[[str], bytes], name: str) -> None:
    before = packet_of(sample(name))
    actual = read_focus_region(before)
    assert actual is not None and actual.is_valid
    expected = FOCUSED[name]
    assert (actual.x, actual.y, actual.w, actual.h) == pytest.approx(
        (expected.x, expected.y, expected.w, expected.h), abs=1e-9
    )
    result = with_focus_region(before, 0.5, 0.5, 4032, 3024)
    assert result.xmp == before and not result.changes and "was kept" in result.notes[0]


def test_a_region_is_added_to_those_of_faces(
    sample: Callable[[str], bytes], reading: Callable[..., list[dict[str, object]]]
) -> None:
    packet = packet_of(sample("shu_matte.jpg"))
    items = list(re.finditer(rb"\s*<rdf:li.*?</rdf:li>", packet, re.DOTALL))
    before = packet[: items[1].start()] + packet[items[1].end() :]
    assert read_focus_region(before) is None
    result = with_focus_region(before, 0.5, 0.75, 3024, 4032)
    assert result.changes and len(result.xmp) > len(before)
    old, new = reading(before, result.xmp)
    face, focus = new["XMP-mwg-rs:RegionInfo"]["RegionList"]  # type: ignore[index]
    assert old["XMP-mwg-rs:RegionInfo"]["RegionList"] == [face]  # type: ignore[index]
    assert focus["Type"] == "Focus" and focus["Area"]["Y"] == 0.75
    assert "Warning" not in str(new)


def test_a_photo_without_a_packet_gets_one(reading: Callable[..., list[dict[str, object]]]) -> None:
    packet = with_focus_region(None, 0.5, 0.5, 640, 480).xmp
    assert packet.startswith(b'<?xpacket begin="\xef\xbb\xbf"') and packet.endswith(b'<?xpacket end="w"?>')
    (tags,) = reading(packet)
    check_region(tags, 0.5, 0.5, 640, 480)
    assert with_focus_region(b"", 0.5, 0.5, 640, 480).xmp == packet


RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
MWG = 'xmlns:m="http://www.metadataworkinggroup.com/schemas/regions/"'


def test_another_prefix_and_subject_are_used() -> None:
    before = (
        b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r:Description r:about="uuid:a&amp;b"'
        b' xmlns:q="urn:q" q:v="1"/></r:RDF>'
    )
    after = with_focus_region(before, 0.5, 0.5, 10, 20).xmp
    assert read_focus_region(after) is not None and after.count(b'r:about="uuid:a&amp;b"') == 2
    assert [item.name for item in parse_packet(after)] == ["v", "Regions"]


@pytest.mark.parametrize(
    "packet",
    [
        "no XML at all",
        f"<rdf:RDF {RDF}/>",
        f'<rdf:RDF {RDF}><rdf:Description rdf:about="" {MWG}><m:Regions rdf:parseType="Resource">'
        "<m:RegionList><rdf:Bag/></m:RegionList></m:Regions></rdf:Description></rdf:RDF>",
        f'<rdf:RDF {RDF}><rdf:Description rdf:about=""/></rdf:RDF><!-- </rdf:RDF> -->',
        f'<rdf:RDF {RDF}><rdf:Description rdf:about="" {MWG}><m:Regions rdf:parseType="Resource"><m:RegionList>'
        '<rdf:Bag><rdf:li xml:lang="x-default">1</rdf:li></rdf:Bag></m:RegionList><m:RegionList><rdf:Bag><rdf:li>2'
        "</rdf:li></rdf:Bag></m:RegionList></m:Regions></rdf:Description></rdf:RDF>",
    ],
)
def test_a_packet_that_cannot_hold_a_region_safely_is_unchanged(packet: str) -> None:
    result = with_focus_region(packet.encode(), 0.5, 0.5, 10, 20)
    assert result.xmp == packet.encode() and not result.changes and "left without one" in result.notes[0]


@pytest.mark.parametrize(("x", "y"), [(-0.1, 0.5), (0.5, 1.1), (float("nan"), 0.5)])
def test_a_focus_outside_the_photo(x: float, y: float) -> None:
    with pytest.raises(UsageError, match="outside"):
        with_focus_region(None, x, y, 10, 10)


def test_valid_regions() -> None:
    assert FocusRegion(0, 1, 0.1, 1).is_valid
    for region in (
        FocusRegion(0.5, 0.5, 0, 0.1),
        FocusRegion(1.5, 0.5, 0.1, 0.1),
        FocusRegion(0.5, 0.5, 2, 0.1),
    ):
        assert not region.is_valid


def test_damage_never_raises(sample: Callable[[str], bytes]) -> None:
    generator = random.Random(8)
    source = with_focus_region(packet_of(sample("pug.heic")), 0.5, 0.5, 10, 10).xmp
    source = source.replace(b">Focus<", b">Face<")
    for _ in range(200):
        broken = bytearray(source)
        for _ in range(generator.randrange(1, 4)):
            broken[generator.randrange(1500)] = generator.choice(b"<>/\"' :=ax\0\xff")
        result = with_focus_region(bytes(broken), 0.5, 0.5, 10, 10)
        assert result.xmp == bytes(broken) or read_focus_region(result.xmp) is not None


def test_a_namespace_that_is_no_uri_leaves_the_packet_alone() -> None:
    packet = with_focus_region(None, 0.5, 0.5, 40, 30).xmp
    packet = packet.replace(b">Focus<", b">Face<")
    packet = packet.replace(b"http://ns.adobe.com/xap/1.0/sType/Dim", b"http;//other/Dim")
    result = with_focus_region(packet, 0.25, 0.5, 40, 30)
    assert result.xmp == packet
    assert "left without one" in result.notes[0]
