"""Parse a JPEG file: the JPEG side of `ContainerFile`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from authoring.containers.base import CodedAuxiliary, FileEntry, FoundAuxiliary, Layout, Thumbnail
from authoring.containers.edits import EditList
from authoring.containers.jpeg import app_segments, dump, metadata, splicing, structure
from authoring.containers.jpeg.exif_offsets import exif_by_content, with_true_offsets
from authoring.containers.jpeg.index_repair import rebuilt_index
from authoring.containers.jpeg.oddities import read_notes
from authoring.containers.jpeg.segments import XMP_EXTENSION_PREFIX, parse_frame
from authoring.containers.jpeg.structure import Structure


@dataclass(frozen=True)
class JpegFile:
    """A JPEG file; make one with `parse`. Everything but the photo's own segments is read when it is asked for."""

    structure: Structure

    @property
    def source(self) -> bytes:
        """The bytes it was parsed from."""
        return self.structure.data

    @cached_property
    def layout(self) -> Layout:
        """What the file holds.

        `width` and `height` are those of the frame header; `transforms` is empty, since a JPEG's orientation is in
        Exif. `auxiliaries` are the images of the MP index but the photo, each SOI to EOI, by its number there.
        """
        data, primary, frame = self.structure.data, self.structure.primary, self.structure.frame
        return Layout(
            container="jpeg",
            width=frame.width,
            height=frame.height,
            transforms=(),
            exif=app_segments.exif_block(data, primary),
            xmp=app_segments.xmp_packet(data, primary),
            icc=app_segments.icc_profile(data, primary),
            auxiliaries=tuple(_auxiliaries(self.structure)),
            signed=app_segments.is_signed(data, primary),
            extended_xmp=app_segments.xmp_extension(data, primary),
            primary_stop=self.structure.primary_stop,
        )

    @cached_property
    def entries(self) -> tuple[FileEntry, ...]:
        """The photo's segments in order, then the images by their number."""
        return tuple(_entries(self.structure))

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Oddities of the photo, its MP index and what follows its images."""
        return read_notes(self.structure)

    def exif_by_content(self) -> bytes | None:
        """Return the Exif block with checksums for offsets that lead behind the photo: see `exif_offsets`."""
        return exif_by_content(self.structure)

    def thumbnail(self) -> Thumbnail | None:
        """Return None: the thumbnail that Exif may hold is seldom larger than 160 by 120."""
        return None

    def splice(self, auxiliary: CodedAuxiliary) -> EditList:
        """Add an auxiliary image, as Apple does, after all images and before any trailer.

        The JFIF header gets AMPF, the MP index one entry more (or is added after Exif and XMP, before ICC); one that
        cannot be read is rebuilt. Offsets in Exif of what follows the photo are re-based. Raises MalformedError if the
        photo's end is unknown or the coded image is not what it says; RefusedError if the XMP does not fit or a
        limit is reached.
        """
        return self._edited(lambda structure: splicing.splice(structure, auxiliary))

    def remove(self, identifiers: Collection[int]) -> EditList:
        """Remove auxiliary images, named by their number in the MP index, and their entries there.

        When only the photo is left, the index goes and AMPF too. Raises UsageError for an image that is not there,
        MalformedError as `splice` does.
        """
        return self._edited(lambda structure: splicing.remove(structure, identifiers))

    def with_metadata(self, *, exif: bytes | None = None, xmp: bytes | None = None) -> EditList:
        """Replace the photo's Exif or XMP, each in its segment; see `ContainerFile`.

        New segments: Exif after SOI and APP0, XMP after Exif; the MP index follows. Extended XMP stays: only the
        standard packet is replaced, and should go on to name its extension (xmpNote:HasExtendedXMP). Google's
        directory in it lists what follows the photo: a packet without it makes those images a trailer.

        Raises RefusedError if a block has more bytes than a segment holds (65,527 of Exif, 65,504 of XMP),
        MalformedError if images would move and neither the MP index can be read nor the photo's end be found.
        """
        return self._edited(lambda structure: metadata.exchange(structure, exif, xmp))

    def with_packets(self, xmp: bytes, extended: bytes) -> EditList:
        """Replace the photo's standard packet and its extended one; b"" removes a packet.

        The extended one is cut into segments as the old one was; `xmp` should name it by `extension_name`. Raises as
        `with_metadata` does.
        """
        return self._edited(
            lambda structure: metadata.exchange_packets(
                structure, xmp, extended, self.extension_name(extended)
            )
        )

    def extension_name(self, extended: bytes) -> str:
        """Return the value of xmpNote:HasExtendedXMP for an extended packet, in the letters of the photo's old one."""
        name = app_segments.extension_guid(extended)
        segment = app_segments.first_segment(self.source, self.structure.primary, "XMP extension")
        old = segment.payload(self.source)[len(XMP_EXTENSION_PREFIX) :][: len(name)] if segment else b""
        return name.lower() if old.islower() else name

    @property
    def images_stop(self) -> int:
        """One past the last image, where `append` puts bytes; what follows is counted from the end of the file."""
        return self.structure.images_stop

    @property
    def following(self) -> tuple[tuple[int, int], ...]:
        """Runs [start, stop) between the photo and `images_stop`, without gaps: an image, or bytes between two."""
        runs = [*self.listed, *self.structure.gaps]
        return tuple(sorted(run for run in runs if run[0] < run[1]))

    @property
    def listed(self) -> tuple[tuple[int, int], ...]:
        """Runs [start, stop) of the images that the MP index lists after the photo."""
        images = (self.structure.image(number) for number in self.structure.starts)
        return tuple((image.start, image.stop) for image in images)

    def append(self, data: bytes) -> EditList:
        """Put bytes, such as whole images, after the last image and before any trailer, without an MP entry.

        Offsets in Exif of what follows are re-based. Raises MalformedError as `splice` does.
        """
        return self._edited(lambda structure: splicing.append(structure, data))

    def cut(self, start: int, stop: int) -> EditList:
        """Take out the bytes [start, stop), which `append` put after the photo; the MP index and Exif follow."""
        return with_true_offsets(self.structure, splicing.cut(self.structure, start, stop))

    def _edited(self, edit: Callable[[Structure], EditList]) -> EditList:
        """Return an edit of the photo with all that it makes necessary: a sound MP index, true offsets in Exif."""
        repair = rebuilt_index(self.structure)
        sound = structure.parse(repair.apply(self.source)) if repair.touched else self.structure
        edits = edit(sound)
        if not edits.touched:
            return EditList.unchanged(len(self.source))
        return with_true_offsets(self.structure, repair.then(edits))

    def dump(self) -> str:
        """Return each segment of each image with offset, length and meaning; hashes for what is not decoded."""
        return dump.dump(self.structure)

    def parts(self) -> Mapping[str, bytes]:
        """Return segments, scan data, further images, gaps and trailer by name.

        A plain JFIF header and the MP index are left out: they are structure, and edits name them.
        """
        return dump.parts(self.structure)


def parse(data: bytes) -> JpegFile:
    """Parse a JPEG file.

    Raises MalformedError if there is no JPEG or it has no usable frame header, UnsupportedError for JPEG-LS.
    """
    return JpegFile(structure.parse(data))


def _auxiliaries(structure: Structure) -> Iterator[FoundAuxiliary]:
    data = structure.data
    for number in structure.starts:
        image = structure.image(number)
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
            xmp=app_segments.xmp_packet(data, image),
            transforms=(),
        )


def _entries(structure: Structure) -> Iterator[FileEntry]:
    for number, segment in enumerate(structure.primary.segments):
        role = segment.kind(structure.data) or "photo"
        yield FileEntry(number, segment.marker.name, role, segment.scan_stop - segment.payload_start)
    for number in structure.starts:
        image = structure.image(number)
        yield FileEntry(number, "image", "auxiliary", image.stop - image.start)
