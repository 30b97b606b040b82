"""Name the network that a depth buffer was estimated by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from authoring.estimated_by import EstimatedBy

Scale = Literal["network", "given", "assumed"]
"""Where an estimate's metres come from: the network itself, the caller (--near and --far), or our fixed range."""


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
