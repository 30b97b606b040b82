"""A parsed JPEG file: the JPEG side of `ContainerFile`.

Knows: how the rooms beside it answer the questions every container is asked.
Must not know: depth, pixels, XMP beyond its bytes.

Lazy: an embed asks for `splice` alone and pays one walk of the photo; `layout`, `dump` and `parts` cost what
they read, once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from authoring.containers.base import CodedAuxiliary, Entry, Forecast, FoundAuxiliary, Layout, Thumbnail
from authoring.containers.jpeg import jfif, metadata, structure
from authoring.containers.jpeg.segments import SOS, ImageWalk, Segment, parse_frame
from authoring.containers.jpeg.structure import PRIMARY, Structure

if TYPE_CHECKING:
    from authoring.containers.edits import EditList


@dataclass(frozen=True)
class JpegFile:
    """A JPEG file; make one with `parse`."""

    structure: Structure

    @property
    def source(self) -> bytes:
        """The bytes it was parsed from."""
        return self.structure.data

    @cached_property
    def layout(self) -> Layout:
        """What the file holds.

        `width` and `height` are those of the frame header; `transforms` is empty, for a JPEG's orientation lies
        in Exif. `auxiliaries` are the images of the MP index but the photo, each SOI to EOI, by its number there.
        """
        data, primary, frame = self.structure.data, self.structure.primary, self.structure.frame
        return Layout(
            container="jpeg",
            width=frame.width,
            height=frame.height,
            transforms=(),
            exif=metadata.exif_block(data, primary),
            xmp=metadata.xmp_packet(data, primary),
            icc=metadata.icc_profile(data, primary),
            auxiliaries=tuple(self._auxiliaries()),
            signed=metadata.is_signed(data, primary),
        )

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The photo's segments by their place, then the images by their number."""
        return tuple(self._entries())

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Oddities of the photo, its MP index and what follows its images."""
        return (*self._notes_on_photo(), *self._notes_on_index(), *self._notes_on_trailer())

    @property
    def assumed(self) -> tuple[int, int] | None:
        """The photo's only scan, where a hasty parse took for granted that it ends in front of the EOI that it saw."""
        segment = self.structure.primary.assumed
        return None if segment is None else (segment.stop, segment.scan_stop)

    def thumbnail(self) -> Thumbnail | None:
        """None: the one that Exif may hold is seldom larger than 160 by 120."""
        return None

    def edited(self, edits: EditList) -> JpegFile:
        """The file that the edits make; coded data that they keep is not searched again, and left blank.

        As hasty as this one.
        """
        scans: dict[int, int] = {}
        guessed: dict[int, int] = {}
        primary, blank = self.structure.primary, []
        for one in primary.segments:
            # One byte more on either side: the markers around it are what bounds the data.
            if one.code == SOS and edits.keeps(one.marker, one.scan_stop + 1):
                place = edits.new_offset(one.stop)
                if place is not None:
                    found = guessed if one is primary.assumed else scans
                    found[place] = place + one.scan_stop - one.stop
                    blank.append((one.stop, one.scan_stop))

        def guess(before: Sequence[Segment], scan: Segment, end: int) -> int | None:
            return guessed.get(scan.stop)

        return JpegFile(structure.parse(edits.sparse(self.source, blank), scans=scans, guess=guess))

    def forecast(self) -> Forecast | None:
        """All that lies before the new image: what a splice puts there has a known length."""
        from authoring.containers.jpeg import editing

        return editing.forecast(self.structure)

    def splice(self, auxiliary: CodedAuxiliary) -> EditList:
        """Add an auxiliary image, as Apple does, behind all images and before any trailer.

        The JFIF header gets AMPF, the MP index one entry more (or is added after Exif and XMP, before ICC).
        Raises MalformedError where the photo has no certain end, its index cannot be read, or the coded image is
        not what it says; RefusedError where the XMP does not fit or a limit is reached.
        """
        from authoring.containers.jpeg import editing

        return editing.splice(self.structure, auxiliary)

    def remove(self, identifiers: Collection[int], undo: bytes = b"") -> EditList:
        """Cut auxiliary images, named by their number in the MP index, and shorten the index.

        When only the photo is left, the index goes and AMPF too. With an `undo` record that fits, the JFIF
        header and the index get their recorded bytes. Raises UsageError for an image that is not there,
        MalformedError as `splice` does.
        """
        from authoring.containers.jpeg import editing

        return editing.remove(self.structure, identifiers, undo)

    def undo_record(self) -> bytes:
        """Today's JFIF header and MP index, as a versioned record of some 150 bytes."""
        from authoring.containers.jpeg import editing

        return editing.undo_record(self.structure)

    def with_metadata(
        self, *, exif: bytes | None = None, xmp: bytes | None = None, undo: bytes = b""
    ) -> EditList:
        """Other Exif or XMP for the photo, each in its segment where it lies; see `ContainerFile`.

        New segments: Exif behind SOI and APP0, XMP behind Exif; the MP index follows. Extended XMP stays: only the
        standard packet is exchanged, and should go on to name its extension (xmpNote:HasExtendedXMP). Google's
        directory in it tells what follows the photo: a packet without it makes those images a trailer.

        Raises RefusedError where a block has more bytes than a segment holds (65,527 of Exif, 65,504 of XMP),
        MalformedError where images would move and the MP index cannot be read.
        """
        from authoring.containers.jpeg import rewriting

        return rewriting.exchange(self.structure, exif, xmp, undo)

    def metadata_undo(self) -> bytes:
        """Where the Exif and XMP segments lie, and a checksum of the photo's head: 49 bytes in most files."""
        from authoring.containers.jpeg import rewriting

        return rewriting.metadata_undo(self.structure)

    def dump(self) -> str:
        """Each segment of each image with offset, length and meaning; hashes for what is not decoded."""
        from authoring.containers.jpeg.dump import dump

        return dump(self.structure)

    def parts(self) -> Mapping[str, bytes]:
        """Segments, scan data, further images, gaps and trailer by name.

        A plain JFIF header and the MP index are left out: they are structure, and edits name them.
        """
        from authoring.containers.jpeg.dump import parts

        return parts(self.structure)

    def _auxiliaries(self) -> Iterator[FoundAuxiliary]:
        data = self.structure.data
        for number in self.structure.starts:
            image = self.structure.image(number)
            frame = parse_frame(data, image)
            if frame is None:
                continue
            yield FoundAuxiliary(
                identifier=number,
                width=frame.width,
                height=frame.height,
                payload=data[image.start : image.stop],
                configuration=b"",
                auxiliary_type="",
                auxiliary_subtype=b"",
                xmp=metadata.xmp_packet(data, image),
                transforms=(),
            )

    def _entries(self) -> Iterator[Entry]:
        data = self.structure.data
        for place, segment in enumerate(self.structure.primary.segments):
            size = segment.scan_stop - segment.payload
            yield Entry(place, segment.name, segment.kind(data) or "photo", size)
        for number in self.structure.starts:
            image = self.structure.image(number)
            yield Entry(number, "image", "auxiliary", image.stop - image.start)

    def _notes_on_photo(self) -> Iterator[str]:
        data, primary = self.structure.data, self.structure.primary
        if primary.fault:
            yield f"The photo is cut short or damaged: {primary.fault}."
        if primary.stray:
            size = sum(stop - start for start, stop in primary.stray)
            yield f"{size} stray bytes lie between the photo's segments."
        if metadata.icc_profile(data, primary) is None and _has(data, primary, "ICC"):
            yield "The ICC profile is incomplete and is not used."
        header = jfif.find(data, primary)
        if header and not jfif.is_plain(data, header) and not jfif.is_marked(data, header):
            yield "The JFIF header holds a thumbnail or more; it stays as it is, without Apple's AMPF mark."
        if header is None and not jfif.may_be_added(data, primary, self.structure.frame):
            yield "The photo is not gray or YCbCr, so it gets no JFIF header and no AMPF mark."

    def _notes_on_index(self) -> Iterator[str]:
        one = self.structure
        if one.index_fault:
            yield f"The images after the photo cannot be told: {one.index_fault}."
        if len(structure.index_segments(one.data, one.primary)) > 1:
            yield "There is more than one MP index; only the first is used."
        if one.entries and not one.primary.fault and one.entries[0].size != one.primary_stop:
            yield (
                f"The MP index gives the photo {one.entries[0].size} bytes; it has {one.primary_stop}"
                " (ImageIO writes such sizes)."
            )
        for number in one.dead:
            yield f"The MP index lists an image {number}, but no image begins where it says."
        for number in one.starts:
            image = one.image(number)
            if image.fault:
                yield f"Image {number} is cut short or damaged: {image.fault}."
            elif parse_frame(one.data, image) is None:
                yield f"Image {number} has no frame header."

    def _notes_on_trailer(self) -> Iterator[str]:
        one = self.structure
        items = [item.semantic or item.mime for item in one.google_items[PRIMARY:]]
        if items:
            yield f"The XMP lists what follows the photo in the file: {', '.join(items)}."
        if one.unlisted_gain_map_stop > one.primary_stop:
            yield "A gain map that nothing lists follows the photo."
        start, stop = one.trailer
        if start == stop:
            return
        size = stop - start
        if one.data.count(0, start) == size:
            yield f"{size} zero bytes follow the last image."
        elif one.data[start + 4 : start + 8] == b"ftyp":
            yield f"A video of {size} bytes (motion photo) follows the last image."
        elif one.data.endswith(b"SEFT"):
            yield f"{size} bytes of Samsung's own (SEFT) follow the last image."
        else:
            yield f"{size} bytes of unknown use follow the last image."


def parse(data: bytes, *, hasty: bool = False) -> JpegFile:
    """Parse a JPEG file; one walk of the photo.

    hasty: a photo that seems to end with the file is not searched; see `JpegFile.assumed`.

    Raises MalformedError where there is no JPEG or it has no usable frame header, UnsupportedError for JPEG-LS.
    """
    return JpegFile(structure.parse(data, guess=partial(structure.guessed_stop, data) if hasty else None))


def _has(data: bytes, image: ImageWalk, kind: str) -> bool:
    return any(segment.kind(data) == kind for segment in image.before_scan())
