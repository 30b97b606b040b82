"""Lay out pictures that show a photo and its depth: previews and overlays.

All lengths are in units of 1/1600 of the page's width, so a page looks the same at any width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from authoring.codecs.photo import resized
from authoring.depth.kernels import resample_area, row_chunks
from authoring.depth.raster import extreme_around
from authoring.views.pictures.colours import coloured, hatched, table
from authoring.views.pictures.edges import edges
from authoring.views.pictures.lettering import FAINT, INK, PANEL, PAPER, fitted, font, wrapped
from authoring.views.pictures.planes import box_mean
from authoring.views.pictures.scale import Scale, format_distance, histogram

MARGIN, GAP = 40, 24
TITLE, BODY, SMALL = 32, 19, 17
WIDE = 2.2
"""Aspect from which a photo has its depth below it, not beside it."""

TALLEST = 1400
"""Largest height of an overlay, or a portrait photo would fill two screens."""

TALLEST_BESIDE = 2400
"""Largest height of a photo beside its depth; one that is more than three times as high as wide is shown smaller."""

TALLEST_PX = 3072
"""Largest height of any picture, whatever the page's width: it bounds the memory of the widest page."""

OVERLAY_PIXELS = 2_000_000
"""An overlay is as large as the photo, or has so many pixels: lines are drawn in floating point, and an enlarged photo
shows no more."""

FOOT = 600
"""Room for facts and legend, more than enough; the rest is cut off."""

EXTREMES_SIDE = 1024
"""Long side of the raster in which the nearest and the farthest point are searched."""

MARK = (255, 255, 255)
MARK_EDGE = (20, 20, 26)
FOCUS = (255, 214, 64)

PALE = 0.72
"""How much of a photo's colour is removed under an overlay, so that only the lines are coloured."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class PageContent:
    """What a page shows of a photo and its depth."""

    title: str
    about: str
    """One line below the title."""
    photo: Picture
    """(H, W, 3), sRGB; no fewer pixels than are shown, or all of them."""
    values: NDArray[np.float32]
    """(h, w) in the scale's unit, NaN in holes; upright, of the same picture."""
    scale: Scale
    absolute: bool
    """Whether the metres hold; otherwise they are labelled as relative."""
    facts: Sequence[tuple[str, str]] = ()
    """Label and text, in the order they are written."""
    focus: tuple[float, float] | None = None
    """(x, y), 0..1."""
    holes: float = 0.0
    """Share of the map without depth."""
    photo_size: tuple[int, int] | None = None
    """(width, height) of the whole photo; None stands for that of `photo`."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the whole photo."""
        return self.photo_size or (self.photo.shape[1], self.photo.shape[0])

    @property
    def nearness(self) -> NDArray[np.float32]:
        """The values (h, w) as nearness, 0 far to 1 near, NaN in holes."""
        return self.scale.nearness(self.values)


@dataclass(slots=True)
class Page:
    """A page that grows downward."""

    width: int
    unit: float = field(init=False)
    image: Image.Image = field(init=False)
    pen: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        """Start an empty page; `grow` gives it height."""
        self.unit = self.width / 1600
        self.image = Image.new("RGB", (self.width, 1), PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def px(self, units: float) -> int:
        """Convert a length to pixels."""
        return round(units * self.unit)

    def grow(self, height: int) -> None:
        """Extend the page to a height in pixels."""
        taller = Image.new("RGB", (self.width, height), PAPER)
        taller.paste(self.image, (0, 0))
        self.image, self.pen = taller, ImageDraw.Draw(taller)

    def text(
        self, x: float, y: float, text: str, size: float, ink: tuple[int, int, int] = INK, **options: Any
    ) -> None:
        """Write text at x, y in pixels, with `size` in units."""
        self.pen.text((x, y), text, font=font(self.px(size)), fill=ink, **options)

    def paste(self, picture: Picture, x: int, y: int) -> None:
        """Paste a picture with its top left corner at x, y."""
        for rows in row_chunks(picture.shape):
            self.image.paste(Image.fromarray(picture[rows]), (x, y + rows.start))


def resized_map(nearness: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Return a map in another size, NaN where less than half of a sample is known."""
    result = resample_area(nearness, width, height)
    known = np.isfinite(nearness)
    if known.all():
        return result
    share = resample_area(known.astype(np.float32), width, height)
    return np.where(share >= 0.5, result, np.float32(np.nan))


def shown_size(wide: int, high: int, width: int, *, overlay: bool = False) -> tuple[int, int]:
    """Return the (width, height) at which a page of `width` shows a photo of (wide, high)."""
    page = Page(width)
    margin, gap = page.px(MARGIN), page.px(GAP)
    if overlay:
        most = math.floor(math.sqrt(max(OVERLAY_PIXELS, high * wide) * high / wide))
        across, down = width - 2 * margin, min(page.px(TALLEST), TALLEST_PX, most)
    else:
        across = width - 2 * margin if wide / high >= WIDE else (width - 2 * margin - gap) // 2
        down = min(page.px(TALLEST_BESIDE), TALLEST_PX)
    across = max(1, min(across, round(down * wide / high)))
    return across, max(1, min(down, round(across * high / wide)))


def preview(content: PageContent, width: int) -> Image.Image:
    """Draw the photo beside its depth in colours, facts below the photo, a legend below the depth."""
    page = Page(width)
    margin, gap = page.px(MARGIN), page.px(GAP)
    top = _head(page, content)
    wide, high = content.size
    below = wide / high >= WIDE
    across, down = shown_size(wide, high, width)
    right, second = (margin, top + down + gap) if below else (margin + across + gap, top)
    shown = resized_map(content.nearness, across, down)
    foot = _foot(width, content, content.facts)
    page.grow(second + down + page.px(18) + foot.height)
    page.image.paste(foot, (0, second + down + page.px(18)))
    page.paste(resized(content.photo, across, down, smooth=True), margin, top)
    page.paste(coloured(shown), right, second)
    if content.focus is not None:
        _reticle(page, margin + content.focus[0] * across, top + content.focus[1] * down)
    _extremes(page, content, shown, right, second)
    return page.image


def overlay(content: PageContent, width: int) -> Image.Image:
    """Draw the photo in pale gray under the edges of the depth, in the colours of their nearer side."""
    page = Page(width)
    top = _head(page, content)
    across, down = shown_size(*content.size, width, overlay=True)
    left = (width - across) // 2
    lines = (
        "edges of the depth, in the colour of their nearer side; they should be on the outlines of objects"
    )
    foot = _foot(width, content, [("lines", lines), *content.facts])
    page.grow(top + down + page.px(18) + foot.height)
    page.image.paste(foot, (0, top + down + page.px(18)))
    photo = resized(content.photo, across, down, smooth=True)
    page.paste(overlaid(photo, content.nearness, content.scale.relief), left, top)
    return page.image


def _foot(width: int, content: PageContent, facts: Sequence[tuple[str, str]]) -> Image.Image:
    """Draw the lower part of a page: facts on the left, the legend on the right."""
    page = Page(width)
    page.grow(page.px(FOOT))
    margin, gap = page.px(MARGIN), page.px(GAP)
    half = (width - 2 * margin - gap) // 2
    end = max(
        _facts(page, facts, margin, 0, half),
        _legend(page, content, width - margin - half, 0, half),
    )
    return page.image.crop((0, 0, width, min(end + margin, page.image.height)))


def overlaid(photo: Picture, nearness: NDArray[np.float32], relief: float = 1.0) -> Picture:
    """Draw the edges of a map (h, w) over a photo (H, W, 3) of the same picture; less relief, fewer edges."""
    height, width = photo.shape[:2]
    if nearness.shape[1] > width:
        nearness = resized_map(nearness, width, height)
    gray = photo.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    pale = photo + (gray[..., None] - photo) * np.float32(PALE)
    pale = 40 + pale * np.float32(0.84)
    line = edges(nearness * np.float32(relief), height, width)
    thick = max(1, round(width / 1100))
    core = _spread(line, thick)
    casing = _spread(line, thick + max(1, round(width / 1600)))
    known = np.where(np.isfinite(nearness), nearness, 0).astype(np.float32)
    near = resample_area(extreme_around(known, 3, np.maximum), width, height)
    # The darkest third of the colours would be invisible on the dark casing.
    colour = coloured(0.36 + 0.64 * near).astype(np.float32)
    mixed = pale * (1 - 0.75 * casing[..., None])
    mixed += (colour - mixed) * core[..., None]
    drawn: Picture = np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
    return drawn


def _spread(line: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Widen a line, round and with soft ends: the maximum within a disc."""
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


def _head(page: Page, content: PageContent) -> int:
    """Draw the title and the line below it; return where the pictures begin."""
    margin = page.px(MARGIN)
    page.grow(page.px(200))
    inner = page.width - 2 * margin
    page.text(margin, page.px(34), fitted(page.pen, content.title, page.px(TITLE), inner), TITLE)
    page.text(margin, page.px(78), fitted(page.pen, content.about, page.px(BODY), inner), BODY, FAINT)
    return page.px(118)


def _facts(page: Page, facts: Sequence[tuple[str, str]], x: int, y: int, width: int) -> int:
    """Draw labels and texts in two columns; return where they end."""
    indent, line = page.px(118), page.px(26)
    for label, text in facts:
        page.text(x, y, label, BODY, FAINT)
        for part in wrapped(page.pen, text, page.px(BODY), width - indent):
            page.text(x + indent, y, part, BODY)
            y += line
        y += page.px(4)
    return y


def _legend(page: Page, content: PageContent, x: int, y: int, width: int) -> int:
    """Draw histogram, colour bar and distances, near on the left; return where they end."""
    tall, bar = page.px(84), page.px(18)
    page.pen.rectangle((x, y, x + width - 1, y + tall - 1), fill=PANEL)
    steps = np.rint(np.linspace(1, 0, width) * 255).astype(np.intp)
    counts = histogram(content.nearness).astype(np.float64)
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
    unit = " m" if content.absolute else ""
    for metres in content.scale.ticks(0.11):
        place = x + (1 - content.scale.place(metres)) * (width - 1)
        page.pen.line((place, y - page.px(5), place, y), fill=FAINT, width=max(1, page.px(1)))
        page.text(place, y, f"{format_distance(metres)}{unit}", SMALL, FAINT, anchor="ma")
    near, far = format_distance(content.scale.metres(1)), format_distance(content.scale.metres(0))
    page.text(x, y, f"{near}{unit}", SMALL)
    page.text(x + width, y, f"{far}{unit if far != 'infinity' else ''}", SMALL, anchor="ra")
    y += page.px(24)
    caption = "distance in metres" if content.absolute else "distance, relative: metres not certain"
    page.text(x, y, "near", SMALL, FAINT)
    page.text(x + width / 2, y, caption, SMALL, FAINT, anchor="ma")
    page.text(x + width, y, "far", SMALL, FAINT, anchor="ra")
    y += page.px(26)
    if content.holes > 0:
        side = page.px(22)
        rows, columns = np.indices((side, 2 * side))
        page.paste(hatched(rows, columns), x, y)
        share = f"{100 * content.holes:.1f} %" if content.holes >= 0.001 else "less than 0.1 %"
        page.text(x + 2 * side + page.px(10), y, f"holes, no depth: {share} of the map", SMALL)
        y += page.px(30)
    return y


def _reticle(page: Page, x: float, y: float) -> None:
    """Draw the four corners of a square around the focus."""
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
    """Draw a word on a picture, with a dark outline."""
    page.text(x, y, text, SMALL, ink, anchor=anchor, stroke_width=max(1, page.px(2)), stroke_fill=MARK_EDGE)


def _extremes(page: Page, content: PageContent, nearness: NDArray[np.float32], left: int, top: int) -> None:
    """Draw rings around the nearest and the farthest point of a map, with their distances."""
    height, width = nearness.shape
    step = -(-max(height, width) // EXTREMES_SIDE)
    first_row, first_column = min(step, height) // 2, min(step, width) // 2
    nearness = nearness[first_row::step, first_column::step]
    known = np.isfinite(nearness)
    if not known.any() or content.scale.low == content.scale.high:
        return
    # A single sample may be noise: the mean around it counts.
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
        text = f"{word} {format_distance(content.scale.metres(float(mean[row, column])))}" + (
            " m" if content.absolute else ""
        )
        row, column = first_row + row * step, first_column + column * step
        inside = ring + page.px(4)
        x = left + min(max(column + 0.5, inside), width - inside)
        y = top + min(max(row + 0.5, inside), height - inside)
        for grown, ink, thick in ((page.px(2), MARK_EDGE, page.px(6)), (0, MARK, page.px(3))):
            size = ring + grown
            page.pen.ellipse((x - size, y - size, x + size, y + size), outline=ink, width=max(1, thick))
        room = page.pen.textlength(text, font=font(page.px(SMALL))) + page.px(20)
        right = x + ring + room < left + width
        at = x + ring + page.px(7) if right else x - ring - page.px(7)
        _note(page, at, y, text, MARK, "lm" if right else "rm")
