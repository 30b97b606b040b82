"""Check or update the golden files: what embedding must give, as text.

python -m golden check      compare every case with the expected text; exit code 1 if any differs
python -m golden update     print the differences, then write the expected texts again
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from golden.check import check, update

FOLDER = Path(__file__).parent


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m golden", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["check", "update"])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the golden folder, with its cases.json")
    options = parser.parse_args(arguments)
    results = []
    for result in check(options.folder):
        results.append(result)
        case = result.case
        print(
            f"{'DIFFERS' if result.difference else 'ok':<8} {case.name:<32} depth within {result.error:.2g} of "
            f"{case.tolerance:.2g} {case.pixel_format.unit}"
        )
        print(result.difference, end="", flush=True)
    differing = sum(1 for result in results if result.difference)
    print(f"{len(results) - differing} of {len(results)} golden files as expected")
    if options.command == "update":
        update(options.folder, results)
        return 0
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
