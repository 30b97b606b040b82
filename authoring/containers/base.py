"""Define what JPEG, HEIF and DNG have in common: what goes into and comes out of a container, as opaque bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from authoring.containers.edits import EditList


ContainerName = Literal["heic", "jpeg", "dng"]

Fraction = tuple[int, int]
"""Numerator and denominator, as a RATIONAL of TIFF holds them; a denominator of 0 is a number that is not known."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One HEIF transformative property of the primary item, in the file's order.

    `irot`: value counts quarter turns anticlockwise, 0..3 (ISO/IEC 23008-12, 6.5.10).
    `imir`: 0 exchanges top and bottom, 1 exchanges left and right (the 2022 edition, 6.5.12, and libheif; the
    2017 edition named the axis instead).
    """

    kind: Literal["irot", "imir"]
    value: int


@dataclass(frozen=True, slots=True)
class DngDepth:
    """The tags 51177 to 51181, which say what a depth map of a DNG means (DNG 1.6.0.0, chapter 4)."""

    format: int
    """DepthFormat: 0 unknown, 1 linear, 2 inverse."""
    near: Fraction | None
    """DepthNear: the distance at code 0."""
    far: Fraction | None
    """DepthFar: the distance at the highest code; 1/0 is infinity."""
    units: int
    """DepthUnits: 0 unknown, 1 metres."""
    measure: int
    """DepthMeasureType: 0 unknown, 1 along the optical axis, 2 along the ray."""


@dataclass(frozen=True, slots=True)
class TiffRaster:
    """An image of a TIFF directory, as it is coded: strips, or tiles of one size."""

    width: int
    height: int
    samples: int
    """SamplesPerPixel."""
    bits: int
    """BitsPerSample."""
    photometric: int
    compression: int
    """1 none, 7 JPEG, 8 Deflate."""
    predictor: int
    order: Literal["<", ">"]
    """Byte order of uncompressed and deflated samples."""
    piece_width: int
    """Of a strip, the image's width; of a tile, its own."""
    piece_height: int
    pieces: tuple[bytes, ...]
    """Strips or tiles, in the directory's order."""


@dataclass(frozen=True, slots=True)
class CodedAuxiliary:
    """A coded auxiliary image to splice in; opaque to the container.

    HEIF: `payload` is length-prefixed NAL units, `configuration` the body of the hvcC box.
    JPEG: `payload` is a complete gray JPEG image, SOI to EOI, without XMP or MPF; `configuration` is empty.
    DNG: `payload` is the one strip of `raster`; `configuration` is empty.
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
    raster: TiffRaster | None = None
    """DNG: how the strip is coded."""
    dng_depth: DngDepth | None = None
    """DNG: what the codes mean."""


@dataclass(frozen=True, slots=True)
class FoundAuxiliary:
    """An auxiliary image of a file."""

    identifier: int
    """HEIF: item id. JPEG: number of the image in the MP index, the primary being 1. DNG: its place among the
    SubIFDs, from 1 on."""
    width: int
    height: int
    payload: bytes
    """HEIF: the item's data. JPEG: the complete image, SOI to EOI, with its own segments."""
    configuration: bytes
    """HEIF: body of hvcC; empty if the item is coded otherwise (a grid, AV1)."""
    auxiliary_type: str
    """HEIF: URN of auxC; JPEG: empty; DNG: the URN for a depth map, SemanticName of a mask."""
    auxiliary_subtype: bytes
    xmp: bytes | None
    transforms: tuple[Transform, ...]
    raster: TiffRaster | None = None
    """DNG: how the image is coded; None if its strips or tiles cannot be read."""
    dng_depth: DngDepth | None = None
    """DNG: the depth tags of IFD0, where Adobe's reader looks; else those of the image's own directory."""
    own_dng_depth: DngDepth | None = None
    """DNG: the depth tags of the image's own directory."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A rectangle of a raster, in its pixels."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small copy of the photo in the same file."""

    width: int
    height: int
    payload: bytes
    """HEIF: the item's data, one HEVC picture."""
    configuration: bytes
    """HEIF: body of hvcC."""
    colour: bytes
    """HEIF: body of colr if it states code points (nclx), which its decoder needs; empty otherwise."""
    transforms: tuple[Transform, ...]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One item (HEIF), segment or image (JPEG), or directory (DNG), for a person who inspects the file."""

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
    """Pixels of the primary as stored, before orientation; in HEIF after the clean aperture, in DNG of ActiveArea."""
    height: int
    transforms: tuple[Transform, ...]
    exif: bytes | None
    """The TIFF block, from its byte-order mark on."""
    xmp: bytes | None
    icc: bytes | None
    """The ICC profile of the primary."""
    auxiliaries: tuple[FoundAuxiliary, ...]
    signed: bool
    """Whether the file has a C2PA manifest; any edit breaks its hash."""
    stereo_pair: tuple[int, int] | None = None
    """HEIF: the items of the left and the right view of a spatial photo; None if the primary is in no such pair."""
    crop: Crop | None = None
    """DNG: DefaultCrop, what a developed picture shows of the active area; None if it shows all of it."""
    byte_order: Literal["<", ">"] = "<"
    """DNG: of its directories and samples."""
    opcodes: bool = False
    """DNG: whether OpcodeList3 corrects the picture after development (lens distortion and the like)."""
    code_points: tuple[int, int] | None = None
    """HEIF: colour primaries and transfer characteristics of colr (nclx; H.273); None where it has none."""
    extended_xmp: bytes = b""
    """JPEG: the photo's extended XMP packet; empty if it has none."""
    primary_stop: int = 0
    """JPEG: one past the photo's own image, where what other makers append begins."""


class ContainerFile(Protocol):
    """A parsed file."""

    @property
    def source(self) -> bytes:
        """The bytes it was parsed from."""

    @property
    def layout(self) -> Layout:
        """What it holds."""

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """Its items, or segments and images, and what each is for."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Oddities of the file; one sentence each."""

    def thumbnail(self) -> Thumbnail | None:
        """Return the photo's largest thumbnail; None if there is none that decodes by itself."""

    def splice(self, auxiliary: CodedAuxiliary) -> EditList:
        """Add an auxiliary image after all others."""

    def remove(self, identifiers: Collection[int]) -> EditList:
        """Remove auxiliary images, and what describes only them."""

    def with_metadata(self, *, exif: bytes | None = None, xmp: bytes | None = None) -> EditList:
        """Replace the photo's own Exif or XMP block; None leaves a block as it is, b"" removes it.

        `exif` is the TIFF block from its byte-order mark on, `xmp` the packet as it is stored. Only bytes that
        differ are replaced; what follows a block of another length moves, and every offset follows. The images'
        own coded bytes and metadata stay.
        """

    def dump(self) -> str:
        """Return the structure as text, one line a part, for goldens that a person can review."""

    def parts(self) -> Mapping[str, bytes]:
        """Return every item, or segment and image, by a stable name: equal before and after means untouched."""
