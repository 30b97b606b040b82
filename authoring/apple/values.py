"""Parse one value of a property, and format it as Apple prints it."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from typing import Any

from authoring.apple.property_table import PropertyRow
from authoring.errors import MalformedError, RefusedError

SIX_DECIMALS = 1e-6
"""Largest error of a half float that is printed with six decimals, with room for a second rounding."""

INTEGER_TOLERANCE = 1e-6
"""iOS prints some whole numbers from doubles: 3023.9999999999995 in the regions of shu_matte."""

MAX_NUMBER_CHARACTERS = 64
"""17 digits, sign and exponent need 24; a longer text is not searched."""

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def exact_half(value: float) -> float:
    """Return the half float that prints as `value` with six decimals; `value` itself if none is within 1e-6.

    Unambiguous from 1/512 on, where neighbouring half floats differ by more than six decimals can blur.
    """
    if not math.isfinite(value) or abs(value) > 65504:
        return value
    nearest: float = struct.unpack("<e", struct.pack("<e", value))[0]
    return nearest if abs(nearest - value) <= SIX_DECIMALS else value


def parse_value(row: PropertyRow, value: object) -> Any:
    """Return a number, bool, text, bytes or tuple of numbers, by the row's kind; None for an unknown value.

    Raises MalformedError for a malformed number.
    """
    if row.kind == "reals":
        numbers = value if isinstance(value, tuple) else (None,)
        return tuple(_number(row, text) for text in numbers)
    if row.kind in ("integer", "half6", "real6", "real"):
        number = _number(row, value)
        if row.kind != "integer":
            return _before_printing(number) if row.kind == "half6" else number
        if abs(number - round(number)) > INTEGER_TOLERANCE:
            raise MalformedError(f"XMP property {row.label}: {number!r} is not a whole number")
        return round(number)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if row.kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
    return decode_base64(text) if row.kind == "base64" else text


def _number(row: PropertyRow, text: object) -> float:
    """Return a finite number; MalformedError names the property."""
    digits = text.strip() if isinstance(text, str) else ""
    if len(digits) <= MAX_NUMBER_CHARACTERS and NUMBER.fullmatch(digits):
        number = float(digits)
        if math.isfinite(number):
            return number
    wanted = f"a list of {row.count} numbers" if row.kind == "reals" else "a number"
    shown = repr(digits[:24]) if digits else "its value"
    raise MalformedError(f"XMP property {row.label}: {shown} cannot be read as {wanted}")


def _before_printing(number: float) -> float:
    """Return the half float of a number of six decimals; any other number is exact.

    iOS 11 printed the six-decimal number with 17 digits (rw), so the length of the text does not decide.
    """
    return exact_half(number) if number == float(f"{number:f}") else number


def decode_base64(text: str) -> bytes | None:
    """Decode base64, with white space or without padding too; None if it is something else."""
    packed = "".join(text.split()).rstrip("=")
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def format_value(row: PropertyRow, value: Any) -> str | tuple[str, ...]:
    """Return the text or texts of a value; the inverse of `parse_value`.

    Raises RefusedError for a list of the wrong length and for a number that is not finite.
    """
    if row.kind == "reals":
        if len(value) != row.count:
            raise RefusedError(f"XMP property {row.label} takes {row.count} numbers, not {len(value)}")
        return tuple(_format_number(row, number) for number in value)
    if row.kind == "boolean":
        return "True" if value else "False"
    if row.kind == "base64":
        return base64.b64encode(value).decode("ascii")
    return str(value) if row.kind in ("integer", "text") else _format_number(row, value)


def _format_number(row: PropertyRow, number: float) -> str:
    """Return six decimals or 17 digits, as Apple prints each property.

    17 digits replace six decimals only if those would lose the value: a small number that would print as zero, and
    limits that are not half floats. iOS 11 printed 17 digits there (rw), so readers accept them.
    """
    if not math.isfinite(number):
        raise RefusedError(f"XMP property {row.label} cannot hold {number}; give a finite number")
    if row.kind in ("half6", "real6"):
        text = f"{number:f}"
        printed = float(text)
        if (_before_printing(printed) == number) if row.kind == "half6" else (printed != 0 or number == 0):
            return text
    return "0.0" if number == 0 else f"{number:.17g}"
