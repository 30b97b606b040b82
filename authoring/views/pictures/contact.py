"""Lay out the contact sheet: many photos, each beside its depth, on one page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from authoring.codecs.photo import resized
from authoring.views.pictures.colours import coloured, table
from authoring.views.pictures.lettering import FAINT, PANEL, fitted, wrapped
from authoring.views.pictures.page import GAP, MARGIN, Page, PageContent, resized_map
from authoring.views.pictures.scale import format_distance

COLUMNS = 3
"""Pairs in a row: on 1600 pixels each picture is some 240 wide."""

NAME, FACT = 18, 16

TALLEST_CELL = 1.34
"""Largest ratio of a picture's height to its width: a portrait photo of 3:4 just fits."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    name: str
    fact: str
    photo: NDArray[np.uint8] | None
    depth: NDArray[np.uint8] | None

    @property
    def height(self) -> int:
        return 0 if self.photo is None else self.photo.shape[0]


def largest_side(width: int) -> int:
    """Return the long side of the largest picture on a page of `width`."""
    return math.ceil(_widths(Page(width))[1] * TALLEST_CELL)


def _widths(page: Page) -> tuple[int, int]:
    """Return the width of a pair of pictures, and that of one."""
    across = (page.width - 2 * page.px(MARGIN) - (COLUMNS - 1) * page.px(GAP)) // COLUMNS
    return across, (across - max(2, page.px(4))) // 2


def sheet(photos: Iterable[tuple[str, PageContent | str]], width: int) -> Image.Image:
    """Draw photos by name, each with its content or the sentence that says why there is none."""
    page = Page(width)
    margin, gap, thin = page.px(MARGIN), page.px(GAP), max(2, page.px(4))
    across, side = _widths(page)
    cells = [_cell(name, content, side) for name, content in photos]
    top = _head(page, len(cells))
    for start in range(0, len(cells), COLUMNS):
        row = cells[start : start + COLUMNS]
        tall = max([cell.height for cell in row]) or round(side * 0.75)
        page.grow(top + tall + page.px(60) + gap)
        for number, cell in enumerate(row):
            x = margin + number * (across + gap)
            foot = top + tall + page.px(8)
            if cell.photo is None or cell.depth is None:
                page.pen.rectangle((x, top, x + across - 1, top + tall - 1), fill=PANEL)
                line = page.px(20)
                room = max(1, (tall - 2 * line) // line)
                lines = wrapped(page.pen, cell.fact, page.px(FACT), across - 2 * line)
                for index, text in enumerate(lines[:room]):
                    page.text(x + line, top + line + index * line, text, FACT, FAINT)
            else:
                down = top + tall - cell.height
                page.paste(cell.photo, x, down)
                page.paste(cell.depth, x + cell.photo.shape[1] + thin, down)
                page.text(
                    x, foot + page.px(24), fitted(page.pen, cell.fact, page.px(FACT), across), FACT, FAINT
                )
            page.text(x, foot, fitted(page.pen, cell.name, page.px(NAME), across), NAME)
        top += tall + page.px(60) + gap
    return page.image.crop((0, 0, width, min(page.image.height, top - gap + margin // 2)))


def _cell(name: str, content: PageContent | str, side: int) -> _Cell:
    if isinstance(content, str):
        return _Cell(name, content, None, None)
    wide, high = content.size
    across = max(1, min(side, round(side * TALLEST_CELL * wide / high)))
    down = max(1, min(round(side * TALLEST_CELL), round(across * high / wide)))
    unit = " m" if content.absolute else ", relative"
    fact = f"{format_distance(content.scale.metres(1))} to {format_distance(content.scale.metres(0))}{unit}"
    if content.holes > 0:
        fact += f", holes {100 * content.holes:.0f} %" if content.holes >= 0.01 else ", few holes"
    depth = coloured(resized_map(content.nearness, across, down))
    return _Cell(name, fact, resized(content.photo, across, down, smooth=True), depth)


def _head(page: Page, count: int) -> int:
    """Draw the number of photos and the colours; return where the rows begin."""
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
