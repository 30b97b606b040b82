"""Find the depth map of another maker in a photo."""

from __future__ import annotations

from collections.abc import Callable

from authoring.containers.base import ContainerFile
from authoring.read.foreign import gdepth
from authoring.read.foreign.base import ForeignDepth

FINDERS: tuple[Callable[[ContainerFile], ForeignDepth | None], ...] = (gdepth.find,)
"""In the order in which they are asked: what states units before what states none."""


def find(file: ContainerFile) -> ForeignDepth | None:
    """Return the first depth map of another maker that a JPEG holds; None if there is none.

    Raises MalformedError or UnsupportedError where there is one that cannot be read.
    """
    if file.layout.container != "jpeg":
        return None
    return next(filter(None, (finder(file) for finder in FINDERS)), None)
