"""The quick way through a command line: one that is plainly given is read from the declarations, without Typer.

Knows: options and arguments as `declare` has them. Must not know: help texts, error messages. Whatever is not plain
(help, a mistake, an unusual spelling) is left to Typer, which reads the line anew; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from authoring.cli.declare import Argument, Command, Option, Program

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)(e-?\d{1,2})?", re.ASCII | re.IGNORECASE)


class _NotPlainError(Exception):
    """The line needs a better reader."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter of a command: how its text becomes a value."""

    name: str
    note: Option | Argument
    convert: Callable[[str], Any] | None
    """None for a switch."""
    many: bool
    required: bool


def parse(program: Program, words: Sequence[str]) -> tuple[Command, dict[str, Any]] | None:
    """The function of a command line and its arguments; None where the line is not plain."""
    words = list(words)
    while words and words[0] in program.groups:
        program = program.groups[words.pop(0)]
    function = program.commands.get(words[0]) if words else None
    if function is None:
        return None
    try:
        return function, _arguments(_parameters(function), words[1:])
    except _NotPlainError:
        return None


def _arguments(parameters: list[_Parameter], words: list[str]) -> dict[str, Any]:
    options: dict[str, tuple[_Parameter, bool | None]] = {}
    for one in parameters:
        options.update(_spellings(one))
    given: dict[str, Any] = {}
    loose: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "-" or not word.startswith("-"):
            loose.append(word)
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if name not in options:
            raise _NotPlainError
        one, switch = options[name]
        if switch is not None:
            if equals:
                raise _NotPlainError
            given[one.name] = switch
            continue
        text = value if equals else next(rest, "")
        _put(given, one, text)
    _place(given, [one for one in parameters if isinstance(one.note, Argument)], loose)
    if any(one.required and one.name not in given for one in parameters):
        raise _NotPlainError
    return given


def _place(given: dict[str, Any], arguments: list[_Parameter], words: list[str]) -> None:
    """The words without a name, in the order of the arguments; the last one may take several."""
    for index, one in enumerate(arguments):
        for text in words[index:] if one.many else words[index : index + 1]:
            _put(given, one, text)
    if len(words) > len(arguments) and not (arguments and arguments[-1].many):
        raise _NotPlainError


def _put(given: dict[str, Any], one: _Parameter, text: str) -> None:
    # An empty text, or one that looks like an option, is as often a mistake as it is meant.
    if not text or (text.startswith("-") and text != "-") or one.convert is None:
        raise _NotPlainError
    value = one.convert(text)
    if isinstance(one.note, Option):
        low, high = one.note.min, one.note.max
        if (low is not None and value < low) or (high is not None and value > high):
            raise _NotPlainError
    if one.many:
        given.setdefault(one.name, []).append(value)
    else:
        given[one.name] = value


def _spellings(one: _Parameter) -> dict[str, tuple[_Parameter, bool | None]]:
    """How an option is typed, and what a switch is set to by it."""
    if not isinstance(one.note, Option):
        return {}
    plain = f"--{one.name.replace('_', '-')}"
    names = one.note.names or ((plain,) if one.convert else (f"{plain}/--no-{plain[2:]}",))
    found: dict[str, tuple[_Parameter, bool | None]] = {}
    for name in names:
        on, _, off = name.partition("/")
        found[on] = (one, None if one.convert else True)
        if off:
            found[off] = (one, False)
    return found


def _parameters(function: Command) -> list[_Parameter]:
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    optional = _optional(function)
    found = []
    for name in hints:
        hint, note = get_args(hints[name])
        if get_origin(hint) in (Union, UnionType):
            (hint,) = (part for part in get_args(hint) if part is not NoneType)
        many = get_origin(hint) is list
        kind = get_args(hint)[0] if many else hint
        convert = None if kind is bool else _converter(kind)
        found.append(_Parameter(name, note, convert, many, name not in optional))
    return found


def _optional(function: Any) -> set[str]:
    """The parameters that have defaults. `inspect` would tell, and takes longer to import than all of this room."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    return {*names[len(names) - len(defaults) :], *(function.__kwdefaults__ or ())}


def _converter(kind: Any) -> Callable[[str], Any]:
    if get_origin(kind) is Literal:
        return _one_of(get_args(kind))
    plain: dict[Any, Callable[[str], Any]] = {int: _whole, float: _number, str: str, Path: Path}
    return plain[kind]


def _one_of(choices: tuple[Any, ...]) -> Callable[[str], Any]:
    def choose(text: str) -> Any:
        if text not in choices:
            raise _NotPlainError
        return text

    return choose


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise _NotPlainError
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise _NotPlainError
    return float(text)
