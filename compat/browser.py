"""Read photos with headless Chromium: a page draws them to a canvas and digests the pixels."""

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

_PAGE = """<!doctype html><meta charset="utf-8"><pre id="result"></pre><script>
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
  document.getElementById('result').textContent = JSON.stringify(all);
};
</script>
"""
"""Everything is done while the page loads: the browser prints the page right after that."""


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
    text = run(_command(), "--version").out.decode()
    match = re.search(r"(\d+\.\d+\.\d+\.\d+)", text)
    return match[1] if match else text.strip()


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
    match = re.search(rb'<pre id="result">(.*?)</pre>', done.out, re.S)
    if match is None or not match[1]:
        raise RuntimeError(f"chromium gave no answer: {done.err[-400:]}")
    return [_reading(result) for result in json.loads(match[1])]


def _reading(result: dict[str, Any]) -> Reading:
    if "refusal" in result:
        return Reading(False, refusal=result["refusal"])
    width, height = result["size"]
    return Reading(True, Picture((width, height), result["digest"]))


BROWSERS = (Reader("Chromium", _version, _read, suffixes=(".jpg", ".heic"), quick=False),)
