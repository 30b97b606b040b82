"""Divide a JPEG file into the photo, the images of its MP index, and what follows them.

The photo is parsed once. Every other image is parsed when it is asked for, and only as far as the next image, so that
the work is linear in the size of the file for any index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from authoring.containers.jpeg import app_segments, google_directory, mpf
from authoring.containers.jpeg.segments import (
    IMAGE_START,
    FrameHeader,
    JpegImage,
    Segment,
    parse_frame,
    parse_image,
)
from authoring.errors import DepthauthorError, MalformedError, UnsupportedError

_NEXT_IMAGE = re.compile(rb"\0*+\xff\xd8\xff")
"""Start of the image that follows another; zero bytes between two fill up blocks."""

PRIMARY = 1
"""Number of the photo itself in an MP index."""


@dataclass(frozen=True)
class Structure:
    """A divided file; images are named by their number in the MP index, the photo being PRIMARY."""

    data: bytes
    primary: JpegImage
    frame: FrameHeader
    mpf_segment: Segment | None
    index: mpf.MpIndex | None
    """None if there is no MP index. One that cannot be read is replaced by one of the images that are there."""
    index_fault: str
    """Why the file's own index cannot be read; empty otherwise."""
    _images: dict[int, JpegImage] = field(default_factory=dict, repr=False, compare=False)

    @property
    def base(self) -> int:
        """The file offset from which MP offsets count; 0 without an index."""
        return self.mpf_segment.payload_start + mpf.BASE if self.mpf_segment else 0

    @cached_property
    def entries(self) -> tuple[mpf.MpEntry, ...]:
        """The entries of the MP index, the photo's first; empty without an index."""
        return self.index.entries if self.index else ()

    @cached_property
    def starts(self) -> dict[int, int]:
        """Offset of each further image, by number; only of those that do begin there with SOI."""
        first = self.base if self.primary.fault else self.primary.stop
        starts: dict[int, int] = {}
        for number, entry in enumerate(self.entries[1:], PRIMARY + 1):
            start = self.base + entry.offset
            is_image = entry.offset and start >= first and self._image_begins(start)
            if is_image and start not in starts.values():
                starts[number] = start
        return starts

    @cached_property
    def dead(self) -> tuple[int, ...]:
        """Numbers of entries at whose offset no image begins."""
        return tuple(number for number in range(2, len(self.entries) + 1) if number not in self.starts)

    def image(self, number: int) -> JpegImage:
        """Parse the image `number` of the MP index; KeyError if `starts` does not have it.

        Without an EOI of its own it ends as its entry says, or where the next image begins.
        """
        if number not in self._images:
            start = self.starts[number]
            limit = self._next_start(start)
            try:
                image = parse_image(self.data, start, limit)
            except DepthauthorError as error:
                image = JpegImage(start, limit, (), (), error.message)
            if image.fault:
                stop = min(start + max(self.entries[number - 1].size, len(IMAGE_START)), limit)
                image = JpegImage(start, stop, image.segments, image.stray, image.fault)
            self._images[number] = image
        return self._images[number]

    @cached_property
    def primary_stop(self) -> int:
        """One past the photo, from its own segments, never from the MP index."""
        if self.primary.fault and self.starts:
            return min(self.primary.stop, *self.starts.values())
        return self.primary.stop

    @cached_property
    def google_items(self) -> tuple[google_directory.DirectoryItem, ...]:
        """Google's directory, if anything follows the photo that it could list."""
        if self.primary_stop == len(self.data):
            return ()
        packet = app_segments.xmp_packet(self.data, self.primary) or b""
        return google_directory.parse(packet) or google_directory.parse(
            app_segments.xmp_extension(self.data, self.primary)
        )

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
        if start in self.starts.values() or not self._image_begins(start) or self.google_items:
            return start
        packet = app_segments.xmp_packet(self.data, self.primary) or b""
        if not google_directory.names_gain_map(packet):
            return start
        try:
            image = parse_image(self.data, start, self._next_start(start))
        except DepthauthorError:
            return start
        return start if image.fault else image.stop

    @cached_property
    def images_stop(self) -> int:
        """One past the last image, where a new one goes. What follows is the trailer."""
        last = max(self.starts, key=self.starts.__getitem__, default=None)
        last_stop = self.primary_stop if last is None else self.image(last).stop
        return max(last_stop, self.google_images_stop, self.unlisted_gain_map_stop)

    @cached_property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Runs [start, stop) between the photo and `images_stop` that belong to no listed image."""
        gaps = []
        position = self.primary_stop
        for number in sorted(self.starts, key=self.starts.__getitem__):
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

    def _image_begins(self, start: int) -> bool:
        return self.data.startswith(IMAGE_START + b"\xff", start)

    def _next_start(self, start: int) -> int:
        """Return the offset of the next listed image after `start`, or the end of the file."""
        return min((other for other in self.starts.values() if other > start), default=len(self.data))


def parse(data: bytes) -> Structure:
    """Parse the photo and its MP index.

    Raises MalformedError if there is no JPEG or it has no frame header with a size, UnsupportedError for JPEG-LS.
    """
    primary = parse_image(data)
    frame = parse_frame(data, primary)
    if frame is None:
        raise MalformedError(
            f"the JPEG has no frame header: {primary.fault or 'no SOF marker before the EOI'}"
        )
    if not frame.width or not frame.height or not frame.components:
        raise MalformedError("the JPEG's frame header gives no size or no components")
    # More than one MP index is a fault of the writer; only the first counts.
    segment = app_segments.first_segment(data, primary, "MPF")
    index, fault = None, ""
    if segment is not None:
        try:
            index = mpf.parse(segment.payload(data))
        except MalformedError as error:
            fault = error.message
            index = _images_in_sequence(data, primary, segment)
    return Structure(data, primary, frame, segment, index, fault)


def _images_in_sequence(data: bytes, primary: JpegImage, segment: Segment) -> mpf.MpIndex | None:
    """Return an index of the photo and the complete images that follow each other after it.

    None if the photo's end is unknown or the file is too large for an index.
    """
    if primary.fault or len(data) > mpf.MAX_OFFSET:
        return None
    base = segment.payload_start + mpf.BASE
    entries = [mpf.MpEntry(mpf.BASELINE_PRIMARY, primary.stop, 0, 0, 0)]
    position = primary.stop
    while len(entries) < mpf.MAX_IMAGES and (found := _NEXT_IMAGE.match(data, position)):
        try:
            image = parse_image(data, found.end() - len(IMAGE_START) - 1)
        except UnsupportedError:
            break
        if image.fault:
            break
        entries.append(mpf.MpEntry(mpf.UNDEFINED, image.stop - image.start, image.start - base, 0, 0))
        position = image.stop
    return mpf.complete_index(entries)
