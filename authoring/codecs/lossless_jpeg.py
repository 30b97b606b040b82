"""Encode a gray plane as lossless JPEG (ITU-T T.81, annex H): SOF3, predictor 1, one component, 8 or 16 bits.

It is the JPEG that DNG has for depth maps. Pillow decodes it with 8 bits, `lossless_jpeg_decoder` with 16.
"""

from __future__ import annotations

import heapq
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEFT = 1
"""Predictor 1: the sample to the left (table H.1)."""

LONGEST_SIDE = 65535
"""Samples (B.2.2)."""

LONGEST_CODE = 16
"""Bits of a Huffman code (T.81, annex C)."""

CHUNK_ROWS_SAMPLES = 1 << 18
"""Samples whose bits are laid out at once: each bit takes some bytes on the way."""


def encode_lossless(codes: NDArray[np.unsignedinteger[Any]]) -> bytes:
    """Encode codes (H, W) uint8 or uint16, SOI to EOI; a decoder gives back the same codes."""
    height, width = codes.shape
    precision = codes.dtype.itemsize * 8
    differences = _differences(codes, precision)
    categories = _categories(differences)
    lengths = _code_lengths(np.bincount(categories.ravel(), minlength=precision + 1))
    scan = _scan(differences, categories, _codes(lengths), lengths)
    frame = struct.pack(">BHHBBBB", precision, height, width, 1, 1, 0x11, 0)
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xC3, frame),
            _segment(0xC4, b"\0" + _table(lengths)),
            _segment(0xDA, bytes((1, 1, 0, LEFT, 0, 0))),
            scan.replace(b"\xff", b"\xff\0"),
            b"\xff\xd9",
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _differences(codes: NDArray[np.unsignedinteger[Any]], precision: int) -> NDArray[np.int32]:
    """Return each sample less its prediction, modulo 2^16 into -32767 to 32768 (H.1.2.1)."""
    samples = codes.astype(np.int32)
    differences = np.empty_like(samples)
    differences[:, 1:] = samples[:, 1:] - samples[:, :-1]
    differences[1:, 0] = samples[1:, 0] - samples[:-1, 0]
    differences[0, 0] = samples[0, 0] - (1 << (precision - 1))
    differences[differences > 32768] -= 65536
    differences[differences < -32767] += 65536
    return differences


def _categories(differences: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return SSSS of each difference: how many bits its magnitude has (table H.2)."""
    # The exponent of a float64 is exact for whole numbers of 17 bits.
    return np.frexp(np.abs(differences).astype(np.float64))[1].astype(np.uint8)


def _code_lengths(counts: NDArray[np.int64]) -> dict[int, int]:
    """Return the length of the Huffman code of each category that occurs."""
    weights = {symbol: int(count) for symbol, count in enumerate(counts) if count}
    while True:
        lengths = _huffman(weights)
        if max(lengths.values()) <= LONGEST_CODE:
            return lengths
        weights = {symbol: weight // 2 + 1 for symbol, weight in weights.items()}


def _huffman(weights: dict[int, int]) -> dict[int, int]:
    """Return code lengths; a symbol that is left out keeps the code of all ones free, as annex C wants."""
    reserved = -1
    heap: list[tuple[int, int, tuple[int, ...]]] = [
        (weight, symbol, (symbol,)) for symbol, weight in weights.items()
    ]
    heapq.heappush(heap, (0, reserved, (reserved,)))
    heapq.heapify(heap)
    lengths = dict.fromkeys((reserved, *weights), 0)
    while len(heap) > 1:
        weight, key, symbols = heapq.heappop(heap)
        other_weight, other_key, others = heapq.heappop(heap)
        for symbol in (*symbols, *others):
            lengths[symbol] += 1
        heapq.heappush(heap, (weight + other_weight, min(key, other_key), symbols + others))
    del lengths[reserved]
    return lengths


def _in_order(lengths: dict[int, int]) -> list[int]:
    """Return the symbols by code length, as the table lists them."""
    return sorted(lengths, key=lambda symbol: (lengths[symbol], symbol))


def _codes(lengths: dict[int, int]) -> dict[int, int]:
    """Return the canonical code of each symbol (annex C, figures C.1 to C.3)."""
    codes, code, previous = {}, 0, 0
    for symbol in _in_order(lengths):
        code <<= lengths[symbol] - previous
        codes[symbol], previous = code, lengths[symbol]
        code += 1
    return codes


def _table(lengths: dict[int, int]) -> bytes:
    """Return BITS and HUFFVAL of a DHT segment (B.2.4.2)."""
    counts = [list(lengths.values()).count(size) for size in range(1, LONGEST_CODE + 1)]
    return bytes(counts) + bytes(_in_order(lengths))


def _scan(
    differences: NDArray[np.int32],
    categories: NDArray[np.uint8],
    codes: dict[int, int],
    lengths: dict[int, int],
) -> bytes:
    """Return the entropy-coded bits, the last byte filled with ones, without stuffed bytes."""
    code_table, length_table = np.zeros(17, np.int64), np.zeros(17, np.int64)
    for symbol, code in codes.items():
        code_table[symbol], length_table[symbol] = code, lengths[symbol]
    rows = max(1, CHUNK_ROWS_SAMPLES // differences.shape[1])
    packed: list[bytes] = []
    rest = np.empty(0, np.uint8)
    for start in range(0, differences.shape[0], rows):
        difference = differences[start : start + rows].ravel().astype(np.int64)
        category = categories[start : start + rows].ravel()
        # Category 16 is the one value 32768, which needs no further bits (H.1.2.2).
        extra = np.where(category == 16, 0, category).astype(np.int64)
        # A negative difference is coded as its one's complement: the low bits of difference - 1.
        low = np.where(difference < 0, difference - 1, difference) & ((1 << extra) - 1)
        words = code_table[category] << extra | low
        sizes = length_table[category] + extra
        bits = np.concatenate((rest, _bits(words, sizes)))
        whole = bits.size // 8 * 8
        packed.append(np.packbits(bits[:whole]).tobytes())
        rest = bits[whole:]
    if rest.size:
        packed.append(np.packbits(np.concatenate((rest, np.ones(8 - rest.size, np.uint8)))).tobytes())
    return b"".join(packed)


def _bits(words: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the bits of words, the highest of each first, as one array of 0 and 1."""
    ends = np.cumsum(sizes)
    shifts = np.repeat(ends, sizes) - np.arange(1, int(ends[-1]) + 1)
    return (np.repeat(words, sizes) >> shifts & 1).astype(np.uint8)
