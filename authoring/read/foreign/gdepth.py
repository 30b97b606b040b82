"""Read GDepth: a depth map in base64 in the XMP of a JPEG (Google, "Depth Map Metadata"; gdepth_lensblur1.jpg)."""

from __future__ import annotations

from authoring.apple.property_table import PropertyTree
from authoring.containers.base import ContainerFile
from authoring.errors import UnsupportedError
from authoring.read.foreign.base import CodedMap, ForeignDepth
from authoring.read.foreign.coded_map import JPEG_MAGIC, picture_map
from authoring.read.foreign.google_xmp import decode_base64, photo_properties, stated_range, text
from authoring.read.near_far import code_range

DEPTH = "http://ns.google.com/photos/1.0/depthmap/"
IMAGE = "http://ns.google.com/photos/1.0/image/"
FOCUS = "http://ns.google.com/photos/1.0/focus/"

UNITS = {"m": 1.0, "mm": 0.001}
"""Metres in one of each unit that the format allows."""

RAYS = ("OpticRay", "OpticalRay")
"""MeasureType of a distance along the ray; exiftool spells it in the second way."""

PLACE = "XMP GDepth:Data"


def find(file: ContainerFile) -> ForeignDepth | None:
    """Return the GDepth map of a photo; None if there is none.

    Raises MalformedError for damaged XMP, base64 or numbers, UnsupportedError for a format that the definition does not
    have.
    """
    layout = file.layout
    packets = (layout.xmp or b"", layout.extended_xmp)
    if not any(DEPTH.encode() in packet for packet in packets):
        return None
    tree = photo_properties(layout)
    data = text(tree, DEPTH, "Data")
    if data is None:
        return None
    stated = stated_range(lambda name: text(tree, DEPTH, name), "GDepth")
    units = text(tree, DEPTH, "Units") or ""
    if units not in ("", *UNITS):
        raise UnsupportedError(f"GDepth:Units is {units[:40]!r}; m and mm are read")
    factor = UNITS.get(units, 1.0)
    return ForeignDepth(
        source="gdepth",
        place=PLACE,
        coded=picture_map("the GDepth map", decode_base64(data, "GDepth:Data")),
        range=code_range(
            "the GDepth map", stated.spacing, stated.near * factor, stated.far * factor, metres=bool(units)
        ),
        format=stated.format,
        near=stated.near,
        far=stated.far,
        units=units,
        confidence=_confidence(tree),
        unblurred=_unblurred(tree),
        blurred=any(item.namespace == FOCUS for item in tree) or text(tree, IMAGE, "Data") is not None,
        notes=_notes(tree, units),
    )


def _confidence(tree: PropertyTree) -> CodedMap | None:
    data = text(tree, DEPTH, "Confidence")
    if data is None:
        return None
    return picture_map("the confidence map", decode_base64(data, "GDepth:Confidence"))


def _unblurred(tree: PropertyTree) -> bytes | None:
    """Return GImage, the photo before its blur, where it is a JPEG."""
    data = text(tree, IMAGE, "Data")
    picture = decode_base64(data, "GImage:Data") if data is not None else b""
    return picture if picture.startswith(JPEG_MAGIC) else None


def _notes(tree: PropertyTree, units: str) -> tuple[str, ...]:
    notes = []
    if not units:
        notes.append(
            "GDepth states no unit: the distances are in proportion only, as those of Google's Lens Blur; copy and "
            "embed take --near and --far for them"
        )
    if text(tree, DEPTH, "MeasureType") in RAYS:
        notes.append(
            "GDepth measures along the ray (OpticRay), Apple along the optical axis: towards the edges the distances "
            "are too long"
        )
    return tuple(notes)
