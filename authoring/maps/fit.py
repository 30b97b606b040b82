"""From a map, whatever it is, to a `DepthBuffer` in the photo's stored raster.

Knows: which sources state their own distances, and the order of the steps: meaning, orientation, aspect, size,
edges, holes. Must not know: containers, codecs of photos.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from authoring.codecs.maps.formats import MapImage, map_from_array, values_of
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import FILM_DIAGONAL_MM, calibration_from_exif_lens
from authoring.depth.holes import fill_holes
from authoring.depth.orientation import Orientation
from authoring.depth.raster import check_aspect, fitted_size, resampled, turned
from authoring.errors import RefusedError, UsageError
from authoring.maps import diagnose
from authoring.maps.convert import buffer_of_image
from authoring.maps.presets import Kind

if TYPE_CHECKING:
    from authoring.apple.dictionary import AuxiliaryData
    from authoring.maps.refine import Guide


@runtime_checkable
class SupportsArray(Protocol):
    """What NumPy can make an array of, such as a torch tensor on the CPU."""

    def __array__(self) -> NDArray[Any]:
        """The array."""
        ...


MapSource: TypeAlias = "NDArray[Any] | SupportsArray | MapImage | DepthBuffer | AuxiliaryData"
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
    preset: str | None = None
    """The maker whose files' meaning to take; see `presets.PRESETS`."""
    kind: Kind | None = None
    unit: str | None = None
    """Of metric kinds: m, cm, mm, or steps to one such as m*256."""
    invalid: float | None = None
    """The value that marks a hole, besides NaN; integers of a metric unit have 0."""
    clip: float | None = None
    """Per cent of the values to treat as outliers at either end, 0 to 49."""
    max_holes: float = 60.0
    """Per cent of the map that may be holes."""
    key: str | None = None
    """The array of an NPZ, the channel of an OpenEXR file."""
    frame: int | None = None
    """The map of a stack, from 0."""
    map_name: str = ""
    """The map file's name, a hint to its meaning."""
    refine: bool = False
    """Bring the map to the stored size along the photo's edges."""


@dataclass()
class Notes:
    """Sentences for the report, collected on the way: what was assumed, and what a person should know."""

    assumed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def extend(self, other: Notes) -> None:
        """Add what another collected."""
        self.assumed.extend(other.assumed)
        self.notes.extend(other.notes)


def wide_format(pixel_format: PixelFormat) -> PixelFormat:
    """The 32-bit format of the same kind: maps are prepared in it, so that float16 adds no error of its own."""
    return PixelFormat.FDIS if pixel_format.kind == "disparity" else PixelFormat.FDEP


def buffer_of(source: MapSource, options: MapOptions, notes: Notes) -> DepthBuffer:
    """The map's values as a 32-bit `DepthBuffer`, oriented as given.

    Raises UsageError where unit, polarity or range are missing or do not belong, RefusedError where no value is
    usable.
    """
    wide = wide_format(options.pixel_format)
    if isinstance(source, DepthBuffer):
        _no_meaning(options, "the map holds distances already")
        return source.converted(wide)
    if isinstance(source, MapImage):
        image = source
    elif isinstance(source, SupportsArray):
        image = map_from_array(_array_of(source))
    else:
        _no_meaning(options, "the dictionary holds distances already")
        return _buffer_of_dictionary(source).converted(wide)
    notes.notes.extend(image.notes)
    if image.scale is not None:
        _no_meaning(options, "the PNG states its own scale")
        make = DepthBuffer.from_depth_m if image.scale.kind == "depth" else DepthBuffer.from_disparity_per_m
        return make(values_of(image), pixel_format=wide)
    buffer = buffer_of_image(image, options, wide, notes)
    if options.map_orientation != "stored" and options.preset is None and options.kind is None:
        doubt = diagnose.polarity_note(buffer)
        notes.notes.extend([doubt] if doubt else [])
    if image.focal_px is not None:
        buffer = buffer.replace(calibration=_pinhole(buffer, image.focal_px))
        notes.assumed.append(f"the focal length is the map file's own, {image.focal_px:g} pixels of the map")
    return buffer


def _array_of(source: SupportsArray) -> NDArray[Any]:
    """The NumPy array of whatever gives one: a torch tensor on the CPU does."""
    try:
        array = np.asarray(source)
    except Exception as error:  # Torch raises TypeError for bfloat16 and CUDA, RuntimeError for gradients.
        raise UsageError(
            f"the map gives no NumPy array ({str(error).splitlines()[0] if str(error) else type(error).__name__}); "
            "a tensor needs .detach().float().cpu()"
        ) from error
    return array


def _pinhole(buffer: DepthBuffer, focal_px: float) -> Calibration | None:
    equivalent = focal_px * FILM_DIAGONAL_MM / math.hypot(buffer.width, buffer.height)
    return calibration_from_exif_lens(buffer.width, buffer.height, equivalent)


def _no_meaning(options: MapOptions, why: str) -> None:
    if options.near_m is not None or options.far_m is not None:
        raise UsageError(f"--near and --far do not apply: {why}")
    for name in ("preset", "kind", "unit", "invalid", "clip"):
        if getattr(options, name) is not None:
            raise UsageError(f"--{name} does not apply: {why}")


def _buffer_of_dictionary(data: AuxiliaryData) -> DepthBuffer:
    from authoring.apple.depth_properties import depth_properties
    from authoring.read.depth_image import calibration_of

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
    guide: Guide | None = None,
) -> DepthBuffer:
    """Turn, check, shrink and fill a map for a photo of stored size (width, height).

    The result lies in the photo's stored raster, at most `max_size` long, without holes. With a guide, which is the
    photo itself, it has the guide's size and its edges. Raises RefusedError when the aspects differ by more than one
    per cent or nothing valid is left.
    """
    if options.calibration is not None:
        buffer = buffer.replace(calibration=options.calibration)
    seen = options.map_orientation != "stored" and orientation.swaps_axes
    across, down = photo_size[::-1] if seen else photo_size
    diagnose.refuse_collage(buffer.samples, (across, down))
    if options.map_orientation != "stored":
        buffer = turned(buffer, orientation.inverse)
        if orientation != Orientation(1):
            notes.assumed.append(
                f"the map lies as the photo is seen; it was turned into the stored raster (Orientation {orientation})"
            )
    height, width = buffer.samples.shape
    check_aspect(width, height, *photo_size)
    share = _holes(buffer, options.max_holes)
    new_width, new_height = fitted_size(width, height, options.max_size)
    filled = 0
    if guide is not None:
        from authoring.maps import refine as refining

        buffer, filled = refining.refined(buffer, guide, notes)
        new_height, new_width = guide.shape[:2]
    elif (new_width, new_height) != (width, height):
        buffer = resampled(buffer, new_width, new_height)
        notes.notes.append(f"the map was averaged from {width}x{height} to {new_width}x{new_height}")
    enlarge = -(-MIN_STORED_SIDE // min(new_width, new_height))
    if enlarge > 1:
        samples = buffer.samples.repeat(enlarge, axis=0).repeat(enlarge, axis=1)
        buffer = buffer.replace(samples=samples)
        notes.notes.append(f"the map is very small and each sample was stored {enlarge}x{enlarge} times")
    buffer, holes = fill_holes(buffer, 1.0)
    if share:
        left = holes.method if holes.count or filled else "averaged away as the map was made smaller"
        notes.notes.append(f"{share:.1%} of the map were holes, {left}")
    if options.accuracy is not None:
        buffer = buffer.replace(accuracy=options.accuracy)
    return buffer


def _holes(buffer: DepthBuffer, max_percent: float) -> float:
    """The share of holes before the map is made smaller, 0 to 1. RefusedError where it is too large."""
    share = 0.0 if buffer.all_valid else 1 - float(np.mean(buffer.valid))
    if max_percent / 100 < share < 1:
        raise RefusedError(
            f"{share:.1%} of the map holds no valid depth, more than the {max_percent:g} % that may be filled in; "
            "supply a map with fewer holes, or allow more with --max-holes"
        )
    return share


def source_of(options: MapOptions) -> str:
    """What kind of distances a map holds, in a word of provenance: a gray map between near and far is nominal."""
    return "nominal" if options.near_m is not None else "estimated"
