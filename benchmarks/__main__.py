"""Measure, print, and write benchmarks/RESULTS.md if every part was run.

    python -m benchmarks                     # all parts; nothing else should run meanwhile
    python -m benchmarks maps calls          # some parts, printed only

Parts: maps (encoders compared), calls (from Python), commands (whole processes, their memory too), full-size (maps of
12 MP), library (batch of 2,000 photos, inspect and verify over 1,000), estimate (networks of random weights; extra
estimate).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import calls, commands, estimate, full_size, library, map_coding
from benchmarks.measure import machine

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="default: all")
    parser.add_argument("--rounds", type=int, default=15, help="of what takes less than a second")
    parser.add_argument("--photos", type=int, default=2000, help="of each container in a batch")
    parser.add_argument("--read", type=int, default=1000, help="photos that are inspected and verified")
    parser.add_argument(
        "--large", action="store_true", help="commands on 48 and 178 MP and the worst small inputs"
    )
    given = parser.parse_args()
    parts: dict[str, tuple[str, Callable[[Path], str]]] = {
        "maps": ("Encoding a map as HEIC", lambda folder: map_coding.report(folder, given.rounds)),
        "calls": ("Calls from Python", lambda folder: calls.report(folder, given.rounds)),
        "commands": ("Commands", lambda folder: commands.report(max(given.rounds // 5, 1), given.large)),
        "full-size": ("Maps stored at full size", full_size.report),
        "library": ("Libraries", lambda folder: library.report(folder, given.photos, given.read)),
        "estimate": ("Estimates", estimate.report),
    }
    for part in given.parts:
        if part not in parts:
            parser.error(f"unknown part {part!r}; known are {', '.join(parts)}")
    page = f"# Measured\n\nBy `python -m benchmarks`, in one run. {machine()}.\n"
    print(page)
    for name in given.parts or parts:
        title, report = parts[name]
        with tempfile.TemporaryDirectory() as folder:
            section = f"\n## {title}\n\n{report(Path(folder))}"
        print(section, flush=True)
        page += section
    if not given.parts:
        RESULTS.write_text(page)


if __name__ == "__main__":
    main()
