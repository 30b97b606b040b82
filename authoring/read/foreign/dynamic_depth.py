"""Read Dynamic Depth 1.0: whole pictures after the photo, which a directory in its XMP lists (Google, 2019).

The directory may be in the standard or in the extended packet (dynamicdepth_pixel_xmp.xml has it in the latter). What
Android writes and accepts stands in AOSP's DepthPhotoProcessor and dynamic_depth.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from authoring.apple.property_table import PropertyTree
from authoring.containers.base import ContainerFile
from authoring.errors import MalformedError, UnsupportedError
from authoring.read.foreign.base import ForeignDepth
from authoring.read.foreign.coded_map import JPEG_MAGIC, PNG_MAGIC, picture_map
from authoring.read.foreign.google_xmp import StatedRange, photo_properties, stated_range
from authoring.read.foreign.imaging_model import camera_of
from authoring.read.foreign.structures import Structure, items, part, structure_of, text
from authoring.read.near_far import CodeRange, code_range

NAMESPACE = "http://ns.google.com/photos/dd/1.0/"
DEVICE, CONTAINER, ITEM, PROFILE, CAMERA, IMAGE, DEPTH_MAP, IMAGING_MODEL = (
    f"{NAMESPACE}{name}/"
    for name in ("device", "container", "item", "profile", "camera", "image", "depthmap", "imagingmodel")
)

UNITS = ("Meters", "Diopters", "None")

MAX_CANDIDATES = 256
"""Places that are tried for the first medium, if it is not where the directory says."""

EOI = b"\xff\xd9"


@dataclass(frozen=True, slots=True)
class Medium:
    """An item of the directory; its first is the photo itself."""

    uri: str
    mime: str
    length: int
    padding: int
    """Bytes between it and the next item."""


def find(file: ContainerFile) -> ForeignDepth | None:
    """Return the Dynamic Depth map of a photo; None if there is none.

    Raises MalformedError for damaged XMP, numbers or media that are not there, UnsupportedError for what the format
    does not have.
    """
    layout = file.layout
    packets = (layout.xmp or b"", layout.extended_xmp)
    if not any(DEVICE.encode() in packet for packet in packets):
        return None
    tree = photo_properties(layout)
    camera = _camera(tree)
    depth = part(camera, CAMERA, "DepthMap") if camera is not None else None
    if camera is None or depth is None:
        return None
    media = locate(file.source, layout.primary_stop, directory(tree))
    stated = stated_range(lambda name: text(depth, DEPTH_MAP, name), "DepthMap")
    units = text(depth, DEPTH_MAP, "Units") or ""
    if units not in ("", *UNITS):
        raise UnsupportedError(f"DepthMap:Units is {units[:40]!r}; Meters, Diopters and None are read")
    uri = text(depth, DEPTH_MAP, "DepthURI") or ""
    range, unit_note = _range(stated, units)
    confidence = media.get(text(depth, DEPTH_MAP, "ConfidenceURI") or "")
    original = _original(camera, media)
    calibration, camera_notes = camera_of(part(camera, CAMERA, "ImagingModel"), IMAGING_MODEL, layout)
    focal_pairs = _focal_pairs(depth)
    return ForeignDepth(
        source="dynamic-depth",
        place=f"Dynamic Depth {uri[:80]}",
        coded=picture_map("the Dynamic Depth map", _medium(media, uri)),
        range=range,
        format=stated.format,
        near=stated.near,
        far=stated.far,
        units=units,
        calibration=calibration,
        confidence=picture_map("the confidence map", confidence) if confidence is not None else None,
        unblurred=original,
        blurred=original is not None or focal_pairs > 0,
        notes=(*unit_note, *_notes(depth, focal_pairs), *camera_notes),
    )


def directory(tree: PropertyTree) -> tuple[Medium, ...]:
    """Return the media of the directory, in its order; empty if there is none."""
    container = structure_of(tree, DEVICE, "Container")
    entries = part(container, CONTAINER, "Directory") if container is not None else None
    return tuple(
        Medium(
            text(item, ITEM, "DataURI") or "",
            text(item, ITEM, "Mime") or "",
            _count(item, "Length"),
            _count(item, "Padding"),
        )
        for item in items(entries, CONTAINER, "Item")
    )


def locate(data: bytes, primary_stop: int, media: tuple[Medium, ...]) -> dict[str, bytes]:
    """Return the bytes of each medium that follows the photo, by its URI.

    They follow the photo's EOI in the order of the directory. Where other images come between (an MP index, a gain
    map), their place is found from the end of the file, or from where their pictures begin and end. Raises
    MalformedError if they are not in the file.
    """
    if len(media) < 2:
        return {}
    starts = [0]
    for medium in media[1:]:
        starts.append(starts[-1] + medium.length + medium.padding)
    listed = [
        (medium, offset) for medium, offset in zip(media[1:], starts, strict=False) if medium.length > 0
    ]
    candidates = list(dict.fromkeys(_candidates(data, primary_stop, media, listed, starts[-1])))
    for whole in (True, False):
        for start in candidates:
            if all(_is_there(data, medium, start + offset, whole=whole) for medium, offset in listed):
                return {
                    medium.uri: data[start + offset : start + offset + medium.length]
                    for medium, offset in listed
                }
    raise MalformedError("the pictures that the directory of Dynamic Depth lists are not in the file")


def _candidates(
    data: bytes, primary_stop: int, media: tuple[Medium, ...], listed: list[tuple[Medium, int]], total: int
) -> Iterator[int]:
    """Yield file offsets at which the first medium may begin."""
    yield primary_stop + media[0].padding
    yield len(data) - total
    yield len(data) - total + media[-1].padding
    first = next((offset for medium, offset in listed if medium.mime == "image/jpeg"), None)
    position = data.find(JPEG_MAGIC, primary_stop)
    for _ in range(MAX_CANDIDATES):
        if position < 0 or first is None:
            return
        yield position - first
        position = data.find(JPEG_MAGIC, position + 1)


def _is_there(data: bytes, medium: Medium, start: int, *, whole: bool) -> bool:
    """Whether a medium may be at an offset: its kind begins so, and a whole JPEG ends so."""
    stop = start + medium.length
    if start < 0 or stop > len(data):
        return False
    if medium.mime == "image/jpeg":
        return data.startswith(JPEG_MAGIC, start) and (not whole or data.endswith(EOI, start, stop))
    return medium.mime != "image/png" or data.startswith(PNG_MAGIC, start)


def _medium(media: dict[str, bytes], uri: str) -> bytes:
    if uri not in media:
        raise MalformedError(f"the directory of Dynamic Depth lists no {uri[:80]!r}, which should be the map")
    return media[uri]


def _camera(tree: PropertyTree) -> Structure | None:
    """Return the camera of the DepthPhoto profile, else the first that has a depth map."""
    cameras = items(structure_of(tree, DEVICE, "Cameras"), DEVICE, "Camera")
    for profile in items(structure_of(tree, DEVICE, "Profiles"), DEVICE, "Profile"):
        if text(profile, PROFILE, "Type") == "DepthPhoto":
            for index in items(part(profile, PROFILE, "CameraIndices")):
                digits = (index.text or "").strip()
                if digits.isdecimal() and len(digits) < 4 and int(digits) < len(cameras):
                    camera = cameras[int(digits)]
                    if part(camera, CAMERA, "DepthMap") is not None:
                        return camera
    return next((camera for camera in cameras if part(camera, CAMERA, "DepthMap") is not None), None)


def _range(stated: StatedRange, units: str) -> tuple[CodeRange, tuple[str, ...]]:
    """Return what the codes stand for, and a note on the unit.

    Diopters are 1/m, so that the near end has the larger number; Pixels write the smaller one first, in a unit that
    nothing says (0.0864 to 0.1295 of a Pixel 4), which is then in proportion only.
    """
    near, far = stated.near, stated.far
    what = "the Dynamic Depth map"
    if units == "Meters":
        return code_range(what, stated.spacing, near, far, metres=True), ()
    if units == "Diopters" and near > far >= 0:
        metres = code_range(what, "inverse", 1 / near, 1 / far if far else float("inf"), metres=True)
        return metres, (f"Near and Far are in dioptres: {near:g} to {far:g} 1/m",)
    unit = "no unit" if units in ("", "None") else "dioptres that increase with the distance"
    note = f"Dynamic Depth states {unit}: the distances are in proportion only"
    return code_range(what, stated.spacing, near, far, metres=False), (note,)


def _original(camera: Structure, media: dict[str, bytes]) -> bytes | None:
    """Return the photo before its blur, where the camera has one that is a JPEG."""
    image = part(camera, CAMERA, "Image")
    if image is None or text(image, IMAGE, "ItemSemantic") != "Original":
        return None
    picture = media.get(text(image, IMAGE, "ItemURI") or "", b"")
    return picture if picture.startswith(JPEG_MAGIC) else None


def _focal_pairs(depth: Structure) -> int:
    """Return the length of the focal table: pairs of 32-bit floats, distance and blur radius."""
    packed = "".join((text(depth, DEPTH_MAP, "FocalTable") or "").split()).rstrip("=")
    try:
        return len(base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)) // struct.calcsize(
            "<2f"
        )
    except (ValueError, binascii.Error):
        return 0


def _notes(depth: Structure, focal_pairs: int) -> Iterator[str]:
    semantic = text(depth, DEPTH_MAP, "ItemSemantic")
    if semantic == "Segmentation":
        yield "ItemSemantic is Segmentation: a mask of the subject, whose distances are the camera's invention"
    if text(depth, DEPTH_MAP, "MeasureType") == "OpticRay":
        yield (
            "Dynamic Depth measures along the ray (OpticRay), Apple along the optical axis: towards the edges the "
            "distances are too long"
        )
    if focal_pairs:
        yield f"the focal table ({focal_pairs} pairs of distance and blur radius) is not used"


def _count(item: Structure, name: str) -> int:
    digits = text(item, ITEM, name) or ""
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 12 else 0
