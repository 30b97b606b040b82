"""Read what a HEIF file holds for a photo: roles of items, the primary's metadata, its auxiliary images."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from authoring.containers.base import FileEntry, FoundAuxiliary, Layout, Thumbnail, Transform
from authoring.containers.heif.box import Box
from authoring.containers.heif.item_properties import (
    parse_aperture,
    parse_code_points,
    parse_icc,
    parse_mirror,
    parse_rotation,
    parse_spatial_extents,
)
from authoring.containers.heif.items import XMP_TYPE, Item
from authoring.containers.heif.structure import Structure
from authoring.errors import MalformedError, UnsupportedError

C2PA_USER_TYPE = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""User type of the `uuid` box that holds a C2PA manifest."""
_C2PA_ITEMS = ("c2pa", "jumb")
MAX_AUXILIARIES = 256
"""As many images as an MP index may list in a JPEG. iPhones write eight; the metadata of each is read several times."""
MAX_ROLE_CHARACTERS = 200
"""Of the type in an auxiliary image's role; Apple's longest has 46, and items by the thousand may share a long one."""
HEVC_TYPES = ("hvc1", "hev1")
"""Item types of HEVC pictures; with `hev1` parameter sets may also be in the data (ISO/IEC 14496-15, 8.3.3.1)."""
_Colour = TypeVar("_Colour")
TIFF_MARKS = (b"II*\0", b"MM\0*")
"""How a TIFF block begins."""


def is_xmp(item: Item) -> bool:
    """Return whether the item is a plain (not compressed) XMP packet."""
    return item.type == "mime" and item.content_type == XMP_TYPE and not item.content_encoding


def is_auxiliary(structure: Structure, item: int) -> bool:
    """Return whether the item is an auxiliary image of the primary.

    That is: `auxl` points to the primary or to a `tmap` derived from it; or there is no `auxl` at all but an
    auxC property, as in damaged exports. The auxiliary image of another image in the file is not.
    """
    masters = structure.targets(item, "auxl")
    if masters:
        return not structure.masters.isdisjoint(masters)
    return item != structure.primary and structure.properties.find(item, "auxC") is not None


def auxiliary_type(structure: Structure, item: int) -> tuple[str, bytes]:
    """Return (URN, subtype) from auxC; empty where the item has none."""
    box = structure.properties.find(item, "auxC")
    return structure.auxiliary_types[box] if box else ("", b"")


def xmp_item(structure: Structure, item: int) -> int | None:
    """Return the identifier of the XMP item that describes `item`; one without data does not count."""
    for reference in structure.incoming.get(item, ()):
        source = structure.items.entries.get(reference.source)
        if reference.kind == "cdsc" and source and is_xmp(source) and structure.ranges(source.identifier):
            return source.identifier
    return None


def transforms_of(structure: Structure, item: int) -> tuple[Transform, ...]:
    """Return irot and imir of the item in the order of its associations."""
    transforms = []
    for box, _ in structure.properties.of(item):
        if box.kind == "irot":
            transforms.append(Transform("irot", parse_rotation(structure.data, box)))
        elif box.kind == "imir":
            transforms.append(Transform("imir", parse_mirror(structure.data, box)))
    return tuple(transforms)


def raster_of(structure: Structure, item: int) -> tuple[int, int]:
    """Return (width, height) of ispe; (0, 0) where the item has none."""
    box = structure.properties.find(item, "ispe")
    return parse_spatial_extents(structure.data, box) if box else (0, 0)


def grid_of(structure: Structure, item: int) -> tuple[int, int] | None:
    """Return (rows, columns) of a grid of tiles (ISO/IEC 23008-12, 6.6.2.3); None for another item.

    Raises MalformedError where its descriptor is cut off.
    """
    if structure.items.entries[item].type != "grid":
        return None
    descriptor = structure.content(item)
    if len(descriptor) < 4:
        raise MalformedError(f"the grid of item {item} is cut off")
    return descriptor[2] + 1, descriptor[3] + 1


def shown_raster(structure: Structure, item: int) -> tuple[int, int]:
    """Return (width, height) after the clean aperture and before irot and imir."""
    size = raster_of(structure, item)
    swapped = False
    for box, _ in structure.properties.of(item):
        if box.kind == "irot":
            swapped ^= bool(parse_rotation(structure.data, box) & 1)
        elif box.kind == "clap":
            # An aperture after an odd number of quarter turns is stated in the turned raster.
            width, height = parse_aperture(structure.data, box)
            size = (height, width) if swapped else (width, height)
    return size


def read_layout(structure: Structure) -> Layout:
    """Return the layout; only metadata and auxiliary images are copied.

    Raises MalformedError if the primary states no size or its derivation does not end, UnsupportedError for
    more auxiliary images than any photo has.
    """
    width, height = shown_raster(structure, structure.primary)
    if not width or not height:
        raise MalformedError("the main image states no size (property 'ispe'); the file is damaged")
    structure.coded_type(structure.primary)  # Raises where the derivation does not end.
    auxiliaries = _auxiliary_items(structure)
    if len(auxiliaries) > MAX_AUXILIARIES:
        raise UnsupportedError(
            f"the photo has {len(auxiliaries)} auxiliary images; at most {MAX_AUXILIARIES} are handled"
        )
    return Layout(
        container="heic",
        width=width,
        height=height,
        transforms=transforms_of(structure, structure.primary),
        exif=_exif(structure),
        xmp=_xmp(structure, structure.primary),
        icc=_colour(structure, parse_icc),
        auxiliaries=tuple(_auxiliary(structure, item) for item in auxiliaries),
        signed=_is_signed(structure),
        stereo_pair=structure.stereo_pair,
        code_points=_colour(structure, parse_code_points),
    )


def read_entries(structure: Structure) -> tuple[FileEntry, ...]:
    """Return all items."""
    return tuple(
        FileEntry(item.identifier, item.type, role_of(structure, item), structure.sizes[item.identifier])
        for item in structure.items.entries.values()
    )


def read_thumbnail(structure: Structure) -> Thumbnail | None:
    """Return the primary's largest thumbnail (`thmb`: ISO/IEC 23008-12, 6.4.3) that is one HEVC picture.

    Raises MalformedError if one is damaged.
    """
    thumbnails = []
    for reference in structure.incoming.get(structure.primary, ()):
        item = structure.items.entries.get(reference.source)
        if reference.kind == "thmb" and item and item.type == "hvc1" and not item.protected:
            width, height = raster_of(structure, item.identifier)
            thumbnails.append((width * height, width, height, item.identifier))
    area, width, height, number = max(thumbnails, default=(0, 0, 0, 0))
    if not area or structure.properties.find(number, "hvcC") is None:
        return None
    return Thumbnail(
        width=width,
        height=height,
        payload=structure.content(number),
        configuration=structure.configuration(number),
        colour=coded_colour(structure, number),
        transforms=transforms_of(structure, number),
    )


def coded_colour(structure: Structure, item: int) -> bytes:
    """Return the body of the item's colr if it states code points (nclx), which a decoder needs; else empty."""
    properties = (structure.data[box.body : box.stop] for box, _ in structure.properties.of(item))
    return next((body for body in properties if body.startswith(b"nclx")), b"")


def _auxiliary_items(structure: Structure) -> list[int]:
    return [item for item in structure.items.entries if is_auxiliary(structure, item)]


def _auxiliary(structure: Structure, item: int) -> FoundAuxiliary:
    urn, subtype = auxiliary_type(structure, item)
    width, height = raster_of(structure, item)
    return FoundAuxiliary(
        identifier=item,
        width=width,
        height=height,
        payload=structure.jpeg_prefix(item) + structure.content(item),
        configuration=structure.configuration(item),
        auxiliary_type=urn,
        auxiliary_subtype=subtype,
        xmp=_xmp(structure, item),
        transforms=transforms_of(structure, item),
    )


def exif_item(structure: Structure) -> tuple[int, int] | None:
    """Return (item, position of the TIFF header in its data) of the photo's Exif; None if none can be read.

    It is the first readable of those that describe the primary, or of those that describe nothing. The item
    begins with a 32-bit count of bytes between it and the TIFF header (ISO/IEC 23008-12, A.2.1): 0, or 6 where
    "Exif" and two NULs may be repeated there. Where that is wrong, the header is searched for.
    """
    for item in _exif_items(structure):
        content = structure.content(item)
        start = _stated_position(content)
        if content[start : start + 4] in TIFF_MARKS:
            return item, start
        positions = [content.find(mark, 0, 64) for mark in TIFF_MARKS]
        if max(positions) >= 0:
            return item, min(position for position in positions if position >= 0)
    return None


def stated_exif(structure: Structure) -> tuple[int, int] | None:
    """Return (item, position of the TIFF header) as the photo's Exif item states it; None without such an item."""
    items = _exif_items(structure)
    return (items[0], _stated_position(structure.content(items[0]))) if items else None


def _stated_position(content: bytes) -> int:
    """Return where the Exif item says that its TIFF header is."""
    return 4 + int.from_bytes(content[:4], "big")


def _exif_items(structure: Structure) -> list[int]:
    items = [item.identifier for item in structure.items.entries.values() if item.type == "Exif"]
    describing = [item for item in items if structure.primary in structure.targets(item, "cdsc")]
    return describing or [item for item in items if not structure.targets(item, "cdsc")]


def _exif(structure: Structure) -> bytes | None:
    """Return the TIFF block of the photo's Exif."""
    readable = exif_item(structure)
    return structure.content(readable[0])[readable[1] :] if readable else None


def _xmp(structure: Structure, item: int) -> bytes | None:
    packet = xmp_item(structure, item)
    return None if packet is None else structure.content(packet)


def _colour(structure: Structure, parse: Callable[[bytes, Box], _Colour | None]) -> _Colour | None:
    """Return what the primary's `colr` boxes say, parsed; a grid may leave them to its tiles."""
    sources = structure.targets(structure.primary, "dimg")
    for item in (structure.primary, *sources[:1]):
        for box, _ in structure.properties.of(item):
            value = parse(structure.data, box) if box.kind == "colr" else None
            if value is not None:
                return value
    return None


def _is_signed(structure: Structure) -> bool:
    """Return whether a C2PA manifest is there: in a `uuid` box or in an item."""
    in_box = any(
        box.kind == "uuid" and structure.data[box.body : box.body + 16] == C2PA_USER_TYPE
        for box in structure.boxes
    )
    items = structure.items.entries.values()
    return in_box or any(item.type in _C2PA_ITEMS or "c2pa" in item.content_type for item in items)


def role_of(structure: Structure, item: Item) -> str:
    """Return what the item is for, in a few words: "primary", "tile", "XMP of 54", "auxiliary urn:…"."""
    number, primary = item.identifier, structure.primary
    if number == primary:
        return "primary"
    if is_auxiliary(structure, number):
        return f"auxiliary {auxiliary_type(structure, number)[0][:MAX_ROLE_CHARACTERS]}".rstrip()
    if item.type in ("Exif", "mime"):
        name = (
            "Exif" if item.type == "Exif" else "XMP" if item.content_type == XMP_TYPE else item.content_type
        )
        described = structure.targets(number, "cdsc")
        return name if not described or primary in described else f"{name} of {described[0]}"
    if item.type == "tmap":
        return "tmap"
    for reference in structure.incoming.get(number, ()):
        if reference.kind == "dimg":
            host = structure.items.entries.get(reference.source)
            name = "tile" if host and host.type == "grid" else "source"
            return name if reference.source == primary else f"{name} of {reference.source}"
    for kind, name in (("thmb", "thumbnail"), ("auxl", "auxiliary")):
        masters = structure.targets(number, kind)
        if masters:
            return name if kind == "thmb" and primary in masters else f"{name} of {masters[0]}"
    if structure.stereo_pair and number in structure.stereo_pair:
        return "left view" if number == structure.stereo_pair[0] else "right view"
    return "hidden" if item.hidden else "image"


def read_notes(structure: Structure) -> tuple[str, ...]:
    """Return one sentence for each oddity of the file's structure."""
    notes = []
    stated = stated_exif(structure)
    if stated is not None and exif_item(structure) != stated:
        notes.append("the Exif item does not state correctly where its TIFF header is")
    if sum(box.kind == "meta" for box in structure.boxes) > 1:
        notes.append("the file has more than one box 'meta'; only the first is read")
    if any(box.kind in ("moov", "moof") for box in structure.boxes):
        notes.append("the file also holds a video or image sequence")
    if structure.coded_type(structure.primary) not in HEVC_TYPES:
        notes.append("the main image is not coded as HEVC")
    if any(item.protected for item in structure.items.entries.values()):
        notes.append("some items are protected (encrypted)")
    for item in _auxiliary_items(structure):
        if structure.properties.find(item, "auxC") is None:
            notes.append(f"the auxiliary image {item} does not say of what type it is")
        if structure.properties.find(item, "ispe") is None:
            notes.append(f"the auxiliary image {item} states no size")
        if structure.properties.find(item, "clap") is not None:
            notes.append(f"the auxiliary image {item} has a clean aperture, which is not applied to it")
    last = structure.boxes[-1].stop
    if last < len(structure.data):
        notes.append(f"after the last box are {len(structure.data) - last} bytes that belong to none")
    return tuple(notes)
