"""Where the depth image stands in its file: what the layout leaves out and the rules ask for.

Knows: which tables of a parsed file answer which question. Must not know: their bytes, the rules.
"""

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


def placement(file: ContainerFile, identifier: int) -> Placement | None:
    """Where the item stands; None in a container without items."""
    if file.layout.container != "heic":
        return None
    from authoring.containers.heif.file import HeifFile

    assert isinstance(file, HeifFile)
    structure = file.structure
    return Placement(
        identifier=identifier,
        hidden=structure.items.entries[identifier].hidden,
        masters=structure.targets(identifier, "auxl"),
        primary=structure.primary,
        tone_maps=_masters_of_others(structure, identifier),
        configurations=sum(box.kind == "hvcC" for box, _ in structure.properties.of(identifier)),
        descriptions=tuple(_descriptions(structure, identifier)),
    )


def photo_components(file: ContainerFile) -> int | None:
    """Colour components of a JPEG photo; None in another container."""
    if file.layout.container != "jpeg":
        return None
    from authoring.containers.jpeg.file import JpegFile

    assert isinstance(file, JpegFile)
    return len(file.structure.frame.components)


def components(file: ContainerFile, identifier: int) -> int | None:
    """Colour components of an image of a JPEG file; None in another container."""
    if file.layout.container != "jpeg":
        return None
    from authoring.containers.jpeg.file import JpegFile
    from authoring.containers.jpeg.segments import parse_frame

    assert isinstance(file, JpegFile)
    frame = parse_frame(file.source, file.structure.image(identifier))
    return len(frame.components) if frame else None


def strays(file: ContainerFile) -> tuple[int, ...]:
    """Items of a depth type, whatever they belong to; for a word on why none was found."""
    if file.layout.container != "heic":
        return ()
    from authoring.containers.heif.file import HeifFile
    from authoring.containers.heif.photo_layout import auxiliary_type

    assert isinstance(file, HeifFile)
    urns = (HEVC_DEPTH_URN, CICP_DEPTH_URN)
    return tuple(
        item for item in file.structure.items.entries if auxiliary_type(file.structure, item)[0] in urns
    )


def _masters_of_others(structure: Structure, identifier: int) -> tuple[int, ...]:
    named = {
        target
        for item in structure.items.entries
        if item != identifier
        for target in structure.targets(item, "auxl")
    }
    return tuple(one for one in structure.tone_maps if one in named)


def _descriptions(structure: Structure, identifier: int) -> list[DescribingItem]:
    from authoring.containers.heif.item_locations import ConstructionMethod
    from authoring.containers.heif.items import XMP_TYPE

    found = []
    for reference in structure.incoming.get(identifier, ()):
        item = structure.items.entries.get(reference.source)
        if reference.kind != "cdsc" or item is None or item.type != "mime":
            continue
        place = structure.locations.entries.get(item.identifier)
        ranges = structure.ranges(item.identifier)
        found.append(
            DescribingItem(
                identifier=item.identifier,
                is_xmp=item.content_type == XMP_TYPE and not item.content_encoding,
                content_type=item.content_type,
                hidden=item.hidden,
                in_mdat=bool(ranges)
                and place is not None
                and place.method == ConstructionMethod.FILE_OFFSET
                and all(
                    any(box.body <= start and stop <= box.stop for box in structure.mdats)
                    for start, stop in ranges
                ),
            )
        )
    return found
