"""What a HEIF file means to a photo: roles, the primary's metadata, its auxiliary images.

Knows: which references and properties make an item an auxiliary image, a tile, Exif or XMP of what.
Must not know: what an auxiliary image holds, how a file is changed.
"""

from __future__ import annotations

from bisect import bisect_right

from authoring.containers.base import Entry, FoundAuxiliary, Layout, Thumbnail, Transform
from authoring.containers.heif.item_properties import parse_aperture, parse_extent, parse_icc, parse_turn
from authoring.containers.heif.meta import XMP_TYPE, Item
from authoring.containers.heif.structure import Structure
from authoring.errors import MalformedError, UnsupportedError

C2PA_USER_TYPE = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""User type of the `uuid` box that holds a C2PA manifest."""
_C2PA_ITEMS = ("c2pa", "jumb")
MAX_AUXILIARIES = 256
"""As many images as an MP index may list in a JPEG. iPhones write eight; the metadata of each is read several times."""
MAX_ROLE_CHARACTERS = 200
"""Of the type in an auxiliary image's role; Apple's longest has 46, and items by the thousand may share a long one."""
TIFF_MARKS = (b"II*\0", b"MM\0*")
"""How a TIFF block begins."""


def is_xmp(item: Item) -> bool:
    """Whether the item is a plain (not compressed) XMP packet."""
    return item.type == "mime" and item.content_type == XMP_TYPE and not item.content_encoding


def is_auxiliary(structure: Structure, item: int) -> bool:
    """Whether the item is an auxiliary image of the primary.

    That is: `auxl` points to the primary or to a `tmap` made from it; or there is no `auxl` at all but an
    auxC property, as damaged exports have it. The auxiliary image of another image in the file is not.
    """
    masters = structure.targets(item, "auxl")
    if masters:
        return not structure.masters.isdisjoint(masters)
    return item != structure.primary and structure.properties.find(item, "auxC") is not None


def auxiliary_type(structure: Structure, item: int) -> tuple[str, bytes]:
    """(URN, subtype) from auxC; empty where the item has none."""
    box = structure.properties.find(item, "auxC")
    return structure.auxiliary_types[box] if box else ("", b"")


def xmp_item(structure: Structure, item: int) -> int | None:
    """The identifier of the XMP item that describes `item`; one without data does not count."""
    for reference in structure.incoming.get(item, ()):
        source = structure.items.entries.get(reference.source)
        if reference.kind == "cdsc" and source and is_xmp(source) and structure.ranges(source.identifier):
            return source.identifier
    return None


def transforms_of(structure: Structure, item: int) -> tuple[Transform, ...]:
    """Irot and imir of the item in the order of its associations."""
    found = []
    for box, _ in structure.properties.of(item):
        value = parse_turn(structure.data, box) if box.kind in ("irot", "imir") else 0
        if box.kind == "irot":
            found.append(Transform("irot", value))
        elif box.kind == "imir":
            found.append(Transform("imir", value))
    return tuple(found)


def raster_of(structure: Structure, item: int) -> tuple[int, int]:
    """(width, height) of ispe; (0, 0) where the item has none."""
    box = structure.properties.find(item, "ispe")
    return parse_extent(structure.data, box) if box else (0, 0)


def shown_raster(structure: Structure, item: int) -> tuple[int, int]:
    """(width, height) after the clean aperture and before irot and imir."""
    size = raster_of(structure, item)
    turned = False
    for box, _ in structure.properties.of(item):
        if box.kind == "irot":
            turned ^= bool(parse_turn(structure.data, box) & 1)
        elif box.kind == "clap":
            # An aperture that stands after an odd turn is stated in the turned raster.
            width, height = parse_aperture(structure.data, box)
            size = (height, width) if turned else (width, height)
    return size


def read_layout(structure: Structure) -> Layout:
    """The layout; only metadata and auxiliary images are copied.

    Raises MalformedError where the primary states no size or an item's data cannot be found, UnsupportedError for
    more auxiliary images than any photo has.
    """
    items, primary = structure.items.entries, structure.primary
    width, height = shown_raster(structure, primary)
    if not width or not height:
        raise MalformedError("the main image states no size (property 'ispe'); the file is damaged")
    # Refused where they cannot be, before the first copy is made.
    _ = structure.sizes, structure.coded_type(primary)
    found = [item for item in items if is_auxiliary(structure, item)]
    if len(found) > MAX_AUXILIARIES:
        raise UnsupportedError(
            f"the photo has {len(found)} auxiliary images; at most {MAX_AUXILIARIES} are handled"
        )
    signed = any(
        box.kind == "uuid" and structure.data[box.body : box.body + 16] == C2PA_USER_TYPE
        for box in structure.boxes
    ) or any(item.type in _C2PA_ITEMS or "c2pa" in item.content_type for item in items.values())
    xmp = xmp_item(structure, primary)
    return Layout(
        container="heic",
        width=width,
        height=height,
        transforms=transforms_of(structure, primary),
        exif=_exif(structure, []),
        xmp=structure.content(xmp) if xmp is not None else None,
        icc=_icc(structure),
        auxiliaries=tuple(_auxiliary(structure, item) for item in found),
        signed=signed,
    )


def read_entries(structure: Structure) -> tuple[Entry, ...]:
    """All items."""
    return tuple(
        Entry(item.identifier, item.type, role_of(structure, item), structure.sizes[item.identifier])
        for item in structure.items.entries.values()
    )


def read_notes(structure: Structure) -> tuple[str, ...]:
    """What a person should hear of."""
    notes: list[str] = []
    _exif(structure, notes)
    found = [item for item in structure.items.entries if is_auxiliary(structure, item)]
    return (*notes, *_oddities(structure, found))


def read_thumbnail(structure: Structure) -> Thumbnail | None:
    """The primary's largest thumbnail (`thmb`: ISO/IEC 23008-12, 6.4.3) that is one HEVC picture.

    Raises MalformedError where one is damaged.
    """
    found = []
    for reference in structure.incoming.get(structure.primary, ()):
        item = structure.items.entries.get(reference.source)
        if reference.kind == "thmb" and item and item.type == "hvc1" and not item.protected:
            width, height = raster_of(structure, item.identifier)
            found.append((width * height, width, height, item.identifier))
    area, width, height, number = max(found, default=(0, 0, 0, 0))
    configuration = structure.properties.find(number, "hvcC")
    if not area or configuration is None:
        return None
    colours = (structure.data[box.body : box.stop] for box, _ in structure.properties.of(number))
    return Thumbnail(
        width=width,
        height=height,
        payload=structure.content(number),
        configuration=structure.shared(configuration.body, configuration.stop),
        colour=next((one for one in colours if one.startswith(b"nclx")), b""),
        transforms=transforms_of(structure, number),
    )


def coded_runs(structure: Structure) -> list[tuple[int, int]]:
    """Where the photo's own coded pictures lie, in order: runs in which nothing lies that a reading looks at.

    Those are tiles and pictures of the media data, not auxiliary images; what other items share is left out.
    """
    pictures: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for item in structure.items.entries.values():
        coded = item.type in ("hvc1", "hev1") and not is_auxiliary(structure, item.identifier)
        (pictures if coded else others).extend(structure.ranges(item.identifier))
    others = _merged(others)
    stops = [stop for _, stop in others]
    data = [(box.body, box.stop) for box in structure.boxes if box.kind == "mdat"]
    return [
        (start, stop)
        for start, stop in _merged(pictures)
        if any(low <= start and stop <= high for low, high in data)
        and not any(low < stop for low, _ in others[bisect_right(stops, start) :][:1])
    ]


def _merged(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same bytes in as few runs as can be, in order."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(runs):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        elif start < stop:
            merged.append((start, stop))
    return merged


def _auxiliary(structure: Structure, item: int) -> FoundAuxiliary:
    urn, subtype = auxiliary_type(structure, item)
    width, height = raster_of(structure, item)
    configuration = structure.properties.find(item, "hvcC")
    xmp = xmp_item(structure, item)
    return FoundAuxiliary(
        identifier=item,
        width=width,
        height=height,
        payload=structure.content(item),
        configuration=structure.shared(configuration.body, configuration.stop) if configuration else b"",
        auxiliary_type=urn,
        auxiliary_subtype=subtype,
        xmp=structure.content(xmp) if xmp is not None else None,
        transforms=transforms_of(structure, item),
    )


def exif_item(structure: Structure) -> tuple[int, int] | None:
    """(item, position of the TIFF header in its data) of the photo's Exif; None where there is none to read.

    It is the first readable of those that describe the primary, or of those that describe nothing. The item
    begins with a 32-bit count of bytes between it and the TIFF header (ISO/IEC 23008-12, A.2.1): 0, or 6 where
    "Exif" and two NULs stand there too. Where that is wrong, the header is looked for.
    """
    for item in _exif_items(structure):
        content = structure.content(item)
        start = 4 + int.from_bytes(content[:4], "big")
        if content[start : start + 4] in TIFF_MARKS:
            return item, start
        places = [place for place in (content.find(mark, 0, 64) for mark in TIFF_MARKS) if place >= 0]
        if places:
            return item, min(places)
    return None


def _exif_items(structure: Structure) -> list[int]:
    items = [item.identifier for item in structure.items.entries.values() if item.type == "Exif"]
    chosen = [item for item in items if structure.primary in structure.targets(item, "cdsc")]
    return chosen or [item for item in items if not structure.targets(item, "cdsc")]


def _exif(structure: Structure, notes: list[str]) -> bytes | None:
    """The TIFF block of the photo's Exif."""
    chosen = _exif_items(structure)
    if not chosen:
        return None
    found = exif_item(structure)
    content = structure.content(found[0] if found else chosen[0])
    if found != (chosen[0], 4 + int.from_bytes(content[:4], "big")):
        notes.append("the Exif item does not say rightly where its TIFF header is")
    return content[found[1] :] if found else None


def _icc(structure: Structure) -> bytes | None:
    """The primary's ICC profile; a grid may leave it to its tiles."""
    sources = structure.targets(structure.primary, "dimg")
    for item in (structure.primary, *sources[:1]):
        for box, _ in structure.properties.of(item):
            profile = parse_icc(structure.data, box) if box.kind == "colr" else None
            if profile is not None:
                return profile
    return None


def role_of(structure: Structure, item: Item) -> str:
    """What the item is for, in a few words: "primary", "tile", "XMP of 54", "auxiliary urn:…"."""
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
    return "hidden" if item.hidden else "image"


def _oddities(structure: Structure, auxiliaries: list[int]) -> list[str]:
    """Sentences on what a person should hear of."""
    notes = []
    if sum(box.kind == "meta" for box in structure.boxes) > 1:
        notes.append("the file has more than one box 'meta'; only the first is read")
    if any(box.kind in ("moov", "moof") for box in structure.boxes):
        notes.append("the file also holds an image sequence or film")
    if structure.coded_type(structure.primary) not in ("hvc1", "hev1"):
        notes.append("the main image is not coded as HEVC")
    if any(item.protected for item in structure.items.entries.values()):
        notes.append("some items are protected (encrypted)")
    for item in auxiliaries:
        if structure.properties.find(item, "auxC") is None:
            notes.append(f"the auxiliary image {item} does not say of what type it is")
        if structure.properties.find(item, "ispe") is None:
            notes.append(f"the auxiliary image {item} states no size")
        if structure.properties.find(item, "clap") is not None:
            notes.append(f"the auxiliary image {item} has a clean aperture, which is not applied to it")
    last = structure.boxes[-1].stop
    if last < len(structure.data):
        notes.append(f"after the last box are {len(structure.data) - last} bytes that belong to none")
    return notes
