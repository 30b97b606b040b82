"""Ordinary options of `embed` and ordinary manifests of `batch`."""

from __future__ import annotations

import json

CALIBRATION = {"fx": 140.0, "fy": 140.0, "cx": 80.0, "cy": 60.0, "width": 160, "height": 120}

OPTIONS: dict[str, tuple[str, ...]] = {
    "none": (),
    "data": ("--profile", "data"),
    "focus": ("--focus", "0.4,0.6"),
    "focus in a corner": ("--focus", "0,1"),
    "aperture": ("--aperture", "1.4"),
    "aperture f/22": ("--aperture", "22"),
    "no maker note": ("--maker-note", "none"),
    "minimal maker note": ("--maker-note", "minimal"),
    "another maker's note": ("--replace-maker-note",),
    "absolute": ("--accuracy", "absolute"),
    "refined": ("--refine",),
    "clipped": ("--clip", "1"),
    "small": ("--max-size", "128"),
    "large": ("--max-size", "2048"),
    "native hdis": ("--native-format", "hdis"),
    "native fdis": ("--native-format", "fdis"),
    "native hdep": ("--native-format", "hdep"),
    "native fdep": ("--native-format", "fdep"),
    "fast": ("--effort", "fast"),
    "best": ("--effort", "best"),
    "angle of view": ("--fov", "60"),
    "focal length": ("--focal-mm", "28"),
    "camera of Exif": ("--calibration", "exif"),
    "nominal camera": ("--calibration", "nominal"),
    "no camera": ("--calibration", "none"),
    "camera of a file": ("--calibration", "camera.json"),
    "already blurred": ("--already-blurred",),
    "stored orientation": ("--map-orientation", "stored"),
    "donor": ("--donor", "portrait.heic"),
    "dry run": ("--dry-run",),
    "verbose": ("--verbose",),
    "quiet": ("--quiet",),
    "JSON": ("--json",),
}
"""For a photo of either container; `camera.json` and `portrait.heic` are there."""

HEIC_OPTIONS: dict[str, tuple[str, ...]] = {"lossless": ("--lossless",)}


def _csv(header: str, *rows: str, end: str = "\n", mark: str = "") -> bytes:
    return (mark + end.join((header, *rows)) + end).encode()


_FLOATS = {"photo": "a.jpg", "map": "depth.npy", "output": "j.jpg", "unit": "m"}

MANIFESTS: dict[str, tuple[str, bytes]] = {
    "plain": (
        ".csv",
        _csv("photo,map,output,unit", "a.jpg,depth.npy,out/1.jpg,m", "b.heic,depth.npy,out/2.heic,m"),
    ),
    "gray": (".csv", _csv("photo,map,near,far", "a.jpg,gray.png,0.5,8")),
    "of a spreadsheet": (
        ".csv",
        _csv("photo;map;near;far", "a.jpg;gray.png;0.5;8", end="\r\n", mark="\ufeff"),
    ),
    "quoted": (".csv", _csv('"photo","map","output","unit"', '"a.jpg","depth.npy","a, b.jpg","m"')),
    "names of other languages": (".csv", _csv("photo,map,output,unit", "grün été.jpg,depth.npy,日本.jpg,m")),
    "empty cells": (
        ".csv",
        _csv(
            "photo,map,output,near,far,focus",
            "a.jpg,gray.png,,0.5,8,",
            'b.heic,gray.png,c.heic,0.5,8,"0.5,0.5"',
        ),
    ),
    "capitals and dashes": (".csv", _csv("Photo,Map,Near,Far,Max-Size", "a.jpg,gray.png,0.5,8,512")),
    "empty lines": (".csv", b"photo,map,unit\n\na.jpg,depth.npy,m\n\n"),
    "no end of line": (".csv", b"photo,map,unit\na.jpg,depth.npy,m"),
    "one map for two photos": (
        ".csv",
        _csv("photo,map,output,unit", "a.jpg,depth.npy,1.jpg,m", "b.heic,depth.npy,2.jpg,m"),
    ),
    "one photo with two maps": (
        ".csv",
        _csv("photo,map,output,unit,near,far", "a.jpg,depth.npy,1.jpg,m,,", "a.jpg,gray.png,2.jpg,,0.5,8"),
    ),
    "a donor for all": (
        ".csv",
        _csv(
            "photo,map,output,unit,donor",
            "a.jpg,depth.npy,1.jpg,m,portrait.heic",
            "b.heic,depth.npy,2.heic,m,portrait.heic",
        ),
    ),
    "JSON lines": (".jsonl", json.dumps(_FLOATS).encode() + b"\n"),
    "JSON lines with types": (
        ".jsonl",
        json.dumps(
            {**_FLOATS, "focus": [0.5, 0.5], "max_size": 256, "lossless": False, "near": None}
        ).encode()
        + b"\n\n",
    ),
    "ndjson": (".ndjson", json.dumps(_FLOATS).encode()),
    "what the map is": (".csv", _csv("photo,map,kind,unit,accuracy", "a.jpg,depth.npy,depth,m,absolute")),
}
"""Name → extension and text; each row of each must be done."""

RUN = ("of a spreadsheet", "names of other languages", "one photo with two maps", "JSON lines with types")
"""Manifests that are not only read: starting workers takes a second each time."""
