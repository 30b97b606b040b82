"""Two gray JPEGs, one above the other, joined to the bytes that coding the whole at once would have given.

Knows: the Huffman codes of a baseline scan with one component (T.81, F.1.2 and F.2.2). Must not know: codecs, pixels.

Each block is coded on its own, but for its DC coefficient, of which the difference from the block before is coded. So
the lower half's bits follow the upper half's after its first difference was coded anew.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

SOF0, DHT, SOS = 0xC0, 0xC4, 0xDA

HEIGHT = slice(1, 3)
"""Where a frame header's body has the height: after the precision."""

AC_COEFFICIENTS = 63

END_OF_BLOCK = 0x00
"""The run-length symbol that no coefficient follows."""

MAX_BLOCK_BYTES = 2 * 64 * 27 // 8
"""No block is longer, stuffed: at 8 bits of a sample, 64 coefficients of at most 16 bits of Huffman code and 11 of its
value."""

MOVED_BYTES = 1 << 15
"""Moved at once as one number: what that takes beside the scan itself is not worth counting."""


@dataclass(frozen=True)
class Scan:
    """A JPEG from `_parse`."""

    header: bytes
    """All up to the coded data, the height zero."""
    place: int
    """Where the height lies in it."""
    height: int
    tables: dict[int, dict[str, int]]
    """Symbols by their codes as text of 0 and 1; table 0 is for DC, 16 for AC."""
    coded: bytes
    """As it lies: a zero is stuffed behind each byte 0xFF."""

    @cached_property
    def text(self) -> str:
        """The first block's bits, and perhaps more, as text."""
        some = _unstuffed(self.coded[:MAX_BLOCK_BYTES])
        return f"{int.from_bytes(some, 'big'):0{8 * len(some)}b}"

    def symbol(self, table: int, at: int) -> tuple[int, int]:
        """The symbol at a bit, and where it ends. ValueError where there is none."""
        for end in range(at + 1, at + 17):
            found = self.tables[table].get(self.text[at:end])
            if found is not None and end <= len(self.text):
                return found, end
        raise ValueError("no Huffman code")

    def first_difference(self) -> tuple[int, int]:
        """The first block's DC coefficient, and where its bits end."""
        size, at = self.symbol(0, 0)
        value = self.text[at : at + size]
        # A negative number is coded as one less, in ones' complement (F.1.2.1).
        number = int(value or "0", 2) - (0 if value.startswith("1") or not size else (1 << size) - 1)
        return number, at + size

    def last_ones(self) -> int:
        """How many ones the first block ends with. ValueError where all its AC bits are ones."""
        _, start = self.first_difference()
        at, coefficients = start, 0
        while coefficients < AC_COEFFICIENTS:
            symbol, at = self.symbol(16, at)
            if symbol == END_OF_BLOCK:
                break
            at += symbol & 15
            coefficients += (symbol >> 4) + 1
        ones = at - start - len(self.text[start:at].rstrip("1"))
        if ones == at - start:
            raise ValueError("no zero in the block")
        return ones


def _parse(data: bytes) -> Scan:
    """A baseline JPEG with one component and one scan, SOI to EOI. ValueError for others."""
    at, place, tables = 2, 0, {}
    while data[at : at + 1] == b"\xff":
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body, start = data[at + 4 : at + 2 + size], at + 4
        at += 2 + size
        if marker == SOF0:
            place = start + HEIGHT.start
        elif marker == DHT:
            tables.update(_tables(body))
        elif marker == SOS:
            break
    if not place or not {0, 16} <= tables.keys() or not data.endswith(b"\xff\xd9"):
        raise ValueError("no such JPEG")
    header, height = bytearray(data[:at]), int.from_bytes(data[place : place + 2], "big")
    header[place : place + 2] = bytes(2)
    return Scan(bytes(header), place, height, tables, data[at:-2])


@functools.lru_cache(maxsize=4)
def _tables(body: bytes) -> dict[int, dict[str, int]]:
    """The Huffman tables of a DHT segment (B.2.4.2 and annex C)."""
    tables: dict[int, dict[str, int]] = {}
    while body:
        counts, symbols = body[1:17], iter(body[17:])
        table = tables[body[0]] = {}
        code = 0
        for length, count in enumerate(counts, 1):
            for _ in range(count):
                table[f"{code:0{length}b}"] = next(symbols)
                code += 1
            code <<= 1
        body = body[17 + sum(counts) :]
    return tables


def join(upper: tuple[bytes, bytes], lower: tuple[bytes, bytes]) -> bytes | None:
    """The JPEG of two halves, whose headers differ in the height alone; None where it cannot be told.

    Of each half there is its JPEG, and its last block as a JPEG of its own; the upper has whole rows of blocks.
    """
    try:
        above, above_end, below, below_end = map(_parse, (*upper, *lower))
        number, start = below.first_difference()
        lead = _bits(number - above_end.first_difference()[0], above.tables[0])
        filling, below_filling = _filling(above, above_end), _filling(below, below_end)
    except ValueError:
        return None
    if above.header != below.header:
        return None
    last = 2 if above.coded.endswith(b"\xff\0") else 1
    lead = f"{above.coded[-last]:08b}"[: 8 - filling] + lead
    header = bytearray(above.header)
    header[above.place : above.place + 2] = (above.height + below.height).to_bytes(2, "big")
    moved = _moved(below.coded, start, below_filling, lead)
    return b"".join((header, memoryview(above.coded)[:-last], *moved, b"\xff\xd9"))


def _moved(coded: bytes, start: int, filling: int, lead: str) -> Iterator[bytes]:
    """A scan without its first `start` and its last `filling` bits, behind a lead; ones fill the last byte."""
    kept, waiting = int(lead, 2), len(lead)
    at, skipped = 0, start
    while at < len(coded):
        end = at + MOVED_BYTES
        end += coded[end - 1 : end] == b"\xff"  # The stuffed zero belongs to it.
        piece = _unstuffed(coded[at:end])
        at = end
        bits = 8 * len(piece) - skipped
        value = int.from_bytes(piece, "big") & ((1 << bits) - 1)
        skipped = 0
        if at >= len(coded):
            value, bits = value >> filling, bits - filling
        count, left = divmod(waiting + bits, 8)
        kept = kept << bits | value
        yield (kept >> left).to_bytes(count, "big").replace(b"\xff", b"\xff\0")
        kept, waiting = kept & ((1 << left) - 1), left
    if waiting:
        yield (((kept + 1) << (8 - waiting)) - 1).to_bytes(1, "big").replace(b"\xff", b"\xff\0")


def _unstuffed(coded: bytes) -> bytes:
    return coded.replace(b"\xff\0", b"\xff")


def _filling(scan: Scan, last: Scan) -> int:
    """How many ones fill the last byte, behind the last block. ValueError where it is unclear.

    last: the last block alone; its AC bits are the same.
    """
    tail = int.from_bytes(_unstuffed(scan.coded[-MAX_BLOCK_BYTES:]), "big")
    filling = (~tail & (tail + 1)).bit_length() - 1 - last.last_ones()
    if not 0 <= filling < 8:
        raise ValueError("the scan does not end with that block")
    return filling


def _bits(number: int, table: dict[str, int]) -> str:
    """A DC difference as bits, as text. ValueError where the table has no code for its size."""
    size = abs(number).bit_length()
    codes = [code for code, symbol in table.items() if symbol == size]
    if not codes:
        raise ValueError("no Huffman code")
    value = number if number >= 0 else number + (1 << size) - 1
    return codes[0] + (f"{value:0{size}b}" if size else "")
