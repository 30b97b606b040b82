"""One value of a property: from its text to a number, truth, text or bytes, and back as Apple prints it.

Knows: the table's number formats, and what half floats lose in six decimals. Must not know: which properties there
are, XML.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import Any

from authoring.apple.property_table import Row
from authoring.errors import MalformedError, RefusedError

SIX_DECIMALS = 1e-6
"""How far a half float printed with six decimals can be from itself, with room for a second rounding."""

WHOLE_NUMBER_SLACK = 1e-6

MAX_NUMBER_CHARACTERS = 64
"""17 digits, sign and exponent need 24; more is no number, and is not searched."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def exact_half(value: float) -> float:
    """The half float that `value` is a six-decimal print of; `value` itself where none is within 1e-6.

    Certain for magnitudes from 1/512 on, where neighbours lie further apart than six decimals can blur.
    """
    if not math.isfinite(value) or abs(value) > 65504:
        return value
    nearest: float = struct.unpack("<e", struct.pack("<e", value))[0]
    return nearest if abs(nearest - value) <= SIX_DECIMALS else value


def parse_value(row: Row, value: object) -> Any:
    """One value by its row's kind: a number, bool, text, bytes or tuple of numbers; None where it is of no use."""
    if row.kind == "reals":
        numbers = value if isinstance(value, tuple) else (None,)
        return tuple(_number(row, text) for text in numbers)
    if row.kind in ("integer", "half6", "real6", "real"):
        number = _number(row, value)
        if row.kind != "integer":
            return _before_printing(number) if row.kind == "half6" else number
        # iOS prints some whole numbers from doubles: 3023.9999999999995 in the regions of shu_matte.
        if abs(number - round(number)) > WHOLE_NUMBER_SLACK:
            raise MalformedError(f"XMP property {row.label}: {number!r} is not a whole number")
        return round(number)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if row.kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    return decode_base64(text) if row.kind == "base64" else text


def _number(row: Row, text: object) -> float:
    """A finite number, or MalformedError with the property's name."""
    digits = text.strip() if isinstance(text, str) else ""
    if len(digits) <= MAX_NUMBER_CHARACTERS and NUMBER.fullmatch(digits):
        number = float(digits)
        if math.isfinite(number):
            return number
    wanted = f"a list of {row.count} numbers" if row.kind == "reals" else "a number"
    shown = repr(digits[:24]) if digits else "its value"
    raise MalformedError(f"XMP property {row.label}: {shown} cannot be read as {wanted}")


def _before_printing(number: float) -> float:
    """The half float behind a number of six decimals; any other number is what it says.

    iOS 11 printed the six-decimal number with 17 digits (rw), so the value tells, not the length of the text.
    """
    return exact_half(number) if number == float(f"{number:f}") else number


def decode_base64(text: str) -> bytes | None:
    """Base64, with white space and missing padding forgiven; None where it is something else."""
    packed = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def format_value(row: Row, value: Any) -> str | tuple[str, ...]:
    """The twin of `parse_value`."""
    if row.kind == "reals":
        if len(value) != row.count:
            raise RefusedError(f"XMP property {row.label} takes {row.count} numbers, not {len(value)}")
        return tuple(_format_number(row, number) for number in value)
    if row.kind == "boolean":
        return "True" if value else "False"
    if row.kind == "base64":
        return base64.b64encode(value).decode("ascii")
    return str(value) if row.kind in ("integer", "text") else _format_number(row, value)


def _format_number(row: Row, number: float) -> str:
    """Six decimals or 17 digits, as Apple prints each property.

    Six decimals are given up only where they would lose the value: a small number that they print as zero,
    and limits that are not half floats. iOS 11 printed 17 digits there (rw), so readers take them.
    """
    if not math.isfinite(number):
        raise RefusedError(f"XMP property {row.label} cannot hold {number}; give a finite number")
    if row.kind in ("half6", "real6"):
        text = f"{number:f}"
        printed = float(text)
        if (_before_printing(printed) == number) if row.kind == "half6" else (printed != 0 or number == 0):
            return text
    return "0.0" if number == 0 else f"{number:.17g}"
