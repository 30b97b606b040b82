"""Write docs/commands.md from the declarations of the command line."""

from __future__ import annotations

import re
from typing import Any, Final

import typer

from authoring.cli.options import ENVIRONMENT_PREFIX
from authoring.cli.program import program
from schemas.man_page import value

_HEAD: Final = """# Commands

Made from the program by `python -m schemas.export`; `depthauthor COMMAND -h` and the man page
([depthauthor.1](depthauthor.1)) say the same. The keywords of the [Python functions](python.md) are these options.
"""

_SHARED: Final = "embed"
"""The command that has most options; others refer to its list."""


_ESTIMATE: Final = "estimate"
_FENCES: Final = {"sh": "```sh", "csv": "```csv", _ESTIMATE: "<!-- needs: module:torch -->\n```sh"}
"""By kind of block: its first lines. What needs a network's library is marked for the test that runs the page."""


def page() -> str:
    """Return the page as Markdown: each command with its examples, arguments and options."""
    group: Any = typer.main.get_command(program)
    shared = {_item(option) for option in _options(group.commands[_SHARED])}
    parts = [_HEAD, "## Exit codes and variables\n", *_paragraphs(group.epilog)]
    parts += [f"`{ENVIRONMENT_PREFIX}TRACEBACK=1` shows the details of a fault in depthauthor.\n"]
    for name, command in group.commands.items():
        parts += [f"## {name}\n", *_paragraphs(command.help), _arguments(command)]
        parts += _option_lists(command, set() if name == _SHARED else shared)
    return "\n".join(part for part in parts if part)


def _options(command: Any) -> list[Any]:
    return [
        param
        for param in command.params
        if param.param_type_name == "option" and not getattr(param, "hidden", False)
    ]


def _paragraphs(text: str | None) -> list[str]:
    """Return a help's paragraphs: examples and lines of a manifest that follow one another are one block each."""
    blocks: list[tuple[str, list[str]]] = []
    for paragraph in (text or "").split("\n\n"):
        line = re.sub(r"\s+", " ", paragraph).strip()
        kind = "sh" if line.startswith("depthauthor ") else "csv" if re.fullmatch(r"\S+,\S*", line) else ""
        if kind == "sh" and "estimate" in line:
            kind = _ESTIMATE
        if kind and blocks and blocks[-1][0] == kind:
            blocks[-1][1].append(line)
        else:
            blocks.append((kind, [line] if kind else [_text(line)]))
    return [
        f"{_FENCES[kind]}\n" + "\n".join(lines) + "\n```\n" if kind else f"{lines[0]}\n"
        for kind, lines in blocks
    ]


def _arguments(command: Any) -> str:
    return "".join(
        f"- `{param.metavar or param.name.upper()}{' …' if param.nargs != 1 else ''}`: {_text(param.help)}\n"
        for param in command.params
        if param.param_type_name == "argument"
    )


def _option_lists(command: Any, shared: set[str]) -> list[str]:
    panels: dict[str, list[Any]] = {}
    for option in _options(command):
        panels.setdefault(getattr(option, "rich_help_panel", None) or "Options", []).append(option)
    parts = []
    for panel, options in panels.items():
        same = [option for option in options if _item(option) in shared]
        lines = [_item(option) + _default(option) for option in options if option not in same]
        if same:
            names = ", ".join(f"`{max(option.opts, key=len)}`" for option in same)
            lines.append(f"- as for [{_SHARED}](#{_SHARED}): {names}")
        parts += [f"**{panel}**\n", "\n".join(lines) + "\n"]
    return parts


def _item(param: Any) -> str:
    """Return an option's line without its default: commands that share an option may leave the default to a row."""
    word = "" if getattr(param, "is_flag", False) else f" {value(param)}"
    names = "`, `".join((*param.opts, *param.secondary_opts))
    return f"- `{names}{word}`: {_text(param.help)}"


def _default(param: Any) -> str:
    return "" if getattr(param, "is_flag", False) or param.default is None else f" Default: {param.default}."


def _text(text: str | None) -> str:
    """Return text for Markdown; options in it are set as code."""
    joined = re.sub(r"\s+", " ", text or "").strip()
    escaped = re.sub(r"([*_<>|\[\]])", r"\\\1", joined)
    return re.sub(r"(?<![\w`-])(--[a-z][a-z-]*)", r"`\1`", escaped)
