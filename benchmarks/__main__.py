"""Run all measurements, and write benchmarks/RESULTS.md.

python -m benchmarks [--rounds N]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks import cost, growth, startup
from benchmarks.measure import machine, table

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=31)
    rounds = parser.parse_args().rounds
    head = f"# Measured\n\nBy `python -m benchmarks`, in one run. {machine()}.\n"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inside, notes = cost.rows(folder, rounds)
        processes, medians = startup.rows(folder, max(rounds // 2, 7))
        parts = [
            head,
            table("In process", inside) + f"\n{notes}\n",
            table("Whole processes", processes) + f"\n{medians}\n",
            growth.report(folder),
        ]
    RESULTS.write_text("\n".join(parts))
    print("\n".join(parts))


if __name__ == "__main__":
    main()
