"""Simulate ordinary scenes as depth maps: people, pillars, boxes, ground planes and rooms, by ray casting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Depth = NDArray[np.float64]

SIZES = ((256, 192), (192, 256), (256, 144), (224, 224))
"""Width and height of the maps."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An upright thing on the ground: `shape` is person, pillar or box; metres right, ahead, wide and high."""

    shape: str
    x_m: float
    ahead_m: float
    wide_m: float
    high_m: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A camera over a ground plane, and what it sees. Without walls there is sky above the horizon."""

    kind: str
    size: tuple[int, int]
    focal: float
    """In widths of the picture's long side."""
    eye_m: float
    """Height of the camera."""
    pitch: float
    """Radians that the camera looks down."""
    things: tuple[Thing, ...]
    walls_m: tuple[float, float, float, float] | None = None
    """Distances of the left, right and back wall, and the height of the ceiling."""
    x_m: float = 0.0
    """Position of the camera to the right."""


def render(scene: Scene) -> Depth:
    """Return the depth (H, W) in metres along the optical axis; infinity is sky."""
    width, height = scene.size
    focal_px = scene.focal * max(scene.size)
    x = (np.arange(width) + 0.5 - width / 2)[None, :] / focal_px
    y = (np.arange(height) + 0.5 - height / 2)[:, None] / focal_px
    down = y * np.cos(scene.pitch) + np.sin(scene.pitch) + 0 * x
    ahead = np.cos(scene.pitch) - y * np.sin(scene.pitch) + 0 * x
    with np.errstate(divide="ignore"):
        depth = np.where(down > 1e-6, scene.eye_m / down, np.inf)
        if scene.walls_m is not None:
            left, right, back, ceiling = scene.walls_m
            side = np.where(x > 0, (right - scene.x_m) / x, (left + scene.x_m) / -x)
            above = np.where(down < -1e-6, (ceiling - scene.eye_m) / -down, np.inf)
            for wall in (back / ahead, side + 0 * y, above):
                depth = np.minimum(depth, np.where(wall > 0, wall, np.inf))
    for thing in scene.things:
        surface = thing.ahead_m / ahead
        across = (surface * x - (thing.x_m - scene.x_m)) / thing.wide_m
        up = (scene.eye_m - surface * down) / thing.high_m
        inside, bulge = _SHAPES[thing.shape](across, up)
        surface = np.where(inside, surface - bulge * thing.wide_m, np.inf)
        depth = np.minimum(depth, np.where(surface > 0.05, surface, np.inf))
    return depth


def _person(across: Depth, up: Depth) -> tuple[NDArray[np.bool_], Depth]:
    head = (across / 0.2) ** 2 + ((up - 0.93) / 0.07) ** 2 < 1
    trunk = (across / 0.5) ** 2 + ((up - 0.63) / 0.24) ** 2 < 1
    legs = (np.abs(np.abs(across) - 0.17) < 0.13) & (up > 0) & (up < 0.5)
    return head | trunk | legs, 0.3 * np.sqrt(np.clip(0.25 - across**2, 0, None))


def _pillar(across: Depth, up: Depth) -> tuple[NDArray[np.bool_], Depth]:
    return (np.abs(across) < 0.5) & (up > 0) & (up < 1), np.sqrt(np.clip(0.25 - across**2, 0, None))


def _box(across: Depth, up: Depth) -> tuple[NDArray[np.bool_], Depth]:
    return (np.abs(across) < 0.5) & (up > 0) & (up < 1), np.zeros_like(across)


_SHAPES: dict[str, Callable[[Depth, Depth], tuple[NDArray[np.bool_], Depth]]] = {
    "person": _person,
    "pillar": _pillar,
    "box": _box,
}


def ordinary_scene(number: int) -> Scene:
    """Return scene `number` of an endless series; the kinds take turns, the rest is random but repeatable."""
    random = np.random.default_rng(number)
    kind = tuple(_KINDS)[number % len(_KINDS)]
    base = Scene(
        kind=kind,
        size=SIZES[random.integers(len(SIZES))],
        focal=random.uniform(0.6, 1.5),
        eye_m=random.uniform(1.0, 1.9),
        pitch=random.uniform(-0.05, 0.25),
        things=(),
    )
    if random.random() < 0.35:
        sides = random.uniform(1.5, 5, 2)
        base = replace(base, walls_m=(*sides, random.uniform(3, 12), random.uniform(2.2, 3.5)))
    return _KINDS[kind](base, random)


def _standing(x: float, ahead: float, random: np.random.Generator) -> Thing:
    high = random.uniform(1.5, 1.95)
    return Thing("person", x, ahead, 0.3 * high, high)


def _one_person(scene: Scene, random: np.random.Generator) -> Scene:
    ahead = random.uniform(1.2, 6)
    x = random.uniform(-0.3, 0.3) * ahead / scene.focal
    return replace(scene, things=(_standing(x, ahead, random),))


def _couple(scene: Scene, random: np.random.Generator) -> Scene:
    """Two people of one height, placed symmetrically: a quarter of the view from the middle at the most."""
    ahead = random.uniform(1.5, 5)
    apart = random.uniform(0.12, 0.3) * ahead / scene.focal
    person = _standing(0, ahead, random)
    other = replace(person, x_m=apart, high_m=person.high_m * random.uniform(0.9, 1))
    return replace(scene, things=(replace(person, x_m=-apart), other))


def _row_of_people(scene: Scene, random: np.random.Generator) -> Scene:
    count, ahead = random.integers(3, 8), random.uniform(2.5, 6)
    step = random.uniform(0.5, 1.1)
    start = -step * (count - 1) / 2 + random.uniform(-0.4, 0.4)
    people = (
        _standing(start + step * index + random.uniform(-0.1, 0.1), ahead + random.uniform(-0.2, 0.2), random)
        for index in range(count)
    )
    return replace(scene, things=tuple(people))


def _colonnade(scene: Scene, random: np.random.Generator) -> Scene:
    """Pillars along both sides of the way."""
    wide, apart = random.uniform(0.2, 0.7), random.uniform(1.2, 3)
    first, step, high = random.uniform(2, 4), random.uniform(1.5, 4), random.uniform(2.5, 5)
    pillars = (
        Thing("pillar", side * apart, first + step * index, wide, high)
        for index in range(random.integers(2, 7))
        for side in (-1, 1)
    )
    return replace(scene, things=tuple(pillars))


def _row_of_pillars(scene: Scene, random: np.random.Generator) -> Scene:
    """Pillars across the picture, as a facade shows them, evenly apart."""
    wide, ahead, high = random.uniform(0.3, 0.8), random.uniform(4, 9), random.uniform(2.5, 5)
    count, step = random.integers(2, 7), random.uniform(1.0, 2.5)
    start = -step * (count - 1) / 2 + random.uniform(-0.5, 0.5)
    pillars = (Thing("pillar", start + step * index, ahead, wide, high) for index in range(count))
    return replace(scene, things=tuple(pillars))


def _small_subject(scene: Scene, random: np.random.Generator) -> Scene:
    """A small thing on a table or floor, seen from above."""
    eye = random.uniform(0.3, 1.0)
    ahead = random.uniform(0.5, 1.5)
    high, wide = random.uniform(0.05, 0.3, 2)
    thing = Thing("box", random.uniform(-0.3, 0.3) * ahead / scene.focal, ahead, wide, high)
    return replace(scene, eye_m=eye, pitch=random.uniform(0.2, 0.9), things=(thing,))


def _steep_ramp(scene: Scene, random: np.random.Generator) -> Scene:
    """Hardly anything but the ground, from steeply above to level."""
    things = tuple(
        Thing("box", random.uniform(-2, 2), random.uniform(1, 6), random.uniform(0.1, 0.5), 0.3)
        for _ in range(random.integers(0, 3))
    )
    return replace(scene, pitch=random.uniform(0, 1.1), walls_m=None, things=things)


def _room(scene: Scene, random: np.random.Generator) -> Scene:
    """Four walls, some furniture, perhaps a person."""
    sides = random.uniform(1.2, 3.5, 2)
    walls = (*sides, random.uniform(2.5, 7), random.uniform(2.2, 3.2))
    furniture = tuple(
        Thing(
            "box",
            random.uniform(-sides[0], sides[1]),
            random.uniform(1.5, walls[2]),
            random.uniform(0.3, 1.6),
            random.uniform(0.4, 2),
        )
        for _ in range(random.integers(1, 6))
    )
    person = (_standing(random.uniform(-0.7, 0.7), random.uniform(1.2, 3), random),)
    return replace(scene, walls_m=walls, things=furniture + (person if random.random() < 0.5 else ()))


_KINDS: dict[str, Callable[[Scene, np.random.Generator], Scene]] = {
    "one person": _one_person,
    "couple": _couple,
    "row of people": _row_of_people,
    "colonnade": _colonnade,
    "row of pillars": _row_of_pillars,
    "small subject": _small_subject,
    "steep ramp": _steep_ramp,
    "room": _room,
}
