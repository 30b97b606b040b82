"""The contact sheet: many photos, each beside its depth, on one page.

Knows: columns and rows. Must not know: files, how photos are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.views.pictures.colours import coloured, table
from authoring.views.pictures.lettering import FAINT, PANEL, fitted, wrapped
from authoring.views.pictures.page import GAP, MARGIN, Page, Scene, fitted_map, resized
from authoring.views.pictures.scale import written

COLUMNS = 3
"""Pairs beside each other: at 1600 pixels each picture is some 240 wide."""

NAME, FACT = 18, 16

SQUARE = 1.34
"""Height of a picture's place by its width, at most: a portrait photo of 3:4 just fits."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    name: str
    fact: str
    photo: NDArray[np.uint8] | None
    depth: NDArray[np.uint8] | None

    @property
    def height(self) -> int:
        return 0 if self.photo is None else self.photo.shape[0]


def sheet(photos: Iterable[tuple[str, Scene | str]], width: int) -> NDArray[np.uint8]:
    """Names with what to show of them, or with the sentence why there is nothing."""
    page = Page(width)
    margin, gap, thin = page.px(MARGIN), page.px(GAP), max(2, page.px(4))
    across = (width - 2 * margin - (COLUMNS - 1) * gap) // COLUMNS
    side = (across - thin) // 2
    cells = [_cell(name, shown, side) for name, shown in photos]
    top = _head(page, len(cells))
    for start in range(0, len(cells), COLUMNS):
        row = cells[start : start + COLUMNS]
        tall = max([one.height for one in row]) or round(side * 0.75)
        page.grow(top + tall + page.px(60) + gap)
        for number, one in enumerate(row):
            x = margin + number * (across + gap)
            foot = top + tall + page.px(8)
            if one.photo is None or one.depth is None:
                page.pen.rectangle((x, top, x + across - 1, top + tall - 1), fill=PANEL)
                line = page.px(20)
                room = max(1, (tall - 2 * line) // line)
                lines = wrapped(page.pen, one.fact, page.px(FACT), across - 2 * line)
                for index, text in enumerate(lines[:room]):
                    page.text(x + line, top + line + index * line, text, FACT, FAINT)
            else:
                down = top + tall - one.height
                page.paste(one.photo, x, down)
                page.paste(one.depth, x + one.photo.shape[1] + thin, down)
                page.text(
                    x, foot + page.px(24), fitted(page.pen, one.fact, page.px(FACT), across), FACT, FAINT
                )
            page.text(x, foot, fitted(page.pen, one.name, page.px(NAME), across), NAME)
        top += tall + page.px(60) + gap
    return np.asarray(page.image)[: top - gap + margin // 2]


def _cell(name: str, shown: Scene | str, side: int) -> _Cell:
    if isinstance(shown, str):
        return _Cell(name, shown, None, None)
    high, wide = shown.photo.shape[:2]
    across = min(side, round(side * SQUARE * wide / high))
    down = max(1, round(across * high / wide))
    unit = " m" if shown.absolute else ", relative"
    fact = f"{written(shown.scale.metres(1))} to {written(shown.scale.metres(0))}{unit}"
    if shown.holes > 0:
        fact += f", holes {shown.holes:.0%}" if shown.holes >= 0.01 else ", few holes"
    depth = coloured(fitted_map(shown.nearness, across, down))
    return _Cell(name, fact, resized(shown.photo, across, down), depth)


def _head(page: Page, count: int) -> int:
    """How many there are, and the colours; where the rows begin."""
    margin, bar = page.px(MARGIN), page.px(300)
    page.grow(page.px(120))
    page.text(margin, page.px(34), f"{count} photo{'s' if count != 1 else ''} and their depth", 28)
    steps = np.rint(np.linspace(1, 0, bar) * 255).astype(np.intp)
    left = page.width - margin - bar
    page.paste(np.repeat(table()[steps][None], page.px(14), axis=0), left, page.px(36))
    page.text(left, page.px(56), "near", FACT, FAINT)
    page.text(left + bar / 2, page.px(56), "each in its own range", FACT, FAINT, anchor="ma")
    page.text(left + bar, page.px(56), "far", FACT, FAINT, anchor="ra")
    return page.px(98)
