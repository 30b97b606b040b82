"""From arguments to an exit code.

Knows: which failure ends with which code. Must not know: what the commands do.
"""

from __future__ import annotations

import os
import sys

from authoring.cli import INTERRUPTED, streams
from authoring.errors import DepthauthorError, RefusedError

INTERNAL_FAULT = 70
"""EX_SOFTWARE: a fault of this program, not of the input."""


def run(arguments: list[str]) -> int:
    """Run one command line; give its exit code."""
    try:
        streams.prepare()
        code = _command(arguments)
        # Here, not at the interpreter's end, where nobody could tell what became of it.
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader went away; what is left in the buffer has nowhere to go.
        streams.silence(sys.stdout)
        return 0
    except OSError as error:
        streams.silence(sys.stdout)
        streams.say(f"standard output: could not be written: {error.strerror}")
        return RefusedError.exit_code


def _command(arguments: list[str]) -> int:
    """The exit code of what the command line asks for. OSError where stdout takes no more."""
    try:
        code = _called(arguments)
        return code if isinstance(code, int) else 0
    except DepthauthorError as error:
        streams.say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # Typer ends at once, with 1.
            raise error.__context__ from None
        raise
    except MemoryError:
        streams.say("there is not enough memory for a photo or map of this size")
        return INTERNAL_FAULT
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:
            raise  # What failed on a path would name it: this was a stream.
        return _from_typer(error)


def _called(arguments: list[str]) -> object:
    """What the command gives back."""
    from authoring.cli import quick
    from authoring.cli.app import app

    plain = quick.parse(app, arguments)
    if plain is not None:
        function, given = plain
        return function(**given)
    from authoring.cli.typer_app import build

    return build(app)(args=arguments, prog_name="depthauthor", standalone_mode=False)


def _from_typer(error: Exception) -> int:
    """Typer's own errors print themselves; anything else is a fault of ours, told in one line."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show) and isinstance(code, int):
        show()
        return code
    if type(error).__name__ == "Abort":
        return INTERRUPTED
    if isinstance(code, int):
        return code
    if os.environ.get("DEPTHAUTHOR_TRACEBACK"):
        raise error
    streams.say(
        f"a fault in depthauthor itself ({type(error).__name__}: {error}); please report it, "
        "with DEPTHAUTHOR_TRACEBACK=1 set for the details"
    )
    return INTERNAL_FAULT
