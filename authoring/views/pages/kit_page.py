"""Render the page that goes with the device test files: how to bring them onto an iPhone, and what to look for."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

from authoring.views.pages.html import asset, data_uri, escape, policy, shown_name


@dataclass(frozen=True, slots=True)
class KitCard:
    """One test file."""

    name: str
    compared_with: str | None
    """The file that it differs from in one thing; None for the first."""
    change: str
    """The difference, a sentence without a full stop."""
    question: str
    """What the file settles."""


@dataclass(frozen=True, slots=True)
class KitPage:
    """What the page shows."""

    cards: tuple[KitCard, ...]
    questions: tuple[tuple[str, str], ...]
    """What to look for in every file: the column of the results form, and the question."""
    picture: bytes
    """JPEG of the picture in all files."""
    picture_words: str
    form: str
    """Name of the results form."""
    version: str
    """Of depthauthor."""


def render_kit_page(page: KitPage) -> bytes:
    """Render the page as UTF-8; it has no script, and the same content gives the same bytes."""
    style = asset("base.css") + asset("kit.css")
    values = {
        "policy": escape(policy(style)),
        "style": style,
        "picture": data_uri("image/jpeg", page.picture),
        "words": escape(page.picture_words),
        "count": str(len(page.cards)),
        "form": escape(page.form),
        "version": escape(page.version),
        "questions": "".join(f"<li>{escape(question)}</li>" for _, question in page.questions),
        "cards": "".join(_card(number, card, page.questions) for number, card in enumerate(page.cards, 1)),
    }
    return Template(asset("kit.html")).substitute(values).encode("utf-8")


def _card(number: int, card: KitCard, questions: tuple[tuple[str, str], ...]) -> str:
    name = escape(shown_name(card.name))
    difference = (
        f"Differs from <code>{escape(card.compared_with)}</code> in one thing: {escape(card.change)}."
        if card.compared_with
        else f"{_capital(escape(card.change))}."
    )
    rows = "".join(
        f'<tr><th scope="row" id="q{number}-{column}">{escape(question)}</th>'
        f"<td>{_choice(number, column, 'yes')}{_choice(number, column, 'no')}</td></tr>"
        for column, question in questions
    )
    return (
        f'<section class="card"><h3>{name}</h3><p>{difference}</p>'
        f'<p class="quiet">It settles {escape(card.question)}.</p><table>{rows}</table>'
        f'<label class="remark">Remark <input type="text" autocomplete="off"></label></section>'
    )


def _choice(number: int, column: str, answer: str) -> str:
    return (
        f'<label><input type="radio" name="f{number}-{column}" aria-describedby="q{number}-{column}"> {answer}'
        "</label>"
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
