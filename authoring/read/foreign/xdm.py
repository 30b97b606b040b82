"""Read XDM 1.0, Intel's eXtensible Device Metadata: maps in base64 in the XMP of a JPEG (xdm_crosswalk_r200.jpg).

Dynamic Depth came from it. A photo may have several cameras, each with its own map: the first is the photo's.
"""

from __future__ import annotations

from authoring.containers.base import ContainerFile, Layout
from authoring.depth.aspect import same_shape
from authoring.read.foreign.base import CodedMap, ForeignDepth
from authoring.read.foreign.coded_map import JPEG_MAGIC, picture_map
from authoring.read.foreign.google_xmp import decode_base64, photo_properties, stated_range
from authoring.read.foreign.imaging_model import camera_of
from authoring.read.foreign.structures import Structure, items, part, structure_of, text
from authoring.read.near_far import code_range

NAMESPACE = "http://ns.xdm.org/photos/1.0/"
DEVICE, CAMERA, IMAGE, DEPTH_MAP, NOISE_MODEL, PERSPECTIVE_MODEL = (
    f"{NAMESPACE}{name}/"
    for name in ("device", "camera", "image", "depthmap", "noisemodel", "perspectivemodel")
)


def find(file: ContainerFile) -> ForeignDepth | None:
    """Return the XDM map of a photo; None if there is none.

    Code 0 of a map whose Near is 0 says that nothing was measured. Raises MalformedError for damaged XMP, base64 or
    numbers, UnsupportedError for a format that the definition does not have.
    """
    layout = file.layout
    packets = (layout.xmp or b"", layout.extended_xmp)
    if not any(DEVICE.encode() in packet for packet in packets):
        return None
    cameras = items(structure_of(photo_properties(layout), DEVICE, "Cameras"), DEVICE, "Camera")
    maps = [
        (place, camera, depth)
        for place, camera in enumerate(cameras)
        if (depth := part(camera, CAMERA, "DepthMap")) is not None and text(depth, DEPTH_MAP, "Data")
    ]
    if not maps:
        return None
    place, camera, depth, coded = _choose(maps, layout)
    stated = stated_range(lambda name: text(depth, DEPTH_MAP, name), "DepthMap")
    metric = (text(depth, DEPTH_MAP, "Metric") or "").lower() == "true"
    calibration, camera_notes = camera_of(
        part(camera, CAMERA, "ImagingModel"), PERSPECTIVE_MODEL, layout, normalized=True
    )
    notes = []
    if not metric:
        notes.append("XDM says that the distances are not metric: they are in proportion only")
    if stated.near == 0:
        notes.append("code 0 of the map, whose Near is 0, is read as a hole: nothing was measured there")
    if len(maps) > 1:
        notes.append(
            f"the photo has {len(maps)} XDM maps, of as many cameras: that of camera {place} is read"
        )
    return ForeignDepth(
        source="xdm",
        place=f"XDM camera {place}",
        coded=coded,
        range=code_range("the XDM map", stated.spacing, stated.near, stated.far, metres=metric),
        format=stated.format,
        near=stated.near,
        far=stated.far,
        units="m" if metric else "",
        zero_is_hole=stated.near == 0,
        calibration=calibration,
        confidence=_reliability(depth),
        unblurred=_image(camera),
        notes=(*notes, *camera_notes),
    )


def _choose(
    maps: list[tuple[int, Structure, Structure]], layout: Layout
) -> tuple[int, Structure, Structure, CodedMap]:
    """Return the first map that has the photo's shape, else the first."""
    found = [
        (
            place,
            camera,
            depth,
            picture_map("the XDM map", decode_base64(text(depth, DEPTH_MAP, "Data") or "", "DepthMap:Data")),
        )
        for place, camera, depth in maps
    ]
    frame = (layout.width, layout.height)
    fitting = [
        entry
        for entry in found
        if same_shape(size := (entry[3].width, entry[3].height), frame) or same_shape(size, frame[::-1])
    ]
    return (fitting or found)[0]


def _reliability(depth: Structure) -> CodedMap | None:
    """Return NoiseModel:Reliability, 0 for nothing known and the highest code for certain."""
    model = part(depth, DEPTH_MAP, "NoiseModel")
    reliability = part(model, NOISE_MODEL, "Reliability") if model is not None else None
    data = text(reliability, IMAGE, "Data") if reliability is not None else None
    return picture_map("the confidence map", decode_base64(data, "NoiseModel:Reliability")) if data else None


def _image(camera: Structure) -> bytes | None:
    """Return the picture of the camera, which the photo was made from, where it is a JPEG."""
    image = part(camera, CAMERA, "Image")
    data = text(image, IMAGE, "Data") if image is not None else None
    picture = decode_base64(data, "Image:Data") if data else b""
    return picture if picture.startswith(JPEG_MAGIC) else None
