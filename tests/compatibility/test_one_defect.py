"""One file for each rule with exactly that defect: verify reports it and nothing else, and exits with 1."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from authoring.apple import nominal_rendering
from authoring.apple.rendering import build_rendering
from authoring.cli.main import run as run_command
from authoring.codecs import photo as pictures
from authoring.compatibility import rules
from authoring.compatibility.levels import level_of
from authoring.compatibility.verify import verify
from tests.compatibility import portrait_files as portraits


def run(*arguments: str | Path) -> int:
    return run_command([str(argument) for argument in arguments])


def faults(data: bytes) -> set[str]:
    """Return the broken rules, without notes."""
    return {
        finding.rule for finding in verify(data).findings if finding.status in ("fail", "untested", "warn")
    }


def two_maps() -> bytes:
    stored = portraits.plane()
    return portraits.with_depth(portraits.portrait(), portraits.coded(stored, portraits.properties(stored)))


def master_elsewhere() -> bytes:
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    (reference,) = (entry for entry in structure.outgoing[portraits.depth_item(data)] if entry.kind == "auxl")
    other = next(
        item for item in structure.items.entries if item not in (structure.primary, reference.source)
    )
    return portraits.patched(data, reference.box.stop - 2, other.to_bytes(2, "big"))


def undecodable() -> bytes:
    data = portraits.portrait()
    start = portraits.heif(data).structure.ranges(portraits.depth_item(data))[0][0]
    return portraits.patched(data, start, b"\xff\xff")


def configured_twice() -> bytes:
    """Turn the pixi association of the depth item into a second one to its hvcC."""
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    links = [
        (box.kind, place)
        for place, (box, _) in enumerate(structure.properties.of(portraits.depth_item(data)))
    ]
    entry = next(
        item for item in structure.properties.tables[0].entries if item.item == portraits.depth_item(data)
    )
    places = {kind: entry.start + 3 + place for kind, place in links}
    return portraits.patched(data, places["pixi"], data[places["hvcC"] : places["hvcC"] + 1])


def wrapped_twice() -> bytes:
    stored = portraits.plane()
    image = portraits.coded(stored, portraits.properties(stored))
    box = (len(image.configuration) + 8).to_bytes(4, "big") + b"hvcC" + image.configuration
    return portraits.with_depth(portraits.good_photo(), replace(image, configuration=box))


def wrong_content_type() -> bytes:
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    depth = portraits.depth_item(data)
    item = next(entry for entry in structure.incoming[depth] if entry.kind == "cdsc").source
    box = structure.items.entries[item].box
    return portraits.replaced(data, b"application/rdf+xml", b"application/xhtm+ml", box.start, box.stop)


def xmp_outside_mdat() -> bytes:
    """Rename the box that holds the depth's data."""
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    depth = portraits.depth_item(data)
    item = next(entry for entry in structure.incoming[depth] if entry.kind == "cdsc").source
    start = structure.ranges(item)[0][0]
    (box,) = (entry for entry in structure.boxes if entry.body <= start < entry.stop)
    return portraits.patched(data, box.start + 4, b"free")


def turned_otherwise() -> bytes:
    """Turn the photo and clear the depth item's association to irot."""
    block = portraits.exif_block(orientation=6)
    data = portraits.portrait(portraits.photo(block, portraits.focus_packet()))
    structure = portraits.heif(data).structure
    depth = portraits.depth_item(data)
    kinds = [box.kind for box, _ in structure.properties.of(depth)]
    entry = next(item for item in structure.properties.tables[0].entries if item.item == depth)
    return portraits.patched(data, entry.start + 3 + kinds.index("irot"), b"\0")


def square_map() -> bytes:
    stored = portraits.plane(size=(128, 128))
    return portraits.with_depth(portraits.good_photo(), portraits.coded(stored, portraits.properties(stored)))


def without(name: str) -> Callable[[], bytes]:
    def make() -> bytes:
        stored = portraits.plane()
        return portraits.with_depth(
            portraits.good_photo(), portraits.coded(stored, portraits.properties(stored), without=name)
        )

    return make


def texts(name: str, value: str | tuple[str, ...]) -> Callable[[], bytes]:
    def make() -> bytes:
        stored = portraits.plane()
        properties = portraits.properties(stored)
        extra = portraits.text_property(properties, name, value)
        return portraits.with_depth(portraits.good_photo(), portraits.coded(stored, properties, extra=extra))

    return make


def scaled(**options: object) -> Callable[[], bytes]:
    def make() -> bytes:
        stored = portraits.plane(**options)  # type: ignore[arg-type]
        return portraits.with_depth(
            portraits.good_photo(), portraits.coded(stored, portraits.properties(stored))
        )

    return make


def marks(**options: Any) -> Callable[[], bytes]:
    return lambda: portraits.portrait(
        portraits.photo(portraits.exif_block(**options), portraits.focus_packet())
    )


def other_sei() -> bytes:
    stored = portraits.plane()
    image = portraits.coded(stored, portraits.properties(replace(stored, float_max=1.875)))
    return portraits.with_depth(portraits.good_photo(), image)


def rendering(change: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    block = portraits.properties(portraits.plane()).rendering_parameters or b""
    return lambda: portraits.portrait(rendering_parameters=change(block))


def broken_packet() -> bytes:
    stored = portraits.plane()
    image = portraits.coded(stored, portraits.properties(stored))
    broken = portraits.raw_packet(image, image.xmp.replace(b"</rdf:RDF>", b""))
    return portraits.with_depth(portraits.good_photo(), broken)


def shown_item() -> bytes:
    data = portraits.portrait()
    box = portraits.heif(data).structure.items.entries[portraits.depth_item(data)].box
    return portraits.patched(data, box.body + 3, b"\0")


def level_255() -> bytes:
    stored = portraits.plane()
    image = portraits.coded(stored, portraits.properties(stored))
    configuration = portraits.patched(image.configuration, 12, b"\xff")
    return portraits.with_depth(portraits.good_photo(), replace(image, configuration=configuration))


def no_sei() -> bytes:
    stored = portraits.plane()
    image = portraits.coded(stored, portraits.properties(stored))
    return portraits.with_depth(portraits.good_photo(), replace(image, auxiliary_subtype=b"\0\0\0\x05hello"))


def zeroed_photo() -> bytes:
    """Zero the bytes of the main image."""
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    ((start, stop),) = structure.ranges(structure.primary)
    return portraits.patched(data, start, bytes(stop - start))


def half_zeroed_photo() -> bytes:
    """Zero the second half of the main image, which decoders conceal."""
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    ((start, stop),) = structure.ranges(structure.primary)
    middle = (start + stop) // 2
    return portraits.patched(data, middle, bytes(stop - middle))


def half_zeroed_depth() -> bytes:
    data = portraits.portrait()
    ((start, stop),) = portraits.heif(data).structure.ranges(portraits.depth_item(data))
    middle = (start + stop) // 2
    return portraits.patched(data, middle, bytes(stop - middle))


def without_aperture_records() -> bytes:
    nominal = nominal_rendering.nominal_rendering(2.8)
    records = tuple(record for record in nominal.records if record.id not in (600, 601, 602))
    return portraits.portrait(rendering_parameters=build_rendering(replace(nominal, records=records)))


def zeroed_tile() -> bytes:
    """Zero one tile of a photo of 2 x 2 tiles."""
    rng = np.random.default_rng(5)
    rgb = rng.integers(0, 255, (1024, 1024, 3), dtype=np.uint8)
    pixels = pictures.Pixels(1024, 1024, rgb.tobytes())
    metadata = pictures.Metadata(portraits.exif_block(), portraits.focus_packet())
    photo = pictures.encode_heic(pixels, metadata, quality=30)
    stored = portraits.plane(size=(256, 256))
    properties = portraits.properties(
        stored,
        reference_width=1024,
        reference_height=1024,
        intrinsic_matrix=(900.0, 0.0, 0.0, 0.0, 900.0, 0.0, 512.0, 512.0, 1.0),
    )
    data = portraits.with_depth(photo, portraits.coded(stored, properties))
    structure = portraits.heif(data).structure
    tiles = structure.targets(structure.primary, "dimg")
    assert len(tiles) == 4
    ((start, stop),) = structure.ranges(tiles[2])
    return portraits.patched(data, start, bytes(stop - start))


def hidden_photo() -> bytes:
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    box = structure.items.entries[structure.primary].box
    return portraits.patched(data, box.body + 3, b"\1")


def exif_elsewhere() -> bytes:
    data = portraits.portrait()
    structure = portraits.heif(data).structure
    (item,) = (entry.identifier for entry in structure.items.entries.values() if entry.type == "Exif")
    start = structure.ranges(item)[0][0]
    return portraits.patched(data, start, b"\0\0\0\x09")


def unordered_records() -> bytes:
    """Exchange two records of the rendering parameters, whose ids then do not ascend."""
    block = bytearray(portraits.properties(portraits.plane()).rendering_parameters or b"")
    block[16:24], block[24:32] = block[24:32], block[16:24]
    return portraits.portrait(rendering_parameters=bytes(block))


def random_records() -> bytes:
    """Random values in all records, under the right header and ids."""
    block = bytearray(portraits.properties(portraits.plane()).rendering_parameters or b"")
    values = np.random.default_rng(3).standard_normal(len(block) // 8).astype("<f4")
    for number, start in enumerate(range(16, len(block), 8)):
        block[start + 4 : start + 8] = (-abs(values[number])).tobytes()
    return portraits.portrait(rendering_parameters=bytes(block))


DEFECTS: list[tuple[str, str, Callable[[], bytes]]] = [
    ("R1", "two depth maps", two_maps),
    ("R2", "a NAL length beyond the data", undecodable),
    ("R2", "second half of the map zeroed", half_zeroed_depth),
    ("R2", "two decoder configurations", configured_twice),
    ("R2", "a configuration wrapped twice", wrapped_twice),
    ("R3", "another content type", wrong_content_type),
    ("R3", "bytes in a box that is not mdat", xmp_outside_mdat),
    ("R4", "StoredFormat missing", without("StoredFormat")),
    ("R4", "not a number", texts("IntMaxValue", "many")),
    ("R4", "IntMin not below IntMax", texts("IntMaxValue", "0")),
    ("R5", "no irot although the photo has one", turned_otherwise),
    ("R5", "a square map", square_map),
    ("R6", "beyond half floats", scaled(high=70000.0)),
    ("R7", "another range in the SEI", other_sei),
    ("R8", "no portrait mark", marks(flags25=2, custom=9)),
    ("R9", "CustomRendered 8", marks(custom=8)),
    ("R10", "effect applied before", marks(flags25=0x60)),
    ("R11", "depth in metres", scaled(kind="hdep", low=0.5, high=8.0)),
    ("R12", "low quality", texts("Quality", "low")),
    ("R13", "unfiltered", texts("Filtered", "False")),
    ("R13", "Filtered absent", without("Filtered")),
    ("R14", "11 numbers", texts("ExtrinsicMatrix", ("1",) * 11)),
    ("R14", "no PixelSize", without("PixelSize")),
    ("R14", "a frame of another shape", texts("IntrinsicMatrixReferenceHeight", "320")),
    ("R15", "version 2.0", texts("DepthDataVersion", "131072")),
    ("R16", "absent", without("RenderingParameters")),
    ("R16", "not base64", texts("RenderingParameters", "***")),
    ("R16", "another length", rendering(lambda block: block + b"\0" * 8)),
    ("R16", "version 99", rendering(lambda block: block[:4] + b"\x63" + block[5:])),
    ("R17", "feature flag clear", marks(flags31=0)),
    ("R18", "no focus region", lambda: portraits.portrait(portraits.photo(portraits.exif_block(), None))),
    ("R19", "strength 2", texts("EffectStrength", "2.000000")),
    ("R20", "a text beyond the note", marks(broken=True)),
    ("R21", "no depth bit", marks(flags25=2, custom=8)),
    ("R22", "a note of the two flags", marks(minimal=True)),
    ("R23", "no span", scaled(low=1.0, high=1.25)),
    ("R26", "broken XML", broken_packet),
    ("R27", "disparity that says hdep", texts("NativeFormat", "1751410032")),
    ("R28", "level 255", level_255),
    ("R29", "no SEI after the type", no_sei),
    ("R30", "depth item not hidden", shown_item),
    ("R35", "zeroed pixels", zeroed_photo),
    ("R35", "one zeroed tile", zeroed_tile),
    ("R35", "second half of the pixels zeroed", half_zeroed_photo),
    ("R36", "main image hidden", hidden_photo),
    ("R37", "Exif header elsewhere", exif_elsewhere),
    ("R38", "junk after the last box", lambda: portraits.portrait() + b"\xff\xd8junk" * 9),
    ("R39", "codes beyond IntMax", texts("IntMaxValue", "200")),
    ("R40", "records out of order", unordered_records),
    ("R40", "random values", random_records),
    ("R40", "no aperture records", without_aperture_records),
    ("R32", "pixels of a centimetre", texts("PixelSize", "10")),
    (
        "R32",
        "extrinsics that stretch",
        texts("ExtrinsicMatrix", ("2", "0", "0", "0", "1", "0", "0", "0", "1", *"000")),
    ),
    (
        "R32",
        "extrinsics that mirror",
        texts("ExtrinsicMatrix", ("-1", "0", "0", "0", "1", "0", "0", "0", "1", *"000")),
    ),
    (
        "R32",
        "centre outside",
        texts("IntrinsicMatrix", ("300", "0", "0", "0", "300", "0", "999", "120", "1")),
    ),
]


def test_the_base_breaks_no_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = portraits.portrait()
    report = verify(data, strict=True)
    assert (report.level, report.faults) == ("L4", ())
    assert {finding.rule for finding in report.findings if finding.status != "pass"} == set()
    path = tmp_path / "portrait.heic"
    path.write_bytes(data)
    assert run("verify", path, "--strict") == 0
    assert "toggle" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "what", "make"), DEFECTS, ids=[f"{rule} {what}" for rule, what, _ in DEFECTS]
)
def test_one_defect_is_one_finding(
    rule: str, what: str, make: Callable[[], bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = make()
    assert faults(data) == {rule}, what
    path = tmp_path / "defect.heic"
    path.write_bytes(data)
    assert run("verify", path, "--strict", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    (finding,) = (finding for finding in report["findings"] if finding["status"] not in ("pass", "note"))
    assert finding["rule"] == rule
    status = {"warning": "warn", "untested": "untested"}.get(rules.RULES[rule].level, "fail")
    assert finding["status"] == status
    assert run("verify", path) == (1 if status == "fail" else 0)


def test_no_decode_leaves_the_pixels_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "zeroed.heic"
    path.write_bytes(zeroed_photo())
    assert run("verify", path, "--no-decode", "--json") == 0
    assert json.loads(capsys.readouterr().out)["photo_decodes"] is None
    assert run("verify", path, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["photo_decodes"] is False and report["level"] == "none"
    assert run("doctor", path) == 0
    assert "cannot be decoded" in capsys.readouterr().out


def test_every_rule_to_21_has_a_file() -> None:
    assert {f"R{number}" for number in range(1, 22)} <= {rule for rule, _, _ in DEFECTS}


@pytest.mark.parametrize(
    ("rule", "level"),
    [
        ("R4", "none"),
        ("R8", "L3"),
        ("R12", "L2"),
        ("R16", "L3"),
        ("R18", "L2"),
        ("R21", "L3"),
        ("R22", "L2"),
        ("R7", "L4"),
    ],
)
def test_a_level_is_lost(rule: str, level: str) -> None:
    make = next(make for name, _, make in DEFECTS if name == rule)
    assert level_of(verify(make()).findings) == level


def test_a_coloured_map_in_a_jpeg() -> None:
    """The frame header shows it, and `verify` says how many components there are."""
    photo = (Path(__file__).parents[2] / "golden" / "scene.jpg").read_bytes()
    stored = portraits.plane(size=(128, 96))
    image = portraits.coded(stored, portraits.properties(stored))
    gray, coloured = io.BytesIO(), io.BytesIO()
    picture = Image.fromarray(stored.codes)
    picture.save(gray, "JPEG", quality=100)
    picture.convert("RGB").save(coloured, "JPEG", quality=100)
    data = portraits.with_depth(photo, replace(image, payload=gray.getvalue(), configuration=b""))
    assert faults(data) == {"R8", "R17", "R18", "R22", "R25"}
    tables = data.index(b"\xff\xdb", len(photo))
    other = data[:tables] + coloured.getvalue()[coloured.getvalue().index(b"\xff\xdb") :]
    assert faults(other) == {"R2", "R8", "R17", "R18", "R22", "R25"}
    finding = next(finding for finding in verify(other).findings if finding.rule == "R2")
    assert "3 colour components" in finding.message


def test_depth_of_another_image_is_named() -> None:
    report = verify(master_elsewhere())
    finding = next(finding for finding in report.findings if finding.rule == "R1")
    assert finding.status == "fail" and "another image" in finding.message


def test_rules_of_higher_levels_are_not_faults() -> None:
    data = portraits.portrait(rendering_parameters=None)
    assert not verify(data).passed
    report = verify(data, wanted="L2")
    assert report.passed and any(finding.status == "fail" for finding in report.findings)


def test_pixels_that_do_not_fit_the_lens_of_a_phone(sample: Callable[[str], bytes]) -> None:
    """The sample states a lens of 5.7 mm, and pixels ten times as large make it 57 mm."""
    data = sample("pug.heic")
    (text,) = re.findall(rb"PixelSize>(0\.00[0-9]+)<", data)
    changed = portraits.replaced(data, b"PixelSize>" + text, b"PixelSize>" + b"0.0" + text[4:] + b"0")
    assert faults(changed) == faults(data) | {"R32"}
    finding = next(finding for finding in verify(changed).findings if finding.rule == "R32")
    assert "57" in (finding.found or "") and "5.7 mm" in (finding.expected or "")
