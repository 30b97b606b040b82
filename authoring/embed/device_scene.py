"""Render the picture of the device test files: people-size figures at known distances, and its exact depth.

Everything is sharp and textured, from the nearest figure to the wall, so that a blur of Photos shows. Nothing is
random and nothing is read from a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

WIDTH, HEIGHT = 2016, 1512
"""Of the photo, upright; half of a phone's 4032 by 3024."""
FOCAL_35MM = 26
"""Of the camera, by the diagonal: a phone's main camera, to which the nominal rendering parameters belong."""
FOCAL_PX = FOCAL_35MM * float(np.hypot(WIDTH, HEIGHT) / np.hypot(36, 24))

EYE_HEIGHT_M = 1.45
WALL_M = 7.0
SUPERSAMPLE = 2
"""Rays across each pixel of the photo; the depth is that of one ray."""
ROWS_OF_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Figure:
    """A person made of two ellipsoids, body and head, who faces the camera."""

    x_m: float
    """To the right of the optical axis."""
    distance_m: float
    """Along the optical axis, to the middle of the head."""
    height_m: float
    coat: tuple[float, float, float]
    """Linear RGB."""


FIGURES = (
    Figure(-0.12, 0.9, 1.58, (0.62, 0.16, 0.07)),
    Figure(0.62, 1.6, 1.72, (0.06, 0.22, 0.42)),
    Figure(-1.15, 2.4, 1.65, (0.55, 0.40, 0.06)),
    Figure(1.9, 3.6, 1.80, (0.10, 0.34, 0.12)),
    Figure(0.62, 5.2, 1.70, (0.35, 0.12, 0.38)),
)
FIGURE_NAMES = ("orange", "blue", "yellow", "green", "violet")
"""Colours of the coats, in words."""
FOCUS = (0.44, 0.42)
"""(x, y) in the upright photo, 0..1: the face of the nearest figure."""

_SKIN = (0.56, 0.33, 0.22)
_LIGHT = (0.45, 0.65, -0.61)
"""Direction towards the light: x right, y up, z forward."""
_HEAD_RADIUS_M = 0.11


def render() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Render the photo, sRGB uint8 (H, W, 3), and its depth along the optical axis, metres float32 (H, W)."""
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    depth = np.empty((HEIGHT, WIDTH), np.float32)
    places = (np.arange(SUPERSAMPLE) + 0.5) / SUPERSAMPLE
    for top in range(0, HEIGHT, ROWS_OF_CHUNK):
        rows = slice(top, min(top + ROWS_OF_CHUNK, HEIGHT))
        light = np.zeros((rows.stop - top, WIDTH, 3), np.float32)
        for dy in places:
            for dx in places:
                light += _trace(rows, float(dx), float(dy))[0]
        rgb[rows] = _to_srgb(light / SUPERSAMPLE**2)
        depth[rows] = _trace(rows, 0.5, 0.5)[1]
    return rgb, depth


def _trace(rows: slice, dx: float, dy: float) -> tuple[Floats, Floats]:
    """Return linear RGB (H, W, 3) and depth (H, W) along the rays through the point (dx, dy) of each pixel."""
    x = ((np.arange(WIDTH, dtype=np.float32) + dx - WIDTH / 2) / FOCAL_PX)[None, :]
    y = ((HEIGHT / 2 - np.arange(rows.start, rows.stop, dtype=np.float32) - dy) / FOCAL_PX)[:, None]
    x, y = np.broadcast_arrays(x, y)
    depth = np.full(x.shape, WALL_M, np.float32)
    colour = _wall(x * WALL_M, y * WALL_M + EYE_HEIGHT_M)
    ground = np.where(y < 0, EYE_HEIGHT_M / np.maximum(-y, 1e-6), np.inf).astype(np.float32)
    nearer = ground < depth
    depth[nearer] = ground[nearer]
    colour[nearer] = _floor((x * ground)[nearer], ground[nearer])
    for figure in FIGURES:
        for part in _ellipsoids(figure):
            _paint(part, x, y, depth, colour)
    return colour, depth


@dataclass(frozen=True, slots=True)
class _Ellipsoid:
    """A part of a figure; centre and radii in metres, y up from the eye."""

    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    paint: tuple[float, float, float]
    is_head: bool


def _ellipsoids(figure: Figure) -> tuple[_Ellipsoid, _Ellipsoid]:
    head_y = figure.height_m - _HEAD_RADIUS_M * 1.25 - EYE_HEIGHT_M
    body_top = head_y - _HEAD_RADIUS_M * 1.15
    half = (body_top + EYE_HEIGHT_M) / 2
    head = _Ellipsoid(
        (figure.x_m, head_y, figure.distance_m),
        (_HEAD_RADIUS_M, _HEAD_RADIUS_M * 1.25, _HEAD_RADIUS_M),
        _SKIN,
        True,
    )
    body = _Ellipsoid(
        (figure.x_m, body_top - half, figure.distance_m + 0.05), (0.26, half, 0.16), figure.coat, False
    )
    return body, head


def _paint(part: _Ellipsoid, x: Floats, y: Floats, depth: Floats, colour: Floats) -> None:
    """Paint what the rays (x, y, 1) meet of an ellipsoid in front of `depth` into both arrays."""
    rx, ry, rz = part.radii
    cx, cy, cz = part.centre
    a = (x / rx) ** 2 + (y / ry) ** 2 + 1 / rz**2
    b = x * (cx / rx**2) + y * (cy / ry**2) + cz / rz**2
    c = (cx / rx) ** 2 + (cy / ry) ** 2 + (cz / rz) ** 2 - 1
    root = b * b - a * c
    distance = np.where(root > 0, (b - np.sqrt(np.maximum(root, 0))) / a, np.inf).astype(np.float32)
    met = distance < depth
    if not met.any():
        return
    z = distance[met]
    u, v, w = (x[met] * z - cx) / rx, (y[met] * z - cy) / ry, (z - cz) / rz
    normal = np.stack([u / rx, v / ry, w / rz])
    normal /= np.sqrt((normal * normal).sum(axis=0))
    facing = sum(normal[axis] * _LIGHT[axis] for axis in range(3))
    shade = 0.35 + 0.65 * np.clip(facing, 0, 1)
    tone = _face(u, v) if part.is_head else _cloth(u * rx, v * ry)
    depth[met] = z
    colour[met] = np.asarray(part.paint, np.float32) * (shade * tone)[:, None]


def _face(u: Floats, v: Floats) -> Floats:
    """Return the tone of a face: hair above, two eyes, a mouth, and fine freckles."""
    tone = 0.85 + 0.3 * _grain(u * 40, v * 40)
    tone = np.where(v > 0.55 + 0.08 * np.sin(u * 40), 0.12 + 0.25 * _grain(u * 90, v * 6), tone)
    for side in (-0.36, 0.36):
        away = np.hypot(u - side, (v - 0.12) * 1.3)
        tone = np.where(away < 0.15, 1.55, tone)
        tone = np.where(away < 0.08, 0.04, tone)
    mouth = (np.abs(v + 0.45 - 0.15 * u * u) < 0.035) & (np.abs(u) < 0.33)
    result: Floats = np.where(mouth, 0.3, tone).astype(np.float32)
    return result


def _cloth(x: Floats, y: Floats) -> Floats:
    """Return the tone of a knitted coat with stripes, metres across and up."""
    knit = 0.75 + 0.25 * np.sin(x * 700) * np.sin(y * 700)
    stripe = np.where(np.mod(y, 0.12) < 0.03, 0.55, 1.0)
    result: Floats = (knit * stripe * (0.85 + 0.3 * _grain(x * 60, y * 60))).astype(np.float32)
    return result


def _wall(x: Floats, y: Floats) -> Floats:
    """Return the colour of a brick wall; x across and y above the ground in metres."""
    row = np.floor(y / 0.12)
    along = x / 0.26 + 0.5 * np.mod(row, 2)
    own = _hash(np.floor(along), row)
    joint = (np.mod(y, 0.12) < 0.014) | (np.mod(along, 1) < 0.05)
    tone = (0.55 + 0.5 * own) * (0.8 + 0.4 * _grain(x * 45, y * 45))
    brick = np.asarray((0.42, 0.17, 0.11), np.float32) * tone[..., None]
    mortar = np.asarray((0.46, 0.44, 0.40), np.float32) * (0.8 + 0.4 * _grain(x * 80, y * 80))[..., None]
    result: Floats = np.where(joint[..., None], mortar, brick).astype(np.float32)
    return result


def _floor(x: Floats, z: Floats) -> Floats:
    """Return the colour of a tiled floor; x across and z away in metres."""
    even = np.mod(np.floor(x / 0.4) + np.floor(z / 0.4), 2) == 0
    tone = np.where(even, 0.62, 0.16) * (0.8 + 0.4 * _grain(x * 50, z * 50))
    result: Floats = (np.asarray((1.0, 0.95, 0.88), np.float32) * tone[..., None]).astype(np.float32)
    return result


def _grain(x: Floats, y: Floats) -> Floats:
    """Return value noise 0..1 with one cell a unit."""
    column, row = np.floor(x), np.floor(y)
    fx, fy = x - column, y - row
    low = _hash(column, row) * (1 - fx) + _hash(column + 1, row) * fx
    high = _hash(column, row + 1) * (1 - fx) + _hash(column + 1, row + 1) * fx
    result: Floats = low * (1 - fy) + high * fy
    return result


def _hash(column: Floats, row: Floats) -> Floats:
    """Return a number 0..1 for each cell, the same on every machine."""
    mixed = column.astype(np.int32).view(np.uint32) * np.uint32(0x9E3779B1)
    mixed ^= row.astype(np.int32).view(np.uint32) * np.uint32(0x85EBCA77)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(0x2C1B3C6D)
    mixed ^= mixed >> np.uint32(13)
    result: Floats = (mixed & np.uint32(0xFFFF)).astype(np.float32) / np.float32(0xFFFF)
    return result


def _to_srgb(light: Floats) -> NDArray[np.uint8]:
    light = np.clip(light * 1.25, 0, 1)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    codes: NDArray[np.uint8] = np.rint(curve * 255).astype(np.uint8)
    return codes
