"""What no device test covers: the level stays below controls in Edit, and the reports say what is possible."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from authoring import containers
from authoring.api import check_files
from authoring.cli.main import run as run_command
from authoring.compatibility.doctor import diagnose
from authoring.compatibility.verify import verify
from authoring.depth.buffer import PixelFormat
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.portrait import PortraitOptions
from authoring.embed.portrait_note import MakerNoteKind
from authoring.embed.reports import EmbedReport
from authoring.embed.steps import embed

GOLDEN = Path(__file__).parents[2] / "golden"


def slope(photo: bytes) -> NDArray[np.float32]:
    """Return metres (H, W) of a slanted plane, in the photo's stored shape."""
    layout = containers.parse(photo).layout
    rows, columns = layout.height // 16, layout.width // 16
    return np.linspace(8, 0.5, rows * columns, dtype=np.float32).reshape(rows, columns)


def embedded(
    photo: bytes,
    note: MakerNoteKind = "full",
    *,
    native_format: PixelFormat = PixelFormat.HDIS,
    profile: Literal["portrait", "data"] = "portrait",
) -> tuple[bytes, EmbedReport]:
    """Embed a slanted plane, and return the file and its report."""
    options = EmbedOptions(
        unit="m",
        map_orientation="stored",
        stretch=True,
        native_format=native_format,
        profile=profile,
        portrait=PortraitOptions(maker_note=note),
    )
    edited = embed(photo, slope(photo), options)
    return edited.data, edited.report


@pytest.mark.parametrize(
    ("name", "note", "level", "possible", "rules"),
    [
        ("scene.heic", "full", "L4", "L4", []),
        ("scene.heic", "minimal", "L2", "L4", ["R22"]),
        ("scene.heic", "none", "L1", "L1", ["R22"]),
        ("scene.jpg", "full", "L2", "L4", ["R25"]),
        ("scene.jpg", "minimal", "L2", "L4", ["R22", "R25"]),
    ],
)
def test_levels_of_embeds(
    name: str, note: MakerNoteKind, level: str, possible: str, rules: list[str]
) -> None:
    data, made = embedded((GOLDEN / name).read_bytes(), note)
    report, diagnosis = verify(data), diagnose(data)
    for each in (made, report, diagnosis):
        assert (each.level, each.possible_level) == (level, possible)
    assert made.verdict == report.verdict == diagnosis.verdict
    assert [finding.rule for finding in report.findings if finding.status == "untested"] == rules
    assert ("never tested on a device" in report.verdict) == (level != possible)
    assert ("never tested" in diagnosis.headline) == (level != possible)
    assert "toggle" not in report.verdict or level == "L4"


def test_embed_names_the_first_reason() -> None:
    photo = (GOLDEN / "scene.heic").read_bytes()
    assert embedded(photo)[1].reasons == ()
    (reason,) = embedded(photo, native_format=PixelFormat.HDEP)[1].reasons
    assert "disparity only" in reason
    (reason,) = embedded(photo, "minimal")[1].reasons
    assert "2 entries" in reason
    first, container = embedded((GOLDEN / "scene.jpg").read_bytes(), "minimal")[1].reasons
    assert "2 entries" in first and "HEIC only" in container and "-o x.heic" in container
    (container,) = embedded((GOLDEN / "scene.jpg").read_bytes())[1].reasons
    assert "-o x.heic" in container


def test_the_data_profile_aims_at_readable_depth() -> None:
    made = embedded((GOLDEN / "scene.jpg").read_bytes(), profile="data")[1]
    assert (made.level, made.reasons) == ("L1", ())


def test_a_foreign_maker_note_is_the_first_reason(sample: Callable[[str], bytes]) -> None:
    (reason,) = embedded(sample("aux_YCbCr.heic"))[1].reasons
    assert "another camera maker" in reason


def test_untested_is_a_fault_only_when_strict() -> None:
    data, _ = embedded((GOLDEN / "scene.heic").read_bytes(), "minimal")
    assert verify(data).passed and verify(data, strict=True, wanted="L2").passed
    for wanted in ("L3", "L4"):
        assert [fault[:3] for fault in verify(data, strict=True, wanted=wanted).faults] == ["R22"]


def test_a_camera_jpeg_is_not_untested(sample: Callable[[str], bytes]) -> None:
    for name in ("rw_ios11_test06.jpg", "lyangas_12mini_gainmap_depth.jpg", "shu_matte.jpg"):
        findings = {finding.rule: finding.status for finding in verify(sample(name)).findings}
        assert (findings["R22"], findings["R25"]) == ("pass", "pass") and findings["R18"] != "untested"


def test_depth_of_ours_in_a_camera_jpeg_is_untested(sample: Callable[[str], bytes]) -> None:
    data, made = embedded(sample("edge_iphone_mpf_gainmap.jpg"))
    findings = {finding.rule: finding.status for finding in verify(data).findings}
    assert (findings["R22"], findings["R25"], made.level) == ("pass", "untested", "L2")


def test_a_packet_by_another_toolkit_is_not_the_cameras(sample: Callable[[str], bytes]) -> None:
    data = sample("rw_ios11_test06.jpg")
    other = data.replace(b'x:xmptk="XMP Core 5.4.0"', b'x:xmptk="Image::ExifTool"')
    findings = {finding.rule: finding.status for finding in verify(other).findings}
    assert findings["R25"] == "untested"


def test_the_texts_state_both_levels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo, out = GOLDEN / "scene.jpg", tmp_path / "x.jpg"
    np.save(tmp_path / "map.npy", slope(photo.read_bytes()))
    assert run_command(["embed", str(photo), str(tmp_path / "map.npy"), "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert "L2, possibly L4" in text and "-o x.heic" in text
    assert run_command(["verify", str(out)]) == 0
    assert "L2, possibly L4" in capsys.readouterr().out
    assert run_command(["doctor", str(out), str(photo)]) == 0
    assert "possible" in capsys.readouterr().out
    assert run_command(["verify", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["level"], report["possible_level"]) == ("L2", "L4")
    assert check_files.doctor(out).possible_level == "L4"
