"""Define the parsed HEIF photo: `authoring.containers.base.ContainerFile` for ISO/IEC 23008-12."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from authoring.containers.base import CodedAuxiliary, FileEntry, Layout, Thumbnail
from authoring.containers.edits import EditList
from authoring.containers.heif.auxiliaries import remove_auxiliaries, splice_auxiliary
from authoring.containers.heif.dump import dump_structure, list_parts
from authoring.containers.heif.metadata import replace_metadata
from authoring.containers.heif.photo_layout import read_entries, read_layout, read_notes, read_thumbnail
from authoring.containers.heif.structure import Structure, parse_structure


@dataclass(frozen=True)
class HeifFile:
    """A parsed HEIF photo."""

    structure: Structure

    @property
    def source(self) -> bytes:
        """The bytes it was parsed from."""
        return self.structure.data

    @cached_property
    def layout(self) -> Layout:
        """What it holds; auxiliary images and metadata are copied when this is first asked for.

        Raises MalformedError if a property or the primary's size is damaged.
        """
        return read_layout(self.structure)

    @cached_property
    def entries(self) -> tuple[FileEntry, ...]:
        """Its items."""
        return read_entries(self.structure)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Oddities of its boxes, items and auxiliary images."""
        return read_notes(self.structure)

    def thumbnail(self) -> Thumbnail | None:
        """Return the largest of the `thmb` items of the primary that is one HEVC picture."""
        return read_thumbnail(self.structure)

    def splice(self, auxiliary: CodedAuxiliary) -> EditList:
        """Add an auxiliary image as a hidden `hvc1` item, with its XMP if it has any.

        Raises UnsupportedError if the photo is not an HEVC still (AVIF, an image sequence) or cannot be edited,
        MalformedError if `configuration` is not an hvcC body.
        """
        return splice_auxiliary(self.structure, auxiliary)

    def remove(self, identifiers: Collection[int]) -> EditList:
        """Remove auxiliary images, with their XMP and what else is there only for them.

        Raises UsageError for an item that is not an auxiliary image, RefusedError if another image is made
        from it, UnsupportedError if the file cannot be edited.
        """
        return remove_auxiliaries(self.structure, identifiers)

    def with_metadata(self, *, exif: bytes | None = None, xmp: bytes | None = None) -> EditList:
        """Replace the photo's Exif or XMP, each in its item where it is stored; see `ContainerFile`.

        The Exif item keeps its form (32-bit count, "Exif" and two NULs). A new item is hidden, describes the
        primary (cdsc) and has its data after all other. Raises ValueError where `exif` has no TIFF header,
        UnsupportedError if the file cannot be edited or the data is shared or in pieces, RefusedError where
        something depends on an item that is to be removed.
        """
        return replace_metadata(self.structure, exif, xmp)

    def dump(self) -> str:
        """Return the boxes and items as text."""
        return dump_structure(self.structure)

    def parts(self) -> Mapping[str, bytes]:
        """Return items with their data, entries, properties and references, groups, and opaque boxes by name."""
        return list_parts(self.structure)


def parse(data: bytes) -> HeifFile:
    """Parse a HEIF photo.

    Raises MalformedError for damage, UnsupportedError for a video, an image sequence or a `mini` file.
    """
    return HeifFile(parse_structure(data))
