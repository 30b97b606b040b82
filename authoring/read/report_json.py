"""Turn reports into JSON objects."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any


def as_json(report: Any) -> dict[str, Any]:
    """Return a report dataclass as a JSON object: `schema` first, then the other fields in declared order."""
    values = asdict(report)
    return {"schema": values.pop("schema"), **values}
