"""The viewer page: a photo in 3D, self-contained.

Knows: what the page's script and its words need. Must not know: where any of it comes from.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from string import Template
from typing import Literal

from authoring.views.pages.html import asset, data_uri, escape, json_block, policy, script, shown_name

SCRIPTS = ("png.js", "scene.js", "shaders.js", "renderer.js", "viewer.js", "main.js")

_RAMP_STOPS = 32


@dataclass(frozen=True, slots=True)
class ViewerPage:
    """All that the page shows."""

    name: str
    """Of the file; any text."""
    level: str
    """none, L1 … L4."""
    camera_words: str
    """Where the camera comes from, in three words."""
    facts: tuple[tuple[str, str], ...]
    """Label and value, for those who open the details."""
    photo: bytes
    """JPEG, upright."""
    aspect: float
    """Width over height of the photo."""
    depth: bytes
    """8-bit gray PNG of the codes, upright."""
    behind: bytes
    """The same for what lies behind near things."""
    behind_photo: bytes
    """JPEG, the colours of that."""
    kind: Literal["disparity", "depth"]
    low: float
    high: float
    """What codes 0 and 255 stand for, in 1/m or m."""
    range_per_m: tuple[float, float]
    """Disparity of the farthest and the nearest that are coloured apart."""
    absolute: bool
    """Whether metres hold; else the page says `relative`."""
    camera: tuple[float, float, float, float]
    """fx, fy, cx, cy in widths and heights of the photo."""
    focus: tuple[float, float]
    """(x, y), 0..1 from the top left: what stays still, and is sharp at first."""
    aperture: float | None
    """The f-number that the first touch opens to; None for a usual one."""
    blur: float
    """Radius of blur in widths of the photo, at f/1, for 1/m of disparity away from the focus."""
    palette: bytes
    """256 colours of depth, three sRGB bytes each, the farthest first."""


def viewer_page(page: ViewerPage) -> bytes:
    """The page, UTF-8. The same data give the same bytes."""
    style = asset("base.css") + asset("viewer.css")
    code = script(*SCRIPTS)
    name = shown_name(page.name)
    far, near = page.range_per_m
    marks = [metres(value) for value in (near, (near + far) / 2, far)]
    words = "metres" if page.absolute else "relative"
    told = {
        "name": escape(name),
        "title": escape(f"{name} in depth"),
        "policy": escape(policy(style, code)),
        "style": style,
        "script": code,
        "summary": escape(f"{range_text(page.range_per_m, page.absolute)} · {page.camera_words}"),
        "level": escape(page.level),
        "facts": "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in page.facts),
        "photo": data_uri("image/jpeg", page.photo),
        "photo_words": escape(f"{name}, the photo"),
        "legend_words": escape(f"Colours from {marks[0]} at the left to {marks[2]} at the right, {words}"),
        "ramp": _ramp(page.palette),
        "marks": "".join(f"<span>{escape(one)}</span>" for one in _mark_words(marks, page.absolute)),
        "data": json_block(_data(page, name)),
    }
    return Template(asset("viewer.html")).substitute(told).encode("utf-8")


def metres(per_m: float) -> str:
    """A disparity in metres, for a person: two or three digits."""
    if per_m < 1e-3:
        return "∞"
    distance = 1 / per_m
    if 0.1 <= distance < 10:
        return f"{distance:.2f} m"
    return f"{distance:.2g} m" if distance < 1 else f"{distance:.3g} m"


def range_text(range_per_m: tuple[float, float], absolute: bool) -> str:
    """Near and far in one line; relative maps say so."""
    far, near = range_per_m
    told = f"{metres(near)} to {metres(far)}"
    return told if absolute else f"{told} (relative: in proportion only)"


def _mark_words(marks: list[str], absolute: bool) -> list[str]:
    near, middle, far = marks
    return [f"near {near}", middle if absolute else f"{middle} (relative)", f"far {far}"]


def _ramp(palette: bytes) -> str:
    """The colours from near, at the left, to far, as SVG."""
    last = len(palette) // 3 - 1
    stops = []
    for index in range(_RAMP_STOPS + 1):
        at = 3 * round(last * (1 - index / _RAMP_STOPS))
        stops.append(f'<stop offset="{index / _RAMP_STOPS:.5g}" stop-color="#{palette[at : at + 3].hex()}"/>')
    return (
        f'<defs><linearGradient id="colours">{"".join(stops)}</linearGradient></defs>'
        '<rect width="100" height="1" fill="url(#colours)"/>'
    )


def _data(page: ViewerPage, name: str) -> dict[str, object]:
    far, near = page.range_per_m
    fx, fy, cx, cy = page.camera
    return {
        "depth": {
            "png": base64.b64encode(page.depth).decode("ascii"),
            "kind": page.kind,
            "low": page.low,
            "high": page.high,
            "absolute": page.absolute,
        },
        "behind": {
            "png": base64.b64encode(page.behind).decode("ascii"),
            "picture": data_uri("image/jpeg", page.behind_photo),
        },
        "range": {"low": far, "high": near},
        "camera": {"fx": fx, "fy": fy, "cx": cx, "cy": cy, "aspect": page.aspect},
        "focus": page.focus,
        "aperture": page.aperture,
        "blur": page.blur,
        "palette": page.palette.hex(),
        "words": {"photo": f"{name}, the photo in 3D", "depth": f"{name}, its depth in colours, in 3D"},
    }
