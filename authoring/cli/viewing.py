"""The commands that make pages to look at: view and report.

Knows: names, defaults, help texts, the browser, progress. Must not know: what is in a page.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from authoring.cli import streams
from authoring.cli.declare import Argument, Option, Program
from authoring.cli.text import wrapped

if TYPE_CHECKING:
    from authoring.views.report import ReportRow

SOME_FAILED = 6

OutputOption = Annotated[
    Path | None,
    Option(
        "--output",
        "--out",
        "-o",
        metavar="PAGE.html",
        help="The page to write; - writes stdout. Default: into a temporary folder, and the browser opens it.",
    ),
]
OverwriteOption = Annotated[bool, Option("--overwrite", help="Replace an output that exists.")]
OpenOption = Annotated[
    bool | None, Option("--open/--no-open", help="Open the page in the browser. Default: without -o.")
]


def register(app: Program) -> None:
    """Add the commands to the program."""
    app.command()(view)
    app.command()(report)


def view(
    file: Annotated[Path, Argument(metavar="FILE", help="A photo with depth, JPEG or HEIC; - reads stdin.")],
    output: OutputOption = None,
    open_page: OpenOption = None,
    overwrite: OverwriteOption = False,
    as_json: Annotated[bool, Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Show a photo in 3D from its depth, in one HTML page that loads nothing from anywhere.

    Drag to look around, click to focus, change the aperture, see the depth in colours.

    depthauthor view IMG_0001.HEIC

    depthauthor view IMG_0001.HEIC -o page.html
    """
    from authoring.api import view_files as showing

    made = showing.view(file, output=output, overwrite=overwrite)
    streams.tell(made, as_json, _view_text, made.output)
    _open(made.output, output is None if open_page is None else open_page)


def report(
    photos: Annotated[
        list[Path],
        Argument(
            metavar="FILE|DIR...",
            help="Photos of any tool, or folders of them, JPEG and HEIC; folders in folders are looked through.",
        ),
    ],
    output: OutputOption = None,
    open_page: OpenOption = None,
    overwrite: OverwriteOption = False,
    as_json: Annotated[bool, Option("--json", help="Print a line of JSON for each file.")] = False,
) -> int:
    """Show many photos on one page: thumbnails, level, what stands in the way, findings.

    The page sorts and filters, loads nothing from anywhere, and can be read without its script. Exit code 6 where
    some files are unreadable; each is on the page with its reason.

    depthauthor report photos/ -o report.html
    """
    from authoring.api import report_files as showing

    to_stdout = str(output) == "-"
    with _progress(photos) as advance:

        def tell(row: ReportRow) -> None:
            if as_json:
                streams.tell(row, True, str, "-" if to_stdout else None)
            advance()

        summary = showing.report(*photos, output=output, overwrite=overwrite, tell=tell)
    if not as_json:
        streams.tell(asdict(summary), False, _summary_text, summary.output)
    elif output is None:
        sys.stderr.write(f"depthauthor: {summary.output}\n")
    _open(summary.output, output is None if open_page is None else open_page)
    return SOME_FAILED if summary.counts.get("error") else 0


def _view_text(made: dict[str, Any]) -> str:
    near = f"{made['near_m']:.3g} m"
    far = "infinity" if made["far_m"] is None else f"{made['far_m']:.3g} m"
    told = "" if made["absolute"] else " (relative: in proportion only)"
    camera = {
        "file": "calibration from the file",
        "exif": "from Exif's focal length",
        "nominal": "nominal, a usual phone's",
    }
    sizes = [f"{made[name]['width']}x{made[name]['height']}" for name in ("picture", "photo", "depth")]
    lines = [
        f"{made['output']}: {made['bytes'] / 1e6:.2f} MB, photo {sizes[0]} of {sizes[1]}, depth {sizes[2]}",
        f"  range      {near} to {far}{told}",
        f"  camera     {camera[made['camera']]}",
        *wrapped("level", f"{made['level']}: {made['verdict']}"),
    ]
    return "\n".join([*lines, *(line for note in made["notes"] for line in wrapped("note", note))])


def _summary_text(summary: dict[str, Any]) -> str:
    from authoring.views.pages.report_page import LEVELS

    words = {"error": "unreadable", "none": "without readable depth"}
    counts = summary["counts"]
    files = sum(counts.values())
    told = [f"{counts[one]} {words.get(one, one)}" for one in LEVELS if counts.get(one)]
    return f"{summary['output']}: {files} {'file' if files == 1 else 'files'}: {', '.join(told)}"


def _open(output: str | None, wanted: bool) -> None:
    """The page in the browser; where there is none, its address was printed."""
    if not wanted or output in (None, "-"):
        return
    import webbrowser

    address = Path(str(output)).resolve().as_uri()
    if not webbrowser.open(address):
        sys.stderr.write(f"depthauthor: no browser was found; open {address} in one\n")


@contextmanager
def _progress(photos: list[Path]) -> Iterator[Callable[[], None]]:
    """A bar on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from authoring.api.report_files import photo_paths

    total = sum(1 for _ in photo_paths(photos))
    with Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
