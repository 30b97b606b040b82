"""The three standard streams, whatever the caller made of them: closed, full, read by nobody, in any encoding.

Knows: what a terminal, a pipe and a JSON reader can take. Must not know: what is said.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO


def prepare() -> None:
    """Make the streams fit to be written to.

    A closed descriptor 0, 1 or 2 would be given to the next file that is opened, and what a library prints would
    land in a photo: each gets the null device. Bytes of file names that are no text are shown as escapes.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="backslashreplace")


def silence(stream: TextIO) -> None:
    """Send what is left in a stream's buffer nowhere, so that nobody trips over it at the end."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def say(sentence: str) -> None:
    """One line on stderr; where nobody takes it, the exit code has to do."""
    try:
        sys.stderr.write(f"depthauthor: {shown(sentence)}\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def shown(text: str) -> str:
    """A text of one line: control characters, which could steer the reader's terminal, appear as escapes."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def cleaned(value: Any) -> Any:
    """A report whose texts are all `shown`: many come out of the photo."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {name: cleaned(one) for name, one in value.items()}
    return [cleaned(one) for one in value] if isinstance(value, list | tuple) else value


def print_json(value: Any, stream: TextIO) -> None:
    """One object in one line; escapes where the stream's encoding lacks a letter, as JSON writes them."""
    import json

    unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
    stream.write(json.dumps(value, ensure_ascii=not unicode, allow_nan=False, default=str) + "\n")


def tell(report: Any, as_json: bool, render: Callable[[Any], str], output: str | None = None) -> None:
    """A report on stdout, as JSON or as `render` words its JSON form; on stderr where stdout carries the result."""
    from authoring.read.report_json import as_json as to_json

    value = report if isinstance(report, dict) else to_json(report)
    stream = sys.stderr if output == "-" else sys.stdout
    if as_json:
        print_json(value, stream)
    else:
        stream.write(render(cleaned(value)) + "\n")
    stream.flush()


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
