"""Limit how many pixels are decoded, and how much a coded picture may unpack to."""

from __future__ import annotations

from authoring.errors import UnsupportedError

MAX_PIXELS = 200_000_000
"""The largest phone sensors have 200 MP, and a map is no larger than its photo; more is refused before memory is
taken."""

FREE_BYTES = 64 << 20
"""What any file may unpack to. A map of 16 megapixels in single floats, or a mask of 64 megapixels."""

MAX_EXPANSION = 250
"""Bytes out for each byte in, beyond `FREE_BYTES`. Real photos and maps unpack to 2 to 50 times their size, a flat
white page to 1000 times: what is that large and that empty is made to exhaust memory."""


def check_pixels(count: int) -> None:
    """Raise UnsupportedError for more pixels than any map has."""
    if count > MAX_PIXELS:
        raise UnsupportedError(f"the map has {count} pixels; at most {MAX_PIXELS} are read")


def check_unpacking(what: str, width: int, height: int, pixel_bytes: float, coded_bytes: int) -> None:
    """Raise UnsupportedError for more pixels than any camera has, or a decompression bomb; `what` names the picture."""
    if width * height > MAX_PIXELS:
        raise UnsupportedError(f"{what} is {width}x{height}; {MAX_PIXELS} pixels are the limit")
    size = width * height * pixel_bytes
    if size > FREE_BYTES and size > MAX_EXPANSION * coded_bytes:
        raise UnsupportedError(
            f"{what} is {width}x{height} and would unpack from {coded_bytes} bytes to {size / 1e6:.0f} MB, far more "
            "than real ones do; make it smaller"
        )
