"""Build the parts of HTML pages: escaped text, embedded data, and a Content-Security-Policy that forbids requests."""

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
"""Longest file name that is shown, in characters; file systems allow 255 bytes."""

_JOINERS = "\u200c\u200d"
"""Joiners are part of Persian words and of many emoji; other format characters only mislead."""


def escape(text: str) -> str:
    """Escape text for an element or a quoted attribute; characters that control or turn text become U+FFFD."""
    return html.escape("".join(map(_shown, text)), quote=True)


def _shown(letter: str) -> str:
    hidden = unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") and letter not in _JOINERS
    return "\ufffd" if hidden else letter


def shown_name(name: str) -> str:
    """Return a file's name for display: characters that control, turn or break text become U+FFFD."""
    shown = "".join(map(_shown, name))
    return shown if len(shown) <= NAME_LENGTH else f"{shown[: NAME_LENGTH - 1]}…"


def data_uri(kind: str, data: bytes) -> str:
    """Return bytes as a data URI; `kind` is a media type."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def json_block(value: Any) -> str:
    """Return JSON that cannot end the script element it is in."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def policy(style: str, script: str | None = None) -> str:
    """Return a policy that allows this style, this script if any, and pictures from the page, and no request."""
    scripts = "'none'" if script is None else _digest(script)
    return (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {scripts}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


@cache
def asset(name: str) -> str:
    """Read a text file of the package's assets."""
    return resources.files("authoring.views.pages").joinpath("assets", name).read_text(encoding="utf-8")


def script(*names: str) -> str:
    """Join scripts into one, with a scope of its own."""
    body = "\n".join(asset(name) for name in names)
    return f'(() => {{\n"use strict";\n{body}}})();'
