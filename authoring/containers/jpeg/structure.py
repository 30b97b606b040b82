"""What lies where in a JPEG file: the photo, the images of its MP index, and what follows them.

Knows: how segments, MP index and Google's directory together divide a file.
Must not know: how to change it, what the images show.

Parsing walks the photo once. Every other image is walked when it is asked for, and only as far as the next
image, so that the work stays linear however the index was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from authoring.containers.jpeg import directory, metadata, mpf
from authoring.containers.jpeg.segments import (
    APP2,
    IMAGE_END,
    IMAGE_START,
    NO_SCANS,
    SOF_CODES,
    Frame,
    Guess,
    ImageWalk,
    Segment,
    parse_frame,
    walk,
)
from authoring.errors import DepthauthorError, MalformedError

SEQUENTIAL_CODES = frozenset({0xC0, 0xC1})
"""Huffman-coded sequential frames: after one scan of all their components nothing but EOI can come."""

PRIMARY = 1
"""Number of the photo itself in an MP index."""


@dataclass(frozen=True)
class Structure:
    """A divided file; images are named by their number in the MP index, the photo being PRIMARY."""

    data: bytes
    primary: ImageWalk
    frame: Frame
    mpf_segment: Segment | None
    index: mpf.MpIndex | None
    """None where there is no MP index or it cannot be read."""
    index_fault: str
    """Why the index cannot be read; empty otherwise."""
    _walked: dict[int, ImageWalk] = field(default_factory=dict, repr=False, compare=False)

    @property
    def base(self) -> int:
        """The file offset from which MP offsets count; 0 without an index."""
        return self.mpf_segment.payload + mpf.BASE if self.mpf_segment else 0

    @cached_property
    def entries(self) -> tuple[mpf.MpEntry, ...]:
        """The entries of the MP index, the photo's first; empty without an index."""
        return self.index.entries if self.index else ()

    @cached_property
    def starts(self) -> dict[int, int]:
        """Where each further image begins, by number; only those that do begin there with SOI."""
        first = self.base if self.primary.fault else self.primary.stop
        starts: dict[int, int] = {}
        for number, entry in enumerate(self.entries[1:], PRIMARY + 1):
            start = self.base + entry.offset
            fits = entry.offset and start >= first and self.data.startswith(IMAGE_START + b"\xff", start)
            if fits and start not in starts.values():
                starts[number] = start
        return starts

    @cached_property
    def dead(self) -> tuple[int, ...]:
        """Numbers of entries at whose offset no image begins."""
        return tuple(number for number in range(2, len(self.entries) + 1) if number not in self.starts)

    def image(self, number: int) -> ImageWalk:
        """Walk the image `number` of the MP index; KeyError where `starts` does not have it.

        Where it has no EOI of its own it ends as its entry says, or where the next image begins.
        """
        if number not in self._walked:
            start = self.starts[number]
            limit = min((other for other in self.starts.values() if other > start), default=len(self.data))
            try:
                found = walk(self.data, start, limit)
            except DepthauthorError as error:
                found = ImageWalk(start, limit, (), (), error.message)
            if found.fault:
                stop = min(start + max(self.entries[number - 1].size, len(IMAGE_START)), limit)
                found = ImageWalk(start, stop, found.segments, found.stray, found.fault)
            self._walked[number] = found
        return self._walked[number]

    @cached_property
    def primary_stop(self) -> int:
        """One past the photo; found by the walk, never from the MP index."""
        if self.primary.fault and self.starts:
            return min(self.primary.stop, *self.starts.values())
        return self.primary.stop

    @cached_property
    def google_items(self) -> tuple[directory.Item, ...]:
        """Google's directory, where anything follows the photo that it could speak of."""
        if self.primary_stop == len(self.data):
            return ()
        packet = metadata.xmp_packet(self.data, self.primary) or b""
        return directory.parse(packet) or directory.parse(metadata.xmp_extension(self.data, self.primary))

    @cached_property
    def google_images_stop(self) -> int:
        """One past the still images that Google's directory counts on right after the photo."""
        position = stop = self.primary_stop
        if self.google_items:
            position += self.google_items[0].padding
        for item in self.google_items[1:]:
            if not item.mime.startswith("image/") or position + item.length > len(self.data):
                break
            if item.mime == "image/jpeg" and item.length and not self.data.startswith(IMAGE_START, position):
                break
            if item.length:
                stop = position + item.length
            position += item.length + item.padding
        return stop

    @cached_property
    def unlisted_gain_map_stop(self) -> int:
        """One past a gain map that follows the photo without MP entry or directory (early Ultra HDR)."""
        start = self.primary_stop
        if start in self.starts.values() or not self.data.startswith(IMAGE_START + b"\xff", start):
            return start
        packet = metadata.xmp_packet(self.data, self.primary) or b""
        if self.google_items or not directory.says_gain_map(packet):
            return start
        limit = min((other for other in self.starts.values() if other > start), default=len(self.data))
        try:
            found = walk(self.data, start, limit)
        except DepthauthorError:
            return start
        return start if found.fault else found.stop

    @cached_property
    def images_stop(self) -> int:
        """One past the last image: the place of a new one. What follows is the trailer."""
        listed = max(self.starts, key=lambda number: self.starts[number], default=None)
        last = self.primary_stop if listed is None else self.image(listed).stop
        return max(last, self.google_images_stop, self.unlisted_gain_map_stop)

    @cached_property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Runs [start, stop) between the photo and `images_stop` that belong to no listed image."""
        gaps = []
        position = self.primary_stop
        for number in sorted(self.starts, key=lambda one: self.starts[one]):
            image = self.image(number)
            if image.start > position:
                gaps.append((position, image.start))
            position = max(position, image.stop)
        if self.images_stop > position:
            gaps.append((position, self.images_stop))
        return tuple(gaps)

    @property
    def trailer(self) -> tuple[int, int]:
        """The bytes [start, stop) after all images; empty in most files."""
        return self.images_stop, len(self.data)


def parse(data: bytes, *, scans: Mapping[int, int] = NO_SCANS, guess: Guess | None = None) -> Structure:
    """Walk the photo and read its MP index; see `walk` for `scans` and `guess`.

    Raises MalformedError where there is no JPEG or it has no frame header with a size, UnsupportedError for
    JPEG-LS.
    """
    primary = walk(data, scans=scans, guess=guess)
    frame = parse_frame(data, primary)
    if frame is None:
        raise MalformedError(
            f"the JPEG has no frame header: {primary.fault or 'no SOF marker before the EOI'}"
        )
    if not frame.width or not frame.height or not frame.components:
        raise MalformedError("the JPEG's frame header gives no size or no components")
    segment = next((one for one in index_segments(data, primary)), None)
    index, fault = None, ""
    if segment is not None:
        try:
            index = mpf.parse(data[segment.payload : segment.stop])
        except MalformedError as error:
            fault = error.message
    return Structure(data, primary, frame, segment, index, fault)


def guessed_stop(data: bytes, before: Sequence[Segment], scan: Segment, end: int) -> int | None:
    """Where the only scan of a photo stops, by the looks of it: where the next image begins, or with the file.

    A `Guess`, but for its first argument. Images that nothing lists prove it wrong.
    """
    frame = next((one for one in before if one.code in SOF_CODES), None)
    if frame is None or frame.code not in SEQUENTIAL_CODES or frame.stop - frame.payload < 6:
        return None
    if data[scan.payload : scan.payload + 1] != data[frame.payload + 5 : frame.payload + 6]:
        return None  # A scan of fewer components than the frame has: others follow.
    segment = next((one for one in before if one.code == APP2 and one.kind(data) == "MPF"), None)
    stop = end if segment is None else _first_image(data, segment, end)
    if stop is None or not data.endswith(IMAGE_END, scan.stop, stop) or data[stop - 3] == 0xFF:
        return None
    return stop - len(IMAGE_END)


def _first_image(data: bytes, segment: Segment, end: int) -> int | None:
    """Where the first image behind the photo begins; `end` without one, None where the index cannot be trusted."""
    try:
        index = mpf.parse(data[segment.payload : segment.stop])
    except MalformedError:
        return None
    starts = [segment.payload + mpf.BASE + one.offset for one in index.entries[1:] if one.offset]
    if not all(data.startswith(IMAGE_START + b"\xff", start) for start in starts):
        return None
    return min(starts, default=end)


def index_segments(data: bytes, image: ImageWalk) -> list[Segment]:
    """The APP2 MPF segments; more than one is a fault of the writer, and only the first counts."""
    return [one for one in image.before_scan() if one.code == APP2 and one.kind(data) == "MPF"]
