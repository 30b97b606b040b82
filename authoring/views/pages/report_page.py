"""The report page: a card a file, written as they come.

Knows: what a card shows, and the markup that the page's script sorts and filters. Must not know: where the words come
from.

The counts, known at the end only, stand at the end and are shown at the top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Literal

from authoring.views.pages.html import asset, data_uri, escape, policy, script, shown_name

Level = Literal["error", "none", "L1", "L2", "L3", "L4"]

LEVELS: tuple[Level, ...] = ("L4", "L3", "L2", "L1", "none", "error")

_END_MARK = "<!-- cards -->"

_WORDS: dict[Level, str] = {
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
    """Its path as it was given; any text."""
    level: Level
    headline: str
    facts: str
    """One line: sizes, distances; may be empty."""
    photo: bytes | None
    """JPEG thumbnails."""
    depth: bytes | None
    obstacles: tuple[tuple[str, str, str], ...] = ()
    """Rule, why, and how to mend it."""
    findings: tuple[tuple[str, str, str, str], ...] = ()
    """Rule, grade, status and message of those that do not simply hold."""
    held: int = 0
    """How many rules hold."""
    verdict: str = ""
    hints: tuple[str, ...] = ()


def page_start(files: int) -> bytes:
    """All that comes before the first card; `files` is how many there will be."""
    style = asset("base.css") + asset("report.css")
    start = asset("report.html").partition(_END_MARK)[0]
    told = {
        "policy": escape(policy(style, _script())),
        "style": style,
        "count": f"{files} {'file' if files == 1 else 'files'}",
        "levels": "".join(
            f'<label><input type="checkbox" name="level" value="{level}" checked>'
            f'<span class="level level-{level}">{level}</span></label>'
            for level in LEVELS
        ),
    }
    return Template(start).substitute(told).encode("utf-8")


def page_end(counts: Mapping[Level, int]) -> bytes:
    """All that comes after the last card."""
    end = asset("report.html").partition(_END_MARK)[2]
    lines = [
        f'<li><span class="level level-{level}">{level}</span> {counts[level]} '
        f'<span class="quiet">{_WORDS[level]}</span></li>'
        for level in LEVELS
        if counts.get(level)
    ]
    return Template(end).substitute(counts="".join(lines), script=_script()).encode("utf-8")


def render_card(number: int, card: Card) -> bytes:
    """One card; `number` counts from 1, in the order of the report."""
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
        f"<b>To mend it:</b> {_code(mend)}.</li>"
        for rule, because, mend in card.obstacles
    )
    count = len(card.obstacles)
    things = "1 thing stands" if count == 1 else f"{count} things stand"
    return f"<details><summary>{things} in the way</summary><ol>{rows}</ol></details>"


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
        f"<details><summary>Rules: {card.held} of {card.held + len(card.findings)} hold</summary>"
        f"<p>{escape(_sentence(card.verdict))}</p>{table}"
        + (f"<p>Good to know:</p><ul>{hints}</ul>" if hints else "")
        + "</details>"
    )


def _sentence(half: str) -> str:
    return f"{half[:1].upper()}{half[1:]}{'' if half.endswith('.') else '.'}"


def _code(text: str) -> str:
    """Escaped text, with commands between backquotes set as code."""
    pieces = escape(text).split("`")
    return "".join(
        f"<code>{one}</code>" if index % 2 and index < len(pieces) - 1 else one
        for index, one in enumerate(pieces)
    )
