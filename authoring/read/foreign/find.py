"""Find the depth map of another maker in a photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from authoring.containers.base import ContainerFile, Layout
from authoring.depth.aspect import same_shape
from authoring.read.foreign import dynamic_depth, gdepth, huawei, samsung, xdm
from authoring.read.foreign.base import ForeignDepth
from authoring.read.layout import photo_orientation

FINDERS: tuple[Callable[[ContainerFile], ForeignDepth | None], ...] = (
    dynamic_depth.find,
    gdepth.find,
    xdm.find,
    samsung.find,
    huawei.find,
)
"""In the order in which they are asked: what states units before what states none."""

TAKEN_FOR_UPRIGHT = (
    "the map has the shape of the photo as it is seen, not as it is stored, so it is taken for upright"
)


def find(file: ContainerFile) -> ForeignDepth | None:
    """Return the first depth map of another maker that a JPEG holds; None if there is none.

    Raises MalformedError or UnsupportedError where there is one that cannot be read.
    """
    if file.layout.container != "jpeg":
        return None
    found = next(filter(None, (finder(file) for finder in FINDERS)), None)
    return _placed(found, file.layout) if found else None


def _placed(found: ForeignDepth, layout: Layout) -> ForeignDepth:
    """Return the map marked as upright where it fits the photo as it is seen only, and states no turn."""
    size, frame = (found.coded.width, found.coded.height), (layout.width, layout.height)
    if found.coded.orientation is not None or not photo_orientation(layout).swaps_axes:
        return found
    if same_shape(size, frame) or not same_shape(size, frame[::-1]):
        return found
    return replace(found, upright=True, notes=(*found.notes, TAKEN_FOR_UPRIGHT))
