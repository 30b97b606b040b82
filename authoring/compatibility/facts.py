"""Gather the facts that all rules judge, once, from a parsed file.

A damaged depth map raises nothing here: the damage is kept as a sentence, so that every rule that can still be
judged is judged.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from authoring.apple import depth_properties, makernote, xmp
from authoring.apple.depth_properties import DepthProperties
from authoring.apple.exif import read_portrait_tags
from authoring.apple.portrait_metadata import PortraitMetadata, read_portrait_metadata
from authoring.apple.property_table import PropertyTree
from authoring.apple.provenance import read_estimated_by, read_provenance
from authoring.codecs import sei
from authoring.codecs.hevc import stream_fault
from authoring.codecs.sei import DepthRepresentation
from authoring.compatibility.photo_facts import PhotoFacts, gather_photo
from authoring.compatibility.placement import (
    Placement,
    depth_item_placement,
    depth_typed_items,
    image_components,
)
from authoring.containers.base import ContainerFile, DngDepth, FoundAuxiliary, Layout
from authoring.depth.stored_plane import Codes
from authoring.errors import DepthauthorError, MalformedError
from authoring.estimated_by import EstimatedBy
from authoring.read.depth_image import decode_auxiliary
from authoring.read.foreign.base import ForeignDepth
from authoring.read.foreign.find import find_readable
from authoring.read.layout import depth_images
from authoring.read.photo_pixels import PhotoPixels
from authoring.tiff import ENTRY_BYTES

FEW_NOTE_ENTRIES = 10
"""The oldest portrait sample has 14 entries (rw), newer ones 39 to 56; a note of the flags alone has two."""

_COMMON_TAGS = frozenset({0x01, 0x04, 0x07, 0x14})
"""In the note of every iPhone sample, iOS 11 to 18."""
_RUN_TIME = 0x03
_CAMERA_TYPE = 0x2E


@dataclass(frozen=True, slots=True)
class MakerNoteFacts:
    """Apple's maker note as a reader walks it."""

    entries: int
    """0 if its directory cannot be read."""
    fault: str | None
    """Why entry counts and bytes do not agree."""
    tags: frozenset[int] = frozenset()

    @property
    def is_phones_own(self) -> bool:
        """Whether the note is as a phone writes it; a note made without a phone has no time since its start."""
        return self.entries >= FEW_NOTE_ENTRIES and self.tags >= _COMMON_TAGS | {_RUN_TIME}

    @property
    def is_tested(self) -> bool:
        """Whether device tests cover such a note: a phone's own, or the numeric entries of a capture."""
        return self.entries >= FEW_NOTE_ENTRIES and (
            self.is_phones_own or self.tags >= _COMMON_TAGS | {_CAMERA_TYPE}
        )


@dataclass(frozen=True, slots=True)
class DngFacts:
    """What IFD0 of a DNG says that concerns depth."""

    depth: DngDepth | None = None
    version: tuple[int, ...] = ()
    """DNGVersion, four numbers."""
    backward_version: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the rules need to know of one file: its depth and its portrait metadata."""

    layout: Layout
    depth_images: tuple[FoundAuxiliary, ...]
    """All auxiliary images that are depth maps; the first is the one judged."""
    unbound_items: tuple[int, ...]
    """Items of a depth type if no depth image was found: they belong to another image (HEIC)."""
    foreign: ForeignDepth | None
    """Depth of another maker, if no depth image was found."""
    placement: Placement | None
    """None in JPEG."""
    components: int | None
    """Of the depth image's JPEG frame; None in HEIC."""
    tree: PropertyTree | None
    """The depth XMP; None if there is none or it does not parse."""
    packet_fault: str | None
    properties: DepthProperties
    faults: dict[str, str] = field(repr=False)
    """Fields of `properties` that cannot be read, and why."""
    representation: DepthRepresentation | None
    codes: Codes | None
    """(H, W) uint8, or uint16 in a DNG, as stored; None if they were not asked for or do not decode."""
    decode_fault: str | None
    portrait: PortraitMetadata
    note: MakerNoteFacts | None
    """None if there is no Apple maker note."""
    foreign_note: bool
    photo: PhotoFacts
    dng: DngFacts
    """Empty for another container."""

    @property
    def photo_decodes(self) -> bool | None:
        """Whether the photo's pixels decode; None where they were not looked at, or are coded in another way."""
        if self.photo.pixels_fault:
            return False
        return None if self.photo.gray is None else True

    @property
    def nearer_is_larger(self) -> bool:
        """Whether larger codes are nearer, as in a disparity map."""
        return self.properties.auxiliary_image_type == "disparity"

    @property
    def portrait_text(self) -> str:
        """The portrait metadata in a few words."""
        flags, custom = self.portrait.image_processing_flags, self.portrait.custom_rendered
        return (
            f"flags {'absent' if flags is None else hexadecimal(flags)}, "
            f"CustomRendered {'absent' if custom is None else custom}"
        )

    @property
    def auxiliary(self) -> FoundAuxiliary | None:
        """The depth image that is judged."""
        return self.depth_images[0] if self.depth_images else None

    @property
    def is_cameras_own(self) -> bool:
        """Whether a phone's camera wrote the depth: a phone's maker note, and no sign of another author in the XMP."""
        auxiliary = self.auxiliary
        return (
            self.note is not None
            and self.note.is_phones_own
            and auxiliary is not None
            and bool(xmp.APPLE_TOOLKIT.search(auxiliary.xmp or b""))
            and read_provenance(self.tree or ()) is None
        )

    @property
    def estimated_by(self) -> EstimatedBy | None:
        """The network that estimated the depth, where the XMP says so."""
        return read_estimated_by(self.tree or ())

    @property
    def where(self) -> str:
        """The depth image by name, for findings."""
        number = self.depth_images[0].identifier if self.depth_images else 0
        names = {"heic": "item", "jpeg": "image", "dng": "SubIFD"}
        return f"{names[self.layout.container]} {number}"

    def with_codes(self, codes: Codes) -> Facts:
        """Return the same facts with the depth plane (H, W) as decoded from its final bitstream."""
        return replace(self, codes=codes if self.depth_images else None)


def hexadecimal(flags: int) -> str:
    """Return flags as the unsigned 32 bits that the maker note holds."""
    return f"0x{flags & 0xFFFFFFFF:x}"


def gather(
    file: ContainerFile,
    *,
    decoded: bool = True,
    photo_decoded: bool = False,
    pixels: PhotoPixels | None = None,
) -> Facts:
    """Gather the facts of a file.

    decoded: decode the depth plane too; a caller that has decoded it adds it with `with_codes`.
    photo_decoded: decode the photo's own pixels, which takes longer than all else.
    pixels: those that a caller has decoded; they are not decoded again if that showed that all of them are there.

    Raises MalformedError or UnsupportedError only if the container itself cannot be read.
    """
    layout = file.layout
    note = read_portrait_tags(layout.exif).maker_note or b""
    images = tuple(depth_images(layout))
    auxiliary = images[0] if images else None
    tree, packet_fault = _packet(auxiliary)
    properties, faults = depth_properties.readable_properties(tree or ())
    codes, decode_fault = _decoded(layout, auxiliary) if auxiliary and decoded else (None, None)
    return Facts(
        layout=layout,
        depth_images=images,
        unbound_items=() if auxiliary else depth_typed_items(file),
        foreign=None if auxiliary else find_readable(file),
        placement=depth_item_placement(file, auxiliary.identifier) if auxiliary else None,
        components=image_components(file, auxiliary.identifier) if auxiliary else None,
        tree=tree,
        packet_fault=packet_fault,
        properties=properties,
        faults=faults,
        representation=sei.parse_aux_subtype(auxiliary.auxiliary_subtype) if auxiliary else None,
        codes=codes,
        decode_fault=decode_fault,
        portrait=read_portrait_metadata(layout.exif, layout.xmp),
        note=_note_facts(note),
        foreign_note=bool(note) and not makernote.is_apple(note),
        photo=gather_photo(file, decoded=photo_decoded, pixels=pixels),
        dng=_dng_facts(file),
    )


def _packet(auxiliary: FoundAuxiliary | None) -> tuple[PropertyTree | None, str | None]:
    """Return the properties of the depth XMP, or why it does not parse."""
    if auxiliary is None or not auxiliary.xmp:
        return None, None
    try:
        return xmp.parse_packet(auxiliary.xmp), None
    except MalformedError as error:
        return None, error.message


def _decoded(layout: Layout, auxiliary: FoundAuxiliary) -> tuple[Codes | None, str | None]:
    """Return the codes (H, W), or why they do not decode."""
    if layout.container == "heic" and auxiliary.configuration:
        fault = stream_fault(auxiliary.payload, auxiliary.configuration)
        if fault:
            return None, fault
    try:
        return decode_auxiliary(layout, auxiliary), None
    except DepthauthorError as error:
        return None, error.message


def _dng_facts(file: ContainerFile) -> DngFacts:
    from authoring.containers.dng import DngFile
    from authoring.containers.dng.structure import depth_tags
    from authoring.containers.dng.tags import Tag

    if not isinstance(file, DngFile):
        return DngFacts()
    first = file.structure.first
    version, backward = (first.find(tag) for tag in (Tag.DNG_VERSION, Tag.DNG_BACKWARD_VERSION))
    return DngFacts(
        depth_tags(first),
        version.integers() if version else (),
        backward.integers() if backward else None,
    )


def _note_facts(note: bytes) -> MakerNoteFacts | None:
    if not makernote.is_apple(note):
        return None
    try:
        entries = makernote.read_entries(note)
    except MalformedError as error:
        return MakerNoteFacts(0, error.message)
    tags = frozenset(entry.tag for entry in entries)
    try:
        makernote.check_counts(note)
    except MalformedError as error:
        return MakerNoteFacts(len(entries), error.message, tags)
    # With an entry count that is too high, values are read as entries; then a true entry's value lies among them.
    table_stop = max((entry.offset + ENTRY_BYTES for entry in entries), default=0)
    if any(not entry.is_inline and entry.value_offset < table_stop for entry in entries):
        return MakerNoteFacts(len(entries), f"{len(entries)} entries overlap the values after them", tags)
    return MakerNoteFacts(len(entries), None, tags)
