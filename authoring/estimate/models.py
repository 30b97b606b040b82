"""Known depth networks, and what the numbers of a network mean by its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authoring.errors import UnsupportedError, UsageError
from authoring.maps.presets import RELATIVE, Kind

METRIC: Kind = "depth"
INVERSE: Kind = "inverse-relative"
"""The two meanings that the known networks have."""

NOT_STATED = "not stated by its makers"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A depth network whose meaning and licence are known."""

    name: str
    repository: str
    """Its name on the Hugging Face hub."""
    kind: Kind
    licence: str
    allows_commercial_use: bool
    """Whether the licence is known to allow it; of a licence that is not stated it is not known."""
    megabytes: int
    """Of its weights."""
    source: str
    """Where meaning and licence are documented."""


_ANYTHING = "depth-anything/Depth-Anything-V2"
_README = "DepthAnything/Depth-Anything-V2, README.md"
_METRIC_README = "DepthAnything/Depth-Anything-V2, metric_depth/README.md, issue 245"
_NC = "CC-BY-NC-4.0"
_OF_NC = f"{NOT_STATED}; the model that it was made from has {_NC}"
_OF_SMALL = f"{NOT_STATED}; the model that it was made from has Apache-2.0"
_OUTDOOR_LARGE = f"Apache-2.0 by its model card; the model that it was made from has {_NC}"

KNOWN_MODELS = (
    KnownModel("depth-anything-v2-small", f"{_ANYTHING}-Small-hf", INVERSE, "Apache-2.0", True, 99, _README),
    KnownModel("depth-anything-v2-base", f"{_ANYTHING}-Base-hf", INVERSE, _NC, False, 390, _README),
    KnownModel("depth-anything-v2-large", f"{_ANYTHING}-Large-hf", INVERSE, _NC, False, 1341, _README),
    *(
        KnownModel(
            f"depth-anything-v2-metric-{place.lower()}-{size.lower()}",
            f"{_ANYTHING}-Metric-{place}-{size}-hf",
            METRIC,
            licence,
            False,
            megabytes,
            _METRIC_README,
        )
        for place, size, licence, megabytes in (
            ("Indoor", "Small", _OF_SMALL, 99),
            ("Indoor", "Base", _OF_NC, 390),
            ("Indoor", "Large", _OF_NC, 1341),
            ("Outdoor", "Small", _OF_SMALL, 99),
            ("Outdoor", "Base", _OF_NC, 390),
            ("Outdoor", "Large", _OUTDOOR_LARGE, 1341),
        )
    ),
    KnownModel("depth-pro", "apple/DepthPro-hf", METRIC, "Apple's AMLR (research only)", False, 1904,
               "apple/ml-depth-pro; model card, apple-amlr"),
    KnownModel("zoedepth", "Intel/zoedepth-nyu-kitti", METRIC, "MIT", True, 1380, "isl-org/ZoeDepth; model card"),
    KnownModel("dpt-large", "Intel/dpt-large", INVERSE, "Apache-2.0", True, 1368, "isl-org/MiDaS; model card"),
)  # fmt: skip
"""Intel/dpt-hybrid-midas is not among them: its repository has pickled weights alone."""

DEFAULT_MODEL = KNOWN_MODELS[0].name
"""The smallest of the best known, and free for any use."""


def known_model(name: str) -> KnownModel | None:
    """Return the known model of this name or repository, in upper or lower case."""
    wanted = name.lower()
    return next((model for model in KNOWN_MODELS if wanted in (model.name, model.repository.lower())), None)


def kind_of(configuration: Mapping[str, Any], repository: str | None, given: Kind | None) -> Kind:
    """Return what the numbers of a network are.

    configuration: its config.json. repository: its name on the hub; None for a folder. given: `--kind`, for a network
    that is not known here: what was made of a known architecture may give other numbers. Raises UsageError where
    nothing says it, or where `given` contradicts what is known; UnsupportedError for networks that estimate no depth
    from a photo alone.
    """
    known = known_model(repository) if repository is not None else None
    if known is not None and given not in (None, known.kind):
        raise UsageError(
            f"--kind says {given}, and the values of {known.name} are {known.kind}; leave --kind out"
        )
    stated = known.kind if known is not None else _stated_kind(configuration)
    if stated is None and given is None:
        raise UsageError(
            "nothing says what this network's numbers are: give --kind depth if they are metres, --kind "
            "inverse-relative if they have no scale and larger is nearer (DPT, MiDaS), --kind affine if larger is "
            "farther"
        )
    kind = given or stated
    assert kind is not None
    return kind


def _stated_kind(configuration: Mapping[str, Any]) -> Kind | None:
    """Return what a configuration itself says, by the classes of huggingface/transformers, models/*/configuration_*.py.

    That of DPT says nothing: MiDaS' checkpoints give inverse depth, those made for NYU and KITTI metres.
    """
    match configuration.get("model_type"):
        case "depth_anything":
            # Left out where it is the default (configuration_depth_anything.py).
            return METRIC if configuration.get("depth_estimation_type") == "metric" else INVERSE
        case "zoedepth":
            return METRIC
        case "depth_pro":
            # Its output is in metres once multiplied by the field of view (image_processing_depth_pro.py).
            return METRIC if configuration.get("use_fov_model", False) else None
        case "prompt_depth_anything":
            raise UnsupportedError("this network needs a coarse depth map besides the photo")
        case _:
            return None


def smaller_model(repository: str) -> KnownModel | None:
    """Return the largest known model of the same meaning, at most half as large and as free; None if there is none."""
    known = known_model(repository)
    if known is None:
        return KNOWN_MODELS[0]
    smaller = [
        model
        for model in KNOWN_MODELS
        if model.kind == known.kind
        and model.megabytes <= known.megabytes / 2
        and model.allows_commercial_use >= known.allows_commercial_use
    ]
    return max(smaller, key=lambda model: model.megabytes, default=None)


def has_scale(kind: Kind) -> bool:
    """Return whether values of a kind are in metres or 1/m."""
    return kind not in RELATIVE
