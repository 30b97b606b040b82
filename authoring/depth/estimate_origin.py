"""Name the network that a depth buffer was estimated by."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from authoring.estimated_by import EstimatedBy

Scale = Literal["network", "given", "assumed"]
"""Where an estimate's metres come from: the network itself, the caller (--near and --far), or our fixed range."""


MAX_TEXT = 1000
"""Characters of a model's name or version in a map file; more is no name."""


@dataclass(frozen=True, slots=True)
class EstimateOrigin:
    """The network and version that estimated a map, and what its metres are worth."""

    model: str
    """Its repository on the hub, or the name of its folder."""
    version: str
    """The repository's commit, or a digest of the weights in the folder."""
    size: tuple[int, int]
    """(width, height) of what the network itself gave, before it was enlarged to the photo's size."""
    scale: Scale

    @property
    def name(self) -> str:
        """Model and version in a few words."""
        return EstimatedBy(self.model, self.version).name

    def to_text(self) -> str:
        """Return what a map file says of it, in ASCII; the twin of `parse_origin`."""
        return json.dumps(asdict(self))


def parse_origin(text: str) -> EstimateOrigin | None:
    """Return what a map file says of the network that estimated it; None if it says nothing that can be read."""
    try:
        match json.loads(text):
            case {
                "model": str(model),
                "version": str(version),
                "size": [int(width), int(height)],
                "scale": str(scale),
            } if model.strip() and _is_text(model) and _is_text(version) and width > 0 and height > 0:
                known: dict[str, Scale] = {name: name for name in get_args(Scale)}
                return (
                    EstimateOrigin(model, version, (width, height), known[scale]) if scale in known else None
                )
    except (ValueError, RecursionError):
        pass
    return None


def _is_text(text: str) -> bool:
    """Return whether a text can be a model's name or version; XMP cannot hold control characters."""
    return len(text) <= MAX_TEXT and text.isprintable()
