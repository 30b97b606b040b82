"""Describe an edit of a file as data: which source bytes are kept, and what is put between them.

The list proves losslessness: what is not in `touched` is kept, byte for byte. It also says where an old absolute
offset went, so that patching offsets is one loop in every format.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

MAX_RUNS = 64
"""Most runs of one block that are replaced one by one; a person reads no more of them in a report."""

HUNK_COST = 4
"""Bytes that one more replacement takes in a compressed undo record; closer runs are cheaper as one."""

_NOT_ZERO = re.compile(rb"[^\0]+")


@dataclass(frozen=True, slots=True)
class Keep:
    """Source bytes [start, stop), unchanged."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Put:
    """New bytes at this place, and why."""

    data: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """Source bytes [start, stop) replaced by `data`; start == stop is an insertion, empty data a removal."""

    start: int
    stop: int
    data: bytes
    reason: str

    @property
    def growth(self) -> int:
        """By how many bytes it makes the result longer than the source."""
        return len(self.data) - (self.stop - self.start)


@dataclass(frozen=True, slots=True)
class Touched:
    """Source bytes [start, stop) that are not kept; start == stop: bytes were added there."""

    start: int
    stop: int
    reason: str


@dataclass(frozen=True)
class EditList:
    """What is done to a source of `source_size` bytes; make one with `of`."""

    source_size: int
    replacements: tuple[Replacement, ...]
    """By offset, without overlaps."""

    @classmethod
    def unchanged(cls, source_size: int) -> EditList:
        """Return the list that keeps everything."""
        return cls(source_size, ())

    @classmethod
    def of(cls, source_size: int, replacements: Iterable[Replacement]) -> EditList:
        """Build the list from replacements in any order.

        Insertions at one offset keep the order given, and come before a replacement that starts there.
        Raises ValueError if two replacements overlap: a fault of the caller, not of the file.
        """
        ordered = sorted(replacements, key=lambda change: (change.start, change.stop))
        position = 0
        for change in ordered:
            if change.start < position or change.stop < change.start or change.stop > source_size:
                raise ValueError(
                    f"replacement [{change.start}, {change.stop}) overlaps another or leaves the source"
                )
            position = change.stop
        return cls(
            source_size, tuple(change for change in ordered if change.data or change.start < change.stop)
        )

    @cached_property
    def edits(self) -> tuple[Keep | Put, ...]:
        """The result in order: the kept runs, and what is put between them."""
        edits: list[Keep | Put] = []
        position = 0
        for change in self.replacements:
            if change.start > position:
                edits.append(Keep(position, change.start))
            if change.data:
                edits.append(Put(change.data, change.reason))
            position = change.stop
        if position < self.source_size:
            edits.append(Keep(position, self.source_size))
        return tuple(edits)

    @property
    def touched(self) -> tuple[Touched, ...]:
        """The source bytes that are not kept, and where bytes are added, in order."""
        return tuple(Touched(change.start, change.stop, change.reason) for change in self.replacements)

    @property
    def result_size(self) -> int:
        """The length of the result in bytes."""
        return self.source_size + sum(change.growth for change in self.replacements)

    def new_offset(self, old: int) -> int | None:
        """Return the offset in the result of the source byte at `old`; None if it is not kept.

        `old` == `source_size` gives the end of the result if the source's last byte is kept.
        """
        starts, runs = self._kept
        index = bisect_right(starts, old) - 1
        if index >= 0:
            start, stop, place = runs[index]
            if old < stop:
                return place + old - start
            if old == stop == self.source_size:
                return self.result_size
        return None

    def keeps(self, start: int, stop: int) -> bool:
        """Whether the result has the source bytes [start, stop) in one piece."""
        if start == stop:
            return True
        starts, runs = self._kept
        index = bisect_right(starts, start) - 1
        return index >= 0 and stop <= runs[index][1]

    def offset_of(self, reason: str) -> int:
        """Return the offset in the result of the first bytes that are put for exactly this reason.

        Raises ValueError if there are none.
        """
        for place, change in self._placed():
            if change.data and change.reason == reason:
                return place
        raise ValueError(f"nothing is put for the reason {reason!r}")

    def chunks(self, source: bytes) -> Iterator[bytes | memoryview]:
        """Yield the result in pieces, without copying what is kept."""
        if len(source) != self.source_size:
            raise ValueError("this edit list belongs to another source")
        view = memoryview(source)
        for edit in self.edits:
            yield edit.data if isinstance(edit, Put) else view[edit.start : edit.stop]

    def apply(self, source: bytes) -> bytes:
        """Return the result as bytes."""
        return b"".join(self.chunks(source))

    def inverse(self, source: bytes, reason: str) -> EditList:
        """Return the list over the result of this edit that gives `source` back.

        It holds the source bytes that this list drops; replacements without a kept byte between them are one.
        """
        inverted: list[Replacement] = []
        for place, change in self._placed():
            stop, data = place + len(change.data), source[change.start : change.stop]
            if inverted and inverted[-1].stop == place:
                last = inverted.pop()
                place, data = last.start, last.data + data
            inverted.append(Replacement(place, stop, data, reason))
        return EditList.of(self.result_size, inverted)

    def then(self, second: EditList) -> EditList:
        """Return one list, over this list's source, that does this edit and then `second` on its result.

        Replacements without a kept byte between them become one, with the reasons of both lists.
        """
        if second.source_size != self.result_size:
            raise ValueError("the second edit list belongs to another source")
        firsts, seconds = deque(self._placed()), deque(second.replacements)
        # What each replacement takes up of the bytes between the two edits.
        spans = [(place, place + len(change.data)) for place, change in firsts]
        spans += [(change.start, change.stop) for change in seconds]
        combined = []
        growth = 0
        for start, stop in _joined(spans, 0):
            between = bytearray(stop - start)
            source_start = start - growth
            reasons = []
            while firsts and firsts[0][0] <= stop:
                place, change = firsts.popleft()
                between[place - start : place - start + len(change.data)] = change.data
                growth += change.growth
                reasons.append(change.reason)
            data, position = b"", start
            while seconds and seconds[0].start <= stop:
                change = seconds.popleft()
                data += between[position - start : change.start - start] + change.data
                position = change.stop
                reasons.append(change.reason)
            data += between[position - start :]
            names = dict.fromkeys(name for reason in reasons for name in reason.split("; "))
            combined.append(Replacement(source_start, stop - growth, data, "; ".join(names)))
        return EditList.of(self.source_size, combined)

    def _placed(self) -> Iterator[tuple[int, Replacement]]:
        """Yield each replacement with the offset in the result of what it puts there."""
        growth = 0
        for change in self.replacements:
            yield change.start + growth, change
            growth += change.growth

    @cached_property
    def _kept(self) -> tuple[tuple[int, ...], tuple[tuple[int, int, int], ...]]:
        """Starts of the kept runs, and (source start, source stop, result start) of each."""
        runs = []
        place = 0
        for edit in self.edits:
            if isinstance(edit, Keep):
                runs.append((edit.start, edit.stop, place))
                place += edit.stop - edit.start
            else:
                place += len(edit.data)
        return tuple(run[0] for run in runs), tuple(runs)


def changes(start: int, old: bytes, new: bytes, reason: str) -> list[Replacement]:
    """Return few small replacements that turn the block `old`, at offset `start`, into `new`, in order.

    Blocks of one length differ in runs. Otherwise it is either the runs in which the blocks differ when both are
    aligned at their first byte and the end that is added or removed, or one run between their common head and
    common tail, whichever replaces fewer bytes of `old`. A block that grew at its end and whose pointer to that end
    changed (Exif) is small in the first way, text inserted into a packet (XMP) in the second.

    Bytes are never inserted in front of the first byte of `old`: that byte is replaced with them, so that what
    begins at `start` begins there in the result too.
    """
    size = min(len(old), len(new))
    pieces = [(low, high, new[low:high]) for low, high in _differing_runs(old[:size], new[:size])]
    if len(old) != len(new):
        if pieces and pieces[-1][1] == size:
            pieces[-1] = (pieces[-1][0], len(old), new[pieces[-1][0] :])
        else:
            pieces.append((size, len(old), new[size:]))
        low, high, data = _middle(old, new)
        if high - low + HUNK_COST <= sum(stop - first + HUNK_COST for first, stop, _ in pieces):
            pieces = [(low, high, data)]
    return [Replacement(start + low, start + high, data, reason) for low, high, data in pieces]


def _differing_runs(old: bytes, new: bytes) -> list[tuple[int, int]]:
    """Return the runs [start, stop) in which two blocks of one length differ, at most `MAX_RUNS`.

    Runs that are at most `HUNK_COST` bytes apart are joined; farther ones too while there are too many.
    """
    difference = int.from_bytes(old, "big") ^ int.from_bytes(new, "big")
    runs = [match.span() for match in _NOT_ZERO.finditer(difference.to_bytes(len(old), "big"))]
    gap = HUNK_COST
    runs = _joined(runs, gap)
    while len(runs) > MAX_RUNS:
        gap *= 2
        runs = _joined(runs, gap)
    return runs


def _middle(old: bytes, new: bytes) -> tuple[int, int, bytes]:
    """Return the run [start, stop) of `old` between the blocks' common head and tail, and what replaces it."""
    size = min(len(old), len(new))
    head = int.from_bytes(old[:size], "big") ^ int.from_bytes(new[:size], "big")
    front = size - (head.bit_length() + 7) // 8
    tail = int.from_bytes(old[len(old) - size :], "little") ^ int.from_bytes(new[len(new) - size :], "little")
    back = min(size - (tail.bit_length() + 7) // 8, size - front)
    if front == 0 and back == len(old) > 0:
        back -= 1
    return front, len(old) - back, new[front : len(new) - back]


def _joined(runs: Iterable[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Return runs [start, stop) in order, those that overlap or are at most `gap` bytes apart as one."""
    result: list[tuple[int, int]] = []
    for start, stop in sorted(runs):
        if result and start - result[-1][1] <= gap:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result
