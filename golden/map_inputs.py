"""What `embed` makes of map files of every maker, form and habit: the table docs/map-inputs.md.

    python -m golden.map_inputs [--only TEXT]

Each row is a file, the options that a person would give with it, and the true distances. It is embedded in a photo and
extracted again. A row is right where every sample keeps the bound that `embed` states; it may also be asked about,
warned of, or refused. `expected` says which of them is right for the row: none may be wrong in silence.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from authoring.api import photo_files
from authoring.errors import DepthauthorError, UsageError
from golden.makers import FOLDER
from golden.map_rows import golden_photo, rows
from golden.map_truths import GOLDEN, Aside, Row, Verdict

PAGE = FOLDER.parent / "docs" / "map-inputs.md"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row."""

    verdict: Verdict
    says: tuple[str, ...]
    """The warnings that name an option, then what was assumed; or the error's sentence."""
    exit_code: int
    off: float = 0.0
    """Share of the samples beyond the bound."""


def outcome(row: Row) -> Outcome:
    """Embed the row's map as a person would, extract it, and compare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo, map_, out = folder / "photo.jpg", folder / row.name, folder / "out.jpg"
        photo.write_bytes(row.photo() if row.photo else golden_photo())
        map_.write_bytes(row.build())
        options = dict(row.options)
        for key, value in options.items():
            if isinstance(value, Aside):
                (folder / value.name).write_text(value.text)
                options[key] = str(folder / value.name)
        try:
            report = photo_files.embed(photo, map_, output=out, **options)
        except DepthauthorError as error:
            message = error.message.replace(f"{folder}/", "").removeprefix(f"{row.name}: ")
            asked = isinstance(error, UsageError)
            return Outcome("asked" if asked else "refused", (message,), error.exit_code)
        read = photo_files.extract(out).disparity_per_m().astype(np.float64)
    truth = row.truth or GOLDEN
    true = truth.per_m(read.shape[1], read.shape[0])
    # What fills a hole is between the nearest and the farthest place.
    difference = np.where(
        np.isfinite(true), read - true, read - np.clip(read, np.nanmin(true), np.nanmax(true))
    )
    off = float(np.mean(np.abs(difference) > report.bound + truth.slack_per_m))
    warnings = tuple(warning for warning in report.warnings if "--" in warning)
    says = (*warnings, *report.assumed[:1])
    if not off:
        return Outcome("right", says, 0)
    return Outcome("warned" if warnings else "WRONG", says, 0, off)


def shown_options(row: Row) -> str:
    """Return a row's options as they are typed."""
    typed = []
    for name, value in row.options.items():
        if name == "map_name":
            continue  # the file's name stands in its own column
        flag = f"--{name.removesuffix('_m').replace('_', '-')}"
        if isinstance(value, Aside):
            value = value.name
        number = f"{value:.4g}" if isinstance(value, float) else str(value)
        typed.append(flag if value is True else f"{flag} {number}")
    return " ".join(typed)


_HEAD = """# What becomes of a map

Written by `python -m golden.map_inputs` from `golden/map_inputs.py`: each file is embedded in a photo with the options
shown, extracted again and compared with the true distances, which the generator knows. A test holds the table.
[What a map means](maps.md) says which maps are read.

* **right**: every sample keeps the bound that `embed` states, and what the file's own steps add.
* **asked**: exit 2, nothing is written; the sentence names the options to choose from, with the readings in metres.
* **refused**: exit 3, 4 or 5 with the reason.
* **warned**: written as it was said, which is not what was meant, with a warning first.

"""

_GROUPS = {
    name: number
    for number, name in enumerate(
        (
            "metric network",
            "orientation",
            "relative network",
            "stereo",
            "sensor",
            "renderer",
            "picture",
            "gray",
            "shape",
            "no map",
            "extract",
        ),
        1,
    )
}


def page() -> str:
    """Return the page as Markdown."""
    outcomes = [(row, outcome(row)) for row in rows()]
    counts = Counter(result.verdict for _, result in outcomes)
    total = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    parts = [_HEAD, f"{len(outcomes)} files: {total}.\n"]
    maker = ""
    for row, result in sorted(outcomes, key=lambda pair: _GROUPS.get(pair[0].maker, 0)):
        group = row.maker if row.maker in _GROUPS else "makers"
        if group != maker:
            maker = group
            title = f"{group[0].upper()}{group[1:]}"
            parts.append(
                f"\n## {title}\n\n| map | true distances | options | verdict | what it says |\n"
                "|---|---|---|---|---|\n"
            )
        what = row.form if group == row.maker else f"{row.maker}: {row.form}"
        options = shown_options(row)
        says = "<br>".join(result.says).replace("|", "\\|")
        parts.append(
            f"| {what}, `{row.name}` | {(row.truth or GOLDEN).span()} | {f'`{options}`' if options else ''} "
            f"| {result.verdict} | {says} |\n"
        )
    return "".join(parts)


def main() -> int:
    """Print the rows that are not as expected, and write the page; return 1 where there are any."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="try the rows with this text alone, and write nothing")
    only = parser.parse_args().only
    unexpected = 0
    for row in rows():
        if only not in f"{row.maker}: {row.form}":
            continue
        result = outcome(row)
        says = " / ".join(result.says)
        missing = [word for word in row.words if word not in says]
        if result.verdict != row.expected or missing or only:
            unexpected += result.verdict != row.expected or bool(missing)
            off = f", {result.off:.0%} off" if result.off else ""
            print(
                f"{row.maker}: {row.form} ({row.name}) [{shown_options(row)}]\n    {result.verdict}{off}, expected "
                f"{row.expected}{f', without {missing}' if missing else ''}: {says}"
            )
    print(f"{unexpected} of {len(rows())} rows are not as expected")
    if not only:
        PAGE.write_text(page(), encoding="utf-8")
    return int(unexpected > 0)


if __name__ == "__main__":
    raise SystemExit(main())
