"""From a decoded map file to distances: kind, unit, holes, outliers and sky.

Knows: how options, presets and diagnosis become one meaning, and the arithmetic of each kind.
Must not know: the photo, orientation, how files are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.formats import MapImage
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray
from authoring.depth.rows import take_table
from authoring.errors import RefusedError, UsageError
from authoring.maps import diagnose
from authoring.maps.presets import RELATIVE, SKY_M, Kind, Preset, metres_in, preset_named

if TYPE_CHECKING:
    from authoring.maps.fit import MapOptions, Notes


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the values of a map are. `unit` is None for relative kinds, `invalid` where no value marks a hole."""

    kind: Kind
    unit: str | None
    invalid: float | None


def buffer_of_image(image: MapImage, options: MapOptions, wide: PixelFormat, notes: Notes) -> DepthBuffer:
    """The distances of a map file, in the 32-bit format `wide`, oriented as given.

    Raises UsageError where the options do not say enough or contradict, RefusedError where nothing is usable.
    """
    preset = preset_named(options.preset) if options.preset else None
    if preset is not None:
        _check_preset(preset, image)
    meaning = _meaning(image, options, preset, notes)
    if meaning is None:
        return _buffer_of_gray(image, options, preset, wide, notes)
    if options.white == "near":
        raise UsageError(
            "--white is for gray levels between --near and --far; --kind and --preset say it already"
        )
    if meaning.kind in RELATIVE:
        return _relative(image, meaning, options, wide, notes)
    if options.near_m is not None or options.far_m is not None:
        raise UsageError("--near and --far do not apply: the map's unit says how far its values are")
    return _metric(image, meaning, options, wide, notes)


def _check_preset(preset: Preset, image: MapImage) -> None:
    wrong = {"integer": image.levels != 65536, "float": image.levels is not None, "any": False}
    if wrong[preset.samples]:
        sort = "16-bit integers" if preset.samples == "integer" else "floats"
        raise UsageError(
            f"--preset {preset.name} is for files holding {sort} ({preset.files}), and this is "
            f"{_article(image.source)}; leave it out and say with --kind and --unit what the map holds"
        )


def _article(source: str) -> str:
    return f"{'an' if source.startswith('8') else 'a'} {source}"


def _meaning(image: MapImage, options: MapOptions, preset: Preset | None, notes: Notes) -> Meaning | None:
    """What options, preset or the map itself say; None for gray levels between near and far."""
    kind = options.kind or (preset.kind if preset else None)
    unit = options.unit or (preset.unit if preset else None)
    invalid = options.invalid if options.invalid is not None else (preset.invalid if preset else None)
    if kind in RELATIVE:
        if options.unit is not None:
            raise UsageError(f"a map of kind {kind} has no unit: --near and --far give its scale")
        unit = None
    elif kind is None and unit is not None:
        kind = "depth"
    if kind is None:
        if preset is not None or options.near_m is not None or options.far_m is not None:
            return None
        found = diagnose.diagnose(image, options.map_name)
        notes.assumed.append(found.why)
        return Meaning(found.kind, found.unit, invalid if invalid is not None else found.invalid)
    if kind not in RELATIVE and unit is None:
        if image.levels is not None:
            raise UsageError(
                f"the {image.source} holds integers: say with --unit how much one step is (mm, m*256, m*5000)"
            )
        unit = "m"
    if kind == "depth" and image.levels is not None and invalid is None:
        invalid = 0
    notes.assumed.append(_told(image, kind, unit, preset))
    return Meaning(kind, unit, invalid)


def _told(image: MapImage, kind: Kind, unit: str | None, preset: Preset | None) -> str:
    by = f" (preset {preset.name}: {preset.note})" if preset else ""
    if kind == "inverse-relative":
        return f"the {image.source} holds inverse depth without a scale, larger is nearer{by}"
    if kind == "affine":
        return f"the {image.source} holds depth without a scale, larger is farther{by}"
    return f"the {image.source} holds {kind} in {unit if kind == 'depth' else f'1/{unit}'}{by}"


def _marked(samples: NDArray[Any], invalid: float | None) -> NDArray[np.bool_] | None:
    """Mask of the values that mark holes; None where no value does."""
    if invalid is None:
        return None
    marked: NDArray[np.bool_] = np.isinf(samples) if math.isinf(invalid) else samples == invalid
    return marked


def _usable(samples: NDArray[Any], invalid: float | None, least: float) -> NDArray[np.bool_]:
    """Mask of the values that say how far something is: numbers, not below `least`, not marking holes."""
    usable: NDArray[np.bool_] = np.isfinite(samples)
    with np.errstate(invalid="ignore"):
        usable &= samples >= least
    marked = _marked(samples, invalid)
    if marked is not None:
        usable &= ~marked
    return usable


def _clip(
    samples: NDArray[Any], usable: NDArray[np.bool_], options: MapOptions, notes: Notes
) -> tuple[float, float] | None:
    """The least and the largest value to keep, by the percentiles asked for."""
    if not options.clip or not usable.any():
        return None
    low, high = (float(one) for one in np.percentile(samples[usable], (options.clip, 100 - options.clip)))
    moved = int(np.count_nonzero(usable & ((samples < low) | (samples > high))))
    notes.notes.append(
        f"{moved / samples.size:.2%} of the map were outliers and clipped to {low:g} and {high:g}"
    )
    return low, high


def _codes(image: MapImage) -> NDArray[Any]:
    """The values to convert: the samples of floats; of integers each code once, (1, levels)."""
    if image.levels is None:
        return image.samples
    return np.arange(image.levels, dtype=image.samples.dtype)[np.newaxis]


def _spread_out(buffer: DepthBuffer, image: MapImage) -> DepthBuffer:
    """The map of a buffer that holds the distance of each code."""
    if image.levels is None:
        return buffer
    return buffer.replace(samples=take_table(buffer.samples[0], image.samples))


def _metric(
    image: MapImage, meaning: Meaning, options: MapOptions, wide: PixelFormat, notes: Notes
) -> DepthBuffer:
    assert meaning.unit is not None
    scale, depth = metres_in(meaning.unit), meaning.kind == "depth"
    samples, values = image.samples, _codes(image)
    if depth and image.levels is None and image.ends[1] * scale >= SKY_M:
        with np.errstate(invalid="ignore"):
            sky = samples >= SKY_M / scale
        marked = _marked(samples, meaning.invalid)
        sky = sky if marked is None else sky & ~marked
        if sky.any():
            notes.notes.append(f"{sky.mean():.1%} of the map are sky, infinitely far away")
            samples = values = np.where(sky, samples.dtype.type(np.inf), samples)
    least = float(np.finfo(np.float32).smallest_subnormal) if depth else 0.0
    if options.clip:
        limits = _clip(samples, _usable(samples, meaning.invalid, least), options, notes)
        if limits:
            values = np.where(_usable(values, meaning.invalid, least), np.clip(values, *limits), values)
    marked = _marked(_codes(image), meaning.invalid)
    if scale != 1.0:
        values = _times(values.astype(np.float32), scale if depth else 1 / scale)
    if marked is not None and marked.any():
        values = np.where(marked, np.float32(np.nan), values)
    make = DepthBuffer.from_depth_m if depth else DepthBuffer.from_disparity_per_m
    return _spread_out(make(values, pixel_format=wide), image)


def _times(values: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Divided rather than multiplied where the inverse is whole: 1/256 and 1/1000 then round only once."""
    whole = round(1 / factor)
    if whole and abs(1 / factor - whole) < 1e-9 * whole:
        return values / np.float32(whole)
    return values * np.float32(factor)


def _relative(
    image: MapImage, meaning: Meaning, options: MapOptions, wide: PixelFormat, notes: Notes
) -> DepthBuffer:
    if options.near_m is None or options.far_m is None:
        raise UsageError(
            f"a map of kind {meaning.kind} has no scale: give with --near and --far the metres of its nearest and "
            "farthest place"
        )
    inverse = meaning.kind == "inverse-relative"
    gray = GrayscaleMeaning(
        options.near_m,
        options.far_m,
        "near" if inverse else "far",
        "disparity" if inverse else "depth",
    )
    usable = _usable(image.samples, meaning.invalid, -math.inf)
    if not usable.any():
        raise RefusedError("the map holds no value that is a number")
    kept = image.samples if usable.all() else image.samples[usable]
    limits = _clip(image.samples, usable, options, notes)
    low, high = limits or (float(kept.min()), float(kept.max()))
    if low == high:
        raise RefusedError(
            f"the map has one value everywhere ({low:g}); depth needs a nearer and a farther place"
        )
    values = _codes(image)
    share = (values.astype(np.float32) - np.float32(low)) / np.float32(high - low)
    np.clip(share, 0, 1, out=share)
    if image.levels is not None or kept.size < usable.size:
        share[~_usable(values, meaning.invalid, -math.inf)] = np.nan
    notes.assumed.append(
        f"its values {low:g} to {high:g} are spread over {gray.near_m:g} m to {gray.far_m:g} m in even steps of "
        + ("1/m" if inverse else "metres")
    )
    return _spread_out(buffer_from_gray(share, gray, pixel_format=wide), image)


def _buffer_of_gray(
    image: MapImage, options: MapOptions, preset: Preset | None, wide: PixelFormat, notes: Notes
) -> DepthBuffer:
    if options.near_m is None or options.far_m is None:
        raise UsageError(
            f"the {image.source} holds gray levels: say with --near and --far how many metres its ends stand for"
        )
    meaning = GrayscaleMeaning(options.near_m, options.far_m, options.white, options.spacing)
    samples, holes = image.samples, _marked(image.samples, options.invalid)
    if image.levels is None and not _within_unit_range(samples if holes is None else samples[~holes]):
        raise UsageError(
            f"--near and --far spread gray levels of 0 to 1, but the {image.source} goes from "
            f"{np.nanmin(samples):g} to {np.nanmax(samples):g}; leave them out if it holds metres, or say --kind "
            "inverse-relative or affine if it has no scale"
        )
    if samples.min() == samples.max():
        raise RefusedError(
            f"the map has one value everywhere ({samples.flat[0]:g}); depth needs a nearer and a farther place"
        )
    black, white = ("near", "far") if options.white == "far" else ("far", "near")
    steps = "metres" if options.spacing == "depth" else "1/m"
    by = f" (preset {preset.name})" if preset else ""
    notes.assumed.append(
        f"black is {black} and white is {white}, {options.near_m:g} m to {options.far_m:g} m in even steps of "
        f"{steps}{by}"
    )
    if options.clip:
        limits = _clip(samples, _usable(samples, options.invalid, 0), options, notes)
        if limits:
            samples = np.clip(samples, *limits).astype(samples.dtype)
    if holes is not None and image.levels is None:
        samples = np.where(holes, samples.dtype.type(np.nan), samples)
    buffer = buffer_from_gray(samples, meaning, pixel_format=wide)
    if holes is None or image.levels is None:
        return buffer
    return buffer.replace(samples=np.where(holes, np.float32(np.nan), buffer.samples))


def _within_unit_range(samples: NDArray[Any]) -> bool:
    finite = samples[np.isfinite(samples)]
    return bool(finite.size and finite.min() >= 0 and finite.max() <= 1)
