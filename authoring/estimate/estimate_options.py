"""The options of an estimate."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from authoring.errors import UsageError
from authoring.estimate.models import DEFAULT_MODEL
from authoring.maps.presets import KINDS, Kind

Device = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[Device, ...] = get_args(Device)

ESTIMATED_KINDS = tuple(kind for kind in KINDS if kind != "disparity-px")
"""What a network for one photo can give; disparity in pixels is of two."""


@dataclass(frozen=True, slots=True)
class EstimateOptions:
    """Which network estimates the depth, where it runs, and what its values become."""

    model: str = DEFAULT_MODEL
    """A name of `models.KNOWN_MODELS`, a repository on the Hugging Face hub, or a folder."""
    kind: Kind | None = None
    """What the values are, of a network that does not say it."""
    near: float | None = None
    """Metres, as far: the distances of the nearest and the farthest point, of a network without a scale."""
    far: float | None = None
    clip: float | None = None
    """Percentage of the values to treat as outliers at either end, 0 to 49."""
    device: Device = "auto"
    """auto: CUDA or MPS where torch has it, else the processor."""
    offline: bool = False
    """Download nothing."""
    accept_licence: bool = False
    """Download a model whose licence does not allow commercial use."""
    threads: int | None = None
    """Of the processor, which a batch sets; None leaves it to torch."""


def estimate_options_of(**given: Any) -> EstimateOptions:
    """Build `EstimateOptions` from keywords; None stands for the default. Raises UsageError for what is none."""
    given = {name: value for name, value in given.items() if value is not None}
    known = [option.name for option in fields(EstimateOptions) if option.name != "threads"]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageError(f"unknown option {unknown[0]!r}; known are {', '.join(known)}")
    for name, value in given.items():
        if name in ("near", "far", "clip") and (
            not isinstance(value, numbers.Real) or isinstance(value, bool)
        ):
            raise UsageError(f"{name} is {value!r}, which is not a number")
        if name in ("offline", "accept_licence") and not isinstance(value, bool):
            raise UsageError(f"{name} is {value!r}, which is not true or false")
    for name, choices in (("kind", ESTIMATED_KINDS), ("device", DEVICES)):
        if name in given and given[name] not in choices:
            raise UsageError(f"{name} is {given[name]!r}; it can be {' or '.join(choices)}")
    near, far = given.get("near"), given.get("far")
    if near is not None and far is not None and not 0 < near < far:
        raise UsageError(f"near ({near:g} m) must be above 0 and less than far ({far:g} m)")
    if not 0 <= given.get("clip", 0) <= 49:
        raise UsageError(f"clip is {given['clip']}; it can be 0 to 49")
    if "model" in given:
        given["model"] = str(given["model"])
        if not given["model"]:
            raise UsageError("the name of the model is empty")
    return EstimateOptions(**given)
