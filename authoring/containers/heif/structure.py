"""Parse a HEIF file into its tables (ISO/IEC 23008-12, 10.2) and give the data of any item."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from authoring.containers.heif.box import Box, read_boxes
from authoring.containers.heif.item_data import MAX_ITEM_DEPTH, ItemData, Ranges, total
from authoring.containers.heif.item_locations import LocationTable, parse_locations
from authoring.containers.heif.item_properties import PropertyTable, parse_auxiliary_type, parse_properties
from authoring.containers.heif.items import (
    Group,
    ItemTable,
    Reference,
    ReferenceTable,
    parse_groups,
    parse_items,
    parse_primary,
    parse_references,
)
from authoring.errors import MalformedError, UnsupportedError

MAX_BRANDS_BYTES = 4096
"""Bytes in the body of `ftyp`; iPhones write 40 at most."""
MAX_REUSE = 8
"""How many times the file's size all items together may reach by sharing bytes; bounds a crafted file's cost."""


@dataclass(frozen=True)
class Structure:
    """The parsed tables; every offset is one into `data`."""

    data: bytes
    boxes: tuple[Box, ...]
    """Top level."""
    brands: tuple[str, ...]
    """The major brand, then the compatible ones."""
    meta: Box
    children: tuple[Box, ...]
    """Of meta."""
    primary: int
    items: ItemTable
    references: ReferenceTable | None
    locations: LocationTable
    properties: PropertyTable
    groups: tuple[Group, ...]
    _contents: dict[int, bytes] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def ftyp(self) -> Box:
        """The first box."""
        return self.boxes[0]

    def child(self, kind: str) -> Box | None:
        """Return the first box of that kind in meta."""
        return next((box for box in self.children if box.kind == kind), None)

    @property
    def mdats(self) -> list[Box]:
        """The media data boxes."""
        return [box for box in self.boxes if box.kind == "mdat"]

    @cached_property
    def outgoing(self) -> dict[int, list[Reference]]:
        """References by the item they come from."""
        by_source: dict[int, list[Reference]] = defaultdict(list)
        for reference in self.references.entries if self.references else ():
            by_source[reference.source].append(reference)
        return by_source

    @cached_property
    def incoming(self) -> dict[int, list[Reference]]:
        """References by the items they point to."""
        by_target: dict[int, list[Reference]] = defaultdict(list)
        for reference in self.references.entries if self.references else ():
            for target in reference.targets:
                by_target[target].append(reference)
        return by_target

    def targets(self, item: int, kind: str) -> tuple[int, ...]:
        """Return what the item's references of one kind point to, in order."""
        return tuple(
            target
            for reference in self.outgoing.get(item, ())
            if reference.kind == kind
            for target in reference.targets
        )

    @cached_property
    def tone_maps(self) -> tuple[int, ...]:
        """The `tmap` items derived from the primary: the same photo with its gain map applied."""
        return tuple(
            item.identifier
            for item in self.items.entries.values()
            if item.type == "tmap" and self.primary in self.targets(item.identifier, "dimg")
        )

    @cached_property
    def masters(self) -> frozenset[int]:
        """What an auxiliary image of the photo points to: the primary or one of its tone maps."""
        return frozenset((self.primary, *self.tone_maps))

    @cached_property
    def stereo_pair(self) -> tuple[int, int] | None:
        """The left and the right view if the primary is in an entity group `ster`.

        The left view is first: in spatial_vision_pro.heic the second item's camera is 63.8 mm to the right.
        """
        for group in self.groups:
            if group.kind == "ster" and len(group.entities) == 2 and self.primary in group.entities:
                left, right = group.entities
                return left, right
        return None

    @cached_property
    def auxiliary_types(self) -> dict[Box, tuple[str, bytes]]:
        """(URN, subtype) of each auxC, read once however many items share it."""
        boxes = self.properties.properties
        return {box: parse_auxiliary_type(self.data, box) for box in boxes if box.kind == "auxC"}

    @cached_property
    def configurations(self) -> dict[Box, bytes]:
        """The body of each hvcC, copied once however many items share it."""
        boxes = self.properties.properties
        return {box: self.data[box.body : box.stop] for box in boxes if box.kind == "hvcC"}

    def configuration(self, item: int) -> bytes:
        """Return the body of the item's hvcC; empty where it has none."""
        box = self.properties.find(item, "hvcC")
        return self.configurations[box] if box else b""

    def jpeg_prefix(self, item: int) -> bytes:
        """Return what comes before the data of an item of type jpeg (jpgC: ISO/IEC 23008-12, H.3.2); else nothing."""
        entry = self.items.entries.get(item)
        box = self.properties.find(item, "jpgC") if entry is not None and entry.type == "jpeg" else None
        return self.data[box.body : box.stop] if box else b""

    def coded_type(self, item: int) -> str:
        """Return the type of the item, or of the first image it is derived from where it is derived.

        Raises MalformedError if the derivation does not end.
        """
        for _ in range(MAX_ITEM_DEPTH):
            sources = self.targets(item, "dimg")
            if not sources:
                entry = self.items.entries.get(item)
                return entry.type if entry else ""
            item = sources[0]
        raise MalformedError("the primary image is derived from itself; the file is damaged")

    @cached_property
    def item_data(self) -> ItemData:
        """The ranges of every item's data."""
        hosts = {item: self.targets(item, "iloc") for item in self.outgoing}
        return ItemData(len(self.data), self.child("idat"), self.locations, hosts)

    def ranges(self, item: int) -> Ranges:
        """Return the ranges of the item's data in the file; empty for none, or for data in another file."""
        return self.item_data.ranges(item)

    @cached_property
    def sizes(self) -> dict[int, int]:
        """Bytes of each item's data."""
        return {item: total(self.ranges(item)) for item in self.items.entries}

    def content(self, item: int) -> bytes:
        """Return the item's data, copied once however often it is asked for."""
        if item not in self._contents:
            self._contents[item] = b"".join(self.data[start:stop] for start, stop in self.ranges(item))
        return self._contents[item]

    def bytes_of(self, box: Box) -> bytes:
        """Return a box with its header."""
        return self.data[box.start : box.stop]


def parse_structure(data: bytes) -> Structure:
    """Parse a HEIF file. Item data is not copied, only its place checked.

    Raises MalformedError for damage, UnsupportedError for a video, an image sequence or a `mini` file.
    """
    boxes = read_boxes(data, 0, len(data), "the file")
    if not boxes or boxes[0].kind != "ftyp":
        raise MalformedError("the file does not begin with a box 'ftyp'; it is not a HEIC photo")
    brands = _parse_brands(data, boxes[0])
    meta = _find_meta(boxes)
    children = read_boxes(data, min(meta.body + 4, meta.stop), meta.stop, "meta")
    by_kind = {box.kind: box for box in reversed(children)}  # Of two boxes of a kind, the first counts.
    if "pitm" not in by_kind and any(box.kind == "moov" for box in boxes):
        raise UnsupportedError(
            "this is a video or image sequence, not a still photo; depth goes into still photos"
        )
    primary = parse_primary(data, _require(by_kind, "pitm", "the number of its main image"))
    items = parse_items(data, _require(by_kind, "iinf", "its list of items"))
    if primary not in items.entries:
        raise MalformedError(f"the main image is item {primary}, which does not exist; the file is damaged")
    structure = Structure(
        data=data,
        boxes=boxes,
        brands=brands,
        meta=meta,
        children=children,
        primary=primary,
        items=items,
        references=parse_references(data, by_kind["iref"]) if "iref" in by_kind else None,
        locations=parse_locations(data, _require(by_kind, "iloc", "its item locations")),
        properties=parse_properties(data, _require(by_kind, "iprp", "its item properties")),
        groups=parse_groups(data, by_kind["grpl"]) if "grpl" in by_kind else (),
    )
    if sum(structure.sizes.values()) > MAX_REUSE * len(data):
        raise MalformedError("the items together are far larger than the file; the file is damaged")
    return structure


def _parse_brands(data: bytes, box: Box) -> tuple[str, ...]:
    """Parse `ftyp` (ISO/IEC 14496-12, 4.3): major brand, minor version, compatible brands."""
    body = data[box.body : box.stop]
    if not 8 <= len(body) <= MAX_BRANDS_BYTES:
        raise MalformedError("the box 'ftyp' has an impossible size; the file is damaged")
    codes = [body[start : start + 4].decode("latin-1") for start in range(0, len(body) - 3, 4)]
    return (codes[0], *codes[2:])


def _find_meta(boxes: tuple[Box, ...]) -> Box:
    """Return the meta box of a still photo; raise the fitting error where the file is something else."""
    by_kind = {box.kind: box for box in reversed(boxes)}
    if "meta" in by_kind:
        return by_kind["meta"]
    if "mini" in by_kind:
        raise UnsupportedError(
            "this is a minimized HEIF file (box 'mini'), which is not handled; convert it to HEIC"
        )
    if "moov" in by_kind:
        raise UnsupportedError(
            "this is a video or image sequence, not a still photo; depth goes into still photos"
        )
    raise MalformedError(
        "the file holds no images (there is no box 'meta'); it is damaged or not a HEIC photo"
    )


def _require(by_kind: dict[str, Box], kind: str, what: str) -> Box:
    if kind not in by_kind:
        raise MalformedError(
            f"the file lacks {what} (box {kind!r} in 'meta'); it is not a HEIC photo or is damaged"
        )
    return by_kind[kind]
