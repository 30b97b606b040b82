"""Build the man page `depthauthor(1)` from the declarations of the command line."""

from __future__ import annotations

import re
from typing import Any

import typer

from authoring.cli.options import ENVIRONMENT_PREFIX
from authoring.cli.program import program
from authoring.version import VERSION


def page() -> str:
    """Return the page in roff (man(7)): the program, then each command with its arguments and options."""
    group: Any = typer.main.get_command(program)
    lines = [
        f'.TH DEPTHAUTHOR 1 "" "depthauthor {VERSION}"',
        ".SH NAME",
        f"depthauthor \\- {_text(group.help).rstrip('.')}",
        ".SH SYNOPSIS",
        ".B depthauthor",
        ".I COMMAND",
        "[options]",
        ".SH COMMANDS",
    ]
    for name, command in group.commands.items():
        lines += _command(name, command)
    lines += [".SH EXIT STATUS AND ENVIRONMENT"]
    lines += [line for paragraph in (group.epilog or "").split("\n\n") for line in (".PP", _text(paragraph))]
    lines += [".PP", _text(f"{ENVIRONMENT_PREFIX}TRACEBACK=1 shows the details of a fault in depthauthor.")]
    return "\n".join(lines) + "\n"


def _command(name: str, command: Any) -> list[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [
        param
        for param in command.params
        if param.param_type_name == "option" and not getattr(param, "hidden", False)
    ]
    words = " ".join(_word(param) for param in arguments)
    lines = [f'.SS "{name} {words}"']
    for paragraph in (command.help or "").split("\n\n"):
        lines += [
            ".PP",
            f".B {_text(paragraph)}" if paragraph.startswith("depthauthor ") else _text(paragraph),
        ]
    for param in arguments:
        lines += [".TP", f".I {_word(param)}", _text(param.help)]
    for param in options:
        names = ", ".join(f"\\fB{_text(option)}\\fR" for option in (*param.opts, *param.secondary_opts))
        word = "" if getattr(param, "is_flag", False) else f" \\fI{_text(value(param))}\\fR"
        lines += [".TP", f"{names}{word}", _text(param.help)]
    return lines


def _word(param: Any) -> str:
    name = _text(param.metavar or param.name.upper()) + ("..." if param.nargs != 1 else "")
    return name if param.required else f"[{name}]"


def value(param: Any) -> str:
    """Return the word that stands for an option's value: its metavar, or its choices."""
    if param.metavar:
        return str(param.metavar)
    descriptor = getattr(param, "type_descriptor", None)
    choices = getattr(descriptor, "choices", None) or getattr(getattr(param, "type", None), "choices", None)
    return "|".join(map(str, choices)) if choices else "PATH"


def _text(text: str | None) -> str:
    """Return text for roff: hyphens that can be typed, and no line that begins as a request."""
    joined = re.sub(r"\s+", " ", text or "").strip().replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{joined}" if joined.startswith((".", "'")) else joined
