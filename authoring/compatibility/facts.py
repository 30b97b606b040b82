"""The facts that all rules judge, gathered once from a parsed file.

Knows: where each fact is read. Must not know: what is right or wrong.

Nothing here raises for a damaged depth map: the damage is a fact too, kept as a sentence, so that every rule
that can still be judged is.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from authoring.apple import depth_properties, makernote, xmp
from authoring.apple.depth_properties import DepthProperties
from authoring.apple.exif import read_portrait_tags
from authoring.apple.portrait_metadata import PortraitMetadata, read_portrait_metadata
from authoring.apple.property_table import PropertyTree, row_of
from authoring.codecs import sei
from authoring.codecs.sei import DepthRepresentation
from authoring.compatibility.placement import Placement, components, placement, strays
from authoring.containers.base import ContainerFile, FoundAuxiliary, Layout
from authoring.errors import DepthauthorError, MalformedError
from authoring.read.depth_image import decode_auxiliary
from authoring.read.layout import depth_images
from authoring.tiff import ENTRY_BYTES


@dataclass(frozen=True, slots=True)
class MakerNoteFacts:
    """Apple's maker note as a reader walks it."""

    entries: int
    """0 where its directory cannot be read."""
    fault: str | None
    """Why entry counts and bytes do not agree."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """One file, as far as its depth and its portrait marks go."""

    layout: Layout
    depth: tuple[FoundAuxiliary, ...]
    """All auxiliary images that are depth maps; the first is the one judged."""
    strays: tuple[int, ...]
    """Items of a depth type that may belong to something else (HEIC)."""
    placement: Placement | None
    """None in JPEG."""
    components: int | None
    """Of the depth image's JPEG frame; None in HEIC."""
    tree: PropertyTree | None
    """The depth XMP; None where there is none or it does not parse."""
    packet_fault: str | None
    told: DepthProperties
    faults: dict[str, str] = field(repr=False)
    """Fields of `told` whose property cannot be read, and why."""
    representation: DepthRepresentation | None
    codes: NDArray[np.uint8] | None
    """(H, W) as stored; None where they were not asked for or do not decode."""
    decode_fault: str | None
    marks: PortraitMetadata
    note: MakerNoteFacts | None
    """None where there is no maker note of Apple's."""
    foreign_note: bool

    @property
    def found(self) -> FoundAuxiliary | None:
        """The depth image that is judged."""
        return self.depth[0] if self.depth else None

    @property
    def where(self) -> str:
        """The depth image by name, for findings."""
        number = self.depth[0].identifier if self.depth else 0
        return f"{'item' if self.layout.container == 'heic' else 'image'} {number}"

    def with_codes(self, codes: NDArray[np.uint8]) -> Facts:
        """The same with the depth plane (H, W) as it was decoded from its final bitstream."""
        return replace(self, codes=codes if self.depth else None)

    def has(self, *names: str) -> bool:
        """Whether all these fields of the depth XMP are there and readable."""
        return all(getattr(self.told, name) is not None for name in names)


def gather(file: ContainerFile, *, decoded: bool = True) -> Facts:
    """The facts of a file; with its depth plane, unless it is `decoded` elsewhere and added to them by `with_codes`.

    Raises MalformedError or UnsupportedError only where the container itself cannot be read.
    """
    layout = file.layout
    note = read_portrait_tags(layout.exif).maker_note or b""
    depth = tuple(depth_images(layout))
    found = depth[0] if depth else None
    tree, packet_fault = _packet(found)
    told, faults = _properties(tree or ())
    codes, decode_fault = _decoded(layout, found) if found and decoded else (None, None)
    return Facts(
        layout=layout,
        depth=depth,
        strays=() if found else strays(file),
        placement=placement(file, found.identifier) if found else None,
        components=components(file, found.identifier) if found else None,
        tree=tree,
        packet_fault=packet_fault,
        told=told,
        faults=faults,
        representation=sei.parse_aux_subtype(found.auxiliary_subtype) if found else None,
        codes=codes,
        decode_fault=decode_fault,
        marks=read_portrait_metadata(layout.exif, layout.xmp),
        note=_note_facts(note),
        foreign_note=bool(note) and not makernote.is_apple(note),
    )


def _packet(found: FoundAuxiliary | None) -> tuple[PropertyTree | None, str | None]:
    if found is None or not found.xmp:
        return None, None
    try:
        return xmp.parse_packet(found.xmp), None
    except MalformedError as error:
        return None, error.message


def _properties(tree: PropertyTree) -> tuple[DepthProperties, dict[str, str]]:
    """All properties that read, and the complaints about those that do not, one by one."""
    with contextlib.suppress(MalformedError):
        return depth_properties.parse_properties(tree), {}
    good, faults = [], {}
    for one in tree:
        try:
            depth_properties.parse_properties((one,))
        except MalformedError as error:
            row = row_of(one)
            faults[row.field if row else one.name] = error.message
        else:
            good.append(one)
    return depth_properties.parse_properties(tuple(good)), faults


def _decoded(layout: Layout, found: FoundAuxiliary) -> tuple[NDArray[np.uint8] | None, str | None]:
    try:
        return decode_auxiliary(layout.container, found), None
    except DepthauthorError as error:
        return None, error.message


def _note_facts(note: bytes) -> MakerNoteFacts | None:
    if not makernote.is_apple(note):
        return None
    try:
        entries = makernote.read_entries(note)
    except MalformedError as error:
        return MakerNoteFacts(0, error.message)
    try:
        makernote.check_counts(note)
    except MalformedError as error:
        return MakerNoteFacts(len(entries), error.message)
    # A count that is too high makes entries of what are values; then a true entry's value lies among them.
    table_stop = max((one.offset + ENTRY_BYTES for one in entries), default=0)
    if any(not one.is_inline and one.value_offset < table_stop for one in entries):
        return MakerNoteFacts(len(entries), f"{len(entries)} entries reach into the values behind them")
    return MakerNoteFacts(len(entries), None)
