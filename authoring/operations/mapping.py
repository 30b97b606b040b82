"""From a map, whatever it is, to a `DepthBuffer` in the photo's stored raster.

Knows: what gray levels, floats, Apple's dictionary and NumPy arrays mean by default, and the order of the
steps: unit, orientation, aspect, size, holes. Must not know: containers, codecs of photos.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps import MapImage, map_from_array, values_of
from authoring.depth import (
    Calibration,
    DepthBuffer,
    GrayscaleMeaning,
    Orientation,
    PixelFormat,
    buffer_from_gray,
    check_aspect,
    fill_holes,
    fitted_size,
    resampled,
    turned,
)
from authoring.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from authoring.apple.dictionary import AuxiliaryData

MapSource: TypeAlias = "NDArray[Any] | MapImage | DepthBuffer | AuxiliaryData"
"""Everything that `embed` takes as a map. A bare float array (H, W) holds metres."""

DEFAULT_MAX_SIZE = 768
"""The long side of every rear-camera map in the samples; larger maps gain nothing at 8 bits."""


MIN_STORED_SIDE = 64
"""The HEVC encoder pads smaller pictures to this and crops them by a property that no Apple depth item has."""


@dataclass(frozen=True, slots=True)
class MapOptions:
    """How a map is to be understood and fitted; the command line's options of the same names."""

    near_m: float | None = None
    far_m: float | None = None
    white: Literal["far", "near"] = "far"
    spacing: Literal["depth", "disparity"] = "depth"
    pixel_format: PixelFormat = PixelFormat.HDIS
    accuracy: Literal["relative", "absolute"] | None = None
    map_orientation: Literal["display", "stored"] | None = None
    max_size: int = DEFAULT_MAX_SIZE
    calibration: Calibration | None = None
    """Of a camera that saw what the map shows, lying as the map lies."""


@dataclass
class Notes:
    """Sentences for the report, collected on the way: what was assumed, and what a person should know."""

    assumed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def wide_format(pixel_format: PixelFormat) -> PixelFormat:
    """The 32-bit format of the same kind: maps are prepared in it, so that float16 adds no error of its own."""
    return PixelFormat.FDIS if pixel_format.kind == "disparity" else PixelFormat.FDEP


def buffer_of(source: MapSource, options: MapOptions, notes: Notes) -> DepthBuffer:
    """The map's values as a 32-bit `DepthBuffer`, oriented as given.

    Raises UsageError where near and far are missing or do not belong, RefusedError where no value is usable.
    """
    wide = wide_format(options.pixel_format)
    if isinstance(source, DepthBuffer):
        _no_range(options, "the map holds distances already")
        return source.converted(wide)
    if isinstance(source, np.ndarray):
        source = map_from_array(source)
    elif not isinstance(source, MapImage):
        return _buffer_of_dictionary(source, options).converted(wide)
    image = source
    notes.notes.extend(image.notes)
    if image.scale is not None:
        _no_range(options, "the PNG states its own scale")
        make = DepthBuffer.from_depth_m if image.scale.kind == "depth" else DepthBuffer.from_disparity_per_m
        return make(values_of(image), pixel_format=wide)
    if image.levels is None and options.near_m is None and options.far_m is None:
        notes.assumed.append(f"the {image.source} holds depth in metres")
        return DepthBuffer.from_depth_m(image.samples, pixel_format=wide)
    return _buffer_of_gray(image, options, wide, notes)


def _buffer_of_gray(image: MapImage, options: MapOptions, wide: PixelFormat, notes: Notes) -> DepthBuffer:
    if options.near_m is None or options.far_m is None:
        raise UsageError(
            f"the {image.source} holds gray levels: say with --near and --far how many metres its ends stand for"
        )
    meaning = GrayscaleMeaning(options.near_m, options.far_m, options.white, options.spacing)
    samples = image.samples
    if image.levels is None and not _within_unit_range(samples):
        raise UsageError(
            f"--near and --far spread gray levels of 0 to 1, but the {image.source} goes from "
            f"{np.nanmin(samples):g} to {np.nanmax(samples):g}; leave them out if it holds metres"
        )
    if samples.min() == samples.max():
        raise RefusedError(
            f"the map has one value everywhere ({samples.flat[0]:g}); depth needs a nearer and a farther place"
        )
    black, white = ("near", "far") if options.white == "far" else ("far", "near")
    steps = "metres" if options.spacing == "depth" else "1/m"
    notes.assumed.append(
        f"black is {black} and white is {white}, {options.near_m:g} m to {options.far_m:g} m in even steps of {steps}"
    )
    return buffer_from_gray(samples, meaning, pixel_format=wide)


def _within_unit_range(samples: NDArray[Any]) -> bool:
    finite = samples[np.isfinite(samples)]
    return bool(finite.size and finite.min() >= 0 and finite.max() <= 1)


def _no_range(options: MapOptions, why: str) -> None:
    if options.near_m is not None or options.far_m is not None:
        raise UsageError(f"--near and --far do not apply: {why}")


def _buffer_of_dictionary(data: AuxiliaryData, options: MapOptions) -> DepthBuffer:
    from authoring.apple import depth_properties
    from authoring.operations.auxiliary import calibration_of

    _no_range(options, "the dictionary holds distances already")
    pixel_format = PixelFormat.from_fourcc(data.data_description.pixel_format)
    size = (data.data_description.height, data.data_description.width)
    samples = np.frombuffer(data.packed_data(), pixel_format.dtype).reshape(size)
    told = depth_properties(data.metadata)
    return DepthBuffer(
        samples=samples,
        pixel_format=pixel_format,
        accuracy="absolute" if told.accuracy == "absolute" else "relative",
        quality="low" if told.quality == "low" else "high",
        filtered=bool(told.filtered),
        calibration=calibration_of(told),
    )


def fit_to_photo(
    buffer: DepthBuffer,
    photo_size: tuple[int, int],
    orientation: Orientation,
    options: MapOptions,
    notes: Notes,
) -> DepthBuffer:
    """Turn, check, shrink and fill a map for a photo of stored size (width, height).

    The result lies in the photo's stored raster, at most `max_size` long, without holes. Raises RefusedError
    when the aspects differ by more than one per cent or nothing valid is left.
    """
    if options.calibration is not None:
        buffer = buffer.replace(calibration=options.calibration)
    if options.map_orientation != "stored":
        buffer = turned(buffer, orientation.inverse)
        if orientation != Orientation(1):
            notes.assumed.append(
                f"the map lies as the photo is seen; it was turned into the stored raster (Orientation {orientation})"
            )
    height, width = buffer.samples.shape
    check_aspect(width, height, *photo_size)
    new_width, new_height = fitted_size(width, height, options.max_size)
    if (new_width, new_height) != (width, height):
        buffer = resampled(buffer, new_width, new_height)
        notes.notes.append(f"the map was averaged from {width}x{height} to {new_width}x{new_height}")
    enlarge = -(-MIN_STORED_SIDE // min(new_width, new_height))
    if enlarge > 1:
        samples = buffer.samples.repeat(enlarge, axis=0).repeat(enlarge, axis=1)
        buffer = buffer.replace(samples=samples)
        notes.notes.append(f"the map is very small and each sample was stored {enlarge}x{enlarge} times")
    buffer, holes = fill_holes(buffer)
    if holes.count:
        notes.notes.append(f"{holes.share:.1%} of the map were holes, {holes.method}")
    if options.accuracy is not None:
        buffer = buffer.replace(accuracy=options.accuracy)
    return buffer


def source_of(options: MapOptions) -> str:
    """What kind of distances a map holds, in a word of provenance: a gray map between near and far is nominal."""
    return "nominal" if options.near_m is not None else "estimated"
