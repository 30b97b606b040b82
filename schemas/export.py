"""Writes what is derived from the code: JSON Schemas, RELAX NG, the page of rules and the page of diagnosis.

Run as `python -m schemas.export` at the root of the repository; a test compares what lies there with the code.
"""

from __future__ import annotations

import json
from pathlib import Path

from schemas import diagnosis_page, forms, relax_ng, rules_page

ROOT = Path(__file__).parents[1]


def texts() -> dict[str, str]:
    """Every file that is derived from declarations alone, by its path from the root."""
    made = {
        f"schemas/{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in forms.documents().items()
    }
    made["schemas/depth-xmp.rng"] = relax_ng.depth_packet()
    made["schemas/matte-xmp.rng"] = relax_ng.matte_packet()
    made["docs/rules.md"] = rules_page.page()
    return made


def answers() -> dict[str, str]:
    """Those that take embedding, and seconds."""
    return {"docs/diagnosis.md": diagnosis_page.page()}


def main() -> None:
    """Write them."""
    for name, text in (texts() | answers()).items():
        (ROOT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
