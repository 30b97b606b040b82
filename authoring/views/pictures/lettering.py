"""Measure and shorten text for pictures, in the font that Pillow includes."""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache
from typing import Any

from PIL import ImageDraw, ImageFont

LETTERS = frozenset(string.ascii_letters + string.digits + string.punctuation + " ·…")
"""Characters that Pillow's Aileron has; others would be drawn as empty boxes."""

SMALLEST_PX = 10
"""Smaller text is illegible."""

INK = (28, 30, 38)
FAINT = (112, 116, 128)
PAPER = (255, 255, 255)
PANEL = (243, 244, 247)
"""Colours of text, of less important text, of the page, and of panels on it."""


@lru_cache(maxsize=16)
def font(size: float) -> Any:
    """Return the font in a size in pixels."""
    return ImageFont.load_default(max(SMALLEST_PX, round(size)))


def plain(text: str) -> str:
    """Return the text in characters the font has: accents are removed, other scripts become question marks."""
    decomposed = unicodedata.normalize("NFKD", text.replace("×", "x").replace("–", "-").replace("—", "-"))
    return "".join(
        letter if letter in LETTERS else "?" for letter in decomposed if not unicodedata.combining(letter)
    )


def fitted(pen: ImageDraw.ImageDraw, text: str, size: float, width: float) -> str:
    """Return the text, its middle left out if it is wider than `width` pixels."""
    text = plain(text)
    if pen.textlength(text, font=font(size)) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        short = text[: (kept + 1) // 2] + "…" + text[len(text) - kept // 2 :]
        if pen.textlength(short, font=font(size)) <= width:
            return short
    return "…"


def wrapped(pen: ImageDraw.ImageDraw, text: str, size: float, width: float) -> list[str]:
    """Return the text in lines no wider than `width` pixels, broken between words."""
    lines: list[str] = []
    for word in plain(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pen.textlength(longer, font=font(size)) <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(pen, word, size, width))
    return lines
