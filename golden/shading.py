"""Compute what the golden scene looks like: light, shadows, materials, reflections.

Light is linear RGB, float32 (3, N). Shadows are soft and come from formulas, not from random rays: how much of
the lamp's disc a sphere or a rectangle covers. So there is no noise, and the same picture every time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from golden import geometry as g
from golden.geometry import Floats, Vector, dot

Parts = NDArray[np.uint8]

LAMP: Final[Vector] = (-2.75, -1.35, 0.2)
"""Middle of the window as a lamp, metres; it gives the soft light."""
LAMP_RADIUS: Final = 0.75
LAMP_COLOUR: Final[Vector] = (15.0, 14.6, 14.4)
SUN: Final[Vector] = (-0.80, -0.448, -0.40)
"""Direction towards the sun, of unit length within a thousandth; it shines through the panes of the window."""
SUN_SPREAD: Final = 0.022
"""Tangent of half the sun's disc: larger than the real one, for softer edges."""
SUN_COLOUR: Final[Vector] = (3.9, 3.15, 2.2)
SKY: Final[Vector] = (0.50, 0.53, 0.58)
BOUNCE: Final[Vector] = (0.40, 0.33, 0.27)
PANES_Z: Final = ((-0.95, -0.31), (-0.23, 0.41), (0.49, 1.13))
PANES_Y: Final = ((-1.95, -1.03), (-0.95, -0.03))

GLOSS: Final[dict[str, tuple[Vector, float]]] = {
    "lacquer": ((0.045, 0.045, 0.045), 1.0),
    "gold": ((1.00, 0.70, 0.28), 0.0),
    "chrome": ((0.88, 0.89, 0.91), 0.0),
    "ball": ((0.03, 0.03, 0.03), 0.5),
    "green": ((0.045, 0.045, 0.045), 1.0),
    "yellow": ((0.02, 0.02, 0.02), 0.3),
    "violet": ((0.04, 0.04, 0.04), 0.9),
}
"""Reflection straight on, and how strongly it grows towards the rim; 0 marks a metal."""

PAINT: Final[dict[str, Vector]] = {
    "lacquer": (0.60, 0.022, 0.020),
    "gold": (0.0, 0.0, 0.0),
    "chrome": (0.0, 0.0, 0.0),
    "green": (0.035, 0.30, 0.13),
    "yellow": (0.86, 0.52, 0.05),
    "violet": (0.23, 0.10, 0.42),
}
NAMES: Final = tuple(g.SPHERES)


def _column(colour: Vector) -> Floats:
    return np.array(colour, np.float32)[:, None]


def _smooth(x: Floats) -> Floats:
    """Return 0 below 0, 1 above 1, and an S curve between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def _hash(x: NDArray[np.int32], y: NDArray[np.int32]) -> Floats:
    """Return a number in 0..1 for each point of a lattice, always the same."""
    h = x.astype(np.uint32) * np.uint32(0x9E3779B1) ^ y.astype(np.uint32) * np.uint32(0x85EBCA77)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    h ^= h >> np.uint32(12)
    share: Floats = (h & np.uint32(0xFFFF)).astype(np.float32) / np.float32(65535)
    return share


def _noise(x: Floats, y: Floats) -> Floats:
    """Smooth noise in 0..1 with one value for each unit square."""
    left, top = np.floor(x), np.floor(y)
    i, j = left.astype(np.int32), top.astype(np.int32)
    a, b = _smooth(x - left), _smooth(y - top)
    upper = _hash(i, j) * (1 - a) + _hash(i + 1, j) * a
    lower = _hash(i, j + 1) * (1 - a) + _hash(i + 1, j + 1) * a
    return upper * (1 - b) + lower * b


def _inside(x: Floats, low: float, high: float, blur: Floats | float) -> Floats:
    """Return 1 between low and high, 0 outside, with edges `blur` wide."""
    share: Floats = np.clip((x - low) / blur + 0.5, 0, 1) * np.clip((high - x) / blur + 0.5, 0, 1)
    return share


def _panes(y: Floats, z: Floats, blur: Floats | float) -> Floats:
    """Return how much of the window's light comes through at (y, z) of the left wall."""
    across: Floats = sum((_inside(z, a, b, blur) for a, b in PANES_Z), np.zeros_like(z))
    upright: Floats = sum((_inside(y, a, b, blur) for a, b in PANES_Y), np.zeros_like(y))
    return np.minimum(across, 1) * np.minimum(upright, 1)


def _uncovered(point: Floats, to_lamp: Floats, spread: Floats | float, reach: Floats | float) -> Floats:
    """Return how much of a lamp is seen from points: 0 in full shadow, 1 in full light.

    `to_lamp` are unit directions, `spread` the tangent of half the lamp's disc, `reach` its distance.
    """
    visible: Floats = np.ones_like(point[0])
    for sphere in g.SPHERES.values():
        to = [sphere.centre[k] - point[k] for k in range(3)]
        along = to[0] * to_lamp[0] + to[1] * to_lamp[1] + to[2] * to_lamp[2]
        square = to[0] * to[0] + to[1] * to[1] + to[2] * to[2] - along * along
        blur = np.maximum(along * spread, 1e-4)
        touched = (square < (sphere.radius + blur) ** 2) & (along > 0.3 * sphere.radius) & (along < reach)
        few = np.flatnonzero(touched)
        soft = blur[few]
        aside = np.sqrt(np.maximum(square[few], 0))
        cover = _smooth((sphere.radius + soft - aside) / (2 * np.minimum(soft, sphere.radius)))
        visible[few] *= 1 - cover * np.minimum(1, (sphere.radius / soft) ** 2)
    # The table is taken as a flat rectangle at the height of its top, the board as one in its own plane.
    step = (g.TABLE_BOX.low[1] + 0.01 - point[1]) / np.minimum(to_lamp[1], -1e-3)
    visible *= 1 - _rectangle(
        (point[0] + step * to_lamp[0], g.TABLE_BOX.low[0], g.TABLE_BOX.high[0]),
        (point[2] + step * to_lamp[2], g.TABLE_BOX.low[2], g.TABLE_BOX.high[2]),
        step * spread,
        step > 0.03,
    )
    local, towards = g.to_board(point, points=True), g.to_board(to_lamp, points=False)
    step = (-0.03 - local[2]) / np.maximum(towards[2], 1e-3)
    for box in (g.BOARD_BOX, *g.LEG_BOXES):
        visible *= 1 - _rectangle(
            (local[0] + step * towards[0], box.low[0], box.high[0]),
            (local[1] + step * towards[1], box.low[1], box.high[1]),
            step * spread,
            step > 0.04,
        )
    return visible


def _rectangle(
    a: tuple[Floats, float, float], b: tuple[Floats, float, float], blur: Floats, before: NDArray[np.bool_]
) -> Floats:
    """Return how much of a lamp a rectangle covers, if it is in front of the lamp at all."""
    wide = np.maximum(2 * blur, 1e-3)
    return np.where(before, _inside(*a, wide) * _inside(*b, wide), 0)


GRID: Final = 0.005
"""Spacing of the letters' distance map, metres."""


@lru_cache(maxsize=1)
def _letter_map() -> Floats:
    """Return the distance to the letters' outline over the board, every `GRID` metres: for shadows, not for depth."""
    (u0, v0, _), (u1, v1, _) = g.BOARD_BOX
    u, v = (np.arange(a, b + GRID, GRID).astype(np.float32) for a, b in ((u0, u1), (v0, v1)))
    flat_u, flat_v = (axis.ravel() for axis in np.meshgrid(u, v))
    return g.letter_distance(flat_u, flat_v)[0].reshape(v.size, u.size)


def _outline(u: Floats, v: Floats) -> Floats:
    """Return the distance to the letters' outline, interpolated."""
    table = _letter_map()
    x = np.clip((u - g.BOARD_BOX.low[0]) / GRID, 0, table.shape[1] - 1.01)
    y = np.clip((v - g.BOARD_BOX.low[1]) / GRID, 0, table.shape[0] - 1.01)
    i, j = x.astype(np.int32), y.astype(np.int32)
    a, b = x - i.astype(np.float32), y - j.astype(np.float32)
    at, flat = j * table.shape[1] + i, table.ravel()
    upper = flat[at] * (1 - a) + flat[at + 1] * a
    at += table.shape[1]
    lower = flat[at] * (1 - a) + flat[at + 1] * a
    between: Floats = upper * (1 - b) + lower * b
    return between


def _letters_uncovered(local: Floats, towards: Floats, spread: float) -> Floats:
    """Return the letters' shadow on the board: what is, at some heights, between its points and a lamp."""
    visible: Floats = np.ones_like(local[0])
    slope = 1 / np.maximum(towards[2], 0.05)
    for height in (0.012, 0.03, 0.05, 0.07, 0.09):
        outline = _outline(local[0] + height * slope * towards[0], local[1] + height * slope * towards[1])
        blur = np.maximum(height * slope * spread, 0.006)
        visible = np.minimum(visible, np.clip(0.5 + outline / (2 * blur), 0, 1))
    return visible


def _openness(point: Floats, normal: Floats) -> Floats:
    """Return how much of the room's light reaches points: less in corners, and near and under things."""
    free: Floats = np.ones_like(point[0])
    for sphere in g.SPHERES.values():
        to = [sphere.centre[k] - point[k] for k in range(3)]
        square = to[0] * to[0] + to[1] * to[1] + to[2] * to[2]
        facing = np.maximum(to[0] * normal[0] + to[1] * normal[1] + to[2] * normal[2], 0)
        square = np.maximum(square, sphere.radius**2)
        free *= 1 - facing * (0.95 * sphere.radius**2) / (square * np.sqrt(square))
    for axis in range(3):
        for wall in (g.ROOM.low[axis], g.ROOM.high[axis]):
            gap = np.abs(point[axis] - wall)
            free *= 1 - 0.42 / (1 + gap / 0.22) * (1 - np.abs(normal[axis]))
    return free


def _floor(x: Floats, z: Floats) -> Floats:
    """Return the colours of oak boards running away from the camera."""
    wide, long = 0.19, 1.55
    row = np.floor(x / wide)
    shift = z / long + _hash(row.astype(np.int32), np.full(row.shape, 7, np.int32))
    piece = np.floor(shift)
    own = _hash(row.astype(np.int32), piece.astype(np.int32))
    bent = x + 0.03 * _noise(x * 3, z * 1.3 + own * 50)
    grain = (
        _noise(bent * 34 + own * 91, z * 1.7 + own * 13) * 0.65 + _noise(bent * 95, z * 4 + own * 29) * 0.35
    )
    tone = 0.80 + 0.30 * own + 0.30 * (grain - 0.5)
    joint = np.minimum(np.abs(x / wide - np.rint(x / wide)) * wide, np.abs(shift - np.rint(shift)) * long)
    tone *= 0.45 + 0.55 * _smooth(joint / 0.006)
    warm = _column((0.40, 0.235, 0.12)) * (1 - own) + _column((0.46, 0.30, 0.17)) * own
    return warm * tone


def _wall(point: Floats, part: Parts) -> Floats:
    """Return the colours of plaster, different on each wall, with a white skirting board along the floor."""
    paint = {
        g.CEILING: (0.80, 0.79, 0.77),
        g.BACK: (0.44, 0.53, 0.56),
        g.FRONT: (0.62, 0.60, 0.57),
        g.LEFT: (0.66, 0.33, 0.20),
        g.RIGHT: (0.70, 0.52, 0.24),
    }
    colour = np.zeros_like(point)
    for what, own in paint.items():
        colour[:, part == what] = _column(own)
    along = np.where(part == g.BACK, point[0], point[2])
    tint = 0.95 + 0.06 * _noise(along * 1.7, point[1] * 1.7) + 0.04 * _noise(along * 9, point[1] * 9)
    skirting = _smooth((point[1] - (g.ROOM.high[1] - 0.16)) / 0.004) * (part != g.CEILING)
    edge = 1 - 0.45 * _inside(point[1], g.ROOM.high[1] - 0.162, g.ROOM.high[1] - 0.15, 0.004)
    colour = colour * tint * (1 - skirting) + _column((0.74, 0.72, 0.68)) * skirting
    edged: Floats = colour * edge
    return edged


CORNERS: Final[dict[tuple[int, int], Vector]] = {
    (-1, -1): (0.72, 0.04, 0.04),
    (1, -1): (0.03, 0.42, 0.12),
    (1, 1): (0.04, 0.15, 0.62),
    (-1, 1): (0.85, 0.55, 0.02),
}
"""Colours of the board's corners as one reads it: top left red, top right green, bottom right blue, then yellow."""


def _board(local: Floats) -> Floats:
    """Return the colours of the board: cream, with a dark rim and a coloured quarter disc in each corner."""
    u, v, w = local
    rim = np.minimum(g.BOARD_BOX.high[0] - np.abs(u), g.BOARD_BOX.high[1] - np.abs(v))
    colour = np.broadcast_to(_column((0.80, 0.765, 0.68)), local.shape).copy()
    for (side, end), own in CORNERS.items():
        away = np.hypot(u - side * g.BOARD_BOX.high[0], v - end * g.BOARD_BOX.high[1])
        inside = 1 - _smooth((away - 0.30) / 0.004)
        colour = colour * (1 - inside) + _column(own) * inside
    frame = np.maximum(1 - _smooth((rim - 0.034) / 0.004), w < -1e-3)
    framed: Floats = colour * (1 - frame) + _column((0.085, 0.075, 0.07)) * frame
    return framed


WHITE: Final[Vector] = (0.80, 0.79, 0.75)


def _ball(point: Floats) -> Floats:
    """Return the colours of the ball: six segments in three colours around a tilted axis, and white caps."""
    sphere = g.SPHERES["ball"]
    x, y, z = ((point[k] - sphere.centre[k]) / sphere.radius for k in range(3))
    a, b, c = 0.80 * x - 0.60 * z, 0.60 * x * 0.6 + 0.8 * y + 0.48 * z, 0.48 * x - 0.6 * y + 0.64 * z
    turn = np.arctan2(c, a) * (3 / np.pi)
    colours = np.array(
        [WHITE, (0.03, 0.20, 0.55), WHITE, (0.75, 0.10, 0.05), WHITE, (0.85, 0.50, 0.03)], np.float32
    )
    paint = colours[np.floor(turn).astype(np.int64) % 6].T
    return np.where(np.abs(b) > 0.93, _column(WHITE), paint)


def _albedo(point: Floats, part: Parts) -> Floats:
    """Return how much of the light each point reflects diffusely, by colour."""
    colour = np.zeros_like(point)
    for what in np.unique(part):
        here = np.flatnonzero(part == what)
        at = point[:, here]
        if what == g.FLOOR:
            colour[:, here] = _floor(at[0], at[2])
        elif what < g.TABLE:
            colour[:, here] = _wall(at, part[here])
        elif what == g.TABLE:
            colour[:, here] = _column((0.035, 0.085, 0.10))
        elif what == g.BOARD:
            colour[:, here] = _board(g.to_board(at, points=True))
        elif what == g.LEGS:
            colour[:, here] = _column((0.085, 0.075, 0.07))
        elif what == g.LETTERS:
            front = g.to_board(at, points=True)[2] > g.RELIEF - 1e-3
            colour[:, here] = np.where(front, _column((0.035, 0.055, 0.11)), _column((0.10, 0.13, 0.22)))
        elif NAMES[what - g.SPHERES_FROM] == "ball":
            colour[:, here] = _ball(at)
        else:
            colour[:, here] = _column(PAINT[NAMES[what - g.SPHERES_FROM]])
    return colour


def _mirror(part: Parts, facing: Floats) -> Floats:
    """Return how much each point reflects like a mirror, by colour: Schlick's rule."""
    straight, growth = np.zeros((3, part.size), np.float32), np.zeros(part.size, np.float32)
    rules = {g.FLOOR: ((-0.03,) * 3, 0.45), g.TABLE: ((0.04,) * 3, 0.8)}
    rules |= {g.SPHERES_FROM + n: GLOSS[name] for n, name in enumerate(NAMES)}
    for what, (own, rim) in rules.items():
        here = part == what
        straight[:, here] = _column(own)
        growth[here] = rim
    edge = np.clip(1 - facing, 0, 1)
    fifth = edge * edge * edge * edge * edge
    return np.maximum(straight + (1 - straight) * growth * fifth, 0)


def _lit(point: Floats, normal: Floats, part: Parts) -> Floats:
    """Return the light that falls on points: window, sun through its panes, and the room itself."""
    to = np.stack([LAMP[k] - point[k] for k in range(3)])
    square = dot(to, to)
    reach = np.sqrt(square)
    to /= reach
    wrap = np.maximum((dot(normal, to) + 0.12) / 1.12, 0)
    lamp = wrap / (1.1 + square) * _uncovered(point, to, LAMP_RADIUS / reach, reach)

    sun_from = np.broadcast_to(_column(SUN), point.shape)
    facing = np.maximum(dot(normal, sun_from), 0)
    way = (g.ROOM.low[0] - point[0]) / SUN[0]
    sun = facing * _panes(point[1] + way * SUN[1], point[2] + way * SUN[2], 2 * SUN_SPREAD * way + 1e-3)
    bright = np.flatnonzero(sun > 0)
    if bright.size:
        sun[bright] *= _uncovered(point[:, bright], sun_from[:, bright], SUN_SPREAD, g.FAR)

    free = _openness(point, normal)
    board = np.flatnonzero(part == g.BOARD)
    if board.size:
        local = g.to_board(point[:, board], points=True)
        lamp[board] *= _letters_uncovered(local, g.to_board(to[:, board], points=False), 0.2)
        free[board] *= 1 - 0.30 * np.clip(1 - _outline(local[0], local[1]) / 0.10, 0, 1)

    down = (1 - normal[1]) / 2
    ambient = (_column(SKY) * down + _column(BOUNCE) * (1 - down)) * free
    light: Floats = _column(LAMP_COLOUR) * lamp + _column(SUN_COLOUR) * sun + ambient
    return light


def colour(origin: Floats, direction: Floats, distance: Floats, part: Parts, bounces: int = 2) -> Floats:
    """Return the linear RGB (3, N) along rays which met `part` at `distance` times `direction`.

    Mirrors are followed `bounces` times; gloss on paint and floor only once.
    """
    point = (origin + distance * direction).astype(np.float32)
    ray = (direction / np.sqrt(dot(direction, direction))).astype(np.float32)
    normal = g.normals(point, part)
    light = _albedo(point, part) * _lit(point, normal, part)
    window = part == g.LEFT
    if window.any():
        light += np.where(window, _panes(point[1], point[2], 0.01), 0) * _column((5.2, 5.6, 6.2))
    if bounces == 0:
        return light
    facing = -dot(ray, normal)
    mirror = _mirror(part, facing)
    follow = np.flatnonzero(mirror[0] > (0 if bounces == 2 else 0.5))
    if follow.size:
        away = (ray + 2 * facing * normal)[:, follow]
        start = point[:, follow] + normal[:, follow] * np.float32(1e-3)
        far, met = g.trace(start, away)
        reflected = colour(start, away, far.astype(np.float32), met, bounces - 1)
        light[:, follow] = light[:, follow] * (1 - mirror[:, follow]) + mirror[:, follow] * reflected
    return light


def developed(light: Floats) -> Floats:
    """Convert linear light to linear picture values 0..1: bright parts are rolled off softly, not cut."""
    exposed = light * np.float32(1.75)
    toed = exposed * exposed / (exposed + 0.11)
    rolled: Floats = np.minimum(toed * (1 + toed / 9) / (1 + toed), 1)
    return rolled
