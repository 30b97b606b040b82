"""Name the network that estimated a depth map."""

from __future__ import annotations

from dataclasses import dataclass

SHORT_VERSION = 12
"""Digits of a commit or a digest that tell people one version from another."""


@dataclass(frozen=True, slots=True)
class EstimatedBy:
    """The network that estimated a depth map from its photo."""

    model: str
    """Its repository on the hub, or the name of its folder."""
    version: str | None
    """The repository's commit, or a digest of the weights in the folder; None if it is not known."""

    @property
    def name(self) -> str:
        """Model and version in a few words."""
        return f"{self.model} (version {self.version[:SHORT_VERSION]})" if self.version else self.model
