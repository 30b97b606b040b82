"""What a command line is made of: commands as functions, options and arguments as notes on their parameters.

Knows: nothing of how command lines are read. `quick` reads those that are plainly given, and `typer_app` makes the
Typer program of the same declarations for all else: help, completion, every mistake. Importing and starting Typer
takes longer than embedding a map does, and most calls come from scripts that make no mistakes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Command = Callable[..., Any]
CommandT = TypeVar("CommandT", bound=Command)


class Option:
    """A note on a parameter: an option. Without names it is --NAME, and --NAME/--no-NAME where it is true or false."""

    __slots__ = ("help", "max", "metavar", "min", "names")

    def __init__(
        self,
        *names: str,
        help: str = "",
        metavar: str | None = None,
        min: float | None = None,
        max: float | None = None,
    ) -> None:
        """`names` as they are typed; "--on/--off" for a pair."""
        self.names, self.help, self.metavar, self.min, self.max = names, help, metavar, min, max


class Argument:
    """A note on a parameter: a word of the command line without a name."""

    __slots__ = ("help", "metavar")

    def __init__(self, *, help: str = "", metavar: str | None = None) -> None:
        """`metavar` stands for it in the help."""
        self.help, self.metavar = help, metavar


@dataclass(slots=True)
class Program:
    """Commands by name, and groups of commands."""

    name: str
    help: str
    epilog: str = ""
    commands: dict[str, Command] = field(default_factory=dict)
    groups: dict[str, Program] = field(default_factory=dict)

    def command(self, name: str | None = None) -> Callable[[CommandT], CommandT]:
        """A decorator that adds a function as a command, under its own name unless another is given."""

        def add(function: CommandT) -> CommandT:
            self.commands[name or function.__name__.replace("_", "-")] = function
            return function

        return add

    def group(self, name: str, help: str) -> Program:
        """A group of commands, to which they are added."""
        return self.groups.setdefault(name, Program(name, help))
