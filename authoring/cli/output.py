"""Write reports to stdout, messages and progress to stderr, to any kind of standard stream."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import typer

from authoring.report_base import ErrorReport, json_text

Report = dict[str, Any]
"""A report in its JSON form."""

LONGEST_LINE = 118
"""On a wide terminal: longer lines are hard to read. A path may run over, and a pipe gets whole lines."""

_LABEL_WIDTH = 13
"""Of two spaces, a label and its gap, under which wrapped text goes on."""

_COLOURS = (
    ("WARNING:", {"fg": "yellow", "bold": True}),
    ("  FAIL ", {"fg": "red", "bold": True}),
    ("  warn ", {"fg": "yellow"}),
)
"""Starts of lines that stand out on a terminal."""


def prepare_streams() -> None:
    """Make the standard streams fit to be written to.

    A closed descriptor 0, 1 or 2 would be given to the next file that is opened, and what a library prints would
    end up in a photo: each gets the null device. Bytes of file names that are not text are shown as escapes.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or _null_stream()
    sys.stderr = sys.stderr or _null_stream()
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="backslashreplace")


def silence_libraries() -> None:
    """Send what C libraries print to the null device: OpenEXR and libtiff print lines of their own for a damaged map.

    Our messages go to a copy of the descriptor. Processes that are started later inherit the silence.
    """
    stream, own = sys.stderr, os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    sys.stderr = open(own, "w", encoding=stream.encoding, errors=stream.errors, buffering=1)  # noqa: PTH123, SIM115


def _null_stream() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def discard(stream: TextIO) -> None:
    """Send what is left in a stream's buffer to the null device, so that flushing it at exit does not fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def say(sentence: str) -> None:
    """Write one line to stderr; if it cannot be written, the exit code has to do."""
    try:
        sys.stderr.write(for_stream(f"depthauthor: {printable(sentence)}", sys.stderr) + "\n")
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def printable(text: str) -> str:
    """Return the text as one line: control characters, which could steer a terminal, become escapes."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def printable_report(value: Any) -> Any:
    """Return a report with `printable` texts: many come out of the photo."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: printable_report(item) for name, item in value.items()}
    return [printable_report(item) for item in value] if isinstance(value, list | tuple) else value


def print_json(value: Any, stream: TextIO) -> None:
    """Write one JSON object on one line, with escapes for letters that the stream's encoding lacks."""
    unicode = (stream.encoding or "").lower().replace("-", "") == "utf8"
    stream.write(json_text(value, ascii_only=not unicode) + "\n")
    stream.flush()


def print_error(error: ErrorReport, as_json: bool, destination: str | None = None) -> None:
    """Say on stderr what failed; as JSON print it where the report would be, too.

    If that is stderr, because the destination of the result is `-`, nothing but the JSON object is written.
    """
    if as_json:
        print_json(error.to_dict(), sys.stderr if destination == "-" else sys.stdout)
    if not as_json or destination != "-":
        say(error.error)


def print_report(
    report: Any,
    as_json: bool,
    to_text: Callable[[Any], str],
    destination: str | None = None,
    *,
    quiet: bool = False,
) -> None:
    """Print a report as JSON or, unless quiet, as the text of its JSON form.

    It goes to stdout, or to stderr if the destination of the result itself is `-`.
    """
    if quiet and not as_json:
        return
    value = report if isinstance(report, dict) else report.to_dict()
    stream = sys.stderr if destination == "-" else sys.stdout
    if as_json:
        print_json(value, stream)
    else:
        stream.write(for_stream(to_text(printable_report(value)), stream) + "\n")
    stream.flush()


def for_stream(text: str, stream: TextIO) -> str:
    """Return the text as it is written: wrapped and coloured on a terminal (without NO_COLOR), else as it is."""
    if not stream.isatty():
        return text
    width = min(shutil.get_terminal_size().columns, LONGEST_LINE)
    lines = [part for line in text.splitlines() for part in _wrapped(line, width)]
    if os.environ.get("NO_COLOR"):
        return "\n".join(lines)
    return "\n".join(map(_coloured, lines))


def _wrapped(line: str, width: int) -> list[str]:
    """Return a line in parts of this width; the further ones begin under the text after the label."""
    if len(line) <= width:
        return [line]
    is_labelled = re.match(r"  \S+ {2,}\S|  .{10} \S", line) is not None
    indent = _LABEL_WIDTH if is_labelled else len(line) - len(line.lstrip()) + 2
    return textwrap.wrap(
        line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def _coloured(line: str) -> str:
    for start, style in _COLOURS:
        if line.startswith(start):
            return f"{typer.style(start, **style)}{line[len(start) :]}"
    return line


def labelled(label: str, sentences: list[str]) -> list[str]:
    """Return each sentence on a line under a label."""
    return [f"  {label:<10} {sentence}" for sentence in sentences]


def count(number: int, noun: str) -> str:
    """Return a number and its noun, such as "1 photo" and "2 photos"."""
    return f"{number} {noun if number == 1 else f'{noun}s'}"


@contextmanager
def progress(total: int, words: str = "") -> Iterator[Callable[..., None]]:
    """Show a bar on stderr with the rate and the time left, if stderr is a terminal; yield what advances it.

    words: what happens at first; they go with the first photo that was begun.
    """
    if not sys.stderr.isatty():
        yield lambda **_: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Photos a second."""

        def render(self, task: Task) -> Text:
            """Return the rate, once it is known."""
            return Text(f"{task.speed:.1f} photos/s" if task.speed else "")

    columns: tuple[ProgressColumn, ...] = (
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    if words:
        columns += (TextColumn("{task.description}"),)
    console = Console(stderr=True, soft_wrap=True)
    # Rich prints lines of stdout above the bar if both share a terminal; otherwise stdout is left alone.
    shared = sys.stdout.isatty()
    with Progress(*columns, console=console, redirect_stdout=shared, redirect_stderr=False) as bar:
        task = bar.add_task(escape(words), total=total)

        def advance(*, begun: bool = True) -> None:
            bar.update(task, advance=1, description="" if begun else None)

        yield advance


@contextmanager
def status(words: str) -> Iterator[None]:
    """Show on stderr that something works that may take a while, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True, soft_wrap=True).status(words):
        yield


def level_text(report: Report) -> str:
    """Return the level that device tests cover, and the possible one where it is higher."""
    level, possible = report["level"], report["possible_level"]
    return str(level) if level == possible else f"{level}, possibly {possible}"
