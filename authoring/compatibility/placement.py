"""Read from a parsed file what the layout leaves out and the rules ask for: references, hidden flags, `mdat`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authoring.apple.kinds import CICP_DEPTH_URN, HEVC_DEPTH_URN
from authoring.containers.base import ContainerFile

if TYPE_CHECKING:
    from authoring.containers.heif.structure import Structure


@dataclass(frozen=True, slots=True)
class DescribingItem:
    """A `mime` item that describes the depth item (`cdsc`)."""

    identifier: int
    is_xmp: bool
    """Content type application/rdf+xml, not compressed."""
    content_type: str
    hidden: bool
    in_mdat: bool
    """Construction method 0, and all its bytes in an `mdat` box."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The depth item among the others; item identifiers throughout."""

    identifier: int
    hidden: bool
    masters: tuple[int, ...]
    """What its `auxl` references point to."""
    primary: int
    tone_maps: tuple[int, ...]
    """The `tmap` items made from the primary that another auxiliary image names as its master."""
    configurations: int
    """How many hvcC properties it has."""
    descriptions: tuple[DescribingItem, ...]


def depth_item_placement(file: ContainerFile, identifier: int) -> Placement | None:
    """Return the placement of a HEIC depth item; None in a container without items."""
    structure = _heif_structure(file)
    if structure is None:
        return None
    return Placement(
        identifier=identifier,
        hidden=structure.items.entries[identifier].hidden,
        masters=structure.targets(identifier, "auxl"),
        primary=structure.primary,
        tone_maps=_tone_maps_of_others(structure, identifier),
        configurations=sum(box.kind == "hvcC" for box, _ in structure.properties.of(identifier)),
        descriptions=_descriptions(structure, identifier),
    )


def depth_typed_items(file: ContainerFile) -> tuple[int, ...]:
    """Return the HEIC items of a depth type, whatever they belong to."""
    from authoring.containers.heif.photo_layout import auxiliary_type

    structure = _heif_structure(file)
    if structure is None:
        return ()
    urns = (HEVC_DEPTH_URN, CICP_DEPTH_URN)
    return tuple(item for item in structure.items.entries if auxiliary_type(structure, item)[0] in urns)


def photo_components(file: ContainerFile) -> int | None:
    """Return the number of colour components of a JPEG photo; None in another container."""
    from authoring.containers.jpeg.file import JpegFile

    return len(file.structure.frame.components) if isinstance(file, JpegFile) else None


def image_components(file: ContainerFile, identifier: int) -> int | None:
    """Return the number of colour components of an image of a JPEG file; None in another container."""
    from authoring.containers.jpeg.file import JpegFile
    from authoring.containers.jpeg.segments import parse_frame

    if not isinstance(file, JpegFile):
        return None
    frame = parse_frame(file.source, file.structure.image(identifier))
    return len(frame.components) if frame else None


def _heif_structure(file: ContainerFile) -> Structure | None:
    from authoring.containers.heif.file import HeifFile

    return file.structure if isinstance(file, HeifFile) else None


def _tone_maps_of_others(structure: Structure, identifier: int) -> tuple[int, ...]:
    masters = {
        target
        for item in structure.items.entries
        if item != identifier
        for target in structure.targets(item, "auxl")
    }
    return tuple(item for item in structure.tone_maps if item in masters)


def _descriptions(structure: Structure, identifier: int) -> tuple[DescribingItem, ...]:
    from authoring.containers.heif.items import XMP_TYPE

    items = [
        structure.items.entries.get(reference.source)
        for reference in structure.incoming.get(identifier, ())
        if reference.kind == "cdsc"
    ]
    return tuple(
        DescribingItem(
            identifier=item.identifier,
            is_xmp=item.content_type == XMP_TYPE and not item.content_encoding,
            content_type=item.content_type,
            hidden=item.hidden,
            in_mdat=_lies_in_mdat(structure, item.identifier),
        )
        for item in items
        if item is not None and item.type == "mime"
    )


def _lies_in_mdat(structure: Structure, identifier: int) -> bool:
    from authoring.containers.heif.item_locations import ConstructionMethod

    location, ranges = structure.locations.entries.get(identifier), structure.ranges(identifier)
    return (
        location is not None
        and location.method == ConstructionMethod.FILE_OFFSET
        and bool(ranges)
        and all(
            any(box.body <= start and stop <= box.stop for box in structure.mdats) for start, stop in ranges
        )
    )
