"""Run readers of metadata: exiftool, and the two libraries that web pages use."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compat.reading import Missing, Reader, Reading, run

_ABOUT_FILE = re.compile(
    r"^(SourceFile$|File:|System:|ExifTool:|Composite:|MPF\d:|MPImage\d|QuickTime:|Doc\d|Track|Main:Undef)|"
    r"MetaImageSize|MediaData"
)
"""Sizes, offsets and dates of the file itself, and the container's structure: these change with an embed."""

_COPY = re.compile(r"(?<=:)Copy\d+:")
"""Prefix of a tag that another group has too; their order does not matter."""

_COMPLAINT = re.compile(r"^ExifTool:(?:Copy\d+:)?(Warning|Error)$")


def _exiftool_version() -> str:
    return run("exiftool", "-ver").out.decode().strip()


def _exiftool(paths: Sequence[Path]) -> list[Reading]:
    """Read all files in one run, with unconverted values."""
    command = ["-j", "-n", "-a", "-G3:1:4", "-ee", "-validate", "-warning", "-error", "-all"]
    done = run("exiftool", *command, *paths)
    by_file = {values["SourceFile"]: values for values in json.loads(done.out)}
    return [_exiftool_reading(by_file.get(str(path), {})) for path in paths]


def _exiftool_reading(values: dict[str, Any]) -> Reading:
    named = {key.removeprefix("Main:"): value for key, value in values.items()}
    complaints = tuple(str(value) for key, value in named.items() if _COMPLAINT.match(key))
    if not named or any("Error" in key for key in named if _COMPLAINT.match(key)):
        return Reading(False, refusal="; ".join(complaints) or "no answer")
    tags = {
        _COPY.sub("", key) if _COPY.sub("", key) not in named else key: str(value)
        for key, value in named.items()
        if not _ABOUT_FILE.search(key)
    }
    depth = any(
        key.endswith("AuxiliaryImageType") and value in ("disparity", "depth") for key, value in named.items()
    )
    images = named.get("MPF0:NumberOfImages")
    return Reading(True, tags=tags, warnings=complaints, depth=depth,
                   pictures=None if images is None else int(images))  # fmt: skip


_SCRIPT = """
const fs = require('fs');
const name = process.argv[1], files = process.argv.slice(2);
const library = require(name);
const flat = (value, key, out) => {
  if (value instanceof Date || ArrayBuffer.isView(value) || value === null || typeof value !== 'object')
    out[key] = ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
      : String(value);
  else for (const [inner, one] of Object.entries(value)) flat(one, key ? key + '.' + inner : inner, out);
  return out;
};
const read = async (data) => {
  if (name === 'exifr') {
    const parsed = await library.parse(data, {tiff: true, ifd1: true, exif: true, gps: true, xmp: true, icc: true,
      jfif: true, iptc: true, mergeOutput: false, multiSegment: true, translateValues: false});
    const errors = ((parsed || {}).errors || []).map((one) => one.message);
    if (parsed) delete parsed.errors;
    return {tags: flat(parsed || {}, '', {}), warnings: errors};
  }
  const parsed = library.load(data, {expanded: true});
  const images = (parsed.mpf || {}).Images;
  delete parsed.mpf;
  if (parsed.xmp) delete parsed.xmp._raw;
  const tags = {};
  for (const [group, all] of Object.entries(parsed))
    for (const [key, one] of Object.entries(all || {}))
      tags[group + '.' + key] = one && one.value !== undefined ? JSON.stringify(one.value) : JSON.stringify(one);
  return {tags, warnings: [], pictures: images ? images.length : null};
};
(async () => {
  const all = [];
  for (const file of files) {
    const messages = [];
    console.warn = console.error = (...words) => messages.push(words.join(' '));
    try {
      const one = await read(fs.readFileSync(file));
      all.push({...one, warnings: [...one.warnings, ...messages]});
    } catch (error) { all.push({refusal: String(error.message || error)}); }
  }
  process.stdout.write(JSON.stringify(all));
})();
"""

_OFFSETS = re.compile(
    r"Exif IFD Pointer|GPS Info IFD Pointer|Thumbnail|thumbnail|^file\.|SubIFD$|A100DataOffset$"
)
"""Offsets inside the Exif block: they change when it grows; what they point at is compared itself.

ExifReader calls a DNG's list of SubIFDs A100DataOffset.
"""


def _node_version(library: str) -> str:
    done = run("node", "-e", f"process.stdout.write(require('{library}/package.json').version)")
    if done.code:
        raise Missing(f"node finds no {library} (npm install {library}; NODE_PATH names its folder)")
    return done.out.decode()


def _node(library: str, paths: Sequence[Path]) -> list[Reading]:
    done = run("node", "-e", _SCRIPT, library, *paths)
    if done.code:
        raise RuntimeError(f"{library}: {done.err[-400:]}")
    return [_node_reading(result) for result in json.loads(done.out)]


def _node_reading(result: dict[str, Any]) -> Reading:
    if "refusal" in result:
        return Reading(False, refusal=result["refusal"])
    tags = {key: value for key, value in result["tags"].items() if not _OFFSETS.search(key)}
    return Reading(True, tags=tags, warnings=tuple(result["warnings"]), pictures=result.get("pictures"))


METADATA = (
    Reader("exiftool", _exiftool_version, _exiftool),
    Reader("exifr", lambda: _node_version("exifr"), lambda paths: _node("exifr", paths), quick=False),
    Reader(
        "ExifReader",
        lambda: _node_version("exifreader"),
        lambda paths: _node("exifreader", paths),
        quick=False,
    ),
)
