"""Define the options of `embed` and `copy`, and build them from keywords."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np

from authoring.codecs.hevc import Effort
from authoring.containers.base import ContainerName
from authoring.depth.buffer import PixelFormat
from authoring.depth.calibration_sources import FOV_DEGREES
from authoring.depth.raster import MAX_STORED_SIDE
from authoring.depth.stored_plane import CodeBits
from authoring.embed.base_photo import Base
from authoring.embed.portrait import PortraitOptions
from authoring.errors import UsageError
from authoring.maps.map_options import MapOptions
from authoring.maps.presets import KINDS, PRESETS


@dataclass(frozen=True, slots=True)
class EmbedOptions(MapOptions):
    """All options of `embed` and `copy` besides photo and map."""

    container: ContainerName | None = None
    """None keeps the photo's own, so that nothing is re-encoded (a PNG becomes HEIC)."""
    base: Base | None = None
    """Which picture of a photo that holds two. None: `embed` takes the primary, `copy` the unblurred one where the
    primary is blurred."""
    bits: CodeBits = 8
    """Of a code in a DNG: 16 are finer, and for Adobe's readers only."""
    lossless: bool = False
    replace: bool = False
    quality: int | None = None
    tone_map: bool = False
    """Convert an HDR photo (PQ, HLG) that changes its container; without it such a photo is refused."""
    effort: Effort | None = None
    encoder_threads: int | None = None
    """Threads of the HEVC encoder; None lets it use every processor. The bytes do not depend on it."""
    profile: Literal["portrait", "data"] = "portrait"
    """portrait: also what Photos is known to ask for before it offers its aperture slider; data: the depth alone."""
    portrait: PortraitOptions = field(default_factory=PortraitOptions)


def options_of(**given: Any) -> EmbedOptions:
    """Build `EmbedOptions` from keywords, those of `PortraitOptions` included; None stands for the default.

    native_format may be text ("hdis"); calibration may be a `Calibration` or the word exif, nominal or none.
    Raises UsageError for unknown names and values out of range.
    """
    given = {name: value for name, value in given.items() if value is not None}
    portrait_names = {option.name for option in fields(PortraitOptions)}
    known = ({option.name for option in fields(EmbedOptions)} | portrait_names) - {"portrait"}
    unknown = sorted(set(given) - known)
    if unknown:
        raise UsageError(f"unknown option {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if isinstance(given.get("calibration"), str):
        given["calibration_source"] = given.pop("calibration")
    cameras = [name for name in _CAMERAS if name in given]
    if len(cameras) > 1:
        words = " and ".join(f"--{name.removesuffix('_source').replace('_', '-')}" for name in cameras[:2])
        raise UsageError(f"{words} both give the camera; leave one out")
    if given.get("replace_maker_note") and given.get("maker_note") == "none":
        raise UsageError(
            "--replace-maker-note writes a maker note and --maker-note none writes none; leave one out"
        )
    for name, value in given.items():
        _check_type(name, value)
    for name, choices in _CHOICES.items():
        if name in given and not _is_choice(given[name], choices):
            raise UsageError(f"{name} is {given[name]!r}; it can be {' or '.join(map(str, choices))}")
    if isinstance(given.get("native_format"), str):
        given["native_format"] = PixelFormat(given["native_format"])
    if given.get("bits", 8) not in (8, 16):
        raise UsageError(f"bits is {given['bits']}; it can be 8 or 16")
    for name, (low, high) in _RANGES.items():
        if name in given and not low <= given[name] <= high:
            raise UsageError(f"{name} is {given[name]}; it can be {low} to {high}")
    portrait = PortraitOptions(**{name: given.pop(name) for name in portrait_names & set(given)})
    return EmbedOptions(**given, portrait=portrait)


def _is_choice(value: Any, choices: tuple[Any, ...]) -> bool:
    return isinstance(value, str | PixelFormat) and value in choices


def _check_type(name: str, value: Any) -> None:
    """Raise UsageError for a value that is no number, truth or text where its option is one."""
    wanted = _TYPES.get(name)
    if wanted is None:
        return
    types, words = wanted
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise UsageError(f"{name} is {value!r}, which is not {words}")


_NUMBER = ((numbers.Real,), "a number")
_WHOLE = ((numbers.Integral,), "a whole number")
_TRUTH = ((bool, np.bool_), "true or false")
_TEXT = ((str,), "text")
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(
        (
            "near",
            "far",
            "focal_px",
            "baseline",
            "doffs",
            "invalid",
            "clip",
            "max_holes",
            "min_confidence",
            "fov",
            "focal_mm",
            "aperture",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(("bits", "max_size", "frame", "quality", "encoder_threads"), _WHOLE),
    **dict.fromkeys(
        (
            "invert",
            "stretch",
            "force",
            "refine",
            "lossless",
            "tone_map",
            "replace",
            "already_blurred",
            "replace_maker_note",
            "restore_record",
        ),
        _TRUTH,
    ),
    **dict.fromkeys(("unit", "key", "map_name", "photo_name"), _TEXT),
    "focus": ((tuple, list), "a pair of numbers, x and y"),
}
"""By option: what its value must be; options with choices are compared with those."""

_CAMERAS = ("calibration", "calibration_source", "fov", "focal_mm")

_CHOICES: dict[str, tuple[Any, ...]] = {
    "native_format": ("hdis", "fdis", "hdep", "fdep", *PixelFormat),
    "white": ("far", "near"),
    "spacing": ("depth", "disparity"),
    "accuracy": ("relative", "absolute"),
    "map_orientation": ("display", "stored"),
    "container": ("heic", "jpeg", "dng"),
    "base": ("unblurred", "primary"),
    "effort": ("fast", "balanced", "best"),
    "profile": ("portrait", "data"),
    "calibration_source": ("exif", "nominal", "none"),
    "maker_note": ("full", "minimal", "none"),
    "kind": KINDS,
    "preset": tuple(preset.name for preset in PRESETS),
}
_RANGES = {
    "clip": (0, 49),
    "max_holes": (0, 100),
    "min_confidence": (0, 1),
    "fov": FOV_DEGREES,
    "focal_mm": (3, 20000),
    "encoder_threads": (1, 64),
    "max_size": (2, MAX_STORED_SIDE),
    "quality": (1, 100),
    "focal_px": (1, 1_000_000),
    "baseline": (1e-4, 1000),
    "doffs": (-10_000, 10_000),
    "aperture": (0.5, 64),
}
