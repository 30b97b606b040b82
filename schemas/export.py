"""Write the files derived from the code: JSON Schemas, RELAX NG, docs/rules.md, docs/commands.md and the man page.

Run as `python -m schemas.export`; a test compares the committed files with the code.
"""

from __future__ import annotations

import json
from pathlib import Path

from schemas import commands_page, forms, man_page, relax_ng, rules_page

ROOT = Path(__file__).parents[1]


def texts() -> dict[str, str]:
    """Return every file derived from declarations alone, by its path from the root."""
    files = {
        f"schemas/{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in forms.documents().items()
    }
    files["schemas/depth-xmp.rng"] = relax_ng.depth_packet()
    files["schemas/matte-xmp.rng"] = relax_ng.matte_packet()
    files["docs/rules.md"] = rules_page.page()
    files["docs/depthauthor.1"] = man_page.page()
    files["docs/commands.md"] = commands_page.page()
    return files


def main() -> None:
    """Write all files."""
    for name, text in texts().items():
        (ROOT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
