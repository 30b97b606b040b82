"""Splice an auxiliary image into a HEIF file, laid out as an iPhone lays out its depth item, or remove some.

Shape: pug.heic (item 54 and its XMP, item 55). Existing bytes stay but for sizes, counts, offsets
and, after a removal, the numbers of the properties that followed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from authoring.containers.base import CodedAuxiliary
from authoring.containers.edits import EditList
from authoring.containers.heif.editing import (
    BoxEdit,
    ItemChanges,
    check_editable,
    finish,
    insert,
    set_number,
)
from authoring.containers.heif.item_edits import (
    MAX_NARROW_ID,
    NewItem,
    add_references,
    cut_data,
    cut_groups,
    cut_properties,
    cut_references,
    edit_items,
    free_identifiers,
    payload_at_end,
)
from authoring.containers.heif.item_properties import (
    NARROW_INDEX_MAX,
    WIDE_INDEX_MAX,
    Link,
    build_association,
    build_associations,
    build_auxiliary_type,
    build_channels,
    build_configuration,
    build_spatial_extents,
    coded_bits,
)
from authoring.containers.heif.items import XMP_TYPE
from authoring.containers.heif.photo_layout import HEVC_TYPES, is_auxiliary
from authoring.containers.heif.structure import Structure
from authoring.errors import RefusedError, UnsupportedError, UsageError

BRAND = b"MiHE"
"""MIAF HEVC extended: all iPhone files with a 4:0:0 item name it, after `mif1` (pug, openize, fidmaa)."""
_DESCRIBING = ("cdsc", "thmb", "auxl")
"""References that say what an item is for; an item all of whose targets are removed serves nothing any more.
Any other kind (dimg, base, pred, iloc) builds an item from what it points to."""


def splice_auxiliary(structure: Structure, auxiliary: CodedAuxiliary) -> EditList:
    """Add the auxiliary image and, where it has any, its XMP. Raises UnsupportedError if that cannot be done."""
    _check_embeddable(structure)
    image, *others = free_identifiers(structure, 2 if auxiliary.xmp else 1)
    masters = _masters(structure)
    items = [NewItem(image, "hvc1", "", "auxiliary image", "auxl", masters, auxiliary.payload)]
    for xmp in others:
        name = "XMP of the auxiliary image"
        items.append(NewItem(xmp, "mime", XMP_TYPE, name, "cdsc", (image,), auxiliary.xmp))
    edits = [
        *_add_brand(structure),
        *edit_items(structure, items, ()),
        *add_references(structure, items),
        *_add_properties(structure, image, auxiliary),
    ]
    payload = payload_at_end(structure, items[::-1], "the auxiliary image")
    return finish(structure, edits, ItemChanges(), payload)


def remove_auxiliaries(structure: Structure, identifiers: Collection[int]) -> EditList:
    """Remove the auxiliary images with all that is there only for them.

    The brand stays, and so do bytes in idat: they are a grid's few. Properties that only they used go, and those
    that follow get lower numbers. Raises UsageError for an item that is no
    auxiliary image, RefusedError if another image is derived from it, UnsupportedError if the file cannot
    be edited.
    """
    if not identifiers:
        return EditList.unchanged(len(structure.data))
    for item in identifiers:
        if item not in structure.items.entries or not is_auxiliary(structure, item):
            raise UsageError(f"item {item} is not an auxiliary image of the photo")
    check_editable(structure)
    removed = _with_dependents(structure, identifiers)
    _check_users(structure, removed)
    edits = [
        *edit_items(structure, (), removed),
        *cut_references(structure, removed),
        *cut_properties(structure, removed),
        *cut_groups(structure, removed),
        *cut_data(structure, removed, "data of the auxiliary image"),
    ]
    return finish(structure, edits, ItemChanges(removed=removed))


def _check_embeddable(structure: Structure) -> None:
    """Raise UnsupportedError if the photo is not an HEVC still or cannot be edited."""
    coded = structure.coded_type(structure.primary)
    if coded not in HEVC_TYPES:
        if coded == "av01" or structure.brands[0] in ("avif", "avis"):
            raise UnsupportedError("this is an AVIF photo, which is not handled; convert it to HEIC or JPEG")
        raise UnsupportedError(
            f"the main image is coded as {coded!r}, not as HEVC; convert it to HEIC or JPEG"
        )
    check_editable(structure)


def _add_brand(structure: Structure) -> Iterator[BoxEdit]:
    """Add the brand right after mif1, else at the end, unless it is there."""
    ftyp = structure.ftyp
    first = ftyp.body + 8  # After the major brand and the minor version.
    offsets = range(first, ftyp.stop - 3, 4)
    brands = [structure.data[offset : offset + 4] for offset in offsets]
    if BRAND in brands:
        return
    before = brands.index(b"mif1") + 1 if b"mif1" in brands else len(brands)
    yield insert(first + 4 * before, BRAND, f"ftyp: brand {BRAND.decode()} added", ftyp)


def _masters(structure: Structure) -> tuple[int, ...]:
    """Return what auxl points to: the primary, and the tone map unless the file's other auxl leave it out."""
    references = structure.references.entries if structure.references else ()
    others = [reference.targets for reference in references if reference.kind == "auxl"]
    with_tone_map = not others or any(len(targets) > 1 for targets in others)
    return (structure.primary, *(structure.tone_maps if with_tone_map else ()))


def _add_properties(structure: Structure, image: int, auxiliary: CodedAuxiliary) -> Iterator[BoxEdit]:
    """Add hvcC, ispe, the primary's own irot and imir, pixi, auxC: Apple's order.

    An equal property that is in use is shared; an unused one may be left over from something removed. The
    primary's clap is not shared: in nilsh_imageio_output.heic, the only sample that has one, the map has none and
    covers the cropped picture.
    """
    table = structure.properties
    turns = [
        (index, essential)
        for index, essential in table.by_item.get(structure.primary, ())
        if table.properties[index - 1].kind in ("irot", "imir")
    ]
    bits = coded_bits(auxiliary.configuration)
    wanted = [
        ("hvcC", build_configuration(auxiliary.configuration), True),
        ("ispe", build_spatial_extents(auxiliary.width, auxiliary.height), False),
        ("pixi", build_channels(bits), False),
        ("auxC", build_auxiliary_type(auxiliary.auxiliary_type, auxiliary.auxiliary_subtype), True),
    ]
    used = {index for links in table.by_item.values() for index, _ in links}
    index_of = {
        structure.bytes_of(table.properties[index - 1]): index for index in sorted(used, reverse=True)
    }
    next_index = len(table.properties) + 1
    links: list[Link] = []
    for kind, data, essential in wanted:
        if data not in index_of:
            index_of[data] = next_index
            next_index += 1
            parents = (table.container, table.box, structure.meta)
            yield insert(table.container.stop, data, f"ipco: {kind} added", *parents)
        links.append((index_of[data], essential))
    yield from _add_association(structure, image, (*links[:2], *turns, *links[2:]))


def _add_association(structure: Structure, image: int, links: tuple[Link, ...]) -> Iterator[BoxEdit]:
    """Add an entry to the first ipma that can hold it (entries are sorted by item), else an ipma of its own."""
    table = structure.properties
    largest = max(index for index, _ in links)
    if largest > WIDE_INDEX_MAX:
        raise UnsupportedError("the file's list of item properties is full")
    reason = f"ipma: properties of item {image} added"
    for ipma in table.tables:
        if ipma.entries and ipma.holds(image, largest):
            stops = [entry.stop for entry in ipma.entries if entry.item < image]
            entry = build_association(image, links, ipma.version, ipma.flags)
            yield set_number(ipma.box.body + 4, 4, len(ipma.entries) + 1, "ipma: count of items")
            at = stops[-1] if stops else ipma.entries[0].start
            yield insert(at, entry, reason, ipma.box, table.box, structure.meta)
            return
    version, flags = int(image > MAX_NARROW_ID), int(largest > NARROW_INDEX_MAX)
    data = build_associations([(image, links)], version, flags)
    yield insert(table.box.stop, data, f"{reason} in a new box", table.box, structure.meta)


def _with_dependents(structure: Structure, identifiers: Collection[int]) -> frozenset[int]:
    """Return the items and all that are there only for them: XMP, thumbnails, hidden tiles that nothing else uses."""
    removed = set(identifiers)
    waiting = list(removed)
    while waiting:
        item = waiting.pop()
        related = [
            reference.source
            for reference in structure.incoming.get(item, ())
            if reference.kind in _DESCRIBING
        ]
        related += structure.targets(item, "dimg")
        for candidate in related:
            if candidate not in removed and _serves_only(structure, candidate, removed):
                removed.add(candidate)
                waiting.append(candidate)
    return frozenset(removed)


def _serves_only(structure: Structure, item: int, removed: set[int]) -> bool:
    """Return whether the item is there only for removed ones."""
    entry = structure.items.entries.get(item)
    if entry is None or item == structure.primary:
        return False
    # What only describes the item (its own XMP) does not keep it.
    users = {
        reference.source
        for reference in structure.incoming.get(item, ())
        if reference.kind not in _DESCRIBING
    }
    masters = {
        target
        for reference in structure.outgoing.get(item, ())
        if reference.kind in _DESCRIBING
        for target in reference.targets
    }
    if masters:
        return masters <= removed and users <= removed
    # A source that is not hidden is a picture in its own right.
    return entry.hidden and bool(users) and users <= removed


def _check_users(structure: Structure, removed: frozenset[int]) -> None:
    """Raise RefusedError if an item that stays is built from a removed one."""
    for item in removed:
        for reference in structure.incoming.get(item, ()):
            user = structure.items.entries.get(reference.source)
            if user and user.identifier not in removed and reference.kind not in _DESCRIBING:
                raise RefusedError(
                    f"item {user.identifier} ({user.type!r}) is made from item {item}; removing that would break it"
                )
