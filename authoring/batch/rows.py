"""Define the rows of a batch: photo, map, output and the options of `embed`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from authoring import containers
from authoring.api.estimate_files import NOT_FOR_ESTIMATES, split_options
from authoring.api.output_names import CONTAINER_OF_SUFFIX, derived_name, suffix_for
from authoring.batch import stores
from authoring.embed.embed_options import EmbedOptions
from authoring.embed.portrait import PortraitOptions
from authoring.errors import UsageError
from authoring.estimate.estimate_options import EstimateOptions

if TYPE_CHECKING:
    from authoring.containers.base import ContainerName

PATH_COLUMNS = ("photo", "map", "output")

_OLD_NAMES = {"format": "native_format"}
"""Columns that manifests may still have, and their names today."""

_NOT_COLUMNS = {"portrait", "map_name", "photo_name", "calibration_source", "stereo_width", "encoder_threads"}
"""A group, hints taken from the paths, what the column `calibration` sets (twice), and what the worker sets."""

_ALTERNATIVES = ({"white", "invert"}, {"calibration", "fov", "focal_mm"})
"""Options that say the same thing in different ways: a row with one of them wants no default for the others."""

MAX_LISTED = 10
"""Unknown columns that a message lists; a file that is not a manifest may have thousands."""
MAX_QUOTED = 60
"""Characters of a cell that a message quotes."""

_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One photo of a batch. `fault` is set if the row itself cannot be read."""

    number: int
    """From 1, in the order of the manifest."""
    photo: str
    map: str
    """Empty if the depth is estimated."""
    output: str
    options: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    estimate: EstimateOptions | None = None
    """How the depth is estimated; None for a row with a map."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are read anew whenever they are iterated, so that none has to be kept."""

    read: Callable[[], Iterator[BatchRow]]

    def __iter__(self) -> Iterator[BatchRow]:
        """Read the rows."""
        return self.read()


@dataclass(frozen=True, slots=True)
class RowDefaults:
    """What applies to every row: where relative paths start, where outputs go, and options that a row may override."""

    base: str
    out: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    local_only: bool = False
    """Whether a row may name files in these folders only, by relative paths: for the manifests of others."""
    estimate: Mapping[str, Any] | None = None
    """Keywords of `estimate` for the rows without a map; None: each row needs one."""


def inputs_of(row: BatchRow) -> list[str]:
    """Return the places that a row is made from: photo, and, if named, map, donor and calibration file."""
    donor, calibration = row.options.get("donor"), row.options.get("calibration")
    return [row.photo, *filter(None, (row.map, donor, calibration if is_file(calibration) else None))]


def is_file(calibration: str | None) -> bool:
    """Return whether the option `calibration` is a file name and not a word such as `exif`."""
    return calibration is not None and "." in calibration


def option_values(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Convert option texts to values under their Python names; empty ones are left out.

    Raises UsageError for an unknown name or a text that is not a value of its kind.
    """
    values = {}
    for name, given in texts.items():
        text = _text(given)
        if not text:
            continue
        column = column_name(name)
        convert = COLUMNS.get(column)
        if convert is None:
            raise UsageError(unknown_columns([name]))
        try:
            values[_OLD_NAMES.get(column, column)] = convert(text)
        except (ValueError, KeyError):
            raise UsageError(f"{name} is {_quoted(text)}, not {_KIND[convert]}") from None
    return values


def parse_row(number: int, cells: Mapping[str, Any], defaults: RowDefaults) -> BatchRow:
    """Parse one line of a manifest; an error in it becomes the row's `fault`."""
    paths = {name: _text(cells.get(name)) for name in PATH_COLUMNS}
    photo, map_ = (
        stores.join(defaults.base, paths[name]) if paths[name] else "" for name in ("photo", "map")
    )
    needed = ("photo", "map") if defaults.estimate is None else ("photo",)
    missing = [name for name in needed if not paths[name]]
    if missing:
        return BatchRow(number, photo, map_, "", fault=f"the row names no {' and no '.join(missing)}")
    if any("\0" in path for path in paths.values()):
        return BatchRow(number, photo, map_, "", fault="a name contains a zero byte, which is not allowed")
    impossible = [name for name, text in paths.items() if text and not _is_path(text)]
    if impossible:
        return BatchRow(number, "", "", "", fault=f"the {impossible[0]} is not a possible file name")
    if "-" in (*paths.values(), photo, map_):
        return BatchRow(number, photo, map_, "", fault="a batch reads and writes files, not standard streams")
    texts = {name: text for name, text in cells.items() if column_name(name) not in PATH_COLUMNS}
    try:
        own = option_values(texts)
        for name in ("donor", "calibration"):
            if name in own and (name == "donor" or is_file(own[name])):
                paths[name] = own[name]
                own[name] = stores.join(defaults.base, own[name])
        beside = _defaults_beside(own, defaults.options)
        options, estimate = ({**beside, **own}, None) if map_ else _options_of_estimate(own, beside, defaults)
        output = output_of(photo, paths["output"], defaults, options.get("container"))
        if defaults.local_only:
            _refuse_places_outside(paths, output, defaults)
        return BatchRow(number, photo, map_, output, options, estimate=estimate)
    except UsageError as error:
        return BatchRow(number, photo, map_, paths["output"], fault=error.message)


def row_of_estimate(number: int, photo: str, output: str, defaults: RowDefaults) -> BatchRow:
    """Return the row of a photo without a map, which has no options of its own."""
    options, estimate = _options_of_estimate({}, defaults.options, defaults)
    return BatchRow(number, photo, "", output, options, estimate=estimate)


def _options_of_estimate(
    own: Mapping[str, Any], beside: Mapping[str, Any], defaults: RowDefaults
) -> tuple[dict[str, Any], EstimateOptions]:
    """Return the options of a row without a map, and those of its estimate.

    own: the row's. beside: the batch's, of which those about map files are for the rows that have one. Raises
    UsageError for an own option about a map file.
    """
    fitting = {name: value for name, value in beside.items() if name not in NOT_FOR_ESTIMATES}
    assert defaults.estimate is not None, "a row without a map in a batch that estimates none"
    estimate, options = split_options({**fitting, **own}, dict(defaults.estimate))
    return options, estimate


def _defaults_beside(own: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults without those that say the same thing in another way than a row's own options."""
    replaced = {name for names in _ALTERNATIVES if names & own.keys() for name in names}
    return {name: value for name, value in defaults.items() if name not in replaced}


def _refuse_places_outside(paths: Mapping[str, str], output: str, defaults: RowDefaults) -> None:
    """Raise UsageError if a row names a place, or its output is one, that `local_only` forbids."""
    folders = dict.fromkeys(paths, defaults.base)
    folders["output"] = defaults.out if defaults.out is not None else defaults.base
    for name, text in paths.items():
        place = output if name == "output" else stores.join(folders[name], text)
        absolute = stores.is_url(text) or Path(text).is_absolute()
        if absolute or not stores.is_really_within(place, folders[name]):
            raise UsageError(
                f"{name} is {_quoted(text or place)}; --local-only allows relative paths inside "
                f"{folders[name] or 'the working folder'} only"
            )


def output_of(
    photo: str, given: str, defaults: RowDefaults, container: str | None = None, subfolder: str = ""
) -> str:
    """Return the output of a row: as given, else the photo's name in the output folder, else NAME-depth beside it.

    Raises UsageError for a relative name that leads out of the output folder: a slip, or a manifest that cannot be
    trusted. An absolute path or URL is taken as written.
    """
    if given:
        folder = defaults.out if defaults.out is not None else defaults.base
        output = stores.normal(stores.join(folder, given))
        relative = not stores.is_url(given) and not Path(given).is_absolute()
        if defaults.out is not None and relative and not stores.is_within(output, defaults.out):
            raise UsageError(
                f"output is {given!r}, which leads out of {defaults.out}; give an absolute path if that is meant"
            )
        if output == "-":
            raise UsageError("a batch writes files, not standard output")
        return output
    name = stores.name_of(photo)
    own = _real_container(photo) or CONTAINER_OF_SUFFIX.get(name.suffix.lower())
    suffix = suffix_for(name, container or own or "heic")
    if defaults.out is not None:
        folder = stores.join(defaults.out, subfolder) if subfolder else defaults.out
        return stores.normal(stores.join(folder, f"{name.stem}{suffix}"))
    return stores.normal(stores.join(stores.parent(photo), derived_name(name, "depth", suffix)))


def _real_container(photo: str) -> ContainerName | None:
    """Return a local photo's container by its first bytes: an extension may be wrong. None if it cannot be read."""
    path = stores.local_path(photo)
    try:
        if path is None or not path.is_file():
            return None
        with path.open("rb") as file:
            head = file.read(12)
    except (OSError, ValueError):
        return None
    return containers.name_of(head)


def column_name(name: str) -> str:
    """Return the canonical name of a column: `Max-Size` is `max_size`."""
    return name.strip().lower().replace("-", "_")


def unknown_columns(names: list[str]) -> str:
    """Return the sentence for unknown columns."""
    known = ", ".join((*PATH_COLUMNS, *COLUMNS))
    return f"unknown column or option {', '.join(map(_quoted, names[:MAX_LISTED]))}; known are {known}"


def _quoted(text: Any) -> str:
    return repr(str(text)[:MAX_QUOTED])


def _is_path(text: str) -> bool:
    """Return whether a file can have this path."""
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
    int: "a whole number",
    float: "a number",
    _point: "a pair of numbers",
    str: "text",
}
_CONVERTERS: dict[Any, Callable[[str], Any]] = {bool: _truth, int: int, float: float, tuple: _point}


def _columns() -> dict[str, Callable[[str], Any]]:
    """Return every option of `embed` as a column, with the function that converts its text."""
    columns: dict[str, Callable[[str], Any]] = {}
    for options in (EmbedOptions, PortraitOptions):
        hints = get_type_hints(options)
        for name in [option.name for option in fields(options)]:
            if name in _NOT_COLUMNS:
                continue
            hint = hints[name]
            if get_origin(hint) in (Union, UnionType):
                hint = next(part for part in get_args(hint) if part is not type(None))
            columns[name] = _CONVERTERS.get(get_origin(hint) or hint, str)
    return columns | {old: columns[name] for old, name in _OLD_NAMES.items()}


COLUMNS = _columns()
"""Column → converter of its text; derived from the options themselves, so that a new option is a column at once."""
