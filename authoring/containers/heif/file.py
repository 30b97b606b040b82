"""A HEIF photo as the rest of the house sees it.

Knows: which module answers which question. Must not know: how any of them does it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from authoring.containers.base import CodedAuxiliary, Entry, Forecast, Layout, Thumbnail
from authoring.containers.edits import EditList
from authoring.containers.heif.structure import Structure, parse_structure


@dataclass(frozen=True)
class HeifFile:
    """A parsed HEIF photo; implements `authoring.containers.base.ContainerFile`."""

    structure: Structure

    @property
    def source(self) -> bytes:
        """The bytes it was parsed from."""
        return self.structure.data

    @cached_property
    def layout(self) -> Layout:
        """What it holds; auxiliary images and metadata are copied when this is first asked for.

        Raises MalformedError where a property or the primary's size is damaged.
        """
        from authoring.containers.heif.layout import read_layout

        return read_layout(self.structure)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Its items."""
        from authoring.containers.heif.layout import read_entries

        return read_entries(self.structure)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Oddities of its boxes, items and auxiliary images."""
        from authoring.containers.heif.layout import read_notes

        return read_notes(self.structure)

    @property
    def assumed(self) -> tuple[int, int] | None:
        """None: boxes say where everything lies."""
        return None

    def thumbnail(self) -> Thumbnail | None:
        """The largest of the `thmb` items of the primary that is one HEVC picture."""
        from authoring.containers.heif.layout import read_thumbnail

        return read_thumbnail(self.structure)

    def edited(self, edits: EditList) -> HeifFile:
        """The file that the edits make; pictures that they keep are left blank."""
        from authoring.containers.heif.layout import coded_runs

        return parse(edits.sparse(self.source, coded_runs(self.structure)))

    def forecast(self) -> Forecast | None:
        """None: the media data moves by the length of the image's decoder configuration.

        That length can be told beforehand, from size and effort, but a head start gains nothing: the HEVC encoder
        keeps both processors of a small machine busy and waits for what the copying takes, while the disk has its
        time anyway as the coded map is decoded.
        """
        return None

    def splice(self, auxiliary: CodedAuxiliary) -> EditList:
        """Add an auxiliary image as a hidden `hvc1` item, with its XMP if it has any.

        Raises UnsupportedError where the photo is no HEVC still (AVIF, an image sequence) or cannot be edited,
        MalformedError where `configuration` is no hvcC body.
        """
        from authoring.containers.heif.splicing import splice_auxiliary

        return splice_auxiliary(self.structure, auxiliary)

    def remove(self, identifiers: Collection[int], undo: bytes = b"") -> EditList:
        """Take auxiliary images out, with their XMP and what else is there only for them.

        Raises UsageError for an item that is no auxiliary image, RefusedError where another image is made
        from it.
        """
        from authoring.containers.heif.removal import remove_auxiliaries

        return remove_auxiliaries(self.structure, identifiers, undo)

    def undo_record(self) -> bytes:
        """What a splice changes and its result does not tell: brands, field widths; about 40 bytes."""
        from authoring.containers.heif.splicing import UndoRecord

        return UndoRecord.of(self.structure).build()

    def with_metadata(
        self, *, exif: bytes | None = None, xmp: bytes | None = None, undo: bytes = b""
    ) -> EditList:
        """Other Exif or XMP for the photo, each in its item where it lies; see `ContainerFile`.

        The Exif item keeps its form (32-bit count, "Exif" and two NULs). A new item is hidden, describes the
        primary (cdsc) and has its data behind all other. Raises ValueError where `exif` has no TIFF header,
        UnsupportedError where the file cannot be edited or the data is shared or in pieces, RefusedError where
        something hangs on an item that is to go.
        """
        from authoring.containers.heif.metadata import exchange

        return exchange(self.structure, exif, xmp, undo)

    def metadata_undo(self) -> bytes:
        """The items' entries in the tables and a checksum of `meta`: some 300 bytes, 40 where there are none."""
        from authoring.containers.heif.metadata import metadata_undo

        return metadata_undo(self.structure)

    def dump(self) -> str:
        """The boxes and items as text."""
        from authoring.containers.heif.dump import dump_structure

        return dump_structure(self.structure)

    def parts(self) -> Mapping[str, bytes]:
        """Items with their data, entries, properties and references, groups, and opaque boxes by name."""
        from authoring.containers.heif.dump import list_parts

        return list_parts(self.structure)


def parse(data: bytes) -> HeifFile:
    """Parse a HEIF photo.

    Raises MalformedError for damage, UnsupportedError for a film, an image sequence or a `mini` file.
    """
    return HeifFile(parse_structure(data))
