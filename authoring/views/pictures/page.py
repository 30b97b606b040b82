"""Pages that show a photo beside its depth: what lies where.

Knows: sizes, margins, legends. Must not know: files, where the numbers came from.

All lengths are in units of 1/1600 of the page's width, so a page looks the same at any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from authoring.views.pictures.colours import coloured, hatched, table
from authoring.views.pictures.edges import edges
from authoring.views.pictures.lettering import FAINT, INK, PANEL, PAPER, fitted, font, wrapped
from authoring.views.pictures.planes import box_mean, extremes, stretched
from authoring.views.pictures.scale import Scale, histogram, written

MARGIN, GAP = 40, 24
TITLE, BODY, SMALL = 32, 19, 17
WIDE = 2.2
"""A photo of this aspect or wider has its depth below it, not beside it."""

TALLEST = 1400
"""An overlay is not higher than this, or a portrait photo would fill two screens."""

MARK = (255, 255, 255)
MARK_EDGE = (20, 20, 26)
FOCUS = (255, 214, 64)

PALE = 0.72
"""How much of a photo's colour is taken out below an overlay, so that only lines are coloured."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a page is to show."""

    title: str
    about: str
    """One line below the title."""
    photo: Picture
    """(H, W, 3), sRGB."""
    values: NDArray[np.float32]
    """(h, w) in the scale's unit, NaN in holes; upright, over the same picture."""
    scale: Scale
    absolute: bool
    """Whether metres hold; else they are written as relative."""
    facts: Sequence[tuple[str, str]] = ()
    """Label and text, in the order written."""
    focus: tuple[float, float] | None = None
    """(x, y), 0..1."""
    holes: float = 0.0
    """Share of the map without depth."""

    @property
    def nearness(self) -> NDArray[np.float32]:
        """(h, w), 0 far to 1 near, NaN in holes."""
        return self.scale.nearness(self.values)


@dataclass(slots=True)
class Page:
    """A page that grows downward."""

    width: int
    unit: float = field(init=False)
    image: Image.Image = field(init=False)
    pen: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        """An empty page; `grow` gives it height."""
        self.unit = self.width / 1600
        self.image = Image.new("RGB", (self.width, 1), PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def px(self, units: float) -> int:
        """Pixels of a length."""
        return round(units * self.unit)

    def grow(self, height: int) -> None:
        """Make the page that high."""
        taller = Image.new("RGB", (self.width, height), PAPER)
        taller.paste(self.image, (0, 0))
        self.image, self.pen = taller, ImageDraw.Draw(taller)

    def text(
        self, x: float, y: float, text: str, size: float, ink: tuple[int, int, int] = INK, **how: Any
    ) -> None:
        """Write, `size` in units; x and y in pixels."""
        self.pen.text((x, y), text, font=font(self.px(size)), fill=ink, **how)

    def paste(self, picture: Picture, x: int, y: int) -> None:
        """Put a picture there."""
        self.image.paste(Image.fromarray(picture), (x, y))


def resized(photo: Picture, width: int, height: int) -> Picture:
    """A photo in another size."""
    image = Image.fromarray(photo).resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.asarray(image)


def fitted_map(nearness: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """A map in another size: known samples averaged or interpolated, NaN where less than half is known."""
    known = np.isfinite(nearness)

    def sized(plane: NDArray[Any]) -> NDArray[np.float32]:
        smaller = width < plane.shape[1]
        how = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
        return np.asarray(Image.fromarray(plane.astype(np.float32)).resize((width, height), how))

    if known.all():
        return sized(nearness)
    share = sized(known)
    with np.errstate(all="ignore"):
        known_mean = sized(np.where(known, nearness, 0)) / share
    return np.where(share >= 0.5, known_mean, np.float32(np.nan))


def preview(scene: Scene, width: int) -> Picture:
    """The photo beside its depth in colours, facts below the one, a legend below the other."""
    page = Page(width)
    margin, gap = page.px(MARGIN), page.px(GAP)
    top = _head(page, scene)
    high, wide = scene.photo.shape[:2]
    below = wide / high >= WIDE
    across = width - 2 * margin if below else (width - 2 * margin - gap) // 2
    down = max(1, round(across * high / wide))
    right, second = (margin, top + down + gap) if below else (margin + across + gap, top)
    foot = second + down + page.px(18)
    half = (width - 2 * margin - gap) // 2
    # Enough for all that follows; what is left over is cut off at the end.
    page.grow(foot + page.px(600))
    page.paste(resized(scene.photo, across, down), margin, top)
    shown = fitted_map(scene.nearness, across, down)
    page.paste(coloured(shown), right, second)
    if scene.focus is not None:
        _reticle(page, margin + scene.focus[0] * across, top + scene.focus[1] * down)
    _extremes(page, scene, shown, right, second)
    end = max(
        _facts(page, scene.facts, margin, foot, half),
        _legend(page, scene, margin + half + gap, foot, half),
    )
    return np.asarray(page.image)[: end + margin]


def overlay(scene: Scene, width: int) -> Picture:
    """The photo in pale gray with the edges of the depth over it, in the colours of their nearer side."""
    page = Page(width)
    margin = page.px(MARGIN)
    top = _head(page, scene)
    high, wide = scene.photo.shape[:2]
    across = min(width - 2 * margin, round(page.px(TALLEST) * wide / high))
    down = max(1, round(across * high / wide))
    left = (width - across) // 2
    foot = top + down + page.px(18)
    half = (width - 2 * margin - page.px(GAP)) // 2
    page.grow(foot + page.px(600))
    page.paste(overlaid(resized(scene.photo, across, down), scene.nearness, scene.scale.relief), left, top)
    told = [
        (
            "lines",
            "edges of the depth, in the colour of their nearer side; they should lie on the outlines of things",
        )
    ]
    end = max(
        _facts(page, [*told, *scene.facts], margin, foot, half),
        _legend(page, scene, width - margin - half, foot, half),
    )
    return np.asarray(page.image)[: end + margin]


def overlaid(photo: Picture, nearness: NDArray[np.float32], relief: float = 1.0) -> Picture:
    """A photo (H, W, 3) under the edges of a map (h, w) of the same picture; less relief, fewer edges."""
    height, width = photo.shape[:2]
    if nearness.shape[1] > width:
        nearness = fitted_map(nearness, width, height)
    gray = photo.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    pale = photo + (gray[..., None] - photo) * np.float32(PALE)
    pale = 40 + pale * np.float32(0.84)
    line = edges(nearness * np.float32(relief), height, width)
    thick = max(1, round(width / 1100))
    core = _spread(line, thick)
    casing = _spread(line, thick + max(1, round(width / 1600)))
    near = _nearest_around(nearness, height, width)
    # The darkest third of the colours would not be seen on the dark casing.
    colour = coloured(0.36 + 0.64 * near).astype(np.float32)
    mixed = pale * (1 - 0.75 * casing[..., None])
    mixed += (colour - mixed) * core[..., None]
    drawn: Picture = np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
    return drawn


def _spread(line: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """A line made wider, round and with soft ends: the greatest within a disc."""
    result = line.copy()
    padded = np.pad(line, reach)
    height, width = line.shape
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            cover = min(1.0, reach + 0.5 - float(np.hypot(dy, dx)))
            if cover > 0:
                part = padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
                np.maximum(result, part * np.float32(cover), out=result)
    return result


def _nearest_around(nearness: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    known = np.where(np.isfinite(nearness), nearness, 0).astype(np.float32)
    return stretched(extremes(known, 3)[1], height, width)


def _head(page: Page, scene: Scene) -> int:
    """Title and the line below it; where the pictures begin."""
    margin = page.px(MARGIN)
    page.grow(page.px(200))
    inner = page.width - 2 * margin
    page.text(margin, page.px(34), fitted(page.pen, scene.title, page.px(TITLE), inner), TITLE)
    page.text(margin, page.px(78), fitted(page.pen, scene.about, page.px(BODY), inner), BODY, FAINT)
    return page.px(118)


def _facts(page: Page, facts: Sequence[tuple[str, str]], x: int, y: int, width: int) -> int:
    """Labels and texts in two columns; where they end."""
    indent, line = page.px(118), page.px(26)
    for label, text in facts:
        page.text(x, y, label, BODY, FAINT)
        for part in wrapped(page.pen, text, page.px(BODY), width - indent):
            page.text(x + indent, y, part, BODY)
            y += line
        y += page.px(4)
    return y


def _legend(page: Page, scene: Scene, x: int, y: int, width: int) -> int:
    """Histogram, colour bar and distances, near on the left; where they end."""
    tall, bar = page.px(84), page.px(18)
    page.pen.rectangle((x, y, x + width - 1, y + tall - 1), fill=PANEL)
    steps = np.rint(np.linspace(1, 0, width) * 255).astype(np.intp)
    counts = histogram(scene.nearness).astype(np.float64)
    # A peak of one value (a wall, the sky) must not flatten all others.
    limit = max(float(np.percentile(counts[counts > 0], 98)) * 1.25, 1.0) if counts.any() else 1.0
    rise = np.rint(np.minimum(counts[steps] / limit, 1) * (tall - page.px(6))).astype(np.intp)
    rise = np.maximum(rise, counts[steps] > 0)
    rows = np.arange(tall)[:, None]
    filled = rows >= tall - rise[None]
    chart = np.where(filled[..., None], table()[steps][None], np.array(PANEL, np.uint8)).astype(np.uint8)
    page.paste(chart, x, y)
    y += tall + page.px(4)
    page.paste(np.repeat(table()[steps][None], bar, axis=0), x, y)
    y += bar + page.px(5)
    unit = " m" if scene.absolute else ""
    for metres in scene.scale.ticks(0.11):
        place = x + (1 - scene.scale.place(metres)) * (width - 1)
        page.pen.line((place, y - page.px(5), place, y), fill=FAINT, width=max(1, page.px(1)))
        page.text(place, y, f"{written(metres)}{unit}", SMALL, FAINT, anchor="ma")
    near, far = written(scene.scale.metres(1)), written(scene.scale.metres(0))
    page.text(x, y, f"{near}{unit}", SMALL)
    page.text(x + width, y, f"{far}{unit if far != 'infinity' else ''}", SMALL, anchor="ra")
    y += page.px(24)
    told = "distance in metres" if scene.absolute else "distance, relative: in proportion only"
    page.text(x, y, "near", SMALL, FAINT)
    page.text(x + width / 2, y, told, SMALL, FAINT, anchor="ma")
    page.text(x + width, y, "far", SMALL, FAINT, anchor="ra")
    y += page.px(26)
    if scene.holes > 0:
        side = page.px(22)
        rows, columns = np.indices((side, 2 * side))
        page.paste(hatched(rows, columns), x, y)
        share = f"{scene.holes:.1%}" if scene.holes >= 0.001 else "less than 0.1%"
        page.text(x + 2 * side + page.px(10), y, f"holes, no depth: {share} of the map", SMALL)
        y += page.px(30)
    return y


def _reticle(page: Page, x: float, y: float) -> None:
    """The four corners of a square about a point, and what it is."""
    side, arm = page.px(26), page.px(10)
    for ink, thick in ((MARK_EDGE, page.px(5)), (FOCUS, page.px(3))):
        for across in (-1, 1):
            for down in (-1, 1):
                corner = (x + across * side, y + down * side)
                page.pen.line(
                    (corner[0] - across * arm, corner[1], *corner, corner[0], corner[1] - down * arm),
                    fill=ink,
                    width=max(1, thick),
                )
    _note(page, x, y + side + page.px(6), "focus", FOCUS, "ma")


def _note(page: Page, x: float, y: float, text: str, ink: tuple[int, int, int], anchor: str) -> None:
    """A word on a picture, with a dark rim."""
    page.text(x, y, text, SMALL, ink, anchor=anchor, stroke_width=max(1, page.px(2)), stroke_fill=MARK_EDGE)


def _extremes(page: Page, scene: Scene, nearness: NDArray[np.float32], left: int, top: int) -> None:
    """Rings about the nearest and the farthest place of a map as it is shown, with their distances."""
    height, width = nearness.shape
    known = np.isfinite(nearness)
    if not known.any() or scene.scale.low == scene.scale.high:
        return
    # A single sample may be noise: places are judged by the mean around them.
    reach = max(1, round(0.01 * max(nearness.shape)))
    mean = box_mean(np.where(known, nearness, 0), reach) / np.maximum(
        box_mean(known.astype(np.float64), reach), 1e-9
    )
    ring = page.px(9)
    for word, place in (
        ("near", np.argmax(np.where(known, mean, -np.inf))),
        ("far", np.argmin(np.where(known, mean, np.inf))),
    ):
        row, column = np.unravel_index(int(place), nearness.shape)
        inside = ring + page.px(4)
        x = left + min(max(column + 0.5, inside), width - inside)
        y = top + min(max(row + 0.5, inside), height - inside)
        for grown, ink, thick in ((page.px(2), MARK_EDGE, page.px(6)), (0, MARK, page.px(3))):
            size = ring + grown
            page.pen.ellipse((x - size, y - size, x + size, y + size), outline=ink, width=max(1, thick))
        text = f"{word} {written(scene.scale.metres(float(mean[row, column])))}" + (
            " m" if scene.absolute else ""
        )
        room = page.pen.textlength(text, font=font(page.px(SMALL))) + page.px(20)
        right = x + ring + room < left + width
        at = x + ring + page.px(7) if right else x - ring - page.px(7)
        _note(page, at, y, text, MARK, "lm" if right else "rm")
