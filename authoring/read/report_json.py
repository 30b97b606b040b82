"""Reports as JSON.

Knows: that a report is a struct with its schema's name. Must not know: any report.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any


def as_json(report: Any) -> dict[str, Any]:
    """The report as a JSON object: `schema` first, then the rest in the order declared."""
    values = asdict(report)
    return {"schema": values.pop("schema"), **values}
