"""The facts that all rules judge, gathered once from a parsed file.

Knows: where each fact is read. Must not know: what is right or wrong.

Nothing here raises for a damaged depth map: the damage is a fact too, kept as a sentence, so that every rule
that can still be judged is.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from authoring.apple import DepthProperties, PropertyTree, portrait, properties, xmp
from authoring.apple.portrait import PortraitMarks
from authoring.apple.table import row_of
from authoring.codecs import sei
from authoring.codecs.sei import DepthRepresentation
from authoring.containers import ContainerFile, FoundAuxiliary, Layout, tiff
from authoring.errors import DepthauthorError, MalformedError
from authoring.operations.auxiliary import decode_auxiliary, depth_images
from authoring.operations.verifying.placement import Placement, placement, strays

EXIF_IFD, MAKER_NOTE = 0x8769, 0x927C
"""Exif 2.32: the pointer in IFD0, and the tag behind it."""

NOTE_IFD = 14
"""Where the IFD of Apple's maker note begins: magic and version, 12 bytes, then the byte order (all iPhone samples)."""

_ENTRY_BYTES, _SHORT_VALUE_BYTES = 12, 4


@dataclass(frozen=True, slots=True)
class MakerNoteFacts:
    """Apple's maker note as a reader walks it."""

    size: int
    """Bytes that Exif gives it."""
    stated: int
    """Entries that its count states."""
    readable: int
    """Entries whose values lie inside it."""
    overlapping: bool
    """Whether a value lies where the stated entries are: the count is too high."""


@dataclass(frozen=True, eq=False, slots=True)
class Facts:
    """One file, as far as its depth and its portrait marks go."""

    layout: Layout
    depth: tuple[FoundAuxiliary, ...]
    """All auxiliary images that are depth maps; the first is the one judged."""
    strays: tuple[int, ...]
    """Items of a depth type that may belong to something else (HEIC)."""
    placement: Placement | None
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
    marks: PortraitMarks
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

    def has(self, *names: str) -> bool:
        """Whether all these fields of the depth XMP are there and readable."""
        return all(getattr(self.told, name) is not None for name in names)


def gather(file: ContainerFile, codes: NDArray[np.uint8] | None = None) -> Facts:
    """The facts of a file.

    codes: the depth plane (H, W) where it was decoded already; None decodes it here. Raises MalformedError or
    UnsupportedError only where the container itself cannot be read.
    """
    layout = file.layout
    depth = tuple(depth_images(layout))
    found = depth[0] if depth else None
    tree, packet_fault = _packet(found)
    told, faults = _properties(tree or ())
    decode_fault = None
    if found is not None and codes is None:
        codes, decode_fault = _decoded(layout, found)
    return Facts(
        layout=layout,
        depth=depth,
        strays=() if found else strays(file),
        placement=placement(file, found.identifier) if found else None,
        tree=tree,
        packet_fault=packet_fault,
        told=told,
        faults=faults,
        representation=sei.parse_aux_subtype(found.auxiliary_subtype) if found else None,
        codes=codes if found else None,
        decode_fault=decode_fault,
        marks=portrait.read_marks(layout.exif, layout.xmp),
        **_maker_note(layout.exif),
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
    good, faults = [], {}
    for one in tree:
        try:
            properties.depth_properties((one,))
        except MalformedError as error:
            row = row_of(one)
            faults[row.field if row else one.name] = error.message
        else:
            good.append(one)
    return properties.depth_properties(tuple(good)), faults


def _decoded(layout: Layout, found: FoundAuxiliary) -> tuple[NDArray[np.uint8] | None, str | None]:
    try:
        return decode_auxiliary(layout.container, found), None
    except DepthauthorError as error:
        return None, error.message


def maker_note(exif: bytes | None) -> bytes:
    """The bytes of the maker note in a TIFF block; empty where there is none."""
    order, start = (tiff.byte_order(exif), tiff.first_ifd(exif)) if exif else (None, None)
    if exif is None or order is None or start is None:
        return b""
    pointer = tiff.find_entry(exif, start, order, EXIF_IFD)
    if pointer is None or pointer.value_bytes != _SHORT_VALUE_BYTES:
        return b""
    raw = exif[pointer.value_offset : pointer.value_offset + pointer.value_bytes]
    inner = int.from_bytes(raw, "big" if order == ">" else "little")
    entry = tiff.find_entry(exif, inner, order, MAKER_NOTE)
    return exif[entry.value_offset : entry.value_offset + entry.value_bytes] if entry else b""


def note_entries(note: bytes) -> dict[int, bytes] | None:
    """The values of an Apple maker note by tag, as far as they lie inside it; None for another maker's."""
    order = _note_order(note)
    if order is None:
        return None
    return {
        entry.tag: note[entry.value_offset : entry.value_offset + entry.value_bytes]
        for entry in tiff.walk_ifd(note, NOTE_IFD, order)
    }


def _note_order(note: bytes) -> str | None:
    if not note.startswith(portrait.MAKER_NOTE_MAGIC):
        return None
    return {b"MM": ">", b"II": "<"}.get(note[12:14])


def _maker_note(exif: bytes | None) -> dict[str, MakerNoteFacts | bool | None]:
    note = maker_note(exif)
    order = _note_order(note)
    if order is None:
        return {"note": None, "foreign_note": bool(note)}
    stated = int.from_bytes(note[NOTE_IFD : NOTE_IFD + 2], "big" if order == ">" else "little")
    entries = list(tiff.walk_ifd(note, NOTE_IFD, order))
    table_stop = NOTE_IFD + 2 + _ENTRY_BYTES * stated
    overlapping = any(
        entry.value_bytes > _SHORT_VALUE_BYTES and entry.value_offset < table_stop for entry in entries
    )
    return {
        "note": MakerNoteFacts(len(note), stated, len(entries), overlapping),
        "foreign_note": False,
    }
