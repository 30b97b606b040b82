"""Define what all reports have in common: their forms as dict, as JSON and as a short text."""

from __future__ import annotations

import json
from dataclasses import asdict
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
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, default=str, indent=indent)

    def __repr__(self) -> str:
        """Return the class and what matters most; `to_dict` has everything."""
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__name__}({shown})"
