"""Declare an option of the command line, and find which options of a panel were given."""

from __future__ import annotations

from typing import Any, NamedTuple

import typer
from typer import Context

from authoring.errors import UsageError

MEANING = "What the map means"
PORTRAIT = "Portrait"
CAMERA = "Camera"
ESTIMATE = "Estimate"
OUTPUT = "Output"

ENVIRONMENT_PREFIX = "DEPTHAUTHOR_"

NOT_FROM_ENVIRONMENT = ("--output", "--out", "--format", "--photo", "--map")
"""Options about the files of one call; --format means another thing in each command."""


def Option(*names: str, **settings: Any) -> Any:
    """Declare an option with a variable of the environment for its default: DEPTHAUTHOR_MAX_SIZE for --max-size.

    Files are left to `authoring.files`, which names the one at fault.
    """
    variable = f"{ENVIRONMENT_PREFIX}{names[0].partition('/')[0].strip('-').replace('-', '_').upper()}"
    if names[0] not in NOT_FROM_ENVIRONMENT:
        settings = {"envvar": variable, "show_envvar": False, **settings}
    return typer.Option(*names, readable=False, **settings)


class FocusPoint(NamedTuple):
    """A point of the upright photo, 0 to 1 from the top left."""

    x: float
    y: float


def parse_point(text: str) -> FocusPoint:
    """Parse the two numbers of `--focus X,Y`. Raises UsageError."""
    try:
        x, y = (float(number) for number in text.split(","))
    except ValueError:
        raise UsageError(f"the focus {text!r} is not two numbers, such as 0.5,0.4") from None
    return FocusPoint(x, y)


def given(context: Context, *panels: str, defaults: bool = True) -> dict[str, Any]:
    """Return the options of these panels that have a value, as keywords of the public functions.

    defaults: whether a default counts as a value.
    """
    names = [
        param.name for param in context.command.params if getattr(param, "rich_help_panel", None) in panels
    ]
    return {
        name: context.params[name]
        for name in names
        if name
        and context.params[name] is not None
        and (defaults or getattr(context.get_parameter_source(name), "name", "") != "DEFAULT")
    }


def typed(context: Context, panel: str) -> list[str]:
    """Return the names of the options of a panel that are on the command line itself, not in the environment."""
    return [
        name
        for name in given(context, panel, defaults=False)
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
