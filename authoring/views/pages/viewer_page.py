"""Render the viewer page: a photo in 3D, self-contained."""

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
    """The content of the page."""

    name: str
    """Name of the file; any text."""
    level: str
    """none, L1 … L4."""
    camera_words: str
    """Where the camera comes from, in a few words."""
    facts: tuple[tuple[str, str], ...]
    """Labels and values of the details."""
    photo: bytes
    """JPEG, upright."""
    aspect: float
    """Width over height of the photo."""
    depth: bytes
    """8-bit gray PNG of the codes, upright."""
    hidden_depth: bytes
    """The same for the surface behind near objects."""
    hidden_photo: bytes
    """JPEG of its colours."""
    kind: Literal["disparity", "depth"]
    low: float
    high: float
    """Values of codes 0 and 255, in 1/m or m."""
    range_per_m: tuple[float, float]
    """Disparity of the far and the near end of the colours."""
    absolute: bool
    """Whether the metres hold; otherwise the page says `relative`."""
    camera: tuple[float, float, float, float]
    """fx, fy, cx, cy as shares of the width and height of the photo."""
    focus: tuple[float, float]
    """(x, y), 0..1 from the top left: the point that stays still, and is in focus at first."""
    aperture: float | None
    """The f-number that the first click sets; None for f/2.8."""
    blur: float
    """Radius of blur in widths of the photo, at f/1, for 1/m of disparity from the focus."""
    palette: bytes
    """256 colours of depth, three sRGB bytes each, the farthest first."""


def viewer_page(page: ViewerPage) -> bytes:
    """Render the page as UTF-8; the same content gives the same bytes."""
    style = asset("base.css") + asset("viewer.css")
    code = script(*SCRIPTS)
    name = shown_name(page.name)
    far, near = page.range_per_m
    marks = [metres(value) for value in (near, (near + far) / 2, far)]
    unit = "metres" if page.absolute else "relative"
    values = {
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
        "legend_words": escape(f"Colours from {marks[0]} at the left to {marks[2]} at the right, {unit}"),
        "ramp": _ramp(page.palette),
        "marks": "".join(f"<span>{escape(mark)}</span>" for mark in _mark_words(marks, page.absolute)),
        "data": json_block(_data(page, name)),
    }
    return Template(asset("viewer.html")).substitute(values).encode("utf-8")


def metres(per_m: float) -> str:
    """Return a disparity in metres, with two or three digits."""
    if per_m < 1e-3:
        return "∞"
    distance = 1 / per_m
    if 0.1 <= distance < 10:
        return f"{distance:.2f} m"
    return f"{distance:.2g} m" if distance < 1 else f"{distance:.3g} m"


def range_text(range_per_m: tuple[float, float], absolute: bool) -> str:
    """Return near and far in one line; relative maps say so."""
    far, near = range_per_m
    distances = f"{metres(near)} to {metres(far)}"
    return distances if absolute else f"{distances} (relative: metres not certain)"


def _mark_words(marks: list[str], absolute: bool) -> list[str]:
    near, middle, far = marks
    return [f"near {near}", middle if absolute else f"{middle} (relative)", f"far {far}"]


def _ramp(palette: bytes) -> str:
    """Return the colours from near, on the left, to far, as SVG."""
    last = len(palette) // 3 - 1
    stops = []
    for index in range(_RAMP_STOPS + 1):
        start = 3 * round(last * (1 - index / _RAMP_STOPS))
        colour = palette[start : start + 3].hex()
        stops.append(f'<stop offset="{index / _RAMP_STOPS:.5g}" stop-color="#{colour}"/>')
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
        "hidden": {
            "png": base64.b64encode(page.hidden_depth).decode("ascii"),
            "picture": data_uri("image/jpeg", page.hidden_photo),
        },
        "range": {"low": far, "high": near},
        "camera": {"fx": fx, "fy": fy, "cx": cx, "cy": cy, "aspect": page.aspect},
        "focus": page.focus,
        "aperture": page.aperture,
        "blur": page.blur,
        "palette": page.palette.hex(),
        "words": {"photo": f"{name}, the photo in 3D", "depth": f"{name}, its depth in colours, in 3D"},
    }
