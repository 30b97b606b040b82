"""Describe what a photo's depth leaves open: more than one map, turns or formats that contradict each other.

`inspect` uses this module, so it imports no numpy.
"""

from __future__ import annotations

from collections.abc import Iterator

from authoring.apple.depth_properties import DepthProperties
from authoring.apple.property_table import DISPARITY_FORMATS, NATIVE_FORMATS, fourcc_name
from authoring.containers.base import FoundAuxiliary, Layout, Transform
from authoring.depth.orientation import Orientation
from authoring.read.layout import depth_images, photo_orientation, place_of, unused_orientation


def open_points(layout: Layout, properties: DepthProperties) -> tuple[str, ...]:
    """Return one sentence for each choice that reading a photo's first depth image takes; properties are its own."""
    images = depth_images(layout)
    turned = unused_orientation(layout)
    return (
        *([turned] if turned else []),
        *_several(layout, images),
        *_turned_otherwise(layout, images[0]),
        *_type_against_format(properties),
    )


def _several(layout: Layout, images: list[FoundAuxiliary]) -> Iterator[str]:
    if len(images) > 1:
        places = ", ".join(place_of(layout.container, image) for image in images)
        yield (
            f"the photo has {len(images)} depth images ({places}): the first is read, and other readers may read "
            "another"
        )


def _turned_otherwise(layout: Layout, image: FoundAuxiliary) -> Iterator[str]:
    """Compare the turns of the depth item with the photo's; those of a JPEG and a DNG state none."""
    if layout.container != "heic":
        return
    own = Orientation.from_transforms([(step.kind, step.value) for step in image.transforms])
    if own != photo_orientation(layout):
        yield (
            f"the depth image has {_turns(image.transforms)} and the photo has {_turns(layout.transforms)}: the map is "
            "turned as the photo is, and readers that turn it by its own properties (libheif) show it otherwise"
        )


def _turns(transforms: tuple[Transform, ...]) -> str:
    return " then ".join(f"{step.kind} {step.value}" for step in transforms) or "no irot or imir"


def _type_against_format(properties: DepthProperties) -> Iterator[str]:
    stated, native = properties.auxiliary_image_type, properties.native_format
    if stated not in ("disparity", "depth") or native not in NATIVE_FORMATS:
        return
    kind, unit = ("disparity", "1/m") if native in DISPARITY_FORMATS else ("depth", "m")
    if kind != stated:
        yield (
            f"AuxiliaryImageType is {stated} and NativeFormat is {fourcc_name(native)}: the values are read as {kind} "
            f"in {unit}, as NativeFormat says"
        )


def negative_values(properties: DepthProperties) -> Iterator[str]:
    """Say that the range begins below 0, where no value is the distance of anything."""
    if properties.float_min is not None and properties.float_min < 0:
        yield (
            f"FloatMinValue is {properties.float_min:g}: values below 0 are no distances, and extract writes them as "
            "holes (NaN)"
        )
