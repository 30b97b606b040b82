"""An edit of a file as data: which source bytes are kept, and what is put between them.

Knows: byte offsets. Must not know: any format.

The list is the proof of losslessness: what is not in `touched` is kept, byte for byte. It also answers
where an old absolute offset went, so patching offsets is one loop for every format.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import cast

MAX_RUNS = 64
"""Differing runs of one block that are named one by one; more would tell a person nothing, so they become one."""

HUNK_COST = 4
"""Bytes that one more replacement takes in a compressed undo record; closer runs are cheaper as one."""

_RUN = re.compile(rb"[^\0]+")


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
    """Source bytes [start, stop) give way to `data`; start == stop is an insertion, empty data a removal."""

    start: int
    stop: int
    data: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Touched:
    """Source bytes [start, stop) that did not stay; start == stop: bytes were added there."""

    start: int
    stop: int
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Source bytes [start, stop) that are kept, and where in the result they lie."""

    start: int
    stop: int
    place: int


def differing(start: int, old: bytes, new: bytes, reason: str) -> list[Replacement]:
    """The bytes that change where `new` takes the place of `old`, which lies at `start` and is as long.

    Equal bytes between them stay, up to `MAX_RUNS` runs; above that, all from the first to the last are one run.
    """
    difference = int.from_bytes(old, "big") ^ int.from_bytes(new, "big")
    found = [one.span() for one in _RUN.finditer(difference.to_bytes(len(old), "big"))]
    if len(found) > MAX_RUNS:
        found = [(found[0][0], found[-1][1])]
    return [Replacement(start + low, start + high, new[low:high], reason) for low, high in found]


def exchanged(start: int, old: bytes, new: bytes, reason: str) -> Replacement:
    """The middle that changes where `new`, of another length, takes the place of `old`, which lies at `start`.

    Neither side of it is empty unless a whole block is: one equal byte goes along where bytes are only added or
    only taken out. So what is put right in front of the block or right behind it has a certain place.
    """
    size = min(len(old), len(new))
    head = int.from_bytes(old[:size], "big") ^ int.from_bytes(new[:size], "big")
    tail = int.from_bytes(old[len(old) - size :], "little") ^ int.from_bytes(new[len(new) - size :], "little")
    front = size - (head.bit_length() + 7) // 8
    back = min(size - (tail.bit_length() + 7) // 8, size - front)
    if front + back == size:
        front, back = (front - 1, back) if front else (0, max(back - 1, 0))
    return Replacement(start + front, start + len(old) - back, new[front : len(new) - back], reason)


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
    runs = [match.span() for match in _RUN.finditer(difference.to_bytes(len(old), "big"))]
    gap = HUNK_COST
    while True:
        joined: list[tuple[int, int]] = []
        for start, stop in runs:
            if joined and start - joined[-1][1] <= gap:
                joined[-1] = (joined[-1][0], stop)
            else:
                joined.append((start, stop))
        if len(joined) <= MAX_RUNS:
            return joined
        runs, gap = joined, 2 * gap


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


def place_of_result(replacements: Iterable[Replacement], new: int) -> int | None:
    """Before which source byte something must be put to come to lie at offset `new` of the result.

    None within new bytes. In front of new bytes it is the place in front of what gives way.
    """
    growth = 0
    for one in sorted(replacements, key=lambda one: (one.start, one.stop)):
        if new <= one.start + growth:
            break
        if new < one.start + growth + len(one.data):
            return None
        growth += len(one.data) - (one.stop - one.start)
    return new - growth


@dataclass(frozen=True)
class EditList:
    """What becomes of a source of `source_size` bytes."""

    source_size: int
    edits: tuple[Keep | Put, ...]
    tell: Callable[[], tuple[Touched, ...]] = field(compare=False, repr=False)

    @cached_property
    def touched(self) -> tuple[Touched, ...]:
        """What of the source did not stay, in order; told when it is first asked for."""
        return self.tell()

    @classmethod
    def unchanged(cls, source_size: int) -> EditList:
        """The list that keeps everything."""
        return cls.of(source_size, ())

    @classmethod
    def of(cls, source_size: int, replacements: Iterable[Replacement]) -> EditList:
        """Build the list from replacements in any order.

        Insertions at one offset keep the order given, and come before a replacement that starts there.
        Raises ValueError when two replacements overlap: a fault of the caller, not of the file.
        """
        ordered = sorted(replacements, key=lambda one: (one.start, one.stop))
        edits: list[Keep | Put] = []
        touched: list[Touched] = []
        position = 0
        for one in ordered:
            if one.start < position or one.stop < one.start or one.stop > source_size:
                raise ValueError(
                    f"replacement [{one.start}, {one.stop}) overlaps another or leaves the source"
                )
            if not one.data and one.start == one.stop:
                continue
            if one.start > position:
                edits.append(Keep(position, one.start))
            if one.data:
                edits.append(Put(one.data, one.reason))
            touched.append(Touched(one.start, one.stop, one.reason))
            position = one.stop
        if position < source_size:
            edits.append(Keep(position, source_size))
        return cls(source_size, tuple(edits), lambda: tuple(touched))

    @cached_property
    def result_size(self) -> int:
        """The length of the result in bytes."""
        return sum(len(edit.data) if isinstance(edit, Put) else edit.stop - edit.start for edit in self.edits)

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

    def new_offset(self, old: int) -> int | None:
        """Where the source byte at `old` lies in the result; None where it was replaced or removed.

        `old` == `source_size` answers the end of the result when the source's last byte is kept.
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

    def longest_kept(self, limit: int, then: EditList | None = None) -> Kept | None:
        """The longest kept run that lies in the first `limit` bytes of the result, of this list and `then` another."""
        if then:
            return EditList(self.source_size, self._followed_by(then), tuple).longest_kept(limit)
        runs = [
            Kept(start, min(stop, start + limit - place), place)
            for start, stop, place in self._kept[1]
            if place < limit
        ]
        return max(runs, key=lambda one: one.stop - one.start, default=None)

    def keeps(self, start: int, stop: int) -> bool:
        """Whether the source bytes [start, stop) lie in the result in one piece."""
        if start == stop:
            return True
        starts, runs = self._kept
        index = bisect_right(starts, start) - 1
        return index >= 0 and stop <= runs[index][1]

    def chunks(self, source: bytes) -> Iterator[bytes | memoryview]:
        """The result in pieces, without copying what is kept."""
        if len(source) != self.source_size:
            raise ValueError("this edit list belongs to another source")
        view = memoryview(source)
        for edit in self.edits:
            yield edit.data if isinstance(edit, Put) else view[edit.start : edit.stop]

    def apply(self, source: bytes) -> bytes:
        """The result as bytes."""
        return b"".join(self.chunks(source))

    def sparse(self, source: bytes, blank: Collection[tuple[int, int]]) -> bytes:
        """The result, to be looked at: the runs [start, stop) of the source in `blank` are zeros where they are kept.

        blank: in order, without overlaps. The bytes are a `Sparse`, which costs no more than what is not blank.
        """
        from authoring.containers.sparse import Sparse

        out, place, view = Sparse(-1, self.result_size), 0, memoryview(source)
        for edit in self.edits:
            if isinstance(edit, Put):
                out[place : place + len(edit.data)] = edit.data
                place += len(edit.data)
                continue
            shift, position = place - edit.start, edit.start
            for start, stop in blank:
                low, high = max(start, position), min(stop, edit.stop)
                if low < high:
                    out[position + shift : low + shift] = view[position:low]
                    position = high
            out[position + shift : edit.stop + shift] = view[position : edit.stop]
            place += edit.stop - edit.start
        return cast("bytes", out)

    def inverse(self, source: bytes, reason: str) -> EditList:
        """Return the edit list over the result that gives the source again.

        It holds the source bytes that this list drops; its result is `source` where it is applied to `apply(source)`.
        """
        replacements = []
        source_stop = result_stop = result_place = 0
        for edit in (*self.edits, Keep(self.source_size, self.source_size)):
            if isinstance(edit, Put):
                result_place += len(edit.data)
                continue
            old = source[source_stop : edit.start]
            replacements.append(Replacement(result_stop, result_place, old, reason))
            result_place += edit.stop - edit.start
            source_stop, result_stop = edit.stop, result_place
        return EditList.of(self.result_size, replacements)

    def then(self, second: EditList) -> EditList:
        """One list, over this list's source, that does this edit and then `second` on its result."""
        edits = self._followed_by(second)
        return EditList(self.source_size, edits, lambda: self._touched_after(edits, second))

    def _followed_by(self, second: EditList) -> tuple[Keep | Put, ...]:
        """The edits of `then`."""
        if second.source_size != self.result_size:
            raise ValueError("the second edit list belongs to another source")
        if self.edits == (Keep(0, self.source_size),):
            return second.edits
        pieces: list[tuple[int, int, Keep | Put]] = []
        place = 0
        for edit in self.edits:
            size = len(edit.data) if isinstance(edit, Put) else edit.stop - edit.start
            pieces.append((place, place + size, edit))
            place += size
        edits: list[Keep | Put] = []
        first = 0
        for edit in second.edits:
            if isinstance(edit, Put):
                edits.append(edit)
                continue
            # Both lists run forward: what ends before this run is not met again.
            while pieces[first][1] <= edit.start:
                first += 1
            for index in range(first, len(pieces)):
                start, stop, inner = pieces[index]
                if start >= edit.stop:
                    break
                low, high = max(start, edit.start), min(stop, edit.stop)
                if isinstance(inner, Put):
                    edits.append(Put(inner.data[low - start : high - start], inner.reason))
                else:
                    edits.append(Keep(inner.start + low - start, inner.start + high - start))
        merged: list[Keep | Put] = []
        for edit in edits:
            last = merged[-1] if merged else None
            if isinstance(edit, Keep) and isinstance(last, Keep) and last.stop == edit.start:
                merged[-1] = Keep(last.start, edit.stop)
            else:
                merged.append(edit)
        return tuple(merged)

    def _touched_after(self, edits: tuple[Keep | Put, ...], second: EditList) -> tuple[Touched, ...]:
        """The gaps between kept runs, with the reasons of what stands there now or stood in either list."""
        runs = [(0, 0), *((edit.start, edit.stop) for edit in edits if isinstance(edit, Keep))]
        runs.append((self.source_size, self.source_size))
        reasons: list[list[str]] = [[]]
        for edit in edits:
            if isinstance(edit, Keep):
                reasons.append([])
            else:
                reasons[-1].append(edit.reason)
        touched = []
        first_reasons, second_reasons = _Reasons(self.touched), _Reasons(second.touched)
        for index, (before, after) in enumerate(pairwise(runs)):
            names = reasons[index]
            start, stop = before[1], after[0]
            if start < stop:
                low, high = self._place_of(start, stop)
                names = [*names, *first_reasons.within(start, stop), *second_reasons.within(low, high)]
            if names:
                touched.append(
                    Touched(
                        start,
                        stop,
                        "; ".join(dict.fromkeys(part for name in names for part in name.split("; "))),
                    )
                )
        return tuple(touched)

    def _place_of(self, start: int, stop: int) -> tuple[int, int]:
        """Where in the result the gap lies that the source bytes [start, stop), between two kept runs, have left."""
        before, after = self.new_offset(start - 1) if start else -1, self.new_offset(stop)
        return 0 if before is None else before + 1, self.result_size if after is None else after


class _Reasons:
    """What was touched, in order and free of overlaps, to be asked for many places."""

    def __init__(self, touched: tuple[Touched, ...]) -> None:
        self._starts, self._stops = [one.start for one in touched], [one.stop for one in touched]
        self._reasons = [one.reason for one in touched]

    def within(self, start: int, stop: int) -> list[str]:
        """The reasons of what reaches into [start, stop)."""
        return self._reasons[bisect_right(self._stops, start) : bisect_left(self._starts, stop)]
