"""Name the network that a depth buffer was estimated by."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from authoring.estimated_by import SCALES, EstimatedBy, Scale

MAX_TEXT = 1000
"""Characters of a model's name or version in a map file; more is no name."""

MAX_SIDE = 1 << 16
"""Samples on a side of a network's output; the largest known have 1536."""

MIN_FOCAL_WIDTHS, MAX_FOCAL_WIDTHS = 0.1, 100.0
"""Of an angle of view of 157 degrees, and of half a degree."""


@dataclass(frozen=True, slots=True)
class EstimateOrigin:
    """The network and version that estimated a map, and what its metres are worth."""

    model: str
    """Its repository on the hub, or the name of its folder."""
    version: str
    """The repository's commit, or a digest of the weights in the folder."""
    size: tuple[int, int] | None
    """(width, height) of what the network itself gave, before it was enlarged to the photo's size; None where the
    depth was read from a photo."""
    scale: Scale | None
    """Where the metres come from; None where nothing says it."""
    focal_widths: float | None = None
    """The focal length that the network estimates, in widths of the upright photo."""

    @property
    def by(self) -> EstimatedBy:
        """The network alone."""
        return EstimatedBy(self.model, self.version, self.scale)

    def to_text(self) -> str:
        """Return what a map file says of it, in ASCII; the twin of `parse_origin`."""
        return json.dumps(asdict(self))


def parse_origin(text: str) -> EstimateOrigin | None:
    """Return what a map file says of the network that estimated it; None if it says nothing that can be read."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match said:
        case {"model": str(model), "version": str(version), "size": size, "scale": scale}:
            if not (model.strip() and _is_text(model) and _is_text(version) and _is_size(size)):
                return None
            if scale is not None and scale not in SCALES:
                return None
            focal = said.get("focal_widths")
            is_focal = isinstance(focal, float) and MIN_FOCAL_WIDTHS <= focal <= MAX_FOCAL_WIDTHS
            return EstimateOrigin(
                model,
                version,
                (size[0], size[1]) if size else None,
                SCALES[scale] if scale else None,
                focal if is_focal else None,
            )
    return None


def _is_text(text: str) -> bool:
    """Return whether a text can be a model's name or version; XMP cannot hold control characters."""
    return len(text) <= MAX_TEXT and text.isprintable()


def _is_size(size: Any) -> bool:
    if size is None:
        return True
    return (
        isinstance(size, list)
        and len(size) == 2
        and all(type(side) is int and 0 < side <= MAX_SIDE for side in size)
    )
