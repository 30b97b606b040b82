"""Name the network that a depth buffer was estimated by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    def short_version(self) -> str:
        """The version as people read it: a commit or a digest is told from others by twelve digits."""
        return self.version[:12]

    @property
    def name(self) -> str:
        """Model and version in a few words."""
        return f"{self.model} (version {self.short_version})"
