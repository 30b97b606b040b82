"""What JPEG and HEIF have in common: the nouns that go in and out of a container.

Knows: that a photo has a raster, metadata blocks and auxiliary images, all as opaque bytes.
Must not know: what an auxiliary image means, numpy, codecs, the inside of XMP.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from authoring.containers.edits import EditList


ContainerName = Literal["heic", "jpeg"]


@dataclass(frozen=True, slots=True)
class Transform:
    """One HEIF transformative property of the primary, in the file's order.

    `irot`: value counts quarter turns anticlockwise, 0..3 (ISO/IEC 23008-12, 6.5.10).
    `imir`: 0 exchanges top and bottom, 1 exchanges left and right (the 2022 edition, 6.5.12, and libheif; the
    2017 edition named the axis instead).
    """

    kind: Literal["irot", "imir"]
    value: int


@dataclass(frozen=True, slots=True)
class CodedAuxiliary:
    """An auxiliary image ready to be placed; opaque to the container.

    HEIF: `payload` is length-prefixed NAL units, `configuration` the body of the hvcC box.
    JPEG: `payload` is a whole gray JPEG image, SOI to EOI, without XMP or MPF; `configuration` is empty.
    """

    width: int
    height: int
    payload: bytes
    configuration: bytes
    auxiliary_type: str
    """URN of the auxC box (HEIF); unused in JPEG."""
    auxiliary_subtype: bytes
    """What follows the URN in auxC, here a depth representation SEI; unused in JPEG."""
    xmp: bytes


@dataclass(frozen=True, slots=True)
class FoundAuxiliary:
    """An auxiliary image as it lies in a file."""

    identifier: int
    """HEIF: item id. JPEG: number of the image in the MP index, the primary being 1."""
    width: int
    height: int
    payload: bytes
    """HEIF: the item's data. JPEG: the whole image, SOI to EOI, with its own segments."""
    configuration: bytes
    """HEIF: body of hvcC, empty where the item is coded otherwise (a grid, AV1)."""
    auxiliary_type: str
    """HEIF: URN of auxC; JPEG: empty."""
    auxiliary_subtype: bytes
    xmp: bytes | None
    transforms: tuple[Transform, ...]


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small copy of the photo, as it lies in the file beside it."""

    width: int
    height: int
    payload: bytes
    """HEIF: the item's data, one HEVC picture."""
    configuration: bytes
    """HEIF: body of hvcC."""
    colour: bytes
    """HEIF: body of colr where it states code points (nclx), which its decoder needs; empty otherwise."""
    transforms: tuple[Transform, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One item (HEIF) or one segment or image (JPEG), for a person who looks inside."""

    identifier: int
    type: str
    role: str
    size: int
    """Bytes of its data."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a container file holds, as far as depth authoring needs it."""

    container: ContainerName
    width: int
    """Pixels of the primary as stored, before orientation; in HEIF after the clean aperture."""
    height: int
    transforms: tuple[Transform, ...]
    exif: bytes | None
    """The TIFF block, from its byte-order mark on."""
    xmp: bytes | None
    icc: bytes | None
    auxiliaries: tuple[FoundAuxiliary, ...]
    signed: bool
    """Whether a C2PA manifest is there; any edit breaks its hash."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A splice before its image is there."""

    edits: EditList
    certain: int
    """Before this offset the result has the source's bytes where every such splice will put them."""


class ContainerFile(Protocol):
    """A parsed file. Parsing is done once; every method answers from it."""

    @property
    def source(self) -> bytes:
        """The bytes it was parsed from."""

    @property
    def layout(self) -> Layout:
        """What it holds."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its items, or segments and images, and what each is for."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Oddities that a person should hear of; each one sentence."""

    @property
    def assumed(self) -> tuple[int, int] | None:
        """Where a scan lies [start, stop) whose end a hasty `parse` took for granted; None where all is certain."""

    def thumbnail(self) -> Thumbnail | None:
        """The photo's largest thumbnail; None where there is none that decodes by itself."""

    def edited(self, edits: EditList) -> ContainerFile:
        """The file that the edits make, parsed, to be looked at: what is known of kept bytes is not found out again.

        The photo's own coded data may be blank in it.
        """

    def forecast(self) -> Forecast | None:
        """What a `splice` will do to this file whatever its image is; None where that cannot be told."""

    def splice(self, auxiliary: CodedAuxiliary) -> EditList:
        """Add an auxiliary image after all that are there."""

    def remove(self, identifiers: Collection[int], undo: bytes = b"") -> EditList:
        """Take auxiliary images out, with what describes only them.

        `undo` is what `undo_record` gave before the splice; with it the result is the file before the splice,
        byte for byte. It is ignored where the file was changed since in a way that it no longer fits.
        """

    def undo_record(self) -> bytes:
        """The structural bytes that a splice will change and that cannot be told afterwards; small."""

    def with_metadata(
        self, *, exif: bytes | None = None, xmp: bytes | None = None, undo: bytes = b""
    ) -> EditList:
        """Give the photo itself another Exif or XMP block; None leaves a block alone, b"" takes it out.

        `exif` is the TIFF block from its byte-order mark on, `xmp` the packet as it shall lie in the file. A block
        of the same length is changed in place: only bytes that differ are replaced. Otherwise what lies behind
        moves, and every offset follows. The images' own coded bytes and metadata stay.

        To undo: keep the blocks of `layout` and `metadata_undo()` of the photo before. On the changed photo (an
        auxiliary image spliced into it since taken out first) call `with_metadata(exif=old or b"", xmp=old or b"",
        undo=record)` with all blocks that were changed; that gives the photo before, byte for byte. The record
        matters where a block was taken out, or where the structure was odd; it is ignored where with its help
        the file's tables do not become those it was made from. Then, or without it, the blocks come back too,
        but a block that had been taken out lies where a new one would.
        """

    def metadata_undo(self) -> bytes:
        """How the photo's Exif and XMP lie in the file, without their content: up to some 300 bytes, versioned."""

    def dump(self) -> str:
        """The structure as text, one line a part, for goldens that a person can review."""

    def parts(self) -> Mapping[str, bytes]:
        """Every item, or segment and image, by a stable name: equal before and after means untouched."""
