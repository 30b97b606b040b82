"""Real photos: the level and every broken rule of each, so that a changed rule shows which files it affects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from authoring.compatibility.rules import RULES
from authoring.compatibility.verify import verify

APPLE = {
    "pug.heic": ("L2", "R9w R10 R17 R18w"),
    "openize_14pro_portrait.heic": ("L2", "R9w R10 R17 R18w"),
    "fidmaa_selfie_depth.heic": ("L2", "R9w R10 R17 R18w"),
    "lyangas_12mini_gainmap_depth.jpg": ("L2", "R9w R10 R17 R18w"),
    "shu_matte.jpg": ("L2", "R9w R10"),
    "rw_ios11_test06.jpg": ("L2", "R17u"),
    "nilsh_imageio_output.heic": ("L1", "R8 R12 R13 R14 R16 R17 R18u R22u"),
}
"""Camera originals, re-exports, and what ImageIO wrote for an app: `w` marks a warning, `u` what no device
test covers."""

WITHOUT_DEPTH = (
    "aux_YCbCr.heic",
    "plain_iphone_telephoto.heic",
    "edge_iphone_mpf_gainmap.jpg",
    "edge_arithmetic.jpg",
    "edge_truncated_no_eoi.jpg",
    "edge_cmyk_progressive.jpg",
    "gdepth_lensblur1.jpg",
    "xdm_crosswalk_r200.jpg",
)


OF_OTHER_MAKERS = {
    "gdepth_lensblur1.jpg": "GDepth (XMP GDepth:Data)",
    "xdm_crosswalk_r200.jpg": "XDM depth (XDM camera 0)",
}


@pytest.mark.parametrize("name", APPLE)
def test_apple_photos(name: str, sample: Callable[[str], bytes]) -> None:
    level, broken = APPLE[name]
    report = verify(sample(name))
    faults = [
        finding.rule + {"fail": "", "warn": "w", "untested": "u"}[finding.status]
        for finding in report.findings
        if finding.status in ("fail", "warn", "untested")
    ]
    assert (report.level, " ".join(faults)) == (level, broken)
    assert not any(
        finding.status == "fail" and RULES[finding.rule].level == "L1" for finding in report.findings
    )
    assert "not ours" in report.verdict and "works" not in report.verdict
    assert report.possible_level == ("L4" if broken == "R17u" else report.level)


@pytest.mark.parametrize("name", WITHOUT_DEPTH)
def test_photos_without_depth(name: str, sample: Callable[[str], bytes]) -> None:
    report = verify(sample(name))
    assert report.level == "none" and not report.passed
    reason = "there is no depth map"
    if name in OF_OTHER_MAKERS:
        reason = f"it holds {OF_OTHER_MAKERS[name]}, which Photos does not read: depthauthor copy FILE FILE"
    assert report.verdict.startswith(f"no readable depth is expected: {reason}")


def test_rules_on_the_map_do_not_apply_without_one(sample: Callable[[str], bytes]) -> None:
    rules = {item.rule for item in verify(sample("plain_iphone_telephoto.heic")).findings}
    assert not rules & {"R2", "R3", "R4", "R5", "R6", "R11", "R12", "R13", "R14", "R15", "R16"}
