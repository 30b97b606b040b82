"""One row of work: which photo, which map, where to, and with which options.

Knows: the columns of a manifest, which are the options of `embed`, and how their text is read.
Must not know: the file formats of manifests, workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from authoring.api.output_names import CONTAINER_OF_SUFFIX, derived_name, suffix_for
from authoring.batch import stores
from authoring.embed.options import EmbedOptions
from authoring.embed.portrait import PortraitOptions
from authoring.errors import UsageError

PATH_COLUMNS = ("photo", "map", "output")

_SHORT_NAMES = {"near": "near_m", "far": "far_m", "format": "pixel_format"}
"""The command line's names of options that are called otherwise in Python."""

_NO_COLUMNS = {"portrait", "map_name", "calibration_source", "encoder_threads"}
"""A group, a hint taken from the map's path, what the column `calibration` sets, and what the worker sets."""

MAX_NAMED = 10
"""Unknown columns that a message names; one that is no manifest may have thousands."""
MAX_QUOTED = 60
"""Characters of a cell in a message."""

_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Row:
    """What one photo of a batch needs. `fault` is set where the row itself cannot be read."""

    number: int
    """From 1, in the order of the manifest."""
    photo: str
    map: str
    output: str
    options: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every row: where relative paths start, where outputs go, and options unless a row says else."""

    base: str
    out: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def option_values(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Option texts as values under their Python names; empty ones are left out.

    Raises UsageError for an unknown name or a text that is no value of its kind.
    """
    values = {}
    for name, given in texts.items():
        text = _text(given)
        if not text:
            continue
        convert = COLUMNS.get(column_name(name))
        if convert is None:
            raise UsageError(unknown_columns([name]))
        try:
            values[_SHORT_NAMES.get(column_name(name), column_name(name))] = convert(text)
        except (ValueError, KeyError):
            raise UsageError(f"{name} is {_quoted(text)}, which is no {_KIND[convert]}") from None
    return values


def row_of(number: int, cells: Mapping[str, Any], rules: Rules) -> Row:
    """The row of one line of a manifest; what is wrong with it becomes its `fault`."""
    paths = {name: _text(cells.get(name)) for name in PATH_COLUMNS}
    photo, map_ = (stores.join(rules.base, paths[name]) if paths[name] else "" for name in ("photo", "map"))
    missing = [name for name in ("photo", "map") if not paths[name]]
    if missing:
        return Row(number, photo, map_, "", fault=f"the row names no {' and no '.join(missing)}")
    if any("\0" in path for path in paths.values()):
        return Row(number, photo, map_, "", fault="a name holds a zero byte, which no file's name has")
    impossible = [name for name, text in paths.items() if text and not _is_path(text)]
    if impossible:
        return Row(number, "", "", "", fault=f"the {impossible[0]} is no name that a file can have")
    if "-" in (*paths.values(), photo, map_):
        return Row(number, photo, map_, "", fault="a batch reads and writes files, not the standard streams")
    texts = {name: text for name, text in cells.items() if column_name(name) not in PATH_COLUMNS}
    try:
        own = option_values(texts)
        for name in ("donor", "calibration"):
            if name in own and (name == "donor" or "." in own[name]):
                own[name] = stores.join(rules.base, own[name])
        options = {**rules.options, **own}
        output = output_of(photo, paths["output"], rules, options.get("container"))
        return Row(number, photo, map_, output, options)
    except UsageError as error:
        return Row(number, photo, map_, paths["output"], fault=error.message)


def output_of(photo: str, given: str, rules: Rules, container: str | None = None) -> str:
    """Where a row's result goes: as given, else the photo's name in the output folder, else NAME-depth beside it.

    Raises UsageError for a relative name that leads out of the output folder: a slip, or a manifest that is not to
    be trusted. An absolute path or URL is what the manifest's author wrote, and stands.
    """
    if given:
        output = stores.normal(stores.join(rules.out if rules.out is not None else rules.base, given))
        relative = not stores.is_url(given) and not Path(given).is_absolute()
        if rules.out is not None and relative and not stores.is_within(output, rules.out):
            raise UsageError(
                f"output is {given!r}, which leads out of {rules.out}; write an absolute path for that"
            )
        if output == "-":
            raise UsageError("a batch writes files, not the standard streams")
        return output
    name = stores.name_of(photo)
    own = CONTAINER_OF_SUFFIX.get(name.suffix.lower())
    suffix = suffix_for(name, container or own or "heic")
    if rules.out is not None:
        return stores.normal(stores.join(rules.out, f"{name.stem}{suffix}"))
    return stores.normal(stores.join(stores.parent(photo), derived_name(name, "depth", suffix)))


def column_name(name: str) -> str:
    """A column as it is known: `Max-Size` is `max_size`."""
    return name.strip().lower().replace("-", "_")


def unknown_columns(names: list[str]) -> str:
    """The sentence for columns that nobody knows."""
    known = ", ".join((*PATH_COLUMNS, *COLUMNS))
    return f"there is no column or option {', '.join(map(_quoted, names[:MAX_NAMED]))}; there are {known}"


def _quoted(text: Any) -> str:
    """A manifest's own words in a message."""
    return repr(str(text)[:MAX_QUOTED])


def _is_path(text: str) -> bool:
    """Whether a file can be called so."""
    try:
        return b"\0" not in os.fsencode(text) and bool(text.strip("/"))
    except UnicodeEncodeError:
        return False


def _text(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, list | tuple):
        return ",".join(map(str, given))
    return str(given).strip()


def _truth(text: str) -> bool:
    return _TRUTH[text.lower()]


def _point(text: str) -> tuple[float, float]:
    x, y = (float(number) for number in text.split(","))
    return x, y


_KIND: dict[Callable[[str], Any], str] = {
    _truth: "yes or no",
    int: "whole number",
    float: "number",
    _point: "pair of numbers",
    str: "text",
}
_CONVERTERS: dict[Any, Callable[[str], Any]] = {bool: _truth, int: int, float: float, tuple: _point}


def _columns() -> dict[str, Callable[[str], Any]]:
    """Every option of `embed` as a column, and how its text becomes a value."""
    found: dict[str, Callable[[str], Any]] = {}
    python_names = {long: short for short, long in _SHORT_NAMES.items()}
    for options in (EmbedOptions, PortraitOptions):
        hints = get_type_hints(options)
        for name in [one.name for one in fields(options)]:
            if name in _NO_COLUMNS:
                continue
            hint = hints[name]
            if get_origin(hint) in (Union, UnionType):
                hint = next(part for part in get_args(hint) if part is not type(None))
            converter = _CONVERTERS.get(get_origin(hint) or hint, str)
            found[python_names.get(name, name)] = converter
    return found


COLUMNS = _columns()
"""Column → how its text is read; taken from the options themselves, so that a new option is a column at once."""
