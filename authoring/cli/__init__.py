"""The command `depthauthor`: options in, files and reports out.

Knows: typer, printing, exit codes. Must not know: the bytes of any format.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; every failure is one sentence on stderr and a documented exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        # Answered before typer is imported, which takes longer than everything else here.
        from authoring import __version__

        sys.stdout.write(f"depthauthor {__version__}\n")
        return
    from authoring.cli.run import run

    sys.exit(run(sys.argv[1:]))
