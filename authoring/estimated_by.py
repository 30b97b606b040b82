"""Name the network that estimated a depth map, and say what its metres are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Scale = Literal["network", "given", "assumed"]
"""Where an estimate's metres come from: the network itself, the caller (--near and --far), or our fixed range."""

SCALES: dict[str, Scale] = {name: name for name in get_args(Scale)}

SHORT_VERSION = 12
"""Digits of a commit or a digest that tell people one version from another."""

_WORTH = {
    "network": "its metres are the network's own, not measured",
    "given": "its metres were given, not measured",
    "assumed": "its metres are assumed, not measured",
    None: "its metres are not measured",
}


@dataclass(frozen=True, slots=True)
class EstimatedBy:
    """The network that estimated a depth map from its photo."""

    model: str
    """Its repository on the hub, or the name of its folder."""
    version: str | None
    """The repository's commit, or a digest of the weights in the folder; None if it is not known."""
    scale: Scale | None = None
    """Where the metres come from; None if it is not known."""

    @property
    def name(self) -> str:
        """Model and version in a few words."""
        return f"{self.model} (version {self.version[:SHORT_VERSION]})" if self.version else self.model

    @property
    def sentence(self) -> str:
        """The network, and what the metres are worth."""
        return f"the depth is an estimate by {self.name}: {_WORTH[self.scale]}"

    @property
    def worth(self) -> str:
        """What the metres are worth."""
        return _WORTH[self.scale]
