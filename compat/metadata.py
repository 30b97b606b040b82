"""Readers of metadata: exiftool, and the two libraries that web pages use.

Knows: how each is asked, and which of its tags are about the file rather than the photo. Must not know: what is right.
"""

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
"""Sizes, places and dates of the file itself, and the container's structure: these change with what is put in."""

_COPY = re.compile(r"(?<=:)Copy\d+:")
"""Put before a tag that another group has, too: which of both comes first is of no weight."""

_COMPLAINT = re.compile(r"^ExifTool:(?:Copy\d+:)?(Warning|Error)$")


def _exiftool_version() -> str:
    return run("exiftool", "-ver").out.decode().strip()


def _exiftool(paths: Sequence[Path]) -> list[Reading]:
    """All files in one run; values unconverted, so that equal means equal."""
    command = ["-j", "-n", "-a", "-G3:1:4", "-ee", "-validate", "-warning", "-error", "-all"]
    done = run("exiftool", *command, *paths)
    told = {one["SourceFile"]: one for one in json.loads(done.out)}
    return [_exiftool_reading(told.get(str(path), {})) for path in paths]


def _exiftool_reading(told: dict[str, Any]) -> Reading:
    named = {key.removeprefix("Main:"): value for key, value in told.items()}
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
    const told = await library.parse(data, {tiff: true, ifd1: true, exif: true, gps: true, xmp: true, icc: true,
      jfif: true, iptc: true, mergeOutput: false, multiSegment: true, translateValues: false});
    const errors = ((told || {}).errors || []).map((one) => one.message);
    if (told) delete told.errors;
    return {tags: flat(told || {}, '', {}), warnings: errors};
  }
  const told = library.load(data, {expanded: true});
  const images = (told.mpf || {}).Images;
  delete told.mpf;
  if (told.xmp) delete told.xmp._raw;
  const tags = {};
  for (const [group, all] of Object.entries(told))
    for (const [key, one] of Object.entries(all || {}))
      tags[group + '.' + key] = one && one.value !== undefined ? JSON.stringify(one.value) : JSON.stringify(one);
  return {tags, warnings: [], pictures: images ? images.length : null};
};
(async () => {
  const all = [];
  for (const file of files) {
    const heard = [];
    console.warn = console.error = (...words) => heard.push(words.join(' '));
    try {
      const one = await read(fs.readFileSync(file));
      all.push({...one, warnings: [...one.warnings, ...heard]});
    } catch (error) { all.push({refusal: String(error.message || error)}); }
  }
  process.stdout.write(JSON.stringify(all));
})();
"""

_PLACES = re.compile(r"Exif IFD Pointer|GPS Info IFD Pointer|Thumbnail|thumbnail|^file\.")
"""Offsets inside the Exif block: they move when the block grows, and what they point at is compared itself."""


def _node_version(library: str) -> str:
    done = run("node", "-e", f"process.stdout.write(require('{library}/package.json').version)")
    if done.code:
        raise Missing(f"node finds no {library} (npm install {library}; NODE_PATH names its folder)")
    return done.out.decode()


def _node(library: str, paths: Sequence[Path]) -> list[Reading]:
    done = run("node", "-e", _SCRIPT, library, *paths)
    if done.code:
        raise RuntimeError(f"{library}: {done.err[-400:]}")
    return [_node_reading(one) for one in json.loads(done.out)]


def _node_reading(told: dict[str, Any]) -> Reading:
    if "refusal" in told:
        return Reading(False, refusal=told["refusal"])
    tags = {key: value for key, value in told["tags"].items() if not _PLACES.search(key)}
    return Reading(True, tags=tags, warnings=tuple(told["warnings"]), pictures=told.get("pictures"))


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
