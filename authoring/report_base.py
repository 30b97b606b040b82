"""Define what all reports have in common: their forms as dict, JSON and short text; and the report of an error."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


class Report:
    """Base of the frozen dataclasses that functions return; `_shown` names the fields of the short text."""

    __slots__ = ()

    _shown: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a dict of plain values, `schema` first, as its JSON Schema in `schemas/` has it."""
        values: dict[str, Any] = asdict(self)  # type: ignore[call-overload]
        return {"schema": values.pop("schema"), **values}

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the report as a JSON object; `indent` as for `json.dumps`."""
        return json_text(self.to_dict(), indent=indent)

    def __repr__(self) -> str:
        """Return the class and what matters most; `to_dict` has everything."""
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__name__}({shown})"


@dataclass(frozen=True, slots=True, repr=False)
class ErrorReport(Report):
    """Why a command, or one of its files, failed."""

    _shown = ("file", "error")

    error: str
    """One sentence for a person."""
    exit_code: int
    """As the exit codes of the command line."""
    file: str | None = None
    """The file that it is about, where that is known."""
    schema: str = "depthauthor/error/1"


def json_text(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Return a value as JSON. What is not printable, and could steer a terminal or turn text, is escaped.

    JSON itself escapes only U+0000 to U+001F (RFC 8259, section 7): C1 controls and marks that turn the direction of
    text, which file names and metadata may hold, would be written as they are.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, default=str, indent=indent)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
