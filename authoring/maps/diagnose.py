"""What an undescribed map holds, judged by its dtype, range, names and holes, and what is doubtful in it.

Where one reading is believable it is used and reported; where unit, scale or polarity is open, UsageError asks, with
the readings in metres and the options to choose from. What speaks against metres was found in files of MiDaS,
Depth-Anything, DepthCrafter, Marigold, Video-Depth-Anything and Blender's Mist pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.map_image import MapImage
from authoring.depth.stored_plane import StoredPlane
from authoring.errors import RefusedError, UsageError
from authoring.maps.notes import percent
from authoring.maps.presets import SKY_M, Kind, metres_in

MAX_ZEROS = 0.01
"""Share of exact zeros beyond which they are a network's sky or a file's holes, not a few faults."""

MAX_RATIO = 100.0
"""Farthest over nearest of metres without sky: a room has 10, a street 80. A network's inverse depth goes to 0."""

MAX_ROOM_M = 120.0
"""A median distance beyond it is more likely another unit: photos of depth networks show streets at the most."""

NEAREST_M, FARTHEST_M = 0.03, 300.0
"""Limits of a believable median distance: a close-up, and the range of LiDAR."""

NEGATIVE_SHARE = 0.01
"""Share of negative values beyond which they are not just noise around a hole mark."""

VISIBLE_STEP = 0.05
"""A quantisation step above this share of the distance is visible as a contour when the photo is refocused."""

GOOD_STEP = 0.02
"""The step, as a share of the distance, at the far end of the suggested range."""

GRID_SIDE = 128
"""Samples a side that are enough for a percentile; the whole map would cost more than encoding it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the values of a map are. `unit` is None for relative kinds, `invalid` where no value marks a hole."""

    kind: Kind
    unit: str | None
    invalid: float | None
    question: str = ""
    """Of metres that nobody stated: how to ask, after what speaks against them and a semicolon."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Percentiles of the values that are distances: finite, above 0, below the sky."""

    low: float
    middle: float
    high: float
    ratio: float
    """The largest over the least of all values."""

    def metres(self, unit: str) -> str:
        """Return the range in metres, read in this unit: '0.7 to 9.9 m'."""
        scale = metres_in(unit)
        return f"{_short(self.low * scale)} to {_short(self.high * scale)} m"

    def inverted(self) -> str:
        """Return the range in metres, read as 1/m."""
        return f"{_short(1 / self.high)} to {_short(1 / self.low)} m"

    def believable(self, unit: str) -> bool:
        """Return whether the median is a distance that photos show."""
        return NEAREST_M <= self.middle * metres_in(unit) <= FARTHEST_M


def _short(value: float) -> str:
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"


def _range(samples: NDArray[Any]) -> _Range | None:
    """Return percentiles of a sparse grid of the map; None where nothing in it is a distance."""
    values = _sparse(samples).ravel()
    values = values[(values > 0) & (values < SKY_M)]  # false for NaN and infinity
    if not values.size:
        return None
    ranks = [int(share * (values.size - 1)) for share in (0.005, 0.5, 0.995)]
    ordered = np.partition(values, ranks)
    low, middle, high = ordered[ranks].tolist()
    return _Range(low, middle, high, float(values.max() / values.min()))


def _sparse(samples: NDArray[Any]) -> NDArray[Any]:
    """Return every n-th sample, at most about `GRID_SIDE` a side."""
    rows, columns = (max(1, -(-side // GRID_SIDE)) for side in samples.shape)
    grid: NDArray[Any] = samples[::rows, ::columns]
    return grid


def diagnose(image: MapImage, name: str, invalid: float | None = None) -> tuple[Meaning, str]:
    """Return what the map holds by its own evidence, and the sentence that reports it.

    name: of its file, or empty; invalid: the value that marks a hole, if one was given. Raises UsageError, asking for
    an option with the readings in metres, where more than one is believable, RefusedError where it holds nothing.
    """
    if image.question:
        span = _range(image.samples)
        question = image.question.replace("{range}", span.metres("m") if span else "no distance")
        raise UsageError(f"the {image.source} {question}")
    if image.counts:
        span = _range(image.samples)
        readings = f": it shows {span.metres('mm')} as mm, {span.metres('um')} as um" if span else ""
        raise UsageError(
            f"the {image.source} holds integers{readings}; say with --unit how much one step is, or --kind "
            "inverse-relative or affine, with --near and --far in metres, if it has no scale"
        )
    if image.levels is None:
        meaning, reason = _of_floats(image, name, invalid)
        return replace(meaning, invalid=invalid), reason
    if image.levels <= 256:
        raise UsageError(
            f"the {image.source} holds gray levels, and nothing says how far they are: give --near and --far in "
            "metres; white is then far, or near with --white near; a map of MiDaS or Depth-Anything needs "
            "--kind inverse-relative as well"
        )
    meaning, reason = _of_integers(image, name)
    return meaning if invalid is None else replace(meaning, invalid=invalid), reason


_UNIT_WORDS = (
    ("mm", "mm", r"(?<![a-z])(?:\d*mm|millimet\w*|depth16mm)(?![a-z])"),
    ("cm", "cm", r"(?<![a-z])(?:cm|centimet\w*)(?![a-z])"),
    ("KITTI depth", "m*256", r"kitti.*depth|depth.*kitti"),
    ("ZoeDepth", "m*256", r"zoe-?_?depth"),
    ("PatchFusion", "m*256", r"patchfusion"),
    ("TUM", "m*5000", r"(?<![a-z])tum(?![a-z])"),
    ("NYU", "mm", r"(?<![a-z])nyu"),
    ("ScanNet", "mm", r"scannet"),
    ("ARKit", "mm", r"arkit"),
    ("RealSense", "mm", r"realsense"),
)
"""Words in a file's name that decide the unit of integers: the word, the unit, the pattern."""


def _of_integers(image: MapImage, name: str) -> tuple[Meaning, str]:
    span = _range(image.samples)
    if span is None:
        raise RefusedError(f"the {image.source} holds no valid depth: it is 0 everywhere")
    zeros = float(np.mean(image.samples == 0))
    holes = f"; {percent(zeros)} are 0, taken for holes" if zeros else ""
    if _DISPARITY_WORDS.search(name.lower()):
        raise UsageError(
            f"the {image.source} is called disparity: one of a stereo pair is --kind disparity-px (--unit px*256 as "
            "KITTI stores it) with --focal-px and --baseline; one of a network is --kind inverse-relative with --near "
            f"and --far in metres; as distances it would show {span.metres('m*256')} with --unit m*256"
        )
    for word, unit, pattern in _UNIT_WORDS:
        if re.search(pattern, name.lower()) and span.believable(unit):
            reason = f"since its name says {word}: {span.metres(unit)}{holes}"
            return Meaning("depth", unit, 0), f"the {image.source} holds depth in {unit}, {reason}"
    if int(image.samples.max()) >= 65000 and span.low < 6500:
        raise UsageError(
            f"the {image.source} fills its whole range, as gray levels do, and nothing says how far they are: "
            "give --near and --far in metres; white is then far, or near with --white near; a map of MiDaS or "
            "Depth-Anything needs --kind inverse-relative as well; if its middle lies "
            f"{_short(span.middle * 0.001)} m away say --unit mm"
        )
    readings = ", ".join(
        f"{span.metres(unit)} as {unit}" for unit in ("mm", "m*256", "m*5000") if span.believable(unit)
    )
    raise UsageError(
        f"the {image.source} may be distances or gray levels{holes}: it shows {readings or span.metres('mm')}; "
        "say which with --unit (any other step to the metre will do, such as m*10000), or give --near and --far in "
        "metres if it is gray"
    )


_DISPARITY_WORDS = re.compile(r"disp(?!lay)|inverse|inv_|_inv|(?<![a-z])idepth")
_SCALE_WORDS = re.compile(r"relative|(?<![a-z])mist(?![a-z])|normali[sz]ed|(?<![a-z])norm(?![a-z])")
_METRE_WORDS = re.compile(r"met(?:er|re)s?(?![a-z])")


def _of_floats(image: MapImage, name: str, invalid: float | None) -> tuple[Meaning, str]:
    samples = image.samples
    if invalid is not None:
        samples = np.where(samples == invalid, samples.dtype.type(np.nan), samples)
    span = _range(samples)
    if span is None:
        return Meaning("depth", "m", None), f"the {image.source} holds depth in metres"
    words = f"{name} {image.key or ''}".lower()
    says_metres = bool(_METRE_WORDS.search(words)) and not _DISPARITY_WORDS.search(words)
    if _signed(samples):
        raise UsageError(
            f"the {image.source} goes from {_short(float(np.nanmin(samples)))} to {_short(span.high)}, and no "
            "distance is negative: say --kind inverse-relative (MiDaS, larger is nearer) or --kind affine (larger is "
            "farther), and with --near and --far how many metres away its nearest and its farthest place are"
        )
    if span.middle > MAX_ROOM_M and not says_metres:
        raise UsageError(
            f"the {image.source} has {_short(span.middle)} in its middle: as metres it shows {span.metres('m')} "
            f"(--unit m), as millimetres {span.metres('mm')} (--unit mm); "
            "if larger is nearer say --kind inverse-relative, with --near and --far in metres"
        )
    doubt = None if says_metres else _doubt_of_metres(samples, words, span)
    question = (
        f"say --unit m if it shows {span.metres('m')}, --kind disparity if it is 1/m and shows {span.inverted()}, or, "
        "if it has no scale, --kind inverse-relative if larger is nearer (MiDaS, Depth-Anything) and --kind affine if "
        "larger is farther (Marigold), with --near and --far in metres"
    )
    if doubt is not None:
        raise UsageError(f"the {image.source} may hold no metres: {doubt}; {question}")
    why = ""
    if image.key and "depth" in image.key.lower():
        why = f", since the array is called {image.key}"
    elif image.key:
        why = f", read from {image.key}"
    elif says_metres:
        why = ", since its name says so"
    meaning = Meaning("depth", "m", None, "" if says_metres else question)
    return meaning, f"the {image.source} holds depth in metres{why}: {span.metres('m')}"


def _doubt_of_metres(samples: NDArray[Any], words: str, span: _Range) -> str | None:
    """Return what speaks against metres, to follow a colon; None where nothing does."""
    word = _DISPARITY_WORDS.search(words)
    if word:
        return f"its name says disparity or inverse depth ({word[0].strip('_')})"
    word = _SCALE_WORDS.search(words)
    if word:
        return f"its name says {word[0]}, which has no scale"
    if float(np.fmax.reduce(samples, axis=None)) <= 1:
        return "it does not go beyond 1, as maps without a scale do"
    zeros = float(np.mean(samples == 0))
    if zeros > MAX_ZEROS:
        return (
            f"{percent(zeros)} of it are exactly 0, which is sky in a network's inverse depth and a hole in metres "
            "(--invalid 0)"
        )
    if span.ratio > MAX_RATIO and not _has_sky(samples):
        return f"its farthest value is {_short(span.ratio)} times its nearest"
    return None


def _has_sky(samples: NDArray[Any]) -> bool:
    return bool(np.fmax.reduce(samples, axis=None) >= SKY_M)


def _signed(samples: NDArray[Any]) -> bool:
    """Return whether negative values are part of the map, not a mark of its holes."""
    if not np.fmin.reduce(samples, axis=None) < 0:
        return False
    negative = samples[samples < 0]
    return negative.size > NEGATIVE_SHARE * samples.size and bool(negative.min() != negative.max())


def storage_notes(plane: StoredPlane, finer: str = "a disparity format") -> tuple[str, ...]:
    """Return a warning where 8 bits are too few for the range: how coarse, and a range that would suffice.

    finer: what else would, for a map of metres.
    """
    step = plane.step
    if plane.pixel_format.kind == "depth":
        near, far = plane.float_min, plane.float_max
        if near <= 0 or step <= VISIBLE_STEP * near:
            return ()
        good = far / (1 + 255 * GOOD_STEP)
        return (
            f"quantisation will be visible: the near plane at {_short(near)} m is stored in {_length(step)} steps; "
            f"a range of {_short(good)} m to {_short(far)} m, or {finer}, would avoid it",
        )
    if plane.float_min <= step:
        reach = 1 / (plane.float_min + step)
        return (
            (
                f"quantisation will be visible: distances between {_short(reach)} m and infinity are not distinguished",
            )
            if reach < 20
            else ()
        )
    far = 1 / plane.float_min
    coarse = far - 1 / (plane.float_min + step)
    if coarse <= VISIBLE_STEP * far:
        return ()
    good = far / (1 + 255 * GOOD_STEP)
    return (
        f"quantisation will be visible: the far plane at {_short(far)} m is stored in {_length(coarse)} steps; a range "
        f"of {_short(good)} m to {_short(far)} m would avoid it (--clip cuts outliers)",
    )


def _length(metres: float) -> str:
    return f"{metres * 100:.0f} cm" if metres < 1 else f"{metres:.1f} m"
