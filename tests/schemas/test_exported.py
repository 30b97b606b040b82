"""The files under schemas/ and a page of docs/ match the code, and every output matches its schema."""

from __future__ import annotations

import base64
import csv
import json
import plistlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from authoring import containers
from authoring.cli.main import run
from authoring.compatibility.rules import TABLE
from authoring.depth.calibration_json import parse_calibration_json
from authoring.errors import MalformedError
from authoring.read.layout import kind_of
from schemas.device_tests import device_tests, grade_by_tests
from schemas.export import ROOT, texts

jsonschema = pytest.importorskip("jsonschema")

GOLDEN = ROOT / "golden"
APPLE = (
    "pug.heic",
    "openize_14pro_portrait.heic",
    "fidmaa_selfie_depth.heic",
    "nilsh_imageio_output.heic",
    "lyangas_12mini_gainmap_depth.jpg",
    "shu_matte.jpg",
    "rw_ios11_test06.jpg",
)


def validate(name: str, value: Any) -> None:
    """Raise if the value does not match the committed schema."""
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(value)


def grammar(name: str) -> Any:
    from lxml import etree

    return etree.RelaxNG(etree.parse(str(ROOT / "schemas" / name)))


def valid(name: str, packet: bytes) -> bool:
    from lxml import etree

    return bool(grammar(name).validate(etree.fromstring(packet.strip(b"\0 \n\r\t"))))


@pytest.mark.parametrize("name", sorted(texts()))
def test_committed_files_match_the_code(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == texts()[name], "run python -m schemas.export"


def test_there_are_no_other_schemas() -> None:
    names = {path.name for path in (ROOT / "schemas").iterdir() if path.suffix in (".json", ".rng")}
    assert {f"schemas/{name}" for name in names} == {name for name in texts() if name.startswith("schemas/")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def portrait(folder: Path) -> Path:
    """The golden scene with depth, as the command writes it."""
    out = folder / "scene.heic"
    arguments = [GOLDEN / "scene.heic", GOLDEN / "scene-mask.png", "--near", "0.5", "--far", "8", "-o", out]
    assert run(["embed", *map(str, arguments)]) == 0
    return out


def run_command(*arguments: str | Path) -> int:
    return run([str(argument) for argument in arguments])


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_embed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--dry-run"]):
        photo, map_ = GOLDEN / "scene.jpg", GOLDEN / "scene-depth.npy"
        out = folder / "x.jpg"
        assert run(["embed", str(photo), str(map_), "-o", str(out), "--overwrite", "--json", *options]) == 0
        validate("embed", printed(capsys))


def test_inspect_extract_strip_dictionary(
    portrait: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    for name, arguments in {
        "inspect": [],
        "extract": ["-o", str(folder / "depth.npy"), "--overwrite"],
        "strip": ["-o", str(folder / "plain.heic"), "--overwrite"],
        "dictionary": ["-o", str(folder / "depth.plist"), "--overwrite"],
    }.items():
        assert run([name, str(portrait), *arguments, "--json"]) == 0
        validate(name, printed(capsys))
    assert run(["inspect", str(GOLDEN / "scene.jpg"), "--json"]) == 0
    validate("inspect", printed(capsys))
    content = plistlib.loads((folder / "depth.plist").read_bytes())
    as_json = {
        key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for key, value in content.items()
    }
    validate("dictionary-file", as_json)


def test_verify_and_doctor(portrait: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    extra = [
        "--photo",
        GOLDEN / "scene.heic",
        "--map",
        GOLDEN / "scene-mask.png",
        "--near",
        "0.5",
        "--far",
        "8",
    ]
    for arguments in ([portrait, *extra], [GOLDEN / "scene.jpg"]):
        run_command("verify", *arguments, "--json")
        validate("verify", printed(capsys))
    run_command("doctor", portrait, GOLDEN / "scene.jpg", "--json")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for line in lines:
        validate("doctor", json.loads(line))


def test_golden_manifest() -> None:
    validate("golden-manifest", json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8")))


def test_preview_and_refocus(portrait: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for name, arguments, code in (
        ("preview", ["preview", portrait, "-o", folder / "p.png"], 0),
        ("preview", ["preview", GOLDEN / "scene.jpg", GOLDEN / "scene-depth.npy", "-o", folder / "q.png"], 0),
        ("contact-sheet", ["preview", portrait, "none.jpg", "--contact-sheet", "-o", folder / "s.png"], 6),
        ("refocus", ["refocus", portrait, "-o", folder / "r.jpg"], 0),
    ):
        assert run([*map(str, arguments), "--json"]) == code
        validate(name, printed(capsys))


def test_calibration_files_and_their_reader_agree() -> None:
    scene = json.loads((GOLDEN / "scene-calibration.json").read_text(encoding="utf-8"))
    validate("calibration", scene)
    parse_calibration_json(json.dumps(scene).encode())
    broken: list[dict[str, Any]] = [
        {**scene, "extrinsic_matrix": [0.0] * 11},
        {**scene, "fx": 0},
        {**scene, "reference_width": 0},
        {**scene, "lens_distortion_coeficients": []},
        {key: value for key, value in scene.items() if key != "reference_width"},
    ]
    for camera in broken:
        with pytest.raises(jsonschema.ValidationError):
            validate("calibration", camera)
        with pytest.raises(MalformedError):
            parse_calibration_json(json.dumps(camera).encode())


@pytest.mark.parametrize("name", APPLE)
def test_outputs_on_real_photos(
    name: str, sample: Callable[[str], bytes], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / name
    path.write_bytes(sample(name))
    assert run(["inspect", str(path), "--json"]) == 0
    validate("inspect", printed(capsys))
    run_command("verify", path, "--json")
    validate("verify", printed(capsys))


@pytest.mark.parametrize("name", APPLE)
def test_packets_of_real_photos(name: str, sample: Callable[[str], bytes]) -> None:
    kinds = []
    for image in containers.parse(sample(name)).layout.auxiliaries:
        kind = kind_of(image)
        assert image.xmp is not None
        is_matte = kind.endswith("matte")
        assert valid("depth-xmp.rng", image.xmp) == (kind == "depth"), kind
        assert valid("matte-xmp.rng", image.xmp) == is_matte, kind
        kinds.append(kind)
    assert "depth" in kinds


def test_our_own_packet(portrait: Path) -> None:
    (image,) = containers.parse(portrait.read_bytes()).layout.auxiliaries
    packet = image.xmp or b""
    assert valid("depth-xmp.rng", packet) and not valid("matte-xmp.rng", packet)
    for pattern, other in (
        (rb"<apdi:StoredFormat>\d+</apdi:StoredFormat>", b""),
        (rb">disparity<", b">alpha<"),
        (rb"(<apdi:IntMinValue>)", rb"<apdi:AuxiliaryImageSubType>x</apdi:AuxiliaryImageSubType>\1"),
        (rb"<depthData:Filtered>True", b"<depthData:Filtered>maybe"),
    ):
        changed, count = re.subn(pattern, other, packet)
        assert count == 1 and not valid("depth-xmp.rng", changed), pattern
    foreign = packet.replace(
        b"</rdf:Description>", b'<q:x xmlns:q="urn:q" a="1"><q:y/></q:x></rdf:Description>'
    )
    assert valid("depth-xmp.rng", foreign)


@pytest.mark.parametrize("options", [[], ["--profile", "data"], ["--format", "hdep"], ["--format", "fdis"]])
@pytest.mark.parametrize("suffix", ["heic", "jpg"])
def test_packets_of_all_that_we_write(suffix: str, options: list[str], folder: Path) -> None:
    out = folder / f"packet.{suffix}"
    arguments = [GOLDEN / f"scene.{suffix}", GOLDEN / "scene-depth.npy", "-o", out, "--overwrite", *options]
    assert run(["embed", *map(str, arguments)]) == 0
    packets = [image.xmp or b"" for image in containers.parse(out.read_bytes()).layout.auxiliaries]
    assert [valid("depth-xmp.rng", packet) for packet in packets] == [True]
    code = run_command("verify", out, "--level", "L1", "--map", GOLDEN / "scene-depth.npy")
    assert code == 0


def test_every_rule_is_on_the_page() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    for rule in TABLE:
        assert f"| {rule.id} | {rule.grade} | {rule.level} |" in page
    for prefix in ("R", "RD"):
        numbers = [rule.id.removeprefix(prefix) for rule in TABLE if rule.id.rstrip("0123456789") == prefix]
        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]


def test_the_kit_and_its_form(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "kit"
    assert run(["kit", "--out", str(out), "--json"]) == 0
    report = printed(capsys)
    validate("kit", report)
    with (out / report["form"]).open(encoding="utf-8", newline="") as form:
        rows = list(csv.DictReader(form))
    assert [row["file"] for row in rows] == [file["file"] for file in report["files"]]
    for row in rows:
        validate("device-result", row)
        validate("device-result", {**row, "device": "iPhone", "imports": "yes", "toggle": "no"})
    with pytest.raises(jsonschema.ValidationError):
        validate("device-result", {**rows[0], "imports": "perhaps"})


def test_grades_follow_the_device_tests() -> None:
    tested = {rule.id: grade_by_tests(rule.id) for rule in TABLE}
    assert {rule.id: rule.grade for rule in TABLE if tested[rule.id]} == {
        name: grade for name, grade in tested.items() if grade
    }
    assert {name for test in device_tests() for name in test.rules} <= set(tested)
    # An isolated test is the only way to an A.
    assert [rule.id for rule in TABLE if rule.grade == "A"] == [
        name for name, grade in tested.items() if grade == "A"
    ]
