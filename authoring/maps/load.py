"""Load a user's map: from file bytes, an array or Apple's dictionary to a buffer in metres or 1/m."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.apple.depth_properties import parse_properties
from authoring.apple.dictionary import AuxiliaryData, parse_json, parse_plist
from authoring.codecs.maps.formats import kind_by_name, read_map
from authoring.codecs.maps.map_image import MapImage
from authoring.codecs.maps.picture import values_of
from authoring.depth.aspect import same_shape
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.calibration import Calibration
from authoring.depth.calibration_sources import FILM_DIAGONAL_MM, calibration_from_exif_lens
from authoring.depth.distance_text import metres
from authoring.depth.estimate_origin import EstimateOrigin, parse_origin
from authoring.depth.orientation import Orientation
from authoring.errors import DepthauthorError, RefusedError, UnsupportedError, UsageError
from authoring.maps.convert import ConvertedMap, convert_image
from authoring.maps.doubts import check_colours
from authoring.maps.map_options import MapOptions
from authoring.maps.notes import Notes
from authoring.maps.presets import Raster, Reading, preset_named
from authoring.maps.python_maps import map_image_of
from authoring.read import depth_image
from authoring.read.crop import shown_part
from authoring.read.depth_range import with_range
from authoring.read.foreign.base import DEPTH_NAMES
from authoring.read.foreign.find import find
from authoring.read.layout import depth_images


@runtime_checkable
class SupportsArray(Protocol):
    """What NumPy can make an array of: a tensor, a masked array, a PIL image."""

    def __array__(self) -> NDArray[Any]:
        """Return the array."""
        ...


class SupportsArrayInterface(Protocol):
    """What offers its memory as an array, as PIL images did before they had `__array__`."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Describe the array."""
        ...


BytesLike: TypeAlias = bytes | bytearray | memoryview

MapSource: TypeAlias = (
    BytesLike
    | NDArray[Any]
    | SupportsArray
    | SupportsArrayInterface
    | Sequence[Sequence[float]]
    | Mapping[str, Any]
    | MapImage
    | DepthBuffer
    | AuxiliaryData
)
"""Everything that `embed` takes as a map: the bytes of a file, or what they hold. A bare float array (H, W) holds
metres if nothing speaks against it; `python_maps` has the rest."""

PLIST = (b"bplist00", b"<?xml", b"<plist")
MAP_OR_PHOTO = (b"\xff\xd8", b"II*\0", b"MM\0*")
"""A JPEG or TIFF may be a gray map or a photo with depth, JPEG or DNG."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedMap:
    """A map as a 32-bit buffer, (H, W) float32 in metres or 1/m, and what was assumed in reading it."""

    buffer: DepthBuffer
    notes: Notes
    meaning: str
    """What the map was taken for, in a sentence."""
    reading: Reading | None = None
    """The same as a word; None where the map states its own distances, so that nothing speaks against it."""
    question: str = ""
    """See `Meaning.question`."""
    preset: str | None = None
    """Name of the preset that was used because the map's source says whose it is."""
    raster: Raster | None = None
    """How it lies if it says so itself: ImageIO's dictionary describes the stored raster."""


ANOTHER_PHOTO = "the map is another photo's depth"


def load_map(source: MapSource, options: MapOptions) -> LoadedMap:
    """Return the map's distances, oriented as given, holes included.

    Raises UsageError where unit, polarity or range are missing or do not apply, RefusedError where no value is
    usable.
    """
    loaded = _load(source, options)
    if loaded.buffer.estimate is not None and options.accuracy == "absolute":
        raise UsageError(
            "--accuracy absolute is for metres that are measured, and those of an estimate are not"
        )
    return loaded


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _load(source: MapSource, options: MapOptions) -> LoadedMap:
    """Load a map as `load_map` does.

    Values that no single float holds become infinity or NaN, sky or holes, without NumPy's warnings.
    """
    single = options.stored_format.single
    if _is_bytes(source):
        data = bytes(source)
        photo = _photo_depth(data, options)
        if photo is not None:
            _refuse_meaning(replace(options, near=None, far=None), "the map holds distances already")
            return _loaded_buffer(photo.buffer, single, photo.meaning, Notes(notes=photo.notes))
        return _load(parse_map_source(data, options.key, options.frame, options.map_name), options)
    if isinstance(source, DepthBuffer):
        _refuse_meaning(options, "the map holds distances already")
        return _loaded_buffer(source, single, "", Notes())
    if isinstance(source, AuxiliaryData):
        _refuse_meaning(options, "the dictionary holds distances already")
        buffer = _buffer_of_dictionary(source).converted(single)
        loaded = _loaded(buffer, "the map is Apple's auxiliary data dictionary", Notes())
        return replace(loaded, raster="stored")
    image = source if isinstance(source, MapImage) else map_image_of(source, options.key, options.frame)
    file_notes = Notes(notes=image.notes) + check_colours(image, options.force)
    if image.scale is not None:
        _stated_kind(options, image.scale.kind, "the PNG states its own scale")
        build = DepthBuffer.from_depth_m if image.scale.kind == "depth" else DepthBuffer.from_disparity_per_m
        buffer = build(values_of(image), pixel_format=single)
        return _loaded_mark(
            buffer, image, f"the {image.source} says that it holds {image.scale.kind}", file_notes
        )
    if image.holds is not None:
        stated = f"the {image.source} says that it holds {image.holds}"
        converted = _convert(image, _stated_kind(options, image.holds, stated, keeps=("invalid", "clip")))
        notes = Notes(assumed=(stated, *converted.notes.assumed[1:]), notes=converted.notes.notes)
        buffer, camera = _with_camera(converted.buffer, image, options)
        return _loaded_mark(buffer, image, stated, file_notes + notes + camera)
    preset = image.preset if (options.preset, options.kind, options.unit) == (None, None, None) else None
    converted = _convert(image, replace(options, preset=preset) if preset else options)
    buffer, camera = _with_camera(converted.buffer, image, options)
    loaded = _loaded(buffer, converted.notes.assumed[0], file_notes + converted.notes + camera, converted)
    return replace(loaded, preset=preset)


@dataclass(frozen=True, slots=True, eq=False)
class _PhotoDepth:
    """The depth of a photo that is given as a map."""

    buffer: DepthBuffer
    meaning: str
    notes: tuple[str, ...]


def _is_bytes(source: Any) -> TypeGuard[BytesLike]:
    """Return whether a source is the bytes of a file; a memoryview of other numbers is an array."""
    if isinstance(source, memoryview):
        return source.ndim == 1 and source.itemsize == 1
    return isinstance(source, bytes | bytearray)


def _with_camera(buffer: DepthBuffer, image: MapImage, options: MapOptions) -> tuple[DepthBuffer, Notes]:
    """Return the map with the camera of the options or of the map file, and what was assumed of it."""
    focal_px = options.focal_px or image.focal_px
    if image.intrinsics is not None and options.focal_px is None:
        fx, fy, cx, cy = image.intrinsics
        matrix = ((fx, 0.0, cx), (0.0, fy, cy), (0.0, 0.0, 1.0))
        buffer = buffer.replace(calibration=Calibration(matrix, buffer.width, buffer.height))
        return buffer, Notes(
            assumed=(f"the camera is the map's own, its focal length {fx:g} pixels of the map",)
        )
    if focal_px is None:
        return buffer, Notes()
    buffer = buffer.replace(calibration=_pinhole(buffer, focal_px))
    if options.focal_px is not None:
        return buffer, Notes()
    return buffer, Notes(assumed=(f"the focal length is the map's own, {focal_px:g} pixels of the map",))


def _loaded(
    buffer: DepthBuffer, meaning: str, notes: Notes, converted: ConvertedMap | None = None
) -> LoadedMap:
    """Return a loaded map; of depth, which has no number for infinity, the sky is as far as the farthest sample."""
    if buffer.pixel_format.kind == "depth":
        sky = np.isposinf(buffer.samples)
        known = buffer.samples[np.isfinite(buffer.samples)]
        if sky.any() and known.size:
            farthest = known.max()
            buffer = buffer.replace(samples=np.where(sky, farthest, buffer.samples))
            sentence = f"depth in metres has no infinity: the sky is stored as {farthest:g} m, the farthest"
            notes += Notes(notes=(sentence,))
    if converted is None:
        return LoadedMap(buffer, notes, meaning)
    return LoadedMap(buffer, notes, meaning, converted.reading, converted.question)


NOT_MEASURED = "which are assumed, not measured (--near and --far set them when estimating)"


def _loaded_buffer(buffer: DepthBuffer, single: PixelFormat, stated: str, notes: Notes) -> LoadedMap:
    """Return depth that says itself what it holds: a photo's, or a network's estimate.

    stated: what it is, where it is no estimate, or more than that.
    """
    if buffer.estimate is None:
        return _loaded(buffer.converted(single), stated or ANOTHER_PHOTO, notes)
    estimated, estimate_notes = _estimated(buffer, buffer.estimate)
    meaning = f"{stated}, {estimated}" if stated else estimated
    return _loaded(buffer.converted(single), meaning, Notes(assumed=(meaning,)) + notes + estimate_notes)


def _loaded_mark(buffer: DepthBuffer, image: MapImage, stated: str, notes: Notes) -> LoadedMap:
    """Return a map whose file says what it holds, and perhaps which network estimated it."""
    origin = parse_origin(image.estimate) if image.estimate else None
    if origin is None:
        return _loaded(buffer, stated, notes)
    buffer = buffer.replace(estimate=origin)
    if origin.focal_widths is not None and buffer.calibration is None:
        width, height = buffer.width, buffer.height
        buffer = buffer.replace(calibration=Calibration.pinhole(origin.focal_widths * width, width, height))
    others = tuple(sentence for sentence in notes.assumed if sentence != stated)
    return _loaded_buffer(buffer, buffer.pixel_format, stated, replace(notes, assumed=others))


def _estimated(buffer: DepthBuffer, origin: EstimateOrigin) -> tuple[str, Notes]:
    """Return what is said of an estimate: the network, and what its metres are worth."""
    worth = origin.by.worth
    if origin.scale in ("given", "assumed"):
        near, far = _ends(buffer)
        worth = f"it has no scale, so its values are spread over {metres(near)} to {metres(far)}"
        worth += ", as given" if origin.scale == "given" else f", {NOT_MEASURED}"
    notes = Notes()
    if origin.size is not None:
        width, height = origin.size
        notes = Notes(notes=(f"the network's own output has {width}x{height} samples",))
    return f"estimated by {origin.by.name}: {worth}", notes


def _ends(buffer: DepthBuffer) -> tuple[float, float]:
    """Return the least and the largest distance in metres."""
    depth = buffer.depth_m()
    return float(np.nanmin(depth)), float(np.nanmax(depth))


def _convert(image: MapImage, options: MapOptions) -> ConvertedMap:
    """Convert a map; what its mask leaves out becomes holes."""
    if image.mask is None or image.levels is None:
        return convert_image(image, options)
    if not image.mask.any():
        raise RefusedError("the map's mask leaves no valid value")
    # A level that the mask leaves out must not widen the range of the others.
    some_valid = image.samples[image.mask][0]
    masked = replace(image, samples=np.where(image.mask, image.samples, some_valid))
    converted = convert_image(masked, options)
    samples = np.where(image.mask, converted.buffer.samples, np.float32(np.nan))
    return replace(converted, buffer=converted.buffer.replace(samples=samples))


def _stated_kind(
    options: MapOptions, kind: Literal["depth", "disparity"], why: str, keeps: tuple[str, ...] = ()
) -> MapOptions:
    """Return the options for a file that says that it holds metres or 1/m. Raises UsageError where they disagree.

    keeps: the options that apply besides.
    """
    agrees = options.kind in (None, kind) and options.unit in (None, "m", "1/m")
    others: dict[str, Any] = dict.fromkeys((*keeps, "kind", "unit") if agrees else keeps)
    _refuse_meaning(replace(options, **others), why)
    return replace(options, kind=kind, unit="m")


def map_raster(
    options: MapOptions, loaded: LoadedMap, photo_size: tuple[int, int], orientation: Orientation
) -> Raster:
    """Return how a map lies on a photo of stored size (width, height), by the options, the map or its maker.

    A maker's map whose shape only fits the upright photo is upright: its photo had been turned before.
    """
    stated = options.map_orientation or loaded.raster
    if stated is not None:
        return stated
    name = options.preset or loaded.preset
    if name is None or preset_named(name).raster == "display":
        return "display"
    map_size = (loaded.buffer.width, loaded.buffer.height)
    turned_before = orientation.swaps_axes and not same_shape(map_size, photo_size)
    return "display" if turned_before else "stored"


def parse_map_source(
    data: bytes, key: str | None = None, frame: int | None = None, name: str = ""
) -> MapImage | DepthBuffer | AuxiliaryData:
    """Parse a map file: a map, ImageIO's dictionary, or a photo with depth, whose depth is taken upright.

    key: of an NPZ or OpenEXR file; frame: of a stack; name: of the file, which may say the kind.
    Raises UnsupportedError for a HEIC without depth.
    """
    if data.startswith(PLIST):
        _refuse_choice(key, frame, "a property list")
        return parse_plist(data)
    if data.startswith(b"{"):
        _refuse_choice(key, frame, "a dictionary in JSON")
        return parse_json(data)
    photo = _photo_depth(data, MapOptions(key=key, frame=frame))
    if photo is not None:
        return photo.buffer
    image = read_map(data, key, frame)
    return image if image.holds else replace(image, holds=kind_by_name(name))


def _photo_depth(data: bytes, options: MapOptions) -> _PhotoDepth | None:
    """Return the depth of a photo that is given as a map; None for what is no photo with depth.

    Raises UnsupportedError for a HEIC without depth.
    """
    if data[4:8] == b"ftyp":
        _refuse_choice(options.key, options.frame, "a photo")
        try:
            return _depth_of_photo(data, options)
        except UnsupportedError as error:
            raise UnsupportedError(f"the map is a photo and {error.message}") from error
    if data.startswith(MAP_OR_PHOTO) and _has_depth(data):
        _refuse_choice(options.key, options.frame, "a photo")
        return _depth_of_photo(data, options)
    return None


def _depth_of_photo(data: bytes, options: MapOptions) -> _PhotoDepth:
    file = containers.parse(data)
    reading = with_range(depth_image.read_depth(file, options.min_confidence), options.near, options.far)
    reading = shown_part(reading, file.layout)
    buffer = reading.buffer("display")
    if reading.foreign is None:
        return _PhotoDepth(buffer, ANOTHER_PHOTO, ())
    meaning = f"the map is the {DEPTH_NAMES[reading.foreign.source]} of another photo"
    return _PhotoDepth(buffer, meaning, reading.notes)


def _has_depth(data: bytes) -> bool:
    """Return whether a JPEG or TIFF is a photo with depth; what our parser rejects is left to the map reader.

    Raises MalformedError or UnsupportedError where it has depth of another maker that cannot be read.
    """
    try:
        file = containers.parse(data)
    except DepthauthorError:
        return False
    return bool(depth_images(file.layout)) or find(file) is not None


def _refuse_choice(key: str | None, frame: int | None, what: str) -> None:
    if key is not None or frame is not None:
        raise UsageError(f"--key and --frame choose within NPZ, NPY and OpenEXR files, and the map is {what}")


def _pinhole(buffer: DepthBuffer, focal_px: float) -> Calibration | None:
    equivalent = focal_px * FILM_DIAGONAL_MM / math.hypot(buffer.width, buffer.height)
    return calibration_from_exif_lens(buffer.width, buffer.height, equivalent)


def _refuse_meaning(options: MapOptions, why: str) -> None:
    """Raise UsageError for options that say what values mean, given with a map that states it itself."""
    if options.near is not None or options.far is not None:
        raise UsageError(f"--near and --far do not apply: {why}")
    for name in ("preset", "kind", "unit", "invalid", "clip", "white"):
        if getattr(options, name) is not None:
            raise UsageError(f"--{name} does not apply: {why}")
    if options.invert or options.spacing != "depth":
        raise UsageError(f"--{'invert' if options.invert else 'spacing'} does not apply: {why}")


def _buffer_of_dictionary(data: AuxiliaryData) -> DepthBuffer:
    description = data.data_description
    pixel_format = PixelFormat.from_fourcc(description.pixel_format)
    samples = np.frombuffer(data.packed_data(), pixel_format.dtype)
    properties = parse_properties(data.metadata)
    return DepthBuffer(
        samples=samples.reshape(description.height, description.width),
        pixel_format=pixel_format,
        accuracy="absolute" if properties.accuracy == "absolute" else "relative",
        quality="low" if properties.quality == "low" else "high",
        filtered=bool(properties.filtered),
        calibration=depth_image.calibration_of(properties),
    )
