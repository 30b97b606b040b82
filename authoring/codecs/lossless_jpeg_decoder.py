"""Decode a lossless JPEG (ITU-T T.81, annex H): SOF3, predictor 1, one component, 8 to 16 bits.

Pillow decodes 8 bits only, and the libraries that decode 16 crash on damaged data.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.lossless_jpeg import LEFT, LONGEST_CODE
from authoring.errors import MalformedError, UnsupportedError

SOF3, DHT, SOI, EOI, SOS, DRI = 0xC3, 0xC4, 0xD8, 0xD9, 0xDA, 0xDD
OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - {SOF3, DHT, 0xC8, 0xCC}

MOST_BITS_CATEGORY = 16
"""SSSS of the difference 32768, which no further bits follow (H.1.2.2)."""

CHUNK_BYTES = 1 << 17
"""Of the scan whose codes are looked up at once: each bit takes some bytes on the way."""

_SCAN_END = re.compile(rb"\xff[^\0]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame header states (B.2.2)."""

    precision: int
    height: int
    width: int


def read_frame(data: bytes) -> Frame:
    """Return the frame of a lossless JPEG, without decoding it.

    Raises MalformedError for damage, UnsupportedError for another kind of JPEG.
    """
    return _headers(data)[0]


def decode_lossless(data: bytes) -> NDArray[np.uint16]:
    """Decode a lossless JPEG (SOI to EOI) to samples (H, W) uint16.

    Raises MalformedError for damage, UnsupportedError for another kind of JPEG. The caller checks the size first, by
    `read_frame`.
    """
    frame, table, scan = _headers(data)
    ended = _SCAN_END.search(scan)
    coded = (scan[: ended.start()] if ended else scan).replace(b"\xff\0", b"\xff")
    count = frame.height * frame.width
    if count > len(coded) * 8:
        raise MalformedError("a lossless JPEG ends before its last sample")
    differences = _differences(coded, count, table).reshape(frame.height, frame.width)
    differences[0, 0] += 1 << (frame.precision - 1)
    # Sums are modulo 2^16 (H.1.2.1), so they may overflow.
    np.cumsum(differences[:, 0], out=differences[:, 0])
    np.cumsum(differences, axis=1, out=differences)
    samples = differences.astype(np.uint16)
    if frame.precision < 16 and samples.max() >> frame.precision:
        raise MalformedError(f"a lossless JPEG has samples of more than its {frame.precision} bits")
    return samples


def _headers(data: bytes) -> tuple[Frame, NDArray[np.uint8], bytes]:
    """Return the frame, the categories and lengths by the next 16 bits (65536, 2), and what follows SOS."""
    frame, tables = None, dict[int, NDArray[np.uint8]]()
    place = 2
    if data[:2] != bytes((0xFF, SOI)):
        raise MalformedError("a strip or tile is no JPEG")
    while True:
        while data[place : place + 2] == b"\xff\xff":
            place += 1
        if place + 4 > len(data) or data[place] != 0xFF or data[place + 1] == EOI:
            raise MalformedError("a lossless JPEG has no scan")
        marker, (length,) = data[place + 1], struct.unpack_from(">H", data, place + 2)
        body = data[place + 4 : place + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise MalformedError("a lossless JPEG has a broken header")
        place += 2 + length
        if marker in OTHER_FRAMES:
            raise UnsupportedError("a strip or tile is no lossless JPEG (SOF3), which depth maps have")
        if marker == SOF3:
            frame = _frame(body)
        elif marker == DHT:
            tables |= _tables(body)
        elif marker == DRI and any(body):
            raise UnsupportedError("a lossless JPEG has restart intervals, which are not read")
        elif marker == SOS:
            break
    if frame is None or len(body) != 6 or body[0] != 1 or body[2] >> 4 not in tables:
        raise MalformedError("a lossless JPEG has a scan without frame or code table")
    if body[3] != LEFT or body[5] & 0x0F:
        raise UnsupportedError(
            f"a lossless JPEG has the predictor {body[3]} and the point transform {body[5] & 15}; 1 and 0 are read"
        )
    return frame, tables[body[2] >> 4], data[place:]


def _frame(body: bytes) -> Frame:
    if len(body) < 6:
        raise MalformedError("a lossless JPEG has a broken frame header")
    precision, height, width, components = struct.unpack_from(">BHHB", body)
    if components != 1:
        raise UnsupportedError(f"a lossless JPEG has {components} components; 1 is read")
    if not (2 <= precision <= 16 and height and width):
        raise MalformedError(f"a lossless JPEG states {width}x{height} samples of {precision} bits")
    return Frame(precision, height, width)


def _tables(body: bytes) -> dict[int, NDArray[np.uint8]]:
    """Return the code tables of a DHT segment by their number (B.2.4.2)."""
    tables = {}
    place = 0
    while place < len(body):
        counts = body[place + 1 : place + 1 + LONGEST_CODE]
        symbols = body[place + 1 + LONGEST_CODE : place + 1 + LONGEST_CODE + sum(counts)]
        if len(counts) != LONGEST_CODE or len(symbols) != sum(counts):
            raise MalformedError("a lossless JPEG has a broken code table")
        tables[body[place]] = _lookup(counts, symbols)
        place += 1 + LONGEST_CODE + len(symbols)
    return tables


def _lookup(counts: bytes, symbols: bytes) -> NDArray[np.uint8]:
    """Return category and code length for each value of the next 16 bits (65536, 2); length 0 is no code."""
    table = np.zeros((1 << LONGEST_CODE, 2), np.uint8)
    code, index = 0, 0
    for length, count in enumerate(counts, 1):
        for symbol in symbols[index : index + count]:
            start = code << (LONGEST_CODE - length)
            stop = (code + 1) << (LONGEST_CODE - length)
            if stop > len(table) or symbol > MOST_BITS_CATEGORY:
                raise MalformedError("a lossless JPEG has an impossible code table")
            table[start:stop] = symbol, length
            code += 1
        index += count
        code <<= 1
    return table


def _differences(coded: bytes, count: int, table: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return the coded differences (count,)."""
    # Ones follow the last byte, as they fill it.
    stream = np.frombuffer(coded + b"\xff" * 4, np.uint8).astype(np.int64)
    result = np.empty(count, np.int32)
    filled, start = 0, 0
    while filled < count:
        first = start // 8
        # From each byte on, the next 24 bits; a code of 16 bits may begin at any of its first 8.
        part = stream[first : first + CHUNK_BYTES + 3]
        words = part[:-2] << 16 | part[1:-1] << 8 | part[2:]
        windows = (words[:, np.newaxis] >> np.arange(8, 0, -1) & 0xFFFF).ravel()
        category, length = table[windows, 0], table[windows, 1]
        extra = np.where(category == MOST_BITS_CATEGORY, 0, category)
        steps = np.where(length == 0, 0, length + extra).tolist()
        places = _walk(steps, start - 8 * first, count - filled)
        stop = places[-1] + steps[places[-1]] if places else 0
        if not places or steps[places[-1]] == 0 or 8 * first + stop > 8 * len(coded):
            raise MalformedError(
                "a lossless JPEG ends before its last sample, or has a code that is not in its table"
            )
        at = np.array(places)
        bits = extra[at].astype(np.int64)
        after = at + length[at]
        after_windows = _window(stream[first:], after)
        value = after_windows >> (16 - bits)
        low = np.where(bits > 0, 1 << np.maximum(bits - 1, 0), 0)
        value = np.where(value < low, value - (1 << bits) + 1, value)
        result[filled : filled + len(at)] = np.where(category[at] == MOST_BITS_CATEGORY, 32768, value)
        filled += len(at)
        start = 8 * first + stop
    return result


def _walk(steps: list[int], place: int, count: int) -> list[int]:
    """Return up to `count` places, each a step after the one before, until one is no code or the steps end."""
    places: list[int] = []
    while place < len(steps) and len(places) < count:
        places.append(place)
        step = steps[place]
        if not step:
            break
        place += step
    return places


def _window(stream: NDArray[np.int64], bits: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the 16 bits from each place on."""
    index = np.minimum(bits // 8, len(stream) - 3)
    words = stream[index] << 16 | stream[index + 1] << 8 | stream[index + 2]
    windows: NDArray[np.int64] = words >> (8 - bits % 8) & 0xFFFF
    return windows
