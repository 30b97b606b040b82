"""Read a photo's orientation and depth images from its layout, without decoding anything.

`inspect` uses this module, so it imports no numpy.
"""

from __future__ import annotations

from typing import Literal

from authoring import tiff
from authoring.apple import xmp
from authoring.apple.kinds import HEVC_DEPTH_URN, classify
from authoring.containers.base import ContainerFile, ContainerName, FoundAuxiliary, Layout
from authoring.depth.orientation import Orientation
from authoring.errors import DepthauthorError

TIFF_NAMESPACE = "http://ns.adobe.com/tiff/1.0/"
"""Of Exif's tags as XMP has them (Adobe, XMP part 2, 3.4)."""


def photo_orientation(layout: Layout) -> Orientation:
    """Return how a photo's stored raster is turned for display: irot and imir in HEIF, Exif in JPEG, IFD0 in DNG."""
    if layout.container == "heic":
        return Orientation.from_transforms(
            [(transform.kind, transform.value) for transform in layout.transforms]
        )
    value = tiff.orientation(layout.exif) if layout.exif else None
    return Orientation(value or 1)


def unused_orientation(layout: Layout) -> str | None:
    """Return a sentence if a photo is read as stored and its other metadata says that it is turned; else None.

    HEIF turns a picture by irot and imir alone (ISO/IEC 23008-12, 6.5.10); a JPEG is turned by its Exif.
    """
    in_exif = tiff.orientation(layout.exif) if layout.exif else None
    if layout.transforms or (layout.container == "jpeg" and in_exif is not None):
        return None
    missing = "no irot or imir" if layout.container == "heic" else "no Orientation in Exif"
    for where, value in (("Exif", in_exif), ("XMP", _xmp_orientation(layout.xmp))):
        if value not in (None, 1):
            return (
                f"the photo has {missing} and its {where} says Orientation {value}: it is read as stored, and programs "
                f"that follow its {where} show it turned"
            )
    return None


def _xmp_orientation(packet: bytes | None) -> int | None:
    """Return tiff:Orientation of the photo's XMP; None if it is absent or is none of 1..8."""
    try:
        tree = xmp.parse_packet(packet) if packet else ()
    except DepthauthorError:
        return None
    values = (item.value for item in tree if (item.namespace, item.name) == (TIFF_NAMESPACE, "Orientation"))
    value = next(values, None)
    return int(value) if isinstance(value, str) and value in set("12345678") else None


def depth_images(layout: Layout) -> list[FoundAuxiliary]:
    """Return the auxiliary images that are depth maps; type and XMP distinguish them from mattes and gain maps.

    In a DNG only NewSubFileType does: a mask stays one, whatever its XMP says.
    """
    if layout.container == "dng":
        return [auxiliary for auxiliary in layout.auxiliaries if auxiliary.auxiliary_type == HEVC_DEPTH_URN]
    return [auxiliary for auxiliary in layout.auxiliaries if kind_of(auxiliary) == "depth"]


def place_of(container: ContainerName, auxiliary: FoundAuxiliary) -> str:
    """Return where an auxiliary image is: "item 54" in HEIC, exiftool's tag "MPImage3" in JPEG, "SubIFD 2" in DNG.

    exiftool numbers the entries of the MP index from 1, the photo, so a depth map is MPImage2 without a gain map and
    MPImage3 after one.
    """
    names = {"heic": "item ", "jpeg": "MPImage", "dng": "SubIFD "}
    return f"{names[container]}{auxiliary.identifier}"


def kind_of(auxiliary: FoundAuxiliary) -> str:
    """Return the kind of an auxiliary image: depth, hdrgainmap, portraiteffectsmatte, …"""
    return classify(auxiliary.auxiliary_type, auxiliary.xmp)


def metadata_kind(part: str, file: ContainerFile) -> Literal["Exif", "XMP"] | None:
    """Return which of the photo's own metadata a part (see `ContainerFile.parts`) belongs to; None for all others."""
    words = part.split()
    if words[0] == "item" and words[1].isdigit():
        item = int(words[1])
        kind = next((entry.role for entry in file.entries if entry.identifier == item), "")
    else:
        kind = words[2] if words[:2] == ["segment", "APP1"] else ""
    return "Exif" if kind == "Exif" else "XMP" if kind == "XMP" else None
