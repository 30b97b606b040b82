"""Choose the picture that depth goes into: an Android portrait's own, which has its blur, or the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from authoring import containers, tiff
from authoring.apple import xmp
from authoring.codecs.photo import DecodedPhoto
from authoring.containers.base import ContainerFile, Layout
from authoring.containers.jpeg import google_directory
from authoring.depth.aspect import same_shape
from authoring.depth.orientation import Orientation
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError
from authoring.maps.notes import Notes
from authoring.read.foreign.base import NAMES, ForeignDepth
from authoring.read.foreign.find import find_readable
from authoring.read.layout import kind_of, photo_orientation

Base = Literal["unblurred", "primary"]

BLURRED_TWICE = "the photo's blur is already in its pixels: a depth effect will blur it twice"

DEPTH_NAMESPACES = (
    "http://ns.google.com/photos/",
    "http://ns.xdm.org/",
    "http://ns.adobe.com/xmp/note/",
    "http://ns.adobe.com/hdr-gain-map/",
)
"""How the namespaces begin in which XMP speaks of the depth and of what follows the photo."""


@dataclass(frozen=True, slots=True)
class BasePhoto:
    """The picture that was chosen, and what is said of it."""

    photo: bytes | DecodedPhoto
    notes: Notes


def base_photo(photo: bytes | DecodedPhoto, base: Base | None) -> BasePhoto:
    """Return the picture of a photo that depth goes into.

    base: None takes the unblurred picture where the photo holds one and its own pixels are blurred. Raises
    UnsupportedError where the unblurred picture is asked for and not there.
    """
    if base == "primary":
        return BasePhoto(photo, Notes())
    found = foreign_depth(photo)
    if base is None and (found is None or not found[1].blurred):
        return BasePhoto(photo, Notes())
    if found is None or found[1].unblurred is None:
        if base is None:
            return BasePhoto(photo, Notes())
        raise UnsupportedError("the photo holds no unblurred picture", subject="photo")
    return _unblurred(*found, found[1].unblurred)


def refuse_foreign_blur(found: ForeignDepth | None, *, already_blurred: bool) -> Notes:
    """Refuse a photo whose pixels have the blur of another maker's portrait; warn instead where that is wanted."""
    if found is None or not found.blurred:
        return Notes()
    if already_blurred:
        return Notes(notes=(BLURRED_TWICE,))
    name = NAMES[found.source]
    held = found.unblurred is not None
    way = "take the unblurred picture that it holds (--base unblurred, as copy does)" if held else ""
    raise RefusedError(
        f"the photo's pixels have the blur of its {name} portrait, and Photos would blur it twice; "
        f"{way or 'give the unblurred photo'}, or use --already-blurred or --profile data"
    )


def foreign_depth(photo: bytes | DecodedPhoto) -> tuple[ContainerFile, ForeignDepth] | None:
    """Return a JPEG and the depth of another maker in it; None if it has none that can be read."""
    if isinstance(photo, DecodedPhoto) or containers.name_of(photo) != "jpeg":
        return None
    try:
        file = containers.parse(photo)
    except DepthauthorError:
        return None
    found = find_readable(file)
    return (file, found) if found else None


def _unblurred(file: ContainerFile, found: ForeignDepth, picture: bytes) -> BasePhoto:
    """Return the unblurred picture with an Exif block that turns it as it must be."""
    try:
        own, layout = containers.parse(picture), file.layout
    except DepthauthorError as error:
        raise MalformedError(
            f"the unblurred picture that the photo holds is damaged ({error.message}); --base primary takes the one "
            "that is seen",
            subject="photo",
        ) from error
    turn = _orientation(own.layout, layout)
    exif, origin = own.layout.exif, "its own Exif"
    if exif is None or (tiff.orientation(exif) or 1) != turn:
        turned = tiff.with_orientation(exif, turn) if exif else None
        if turned is not None:
            exif, origin = turned, f"its own Exif, Orientation set to {turn}"
        elif layout.exif is not None:
            exif = tiff.with_orientation(layout.exif, turn) or layout.exif
            origin = f"the photo's Exif, Orientation {turn}"
        else:
            exif, origin = None, "no Exif"
    data = picture
    if exif is not None and exif != own.layout.exif:
        data = own.with_metadata(exif=exif).apply(picture)
    size = f"{own.layout.width}x{own.layout.height}"
    notes = [
        f"the photo is the unblurred picture ({size}) that the file holds for {NAMES[found.source]}, with {origin}; "
        "--base primary takes the one that is seen"
    ]
    notes += _left_behind(layout)
    if layout.icc and own.layout.icc is None:
        notes.append("the unblurred picture has no colour profile, unlike the one that is seen")
    return BasePhoto(data, Notes(notes=tuple(notes)))


def _left_behind(layout: Layout) -> list[str]:
    """Return sentences about what the file holds for the picture that is seen."""
    kinds = {kind_of(auxiliary) for auxiliary in layout.auxiliaries} - {"depth", "unknown"}
    lost = {f"the {kind}" for kind in kinds}
    packet = layout.xmp or b""
    if any(item.mime.startswith("video/") for item in google_directory.parse(packet)):
        lost.add("the video (motion photo)")
    try:
        properties = xmp.parse_packet(packet) if packet else ()
    except DepthauthorError:
        properties = ()
    if any(not item.namespace.startswith(DEPTH_NAMESPACES) for item in properties):
        lost.add("the XMP")
    notes = [f"{part} of the picture that is seen was not carried over" for part in sorted(lost)]
    if layout.signed:
        notes.append("the C2PA manifest was not carried over: its signature is for the old file")
    return notes


def _orientation(own: Layout, photo: Layout) -> int:
    """Return the Exif Orientation of the unblurred picture: its own, else by its shape that of the photo or none."""
    stated = tiff.orientation(own.exif) if own.exif else None
    if stated is not None:
        return stated
    seen = photo_orientation(photo)
    size, frame = (own.width, own.height), (photo.width, photo.height)
    if seen.swaps_axes and not same_shape(size, frame) and same_shape(size, frame[::-1]):
        return int(Orientation.UPRIGHT)
    return int(seen)
