"""Parse a DNG file: the DNG side of `ContainerFile`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from authoring.containers.base import (
    CodedAuxiliary,
    FileEntry,
    FoundAuxiliary,
    Layout,
    Thumbnail,
    TiffRaster,
)
from authoring.containers.dng import dump, splicing, structure
from authoring.containers.dng.structure import Structure, depth_tags, is_depth, is_mask, raster
from authoring.containers.dng.tags import REDUCED_IMAGE, Tag
from authoring.containers.edits import EditList
from authoring.errors import MalformedError, UnsupportedError
from authoring.tiff import Ifd

DEPTH_URN = "urn:mpeg:hevc:2015:auxid:2"
"""What a depth map is called in HEIF; a DNG has NewSubFileType 8 for it."""


@dataclass(frozen=True)
class DngFile:
    """A DNG file; make one with `parse`."""

    structure: Structure

    @property
    def source(self) -> bytes:
        """The bytes it was parsed from."""
        return self.structure.data

    @cached_property
    def layout(self) -> Layout:
        """What the file holds.

        `width` and `height` are those of ActiveArea, which a depth map covers. `exif` is the whole file, whose IFD0
        has the Orientation and names the Exif directory. `auxiliaries` are the depth maps and semantic masks among
        the SubIFDs.
        """
        first, main = self.structure.first, self.structure.main
        top, left, bottom, right = self.structure.active_area
        packet = first.find(Tag.XMP)
        return Layout(
            container="dng",
            width=right - left,
            height=bottom - top,
            transforms=(),
            exif=self.structure.data,
            xmp=packet.value if packet else None,
            icc=None,
            auxiliaries=tuple(_auxiliaries(self.structure)),
            signed=first.find(Tag.CONTENT_CREDENTIALS) is not None,
            crop=self.structure.crop,
            byte_order=self.structure.order,
            opcodes=main.find(Tag.OPCODE_LIST_3) is not None,
        )

    @cached_property
    def entries(self) -> tuple[FileEntry, ...]:
        """IFD0 and its SubIFDs, in order."""
        return tuple(_entries(self.structure))

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """Oddities of the directories."""
        return tuple(_notes(self.structure))

    def thumbnail(self) -> Thumbnail | None:
        """Return None: a DNG's preview is no HEVC picture; see `preview`."""
        return None

    def preview(self) -> TiffRaster | None:
        """Return the largest picture of the photo that needs no raw development; None if there is none.

        It shows DefaultCrop, in the stored orientation.
        """
        smaller = [
            ifd
            for ifd in (*self.structure.directories, *self.structure.chain)
            if structure.subfile_type(ifd) & REDUCED_IMAGE and not structure.is_smaller_map(ifd)
        ]
        for ifd in sorted(smaller, key=structure.area, reverse=True):
            picture = _raster(self.structure.data, ifd)
            if picture and picture.photometric in structure.PICTURES and picture.bits == 8:
                return picture
        return None

    def splice(self, auxiliary: CodedAuxiliary) -> EditList:
        """Append a depth map; see `splicing.splice`."""
        return splicing.splice(self.structure, auxiliary)

    def remove(self, identifiers: Collection[int]) -> EditList:
        """Remove depth maps, named by their place among the SubIFDs; see `splicing.remove`."""
        return splicing.remove(self.structure, identifiers)

    def with_metadata(self, *, exif: bytes | None = None, xmp: bytes | None = None) -> EditList:
        """Return the list that keeps everything; raises UnsupportedError for a change.

        A DNG is only appended to: its own metadata stays.
        """
        if exif is not None or xmp is not None:
            raise UnsupportedError("the metadata of a DNG is not edited")
        return EditList.unchanged(len(self.source))

    def dump(self) -> str:
        """Return each directory, one line an entry; hashes for long values and image data."""
        return dump.dump(self.structure)

    def parts(self) -> Mapping[str, bytes]:
        """Return each entry and the image data of every directory by name, without what a splice changes."""
        return dump.parts(self.structure)


def parse(data: bytes) -> DngFile:
    """Parse a DNG file.

    Raises UnsupportedError for BigTIFF and for a TIFF that is no DNG, MalformedError for broken directories.
    """
    return DngFile(structure.parse(data))


def _auxiliaries(parsed: Structure) -> Iterator[FoundAuxiliary]:
    common = depth_tags(parsed.first)
    for number, ifd in enumerate(parsed.children, 1):
        if not is_depth(ifd) and not is_mask(ifd):
            continue
        packet, own = ifd.find(Tag.XMP), depth_tags(ifd)
        picture = _raster(parsed.data, ifd)
        yield FoundAuxiliary(
            identifier=number,
            width=structure.integer(ifd, Tag.IMAGE_WIDTH, 0),
            height=structure.integer(ifd, Tag.IMAGE_LENGTH, 0),
            payload=b"".join(picture.pieces) if picture else b"",
            configuration=b"",
            auxiliary_type=DEPTH_URN if is_depth(ifd) else semantic_name(ifd),
            auxiliary_subtype=b"",
            xmp=packet.value if packet else None,
            transforms=(),
            raster=picture,
            dng_depth=(common or own) if is_depth(ifd) else None,
            own_dng_depth=own if is_depth(ifd) else None,
        )


def _raster(data: bytes, ifd: Ifd) -> TiffRaster | None:
    """Return a directory's image; None if it cannot be read, which a note says."""
    try:
        return raster(data, ifd)
    except MalformedError:
        return None


def semantic_name(ifd: Ifd) -> str:
    """Return what a semantic mask shows; empty if it does not say, or claims to be a depth map."""
    entry = ifd.find(Tag.SEMANTIC_NAME)
    value = (entry.value or b"") if entry else b""
    name = value.rstrip(b"\0").decode("utf-8", "replace")
    return "" if name == DEPTH_URN else name


def _entries(parsed: Structure) -> Iterator[FileEntry]:
    for number, ifd in enumerate(parsed.directories):
        name = f"SubIFD {number}" if number else "IFD0"
        yield FileEntry(number, name, _role(parsed, ifd), sum(stop - start for start, stop in _spans(ifd)))


def _role(parsed: Structure, ifd: Ifd) -> str:
    if ifd is parsed.main:
        return "photo"
    if is_depth(ifd):
        return "depth"
    if is_mask(ifd):
        return f"semantic mask {semantic_name(ifd)}".rstrip()
    return "preview" if structure.subfile_type(ifd) & REDUCED_IMAGE else "other"


def _spans(ifd: Ifd) -> list[tuple[int, int]]:
    try:
        return list(structure.piece_spans(ifd))
    except MalformedError:
        return []


def _notes(parsed: Structure) -> Iterator[str]:
    if parsed.chain_fault:
        yield f"{parsed.chain_fault}; what the chain holds stays as it is"
    names = ["IFD0"] + [f"SubIFD {number}" for number in range(1, len(parsed.directories))]
    names += [f"IFD{number}" for number in range(1, len(parsed.chain) + 1)]
    for name, ifd in zip(names, (*parsed.directories, *parsed.chain), strict=True):
        if any(stop > len(parsed.data) for _, stop in _spans(ifd)):
            yield f"image data of {name} ({_role(parsed, ifd)}) is outside the file, which seems to be cut off"
        outside = next((entry.tag for entry in ifd.entries if entry.size and entry.value is None), None)
        if outside is not None:
            yield f"the value of tag {outside} in {name} is outside the file and is left out"
    depths = [depth_tags(ifd) for ifd in parsed.children if is_depth(ifd)]
    if len(depths) > 1:
        yield f"the DNG has {len(depths)} depth maps; readers take the first"
    common = depth_tags(parsed.first)
    if common is not None and depths and depths[0] not in (common, None):
        yield "the depth tags of IFD0 and of the map's directory differ; those of IFD0 count"
    if parsed.stated_crop == "impossible":
        yield "the DNG's DefaultCrop is not inside its active area and is left out"
    scale = parsed.main.find(Tag.DEFAULT_SCALE)
    if scale and len(set(scale.numbers())) > 1:
        yield "the photo's pixels are not square (DefaultScale); the depth map has the shape of its stored pixels"
