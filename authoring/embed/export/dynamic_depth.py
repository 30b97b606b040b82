"""Write Dynamic Depth 1.0: two gray JPEGs after the photo, listed in its extended XMP.

As Android's own writer does (DepthPhotoProcessor), so that its validator accepts the file: a Device with a Profile
DepthPhoto, a camera whose DepthMap has Units Meters, Format RangeInverse, 0 <= Near < Far, and a confidence map.
"""

from __future__ import annotations

import numpy as np

from authoring.containers import jpeg
from authoring.depth.calibration import Calibration
from authoring.embed.export import item_directory, packets
from authoring.embed.export.base import Exported, Written
from authoring.embed.export.code_map import as_eight_bits, as_inverse, code_map
from authoring.embed.export.gdepth import with_note
from authoring.embed.export.gray_jpeg import gray_jpeg
from authoring.errors import RefusedError
from authoring.read.foreign.coded_map import JPEG_MAGIC

FORMAT = "dynamic-depth"

ROOT = "http://ns.google.com/photos/dd/1.0/"

PREFIXES = ("Device", "Container", "Item", "Profile", "Camera", "Image", "DepthMap", "ImagingModel")
"""Each is also the last part of its namespace, in small letters."""

DEPTH_URI, CONFIDENCE_URI = "android/depthmap", "android/confidencemap"

FULL_CONFIDENCE = 255

RELATIVE = (
    "the distances are in proportion only (accuracy relative), but Android takes no other unit than metres, so the "
    "file states metres"
)
METRES_ONLY = "accuracy relative: Android takes metres only"
GIVEN_CONFIDENCE = "the photo has no confidence map, so the whole map was given full confidence"


def write(given: Exported) -> Written:
    """Append depth and confidence to a photo and list them in its XMP and, if it has one, in its directory.

    Raises RefusedError where the photo holds Dynamic Depth already, UnsupportedError where its XMP cannot take any.
    """
    file, layout = given.file, given.file.layout
    standard, extended = layout.xmp or b"", layout.extended_xmp
    if any(f"{ROOT}device/".encode() in packet for packet in (standard, extended)):
        raise RefusedError("the photo already holds Dynamic Depth; export a photo without it")
    depth = as_eight_bits(as_inverse(code_map(given.plane)))
    coded = gray_jpeg(depth.codes.astype(np.uint8, copy=False), given.orientation)
    confidence = _confidence(given)
    sure = gray_jpeg(confidence, given.orientation)
    notes = [*depth.notes, *([] if given.metres else [RELATIVE])]
    notes += [GIVEN_CONFIDENCE] if given.confidence is None else []
    items = [("Depth", len(coded.data)), ("Confidence", len(sure.data))]
    if item_directory.has_directory(standard):
        if item_directory.is_complete(file):
            standard = item_directory.with_items(standard, items)
        else:
            notes.append(item_directory.NOT_LISTED)
    directory = _directory(file, [(DEPTH_URI, len(coded.data)), (CONFIDENCE_URI, len(sure.data))])
    stated = {
        "ItemSemantic": "Depth",
        "Format": depth.format,
        "Units": "Meters",
        "Near": repr(depth.near),
        "Far": repr(depth.far),
        "DepthURI": DEPTH_URI,
        "ConfidenceURI": CONFIDENCE_URI,
        "MeasureType": "OpticalAxis",
        "Software": "depthauthor",
    }
    body = _device(directory, stated, _imaging_model(given.calibration))
    extended = packets.with_description(extended or packets.EMPTY_EXTENDED, FORMAT, body)
    standard = with_note(standard, file.extension_name(extended), "", FORMAT)
    # The pictures first: a directory that lists them would lead into what follows the photo while they are not there.
    appended = file.append(coded.data + sure.data)
    packed = jpeg.parse(appended.apply(file.source)).with_packets(standard, extended)
    return Written(
        edits=appended.then(packed),
        format=depth.format,
        near=depth.near,
        far=depth.far,
        units="Meters",
        coding="jpeg",
        worst=coded.worst,
        not_carried=tuple(_not_carried(given)),
        notes=tuple(notes),
    )


def _confidence(given: Exported) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return confidence codes (H, W) of 8 bits: full where the photo states none."""
    if given.confidence is None:
        height, width = given.plane.codes.shape
        return np.full((height, width), FULL_CONFIDENCE, np.uint8)
    codes = given.confidence
    return codes if codes.dtype == np.uint8 else np.rint(codes / 257).astype(np.uint8)


def _not_carried(given: Exported) -> list[str]:
    lost = [] if given.metres else [METRES_ONLY]
    calibration = given.calibration
    if calibration is not None and (
        calibration.lens_distortion_coefficients or calibration.inverse_lens_distortion_coefficients
    ):
        lost.append("the camera's lens distortion, whose model is another one")
    return lost


def _directory(file: jpeg.JpegFile, added: list[tuple[str, int]]) -> str:
    """Return the directory's items: the photo, what already follows it, and the maps, each where the last one ends."""
    listed: list[tuple[str, int, int]] = [("primary_image", 0, 0)]
    for start, stop in file.following:
        if file.source.startswith(JPEG_MAGIC, start):
            listed.append((f"image{len(listed) + 1}", stop - start, 0))
        else:
            uri, length, padding = listed.pop()
            listed.append((uri, length, padding + stop - start))
    listed += [(uri, length, 0) for uri, length in added]
    return "".join(
        f'<rdf:li><Container:Item Item:Mime="image/jpeg" Item:Length="{length}"'
        + (f' Item:Padding="{padding}"' if padding else "")
        + f' Item:DataURI="{uri}"/></rdf:li>'
        for uri, length, padding in listed
    )


def _imaging_model(calibration: Calibration | None) -> str:
    """Return the intrinsic matrix as Dynamic Depth has it, in pixels of the photo; empty without one."""
    if calibration is None:
        return ""
    (fx, skew, cx), (_, fy, cy), _ = calibration.intrinsic_matrix
    numbers = {
        "FocalLengthX": repr(float(fx)),
        "FocalLengthY": repr(float(fy)),
        "ImageWidth": str(calibration.reference_width_px),
        "ImageHeight": str(calibration.reference_height_px),
        "PrincipalPointX": repr(float(cx)),
        "PrincipalPointY": repr(float(cy)),
        "Skew": repr(float(skew)),
        "PixelAspectRatio": "1.0",
    }
    return f"<Camera:ImagingModel {_attributes('ImagingModel', numbers)}/>"


def _device(directory: str, depth_map: dict[str, str], imaging_model: str) -> str:
    """Return the description from its namespaces on: container, profile, camera, in the order of Android's writer."""
    spaces = " ".join(f'xmlns:{prefix}="{ROOT}{prefix.lower()}/"' for prefix in PREFIXES)
    return (
        f'{spaces}><Device:Container rdf:parseType="Resource"><Container:Directory><rdf:Seq>{directory}</rdf:Seq>'
        "</Container:Directory></Device:Container><Device:Profiles><rdf:Seq><rdf:li>"
        '<Device:Profile Profile:Type="DepthPhoto"><Profile:CameraIndices><rdf:Seq><rdf:li>0</rdf:li></rdf:Seq>'
        "</Profile:CameraIndices></Device:Profile></rdf:li></rdf:Seq></Device:Profiles>"
        '<Device:Cameras><rdf:Seq><rdf:li><Device:Camera Camera:Trait="Physical">'
        '<Camera:Image Image:ItemSemantic="Primary" Image:ItemURI="primary_image"/>'
        f"<Camera:DepthMap {_attributes('DepthMap', depth_map)}/>{imaging_model}"
        "</Device:Camera></rdf:li></rdf:Seq></Device:Cameras></rdf:Description>"
    )


def _attributes(prefix: str, values: dict[str, str]) -> str:
    return " ".join(f'{prefix}:{name}="{value}"' for name, value in values.items())
