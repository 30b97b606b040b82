"""Read the properties that Google's depth formats have in common: standard and extended XMP, numbers, base64."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from authoring.apple import xmp
from authoring.apple.property_table import PropertyTree
from authoring.containers.base import Layout
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.near_far import Spacing

MAX_EXTENDED_BYTES = 64_000_000
"""Of an extended packet. It holds whole pictures in base64: GDepth of a 48 MP photo has about 30 MB."""

SPACINGS: dict[str, Spacing] = {"RangeInverse": "inverse", "RangeLinear": "linear"}
"""Format, in GDepth, Dynamic Depth and XDM."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class StatedRange:
    """What Format, Near and Far of a map say, in the file's own unit."""

    format: str
    spacing: Spacing
    near: float
    far: float


def stated_range(field: Callable[[str], str | None], prefix: str) -> StatedRange:
    """Return Format, Near and Far of a map; without Format, RangeInverse.

    field: gives the text of a field by its name; prefix: of the names in a message. Raises UnsupportedError for another
    format, MalformedError where a distance is missing or no number.
    """
    format = field("Format") or "RangeInverse"
    if format not in SPACINGS:
        raise UnsupportedError(f"{prefix}:Format is {format[:40]!r}; RangeInverse and RangeLinear are read")
    near, far = (number(field(name), f"{prefix}:{name}") for name in ("Near", "Far"))
    if near is None or far is None:
        raise MalformedError(f"{prefix}:Near or {prefix}:Far is missing, so the map's codes have no meaning")
    return StatedRange(format, SPACINGS[format], near, far)


def photo_properties(layout: Layout) -> PropertyTree:
    """Return the properties of the photo's XMP, the standard packet before the extended one.

    Raises MalformedError if one of them is not XMP or is larger than `MAX_EXTENDED_BYTES`.
    """
    tree = xmp.parse_packet(layout.xmp) if layout.xmp else ()
    if layout.extended_xmp:
        tree += xmp.parse_packet(layout.extended_xmp, MAX_EXTENDED_BYTES)
    return tree


def text(tree: PropertyTree, namespace: str, name: str) -> str | None:
    """Return a property's text; None if it is absent or no text."""
    values = (item.value for item in tree if (item.namespace, item.name) == (namespace, name))
    value = next(values, None)
    return value if isinstance(value, str) else None


def number(value: str | None, name: str) -> float | None:
    """Return a number; None if it is absent. Raises MalformedError if the text is none; infinity is one."""
    if value is None:
        return None
    try:
        result = float(value)
    except ValueError:
        result = math.nan
    if math.isnan(result):
        raise MalformedError(f"{name} in the photo's XMP is no number")
    return result


def decode_base64(value: str, name: str) -> bytes:
    """Return the bytes of a text in base64; white space and missing padding are allowed.

    Raises MalformedError for anything else.
    """
    packed = _SPACE.sub("", value).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (ValueError, binascii.Error):
        raise MalformedError(f"{name} in the photo's XMP is not base64") from None
