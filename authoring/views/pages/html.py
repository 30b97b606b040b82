"""What every page is made of: escaped text, data in the page itself, and a policy that lets nothing else in.

Knows: HTML, Content-Security-Policy. Must not know: what a page shows.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

NAME_LENGTH = 200
"""Characters of a file's name that are shown; file systems stop at 255 bytes."""

_JOINERS = "\u200c\u200d"
"""Part of words in Persian and of many emoji; the other format characters only mislead."""


def escape(text: str) -> str:
    """Text for an element or a quoted attribute."""
    return html.escape(text, quote=True)


def shown_name(name: str) -> str:
    """A file's name as it can be shown: what controls, turns or breaks text stands as U+FFFD."""
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    told = "".join(
        "\ufffd" if unicodedata.category(one) in hidden and one not in _JOINERS else one for one in name
    )
    return told if len(told) <= NAME_LENGTH else f"{told[: NAME_LENGTH - 1]}…"


def data_uri(kind: str, data: bytes) -> str:
    """Bytes as an address that holds them; `kind` is a media type."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def json_block(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def policy(style: str, script: str) -> str:
    """A policy under which this style and this script run, pictures come from the page, and nothing is fetched."""
    return (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


@cache
def asset(name: str) -> str:
    """A text of the package's assets."""
    return resources.files("authoring.views.pages").joinpath("assets", name).read_text(encoding="utf-8")


def script(*names: str) -> str:
    """Scripts as one, whose names stay among themselves."""
    body = "\n".join(asset(name) for name in names)
    return f'(() => {{\n"use strict";\n{body}}})();'
