"""Run the command `depthauthor`: every failure is one sentence on stderr and an exit code."""

from __future__ import annotations

import os
import re
import signal
import sys
from itertools import pairwise
from typing import Any, NoReturn

from authoring.cli import output
from authoring.cli.exit_codes import DONE, INTERNAL_FAULT, INTERRUPTED
from authoring.errors import DepthauthorError, RefusedError, UsageError
from authoring.report_base import ErrorReport

TRACEBACK_VARIABLE = "DEPTHAUTHOR_TRACEBACK"
"""Set, it shows the traceback of a fault, and what libraries print."""
JSON_VARIABLE = "DEPTHAUTHOR_JSON"
"""The default of --json, read here too: an error may come before Typer has read the options."""
_TRUTHS = ("1", "true", "t", "yes", "y", "on")
"""Values of a variable that Typer takes for a flag that is set."""

_WORDING = (
    ("Got unexpected extra argument(s)", "unexpected extra argument"),
    ("(Possible options: ", "(possible options: "),
    (". Did you mean ", "; did you mean "),
)
"""What Typer says, and what is said here."""

_CHOICES, _COMMA = re.compile(r"\. Choose from:\s*(.*)", re.DOTALL), re.compile(r",\s*")
"""Of an option that is missing."""

_EMPTY = re.compile(r"(--[a-z-]+=)?")
"""A word without a value: "" or --scheduler=."""

_KINDS_OF_NUMBER = (
    ("valid number", "valid float", "a number"),
    ("valid integer", "valid int", "a whole number"),
)
"""Words in the messages of Typer's validators (pydantic, or click in older releases), and what was wanted."""


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    _exit_on_signals()
    try:
        output.prepare_streams()
        if not os.environ.get(TRACEBACK_VARIABLE):
            output.silence_libraries()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # While modules were still being imported.
        code = INTERRUPTED
    sys.exit(code)


def _exit_on_signals() -> None:
    """Turn SIGTERM and SIGHUP into an exit so that temporary files are removed."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # A signal that is ignored, as SIGHUP is under nohup, stays so.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _exit_on_signal)


def _exit_on_signal(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        output.prepare_streams()
        code = _run_command(arguments)
        # A failure to write would otherwise show at the interpreter's end, too late for an exit code.
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        output.discard(sys.stdout)
        return DONE
    except OSError as error:
        output.discard(sys.stdout)
        output.say(f"standard output: could not be written: {error.strerror}")
        return RefusedError.exit_code


def _run_command(arguments: list[str]) -> int:
    """Return the exit code of a command line. Raises OSError if stdout cannot be written."""
    try:
        if any(_EMPTY.fullmatch(word) for word in arguments):
            raise UsageError("one of the words is empty; is a variable of the shell not set?")
        from authoring.cli.program import program

        code = program(args=arguments, prog_name="depthauthor", standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except DepthauthorError as error:
        return _fail(arguments, error.message, error.exit_code, error.file)
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # Typer exits with 1.
            raise error.__context__ from None
        raise
    except MemoryError:
        return _fail(arguments, "there is not enough memory for a photo or map of this size", INTERNAL_FAULT)
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None:
            raise  # Failures on a path are reported with its name elsewhere; this was a stream.
        if hasattr(error, "format_message"):
            message = _usage_message(error)
            # A program without arguments has printed its help.
            return _fail(arguments, message, UsageError.exit_code) if message else UsageError.exit_code
        return _fail(arguments, _fault_message(error), INTERNAL_FAULT)


def _fail(arguments: list[str], message: str, exit_code: int, file: str | None = None) -> int:
    """Print an error in the form that the command line asks for; return the exit code."""
    words = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in words or os.environ.get(JSON_VARIABLE, "").lower() in _TRUTHS
    output.print_error(
        ErrorReport(message, exit_code, file), as_json, "-" if _is_result_on_stdout(words) else None
    )
    return exit_code


def _is_result_on_stdout(words: list[str]) -> bool:
    """Return whether `-o -` or the like is among the words: the command line may be one that does not parse."""
    after = pairwise(words)
    return not {"-o-", "--output=-", "--out=-"}.isdisjoint(words) or any(
        word == "-" and re.fullmatch(r"-[a-z]*o|--output|--out", option) for option, word in after
    )


def _usage_message(error: Any) -> str:
    """Return our sentence for an error of Typer's own: an option or argument that is missing, unknown or not valid."""
    message = _bad_value(error) or error.format_message()
    if not message:
        return ""
    if choices := _CHOICES.search(message):  # Typer lists them in lines of their own.
        message = f"{message[: choices.start()]}, which can be {' or '.join(re.split(_COMMA, choices[1]))}"
    for theirs, ours in _WORDING:
        message = message.replace(theirs, ours)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "depthauthor"
    return f"{message[0].lower()}{message[1:].rstrip('.?')}; see {command} --help"


def _bad_value(error: Any) -> str | None:
    """Return our own sentence for a value that is no number or none of the choices; None for any other error."""
    param, message = getattr(error, "param", None), getattr(error, "message", "")
    stated = re.search(r"'(.*)' is not (one of (?P<choices>.*)|a valid)", message)
    if stated:
        value = stated[1]
    elif isinstance(error.__cause__, ValueError) and hasattr(error.__cause__, "errors"):
        value = error.__cause__.errors()[0]["input"]
    else:
        return None
    if param is None:
        return None
    name = max(param.opts, key=len)
    if stated and stated["choices"]:
        choices = re.findall(r"'([^']*)'", stated["choices"])
        return f"{name} is {value!r}; it can be {' or '.join(choices)}"
    for *theirs, wanted in _KINDS_OF_NUMBER:
        if any(words in message for words in theirs):
            return f"{name} is {value!r}, which is not {wanted}"
    return None


def _fault_message(error: Exception) -> str:
    if os.environ.get(TRACEBACK_VARIABLE):
        raise error
    # Typer turns an EOFError into its Abort.
    cause = error.__cause__ if type(error).__name__ == "Abort" and error.__cause__ else error
    return (
        f"a fault in depthauthor itself ({type(cause).__name__}: {cause}); please report it, "
        "with DEPTHAUTHOR_TRACEBACK=1 set for the details"
    )
