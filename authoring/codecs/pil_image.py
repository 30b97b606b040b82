"""Recognise PIL images without importing Pillow."""

from __future__ import annotations

import sys
from typing import Any


def is_pil_image(value: Any) -> bool:
    """Return whether a value is a PIL image; there is none where Pillow has not been imported."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)
