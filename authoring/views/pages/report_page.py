"""Render the report page: a card for each file, written one at a time.

The counts, known only at the end, are at the end of the page and shown at the top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Literal

from authoring.views.pages.html import asset, data_uri, escape, policy, script, shown_name

CardLevel = Literal["error", "none", "L1", "L2", "L3", "L4"]

LEVELS: tuple[CardLevel, ...] = ("L4", "L3", "L2", "L1", "none", "error")

_END_MARK = "<!-- cards -->"

_WORDS: dict[CardLevel, str] = {
    "L4": "effect can be switched",
    "L3": "depth controls in Edit",
    "L2": "shown as a portrait",
    "L1": "readable depth",
    "none": "no readable depth",
    "error": "cannot be read",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One file."""

    name: str
    """Any text."""
    level: CardLevel
    headline: str
    facts: str
    """One line: sizes, distances; may be empty."""
    photo: bytes | None
    """JPEG thumbnails, or None."""
    depth: bytes | None
    obstacles: tuple[tuple[str, str, str], ...] = ()
    """Rule, reason, and how to fix it."""
    findings: tuple[tuple[str, str, str, str], ...] = ()
    """Rule, grade, status and message of the rules that do not pass."""
    held: int = 0
    """Number of rules that pass."""
    verdict: str = ""
    hints: tuple[str, ...] = ()


def page_start(files: int) -> bytes:
    """Render the page up to the first card; `files` is the number of cards."""
    style = asset("base.css") + asset("report.css")
    start = asset("report.html").partition(_END_MARK)[0]
    values = {
        "policy": escape(policy(style, _script())),
        "style": style,
        "count": f"{files} {'file' if files == 1 else 'files'}",
        "levels": "".join(
            f'<label><input type="checkbox" name="level" value="{level}" checked>'
            f'<span class="level level-{level}">{level}</span></label>'
            for level in LEVELS
        ),
    }
    return Template(start).substitute(values).encode("utf-8")


def page_end(counts: Mapping[CardLevel, int]) -> bytes:
    """Render the page after the last card."""
    end = asset("report.html").partition(_END_MARK)[2]
    lines = [
        f'<li><span class="level level-{level}">{level}</span> {counts[level]} '
        f'<span class="quiet">{_WORDS[level]}</span></li>'
        for level in LEVELS
        if counts.get(level)
    ]
    return Template(end).substitute(counts="".join(lines), script=_script()).encode("utf-8")


def render_card(number: int, card: Card) -> bytes:
    """Render one card; `number` counts from 1, in the order of the report."""
    name = escape(shown_name(card.name))
    parts = [
        f'<li class="card" data-number="{number}" data-level="{card.level}" data-name="{name}" '
        f'data-obstacles="{len(card.obstacles)}">',
        '<div class="pictures">',
        _picture(card.photo, f"{name}, the photo", "no picture"),
        _picture(card.depth, f"{name}, its depth in colours", "no depth"),
        f'</div><div class="words"><h2>{name}</h2>',
        f'<p><span class="level level-{card.level}">{card.level}</span> {escape(_sentence(card.headline))}</p>',
        f'<p class="quiet">{escape(card.facts)}</p>' if card.facts else "",
        _obstacles(card),
        _findings(card),
        "</div></li>\n",
    ]
    return "".join(parts).encode("utf-8", "replace")


def _script() -> str:
    return script("report.js")


def _picture(jpeg: bytes | None, words: str, without: str) -> str:
    if jpeg is None:
        return f'<div class="blank quiet">{without}</div>'
    return f'<img src="{data_uri("image/jpeg", jpeg)}" alt="{words}" decoding="async">'


def _obstacles(card: Card) -> str:
    if not card.obstacles:
        return ""
    rows = "".join(
        f"<li>{_code(_sentence(because))} <span class='quiet'>({escape(rule)})</span><br>"
        f"<b>To fix it:</b> {_code(fix)}.</li>"
        for rule, because, fix in card.obstacles
    )
    count = len(card.obstacles)
    problems = "1 problem" if count == 1 else f"{count} problems"
    return f"<details><summary>{problems}</summary><ol>{rows}</ol></details>"


def _findings(card: Card) -> str:
    if not card.verdict:
        return ""
    rows = "".join(
        f'<tr class="{escape(status)}"><td>{escape(status)}</td><td>{escape(rule)}</td><td>{escape(grade)}</td>'
        f"<td>{escape(message)}</td></tr>"
        for rule, grade, status, message in card.findings
    )
    table = f"<table><tr><th>status<th>rule<th>grade<th>finding</tr>{rows}</table>" if rows else ""
    hints = "".join(f"<li>{_code(_sentence(hint))}</li>" for hint in card.hints)
    return (
        f"<details><summary>Rules: {card.held} of {card.held + len(card.findings)} pass</summary>"
        f"<p>{escape(_sentence(card.verdict))}</p>{table}"
        + (f"<p>Good to know:</p><ul>{hints}</ul>" if hints else "")
        + "</details>"
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _code(text: str) -> str:
    """Return escaped text, with commands between backquotes set as code."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 and index < len(parts) - 1 else part
        for index, part in enumerate(parts)
    )
