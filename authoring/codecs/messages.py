"""Make text from files and libraries fit for one line of a message."""

from __future__ import annotations

from collections.abc import Sequence

MAX_QUOTED = 200
"""Characters of a library's own words, or of a file's, in a message."""

MAX_LISTED = 20
"""Names in a message; a render has as many passes."""


def first_line(error: BaseException) -> str:
    """Return what a library said of a file, in one printable line: it may quote the file's own bytes."""
    return printable((str(error).strip().splitlines() or [type(error).__name__])[0])


def listing(names: Sequence[str]) -> str:
    """Return names out of a file as a list for a message; `nothing` for none."""
    more = [f"{len(names) - MAX_LISTED} more"] if len(names) > MAX_LISTED else []
    return ", ".join([*map(printable, names[:MAX_LISTED]), *more]) or "nothing"


def printable(text: str) -> str:
    """Return the text's beginning, without characters that would control a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text[:MAX_QUOTED])
