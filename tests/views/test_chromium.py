"""The pages in Chromium, if it is installed: they draw, and respond to pointer and slider."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import depthauthor
from authoring.views.viewer import view
from tests.views.pages import Page, gray

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--no-first-run", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=420,520"),
    # No name resolves: were anything asked of the network, the page would show it.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
SOFTWARE_GL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")

Dump = Callable[..., Page]


@pytest.fixture
def dump(tmp_path: Path) -> Dump:
    """Return a function: `dump(page, fragment, flags, wanted)` gives the document after its script has run.

    wanted: an element that the script makes in the end; the page gets more time where it is not there.
    """
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed: the pages are not tried in a browser")

    def run(page: bytes, fragment: str = "", flags: tuple[str, ...] = SOFTWARE_GL, wanted: str = "") -> Page:
        # On a busy machine the page's own clock runs out before its software renderer has drawn.
        for budget_ms in (60_000, 600_000, 6_000_000):
            shown = once(page, fragment, flags, budget_ms)
            if not wanted or wanted in shown.content:
                break
        return shown

    def once(page: bytes, fragment: str, flags: tuple[str, ...], budget_ms: int) -> Page:
        path = tmp_path / "page.html"
        path.write_bytes(page)
        report = subprocess.run(
            [
                *(browser, *FLAGS, *flags, f"--user-data-dir={tmp_path / 'profile'}"),
                *(f"--virtual-time-budget={budget_ms}", "--dump-dom", f"{path.as_uri()}{fragment}"),
            ],
            capture_output=True,
            timeout=180,
            check=False,
        )
        if not report.stdout.strip():
            pytest.skip(f"Chromium does not run here: {report.stderr.decode('utf-8', 'replace')[-300:]}")
        return Page(report.stdout)

    return run


def test_the_viewer_draws(scene: bytes, dump: Dump) -> None:
    page = view(scene, "scene.heic")[0]
    shown = dump(page, "#selftest", wanted="pre#selftest")
    report = json.loads(shown.content["pre#selftest"])
    if "flat" in report:
        pytest.skip(f"this Chromium has no WebGL 2 in software: {report['flat']}")
    codes = gray(Page(page).data["depth"]["png"]).astype(np.int64).ravel()
    weights = np.arange(codes.size) % 65521 + 1
    assert report["codes"] == int((codes * weights).sum() % 4294967291)
    assert report["error"] == 0 and report["again"] == 0
    assert report["turned"] > 3 and report["refocused"] > 0.5 and report["depth"] > 10
    near, far = report["metres"]
    assert near == pytest.approx(0.636, abs=0.01) and 5 < far < 7


def test_without_webgl_both_pictures_are_flat(scene: bytes, dump: Dump) -> None:
    shown = dump(view(scene, "scene.heic")[0], flags=("--disable-gpu", "--disable-3d-apis"))
    (body,) = shown.all("body")
    assert body["data-ready"] == "flat"
    hidden = {item["id"]: "hidden" in item for item in shown.all("canvas") + shown.all("p") if item.get("id")}
    assert hidden["view"] and not hidden["flat-why"]
    (flat,) = [item for item in shown.all("canvas") if item["id"] == "flat"]
    assert int(flat["width"] or 0) == 512


def test_the_report_sorts(scene: bytes, tmp_path: Path, dump: Dump) -> None:
    (tmp_path / "a.heic").write_bytes(scene)
    (tmp_path / "b.heic").write_bytes(scene[:3000])
    out = tmp_path / "report.html"
    depthauthor.report(tmp_path / "a.heic", tmp_path / "b.heic", output=out)
    shown = dump(out.read_bytes())
    (tools,) = shown.all("form")
    assert "hidden" not in tools
    assert shown.content["p#shown"] == "2 of 2 shown"
