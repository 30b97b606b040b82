"""Text in pictures, in the one font that Pillow brings along.

Knows: that font's letters and sizes. Must not know: what is written.
"""

from __future__ import annotations

import string
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import ImageDraw

LETTERS = frozenset(string.ascii_letters + string.digits + string.punctuation + " ·…")
"""What Pillow's Aileron has of what is needed here; other letters would come out as empty boxes."""

SMALLEST_PX = 10
"""Below this nothing can be read."""

INK = (28, 30, 38)
FAINT = (112, 116, 128)
PAPER = (255, 255, 255)
PANEL = (243, 244, 247)
"""The colours of text, of less important text, of the page, and of what lies on it."""


@lru_cache(maxsize=16)
def font(size: float) -> Any:
    """The font in a size of pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(max(SMALLEST_PX, round(size)))


def plain(text: str) -> str:
    """The text in letters the font has: accents are taken off, other scripts become question marks."""
    taken = unicodedata.normalize("NFKD", text.replace("×", "x").replace("–", "-").replace("—", "-"))
    return "".join(
        letter if letter in LETTERS else "?" for letter in taken if not unicodedata.combining(letter)
    )


def fitted(pen: ImageDraw.ImageDraw, text: str, size: float, width: float) -> str:
    """The text, its middle left out where it is wider than `width` pixels."""
    text = plain(text)
    if pen.textlength(text, font=font(size)) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        short = text[: (kept + 1) // 2] + "…" + text[len(text) - kept // 2 :]
        if pen.textlength(short, font=font(size)) <= width:
            return short
    return "…"


def wrapped(pen: ImageDraw.ImageDraw, text: str, size: float, width: float) -> list[str]:
    """The text in lines no wider than `width` pixels, broken between words."""
    lines: list[str] = []
    for word in plain(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pen.textlength(longer, font=font(size)) <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(pen, word, size, width))
    return lines
