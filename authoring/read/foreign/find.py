"""Find the depth map of another maker in a photo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from authoring.containers.base import ContainerFile, Layout
from authoring.depth.aspect import same_shape
from authoring.errors import DepthauthorError
from authoring.read.foreign import dynamic_depth, gdepth, huawei, samsung, xdm
from authoring.read.foreign.base import ForeignDepth
from authoring.read.layout import photo_orientation

Finder = Callable[[ContainerFile], ForeignDepth | None]

FINDERS: tuple[Finder, ...] = (
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
    for number, finder in enumerate(FINDERS, 1):
        found = finder(file)
        if found is not None:
            return _placed(_with_blur(found, file, FINDERS[number:]), file.layout)
    return None


def _with_blur(found: ForeignDepth, file: ContainerFile, others: tuple[Finder, ...]) -> ForeignDepth:
    """Return the map with what the photo's other maps say of its blur, as after an export of a portrait."""
    for finder in others:
        if found.unblurred is not None:
            break
        try:
            other = finder(file)
        except DepthauthorError:
            continue
        if other is not None:
            found = replace(found, blurred=found.blurred or other.blurred, unblurred=other.unblurred)
    return found


def find_readable(file: ContainerFile) -> ForeignDepth | None:
    """Return what `find` returns, and None for depth that cannot be read."""
    try:
        return find(file)
    except DepthauthorError:
        return None


def _placed(found: ForeignDepth, layout: Layout) -> ForeignDepth:
    """Return the map marked as upright where it fits the photo as it is seen only, and states no turn."""
    size, frame = (found.coded.width, found.coded.height), (layout.width, layout.height)
    if found.coded.orientation is not None or not photo_orientation(layout).swaps_axes:
        return found
    if same_shape(size, frame) or not same_shape(size, frame[::-1]):
        return found
    return replace(found, upright=True, notes=(*found.notes, TAKEN_FOR_UPRIGHT))
