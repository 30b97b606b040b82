"""Convert a decoded map file to distances: its kind and unit, its holes, outliers and sky."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.map_image import MapImage
from authoring.depth.buffer import DepthBuffer
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray
from authoring.depth.kernels import take_table
from authoring.errors import RefusedError, UsageError
from authoring.maps.diagnose import Meaning, diagnose
from authoring.maps.gray import describe_gray
from authoring.maps.map_options import MapOptions
from authoring.maps.notes import Notes, percent
from authoring.maps.presets import (
    PIXELS,
    RELATIVE,
    SKY_M,
    Kind,
    Preset,
    Reading,
    disparity_in,
    metres_in,
    pixels_in,
    preset_named,
)

OUTLIER_RATIO = 1 / 1000
"""Share of the range that 99.8 % of the values of a map without a scale must span: a quarter of an 8-bit code."""

NO_NUMBER = "the map holds no value that is a number"


@dataclass(frozen=True, slots=True, eq=False)
class ConvertedMap:
    """The distances of a map file."""

    buffer: DepthBuffer
    reading: Reading
    notes: Notes
    question: str = ""
    """See `Meaning.question`."""


def convert_image(image: MapImage, options: MapOptions) -> ConvertedMap:
    """Return the distances of a map file in the 32-bit format of the options' kind, oriented as in the file.

    The first sentence that was assumed says what the map was taken for. Raises UsageError where the options say too
    little or contradict, RefusedError where no value is usable.
    """
    preset = preset_named(options.preset) if options.preset else None
    if preset is not None:
        _check_preset(preset, image)
    meaning, notes = _meaning(image, options, preset)
    stereo = meaning is not None and meaning.kind == "disparity-px"
    if (options.baseline or options.doffs) and not stereo and options.stereo_width is None:
        raise UsageError("--baseline and --doffs are for --kind disparity-px")
    if meaning is None:
        buffer, more = _convert_gray(image, options, preset)
    elif options.invert or options.white == "near":
        raise UsageError(
            "--white and --invert are for gray levels between --near and --far; of the kinds without a scale, "
            "inverse-relative has the larger values near and affine has them far"
        )
    elif meaning.kind in RELATIVE:
        buffer, more = _convert_relative(image, meaning, options)
    elif options.near is not None or options.far is not None:
        raise UsageError("--near and --far do not apply: the map's unit says how far its values are")
    else:
        buffer, more = _convert_metric(image, meaning, options)
    if meaning is None:
        return ConvertedMap(buffer, "gray", notes + more)
    return ConvertedMap(buffer, meaning.kind, notes + more, meaning.question)


def _check_preset(preset: Preset, image: MapImage) -> None:
    integers = image.levels is not None or image.counts
    mismatch = {"integer": not integers or image.levels == 256, "float": integers, "any": False}
    if mismatch[preset.samples]:
        stored = "16-bit integers" if preset.samples == "integer" else "floats"
        article = "an" if image.source.startswith("8") else "a"
        raise UsageError(
            f"--preset {preset.name} is for files holding {stored} ({preset.files}), and this is "
            f"{article} {image.source}; leave it out and say with --kind and --unit what the map holds"
        )


def _meaning(image: MapImage, options: MapOptions, preset: Preset | None) -> tuple[Meaning | None, Notes]:
    """Return what options, preset or the map itself say; None for gray levels between near and far."""
    kind = options.kind or (preset.kind if preset else None)
    unit = options.unit or (preset.unit if preset else None)
    invalid = options.invalid if options.invalid is not None else (preset.invalid if preset else None)
    if kind in RELATIVE:
        if options.unit is not None:
            raise UsageError(f"a map of kind {kind} has no unit: --near and --far give its scale")
        unit = None
    elif kind is None and unit is not None:
        kind = "depth"
    elif kind == "disparity-px":
        unit = unit or PIXELS
    if kind is None:
        if preset is not None or options.near is not None or options.far is not None:
            return None, Notes()
        meaning, reason = diagnose(image, options.map_name, invalid)
        return meaning, Notes(assumed=(reason,))
    integers = image.levels is not None or image.counts
    if kind not in RELATIVE and unit is None:
        if integers:
            raise UsageError(
                f"the {image.source} holds integers: say with --unit how much one step is (mm, m*256, m*5000)"
            )
        unit = "m"
    if kind in ("depth", "disparity-px") and integers and invalid is None:
        invalid = 0
    return Meaning(kind, unit, invalid), Notes(assumed=(_describe(image, kind, unit, preset),))


def _describe(image: MapImage, kind: Kind, unit: str | None, preset: Preset | None) -> str:
    """Return the sentence of the report that says what the map was taken for."""
    reason = f" (preset {preset.name}: {preset.note})" if preset else ""
    if kind == "inverse-relative":
        return f"the {image.source} holds inverse depth without a scale, larger is nearer{reason}"
    if kind == "affine":
        return f"the {image.source} holds depth without a scale, larger is farther{reason}"
    if kind == "disparity-px":
        return f"the {image.source} holds stereo disparity in {unit}{reason}"
    return f"the {image.source} holds {kind} in {unit if kind == 'depth' else f'1/{unit}'}{reason}"


def _hole_mask(samples: NDArray[Any], invalid: float | None) -> NDArray[np.bool_] | None:
    """Return the mask of the values that mark holes; None where no value does."""
    if invalid is None:
        return None
    mask: NDArray[np.bool_] = np.isinf(samples) if math.isinf(invalid) else samples == invalid
    return mask


def _usable(samples: NDArray[Any], invalid: float | None, least: float) -> NDArray[np.bool_]:
    """Return the mask of the values that are distances: finite, not below `least`, not marking holes."""
    usable: NDArray[np.bool_] = np.isfinite(samples)
    with np.errstate(invalid="ignore"):
        usable &= samples >= least
    holes = _hole_mask(samples, invalid)
    if holes is not None:
        usable &= ~holes
    return usable


def _clip_limits(
    samples: NDArray[Any], usable: NDArray[np.bool_], options: MapOptions
) -> tuple[tuple[float, float] | None, Notes]:
    """Return the least and the largest value to keep, by the percentiles of `--clip`; None without it."""
    if not options.clip or not usable.any():
        return None, Notes()
    low, high = np.percentile(samples[usable], (options.clip, 100 - options.clip)).tolist()
    clipped = int(np.count_nonzero(usable & ((samples < low) | (samples > high))))
    share = percent(clipped / samples.size, 2)
    return (low, high), Notes(notes=(f"{share} of the map were outliers, clipped to {low:g} and {high:g}",))


def _distinct_values(image: MapImage) -> NDArray[Any]:
    """Return the values to convert: all samples of floats; of integers each code once, (1, levels)."""
    if image.levels is None:
        return image.samples
    return np.arange(image.levels, dtype=image.samples.dtype)[np.newaxis]


def _expand_codes(buffer: DepthBuffer, image: MapImage) -> DepthBuffer:
    """Return the map of a buffer made from `_distinct_values`."""
    if image.levels is None:
        return buffer
    return buffer.replace(samples=take_table(buffer.samples[0], image.samples))


def _convert_metric(image: MapImage, meaning: Meaning, options: MapOptions) -> tuple[DepthBuffer, Notes]:
    """Convert depth or disparity in a unit."""
    assert meaning.unit is not None
    samples, values, notes = image.samples, _distinct_values(image), Notes()
    is_depth, factor = meaning.kind == "depth", 1.0
    if meaning.kind == "depth":
        factor = metres_in(meaning.unit)
    elif meaning.kind == "disparity":
        factor = disparity_in(meaning.unit)
    if is_depth and image.levels is None and np.fmax.reduce(image.samples, axis=None) * factor >= SKY_M:
        with np.errstate(invalid="ignore"):
            sky = samples >= SKY_M / factor
        holes = _hole_mask(samples, meaning.invalid)
        if holes is not None:
            sky &= ~holes
        if sky.any():
            notes += Notes(notes=(f"{percent(sky.mean())} of the map is sky, infinitely far away",))
            samples = values = np.where(sky, samples.dtype.type(np.inf), samples)
    if options.clip:
        least = float(np.finfo(np.float32).smallest_subnormal) if is_depth else 0.0
        limits, clip_notes = _clip_limits(samples, _usable(samples, meaning.invalid, least), options)
        notes += clip_notes
        if limits:
            values = np.where(_usable(values, meaning.invalid, least), np.clip(values, *limits), values)
    holes = _hole_mask(_distinct_values(image), meaning.invalid)
    if meaning.kind == "disparity-px":
        if options.stereo_width not in (None, image.samples.shape[1]):
            raise UsageError(
                f"the calibration is for a map {options.stereo_width} pixels wide, and this one has "
                f"{image.samples.shape[1]}: give --focal-px, --baseline and --doffs in its own pixels"
            )
        values, stereo_notes = _disparity_of_pixels(values, meaning.unit, options)
        notes += stereo_notes
    elif factor != 1.0:
        values = _times(values.astype(np.float32), factor)
    if holes is not None and holes.any():
        values = np.where(holes, np.float32(np.nan), values)
    build = DepthBuffer.from_depth_m if is_depth else DepthBuffer.from_disparity_per_m
    return _expand_codes(build(values, pixel_format=options.stored_format.single), image), notes


def _disparity_of_pixels(
    values: NDArray[Any], unit: str, options: MapOptions
) -> tuple[NDArray[np.float32], Notes]:
    """Return disparity in 1/m of a stereo disparity in pixels: (d + doffs) / (focal length · baseline).

    The formula of Middlebury's calib.txt. RAFT-Stereo's flow is minus the disparity (princeton-vl/RAFT-Stereo,
    demo.py).
    """
    if options.focal_px is None or options.baseline is None:
        raise UsageError(
            "a stereo disparity in pixels needs --focal-px, the focal length in pixels of the map, and --baseline, the "
            "distance of the two cameras in metres (or --calibration calib.txt of Middlebury)"
        )
    pixels = values.astype(np.float64) * pixels_in(unit)
    notes = Notes()
    finite = pixels[np.isfinite(pixels)]
    if finite.size and finite.max() <= 0 and finite.min() < 0:
        pixels, notes = -pixels, Notes(assumed=("its disparity is negative, as a flow is, and was negated",))
    pixels += options.doffs or 0.0
    notes += Notes(
        assumed=(f"the focal length is {options.focal_px:g} px and the baseline {options.baseline:g} m",)
    )
    return (pixels / (options.focal_px * options.baseline)).astype(np.float32), notes


def _times(values: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Return the values times a factor; divided by its inverse where that is an integer, to round only once."""
    divisor = round(1 / factor)
    if divisor and abs(1 / factor - divisor) < 1e-9 * divisor:
        return values / np.float32(divisor)
    return values * np.float32(factor)


def _convert_relative(image: MapImage, meaning: Meaning, options: MapOptions) -> tuple[DepthBuffer, Notes]:
    """Spread depth or inverse depth without a scale over --near to --far."""
    if options.near is None or options.far is None:
        raise UsageError(
            f"a map of kind {meaning.kind} has no scale: give the distances of its nearest and farthest point, in "
            "metres, with --near and --far"
        )
    inverse = meaning.kind == "inverse-relative"
    gray = GrayscaleMeaning(
        options.near,
        options.far,
        "near" if inverse else "far",
        "disparity" if inverse else "depth",
    )
    usable = _usable(image.samples, meaning.invalid, -math.inf)
    if not usable.any():
        raise RefusedError(NO_NUMBER)
    known = image.samples if usable.all() else image.samples[usable]
    limits, notes = _clip_limits(image.samples, usable, options)
    low, high = limits or (float(known.min()), float(known.max()))
    if low == high:
        raise RefusedError(
            f"the map has one value everywhere ({low:g}); depth needs a nearer and a farther place"
        )
    if limits is None and image.levels is None:
        _check_outliers(known, low, high)
    values = _distinct_values(image)
    share = _share_of_range(values, low, high)
    if image.levels is not None or known.size < usable.size:
        share[~_usable(values, meaning.invalid, -math.inf)] = np.nan
    notes += Notes(
        assumed=(
            f"its values {low:g} to {high:g} are spread over {gray.near_m:g} m to {gray.far_m:g} m in even steps of "
            + ("1/m" if inverse else "metres"),
        )
    )
    buffer = buffer_from_gray(share, gray, pixel_format=options.stored_format.single)
    return _expand_codes(buffer, image), notes


def _check_outliers(known: NDArray[Any], low: float, high: float) -> None:
    """Raise RefusedError where a few values stretch the range so far that all others become one distance."""
    least, most = np.percentile(known, (0.1, 99.9)).tolist()
    if most - least < OUTLIER_RATIO * (high - low):
        raise RefusedError(
            f"99.8 % of its values are between {least:g} and {most:g}, but the range is {low:g} to {high:g}, in which "
            "they are one distance; cut the others off with --clip 0.1"
        )


WHITE_BY_NAME = (
    "white was taken for near, as in the pairs NAME.jpg and NAME_depth.jpg of 3D photo programs; if it is far, say "
    "--white far"
)


def _share_of_range(values: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Return where the values are between low (0) and high (1); those outside are moved to the ends."""
    if high - low > np.finfo(np.float32).max:
        share = ((values.astype(np.float64) - low) / (high - low)).astype(np.float32)
    else:
        share = (values.astype(np.float32) - np.float32(low)) / np.float32(high - low)
    clipped: NDArray[np.float32] = np.clip(share, 0, 1, out=share)
    return clipped


def _convert_gray(image: MapImage, options: MapOptions, preset: Preset | None) -> tuple[DepthBuffer, Notes]:
    """Convert gray levels between --near and --far."""
    if options.near is None or options.far is None:
        raise UsageError(
            f"the {image.source} holds gray levels: say with --near and --far how many metres its ends stand for"
        )
    meaning = GrayscaleMeaning(options.near, options.far, options.white_end, options.spacing)
    samples, holes = image.samples, _hole_mask(image.samples, options.invalid)
    known = samples if holes is None else samples[~holes]
    if image.levels is None and not np.isfinite(known).any():
        raise RefusedError(NO_NUMBER)
    if image.levels is None and not _within_unit_range(known):
        raise UsageError(
            f"--near and --far spread gray levels of 0 to 1, but the {image.source} goes from "
            f"{np.nanmin(known):g} to {np.nanmax(known):g}; leave them out if it holds metres, or say --kind "
            "inverse-relative or affine if it has no scale"
        )
    if samples.min() == samples.max():
        raise RefusedError(
            f"the map has one value everywhere ({samples.flat[0]:g}); depth needs a nearer and a farther place"
        )
    if image.levels is None:
        known = known[np.isfinite(known)]
    if not known.size:
        raise RefusedError(f"the map holds no gray level but the {options.invalid:g} of holes")
    notes = describe_gray(image, known, meaning, preset)
    if options.is_pair:
        notes += Notes(notes=(WHITE_BY_NAME,))
    if options.clip:
        limits, clip_notes = _clip_limits(samples, _usable(samples, options.invalid, 0), options)
        notes += clip_notes
        if limits:
            samples = np.clip(samples, *limits).astype(samples.dtype)
    if holes is not None and image.levels is None:
        samples = np.where(holes, samples.dtype.type(np.nan), samples)
    if image.levels not in (None, 256, 65536):
        samples = samples / np.float32(image.levels - 1)
    buffer = buffer_from_gray(samples, meaning, pixel_format=options.stored_format.single)
    if holes is not None and image.levels is not None:
        buffer = buffer.replace(samples=np.where(holes, np.float32(np.nan), buffer.samples))
    return buffer, notes


def _within_unit_range(samples: NDArray[Any]) -> bool:
    finite = samples[np.isfinite(samples)]
    return bool(finite.size and finite.min() >= 0 and finite.max() <= 1)
