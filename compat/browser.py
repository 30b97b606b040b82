"""Headless Chromium: decodes in a page, draws to a canvas, and tells the pixels' digest.

Knows: how a browser is started with nothing of its own around it. Must not know: what is right.
"""

from __future__ import annotations

import base64
import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compat.reading import Missing, Picture, Reader, Reading, run

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_PAGE = """<!doctype html><meta charset="utf-8"><pre id="told"></pre><script>
const digest = (data) => {
  let one = 2166136261, other = 0;
  for (let at = 0; at < data.length; at++) {
    one = Math.imul(one ^ data[at], 16777619);
    other = (Math.imul(other, 31) + data[at]) | 0;
  }
  return (one >>> 0).toString(16) + (other >>> 0).toString(16);
};
const look = (image) => {
  if (!image.complete || !image.naturalWidth) return {refusal: 'the image does not load'};
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.drawImage(image, 0, 0);
  const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  return {size: [image.naturalWidth, image.naturalHeight], digest: digest(data)};
};
window.onload = () => {
  const all = Array.from(document.images, look);
  document.getElementById('told').textContent = JSON.stringify(all);
};
</script>
"""
"""All is done while the page loads: the browser prints the page right after that."""


_TYPES = {".jpg": "image/jpeg", ".heic": "image/heic"}


def _command() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        try:
            run(name, "--version")
        except Missing:
            continue
        return name
    raise Missing("chromium is not installed")


def _version() -> str:
    told = run(_command(), "--version").out.decode()
    found = re.search(r"(\d+\.\d+\.\d+\.\d+)", told)
    return found[1] if found else told.strip()


def _read(paths: Sequence[Path]) -> list[Reading]:
    images = "".join(
        f"<img src='data:{_TYPES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}'>"
        for path in paths
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, profile = Path(folder) / "page.html", Path(folder) / "profile"
        page.write_text(_PAGE + images, encoding="utf-8")
        profile.mkdir()
        done = run(_command(), *FLAGS, f"--user-data-dir={profile}", "--dump-dom",
                   page.as_uri(), environment=dict(os.environ, HOME=folder))  # fmt: skip
    found = re.search(rb'<pre id="told">(.*?)</pre>', done.out, re.S)
    if found is None or not found[1]:
        raise RuntimeError(f"chromium gave no answer: {done.err[-400:]}")
    return [_reading(one) for one in json.loads(found[1])]


def _reading(told: dict[str, Any]) -> Reading:
    if "refusal" in told:
        return Reading(False, refusal=told["refusal"])
    return Reading(True, Picture((told["size"][0], told["size"][1]), told["digest"]))


BROWSERS = (Reader("Chromium", _version, _read, quick=False),)
