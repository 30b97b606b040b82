"""Make the device test files: one photo with depth, and copies of it that each differ in one thing.

Opened on an iPhone one after another they tell which of these things Photos asks for. Everything is the project's own:
the picture is rendered (`device_scene`), its depth is exact.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring import containers
from authoring.apple import makernote
from authoring.apple.exif import read_portrait_tags
from authoring.apple.exif_required import ImageCharacteristics, build_camera_block
from authoring.apple.portrait_exif import add_portrait_tags
from authoring.apple.rendering import build_rendering, parse_rendering
from authoring.codecs import photo as photo_codec
from authoring.containers.base import CodedAuxiliary, ContainerName
from authoring.containers.edits import EditList, Replacement
from authoring.containers.heif.file import HeifFile
from authoring.depth.orientation import Orientation
from authoring.embed import device_scene, steps
from authoring.embed.embed_options import options_of
from authoring.read.depth_image import read_depth

CAMERA_FOCAL_MM = 5.7
"""Of the rendered camera, so that its lens is that of the nominal rendering parameters (pug.heic)."""
RENDERED_FLAGS = 0x62
"""Maker note 0x0019 in exported portraits, whose blur is in the pixels (pug, lyangas)."""
IMAGE_CAPTURE_TYPE, PORTRAIT_CAPTURE = 0x0014, 10
"""A tag of the maker note, and its value in pug and other portraits: exiftool calls it "Photo"."""
OTHER_ENTRIES = (0x01, 0x04, 0x07, 0x2E)
"""Version, two flags of the autofocus and autoexposure, and which camera it was."""
DARK_SCENE = {400: 50, 401: 0.25, 402: 12.0, 403: 0.1}
"""Records of the rendering parameters that vary with the scene, as in fidmaa and lyangas, photos taken indoors."""
LARGER_MAP_PX = 1024


@dataclass(frozen=True, slots=True, eq=False)
class KitBase:
    """What the files are made from."""

    rgb: NDArray[np.uint8]
    """The picture, upright (H, W, 3)."""
    depth_m: NDArray[np.float32]
    """Its depth (H, W) in metres."""
    control: bytes
    """The first file: all that this project knows to be needed."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One test file."""

    name: str
    """The file's name."""
    compared_with: str | None
    """The name of the file that it differs from in one thing; None for the first."""
    change: str
    """The difference, as a sentence without a full stop."""
    question: str
    """What the file settles."""
    make: Callable[[KitBase], bytes]


@dataclass(frozen=True, slots=True)
class KitFile:
    """A test file and its bytes."""

    variant: Variant
    data: bytes


def kit_base() -> KitBase:
    """Render the picture, and embed its depth as `embed` does by default."""
    rgb, depth_m = device_scene.render()
    return KitBase(rgb, depth_m, _embedded(rgb, depth_m))


def kit_files(base: KitBase) -> Iterator[KitFile]:
    """Make the files one by one, in the order of their numbers."""
    for variant in VARIANTS:
        yield KitFile(variant, variant.make(base))


def full_note(base: KitBase) -> bytes:
    """Return the control: HEIC, the full maker note, a focus region, calibration and rendering parameters."""
    return base.control


def two_flags(base: KitBase) -> bytes:
    """Return the control with a maker note of two entries."""
    return _with_entries(base, makernote.IMAGE_PROCESSING_FLAGS, makernote.PHOTOS_APP_FEATURE_FLAGS)


def no_region(base: KitBase) -> bytes:
    """Return `two_flags` without the photo's XMP, which holds only the focus region."""
    file = containers.parse(two_flags(base))
    return file.with_metadata(xmp=b"").apply(file.source)


def feature_flag_only(base: KitBase) -> bytes:
    """Return `two_flags` with the entry 0x001F alone."""
    return _with_entries(base, makernote.PHOTOS_APP_FEATURE_FLAGS)


def capture_type(base: KitBase) -> bytes:
    """Return `two_flags` with the entry 0x0014 besides, as in a portrait."""
    flags = makernote.IMAGE_PROCESSING_FLAGS, makernote.PHOTOS_APP_FEATURE_FLAGS
    values = _note_values(base, *flags) | {IMAGE_CAPTURE_TYPE: PORTRAIT_CAPTURE}
    return _with_note(base.control, makernote.minimal_note(values))


def four_more_entries(base: KitBase) -> bytes:
    """Return `two_flags` with four more entries of the full note."""
    flags = makernote.IMAGE_PROCESSING_FLAGS, makernote.PHOTOS_APP_FEATURE_FLAGS
    return _with_entries(base, *flags, *OTHER_ENTRIES)


def as_jpeg(base: KitBase) -> bytes:
    """Return the control's picture, depth and metadata in a JPEG."""
    return _embedded(base.rgb, base.depth_m, container="jpeg")


def blur_rendered(base: KitBase) -> bytes:
    """Return the control with the flags of a photo whose blur is in its pixels."""
    flags = {makernote.IMAGE_PROCESSING_FLAGS: RENDERED_FLAGS}
    return _with_note(base.control, makernote.with_integers(_note(base.control), flags))


def no_sei(base: KitBase) -> bytes:
    """Return the control without the depth SEI after the type in auxC."""
    file = containers.parse(base.control)
    (depth,) = file.layout.auxiliaries
    without = CodedAuxiliary(
        depth.width,
        depth.height,
        depth.payload,
        depth.configuration,
        depth.auxiliary_type,
        b"",
        depth.xmp or b"",
    )
    cleared = containers.parse(file.remove([depth.identifier]).apply(file.source))
    return cleared.splice(without).apply(cleared.source)


def not_hidden(base: KitBase) -> bytes:
    """Return the control with the hidden flags of the depth item and its XMP item cleared."""
    file = containers.parse(base.control)
    assert isinstance(file, HeifFile)
    (depth,) = file.layout.auxiliaries
    items = [depth.identifier]
    items += [entry.source for entry in file.structure.incoming[depth.identifier] if entry.kind == "cdsc"]
    # The flags of a full box are the three bytes after its version (ISO/IEC 14496-12, 4.2).
    offsets = sorted(file.structure.items.entries[item].box.body + 1 for item in items)
    changes = [Replacement(offset, offset + 3, bytes(3), "infe: hidden flag cleared") for offset in offsets]
    return EditList.of(len(file.source), changes).apply(file.source)


def as_metres(base: KitBase) -> bytes:
    """Return the control with a map in metres (hdep) instead of disparity."""
    return _embedded(base.rgb, base.depth_m, native_format="hdep")


def stored_turned(base: KitBase) -> bytes:
    """Return the control with photo and map stored a quarter turned (irot 3), as iPhones store upright formats."""
    return _embedded(base.rgb, base.depth_m, orientation=6)


def larger_map(base: KitBase) -> bytes:
    """Return the control with a map of 1024 pixels on the long side instead of 768."""
    return _embedded(base.rgb, base.depth_m, max_size=LARGER_MAP_PX)


def dark_scene(base: KitBase) -> bytes:
    """Return the control with the scene records of the rendering parameters of a photo taken indoors."""
    block = read_depth(containers.parse(base.control)).properties.rendering_parameters
    assert block is not None
    rendering = parse_rendering(block)
    for record, value in DARK_SCENE.items():
        rendering = rendering.with_value(record, value)
    before, after = base64.b64encode(block), base64.b64encode(build_rendering(rendering))
    assert base.control.count(before) == 1 and len(before) == len(after)
    return base.control.replace(before, after)


def lossless_map(base: KitBase) -> bytes:
    """Return the control with a losslessly coded map (transquant bypass)."""
    return _embedded(base.rgb, base.depth_m, lossless=True)


CONTROL, TWO_FLAGS = "01-full-note.heic", "02-two-flags.heic"

VARIANTS: tuple[Variant, ...] = (
    Variant(
        CONTROL,
        None,
        "the control: HEIC, a full Apple maker note, a focus region, calibration and rendering parameters",
        "whether files of this project work at all; if this one does not, the others tell little",
        full_note,
    ),
    Variant(
        TWO_FLAGS,
        CONTROL,
        "the maker note has two entries, 0x0019 and 0x001F",
        "whether the two flags are enough",
        two_flags,
    ),
    Variant(
        "03-two-flags-no-region.heic",
        TWO_FLAGS,
        "there is no focus region",
        "whether Photos needs the focus region",
        no_region,
    ),
    Variant(
        "04-feature-flag-only.heic",
        TWO_FLAGS,
        "the maker note has one entry, 0x001F",
        "whether controls in Edit need 0x0019",
        feature_flag_only,
    ),
    Variant(
        "05-capture-type.heic",
        TWO_FLAGS,
        "the maker note also has 0x0014 = 10",
        "whether the capture type matters",
        capture_type,
    ),
    Variant(
        "06-four-more-entries.heic",
        TWO_FLAGS,
        "the maker note also has 0x0001, 0x0004, 0x0007 and 0x002E",
        "whether a few more entries of the full note are enough",
        four_more_entries,
    ),
    Variant(
        "07-jpeg.jpg",
        CONTROL,
        "the container is JPEG",
        "whether JPEG with depth gets controls",
        as_jpeg,
    ),
    Variant(
        "08-blur-rendered-flag.heic",
        CONTROL,
        "0x0019 is 0x62, which says that the blur is in the pixels",
        "whether this flag takes the controls away, as others saw; the icon should stay",
        blur_rendered,
    ),
    Variant(
        "09-no-sei.heic",
        CONTROL,
        "the depth image has no depth SEI",
        "whether the range in the HEVC metadata is used",
        no_sei,
    ),
    Variant(
        "10-not-hidden.heic",
        CONTROL,
        "the depth item and its XMP item are not hidden",
        "whether the hidden flags matter",
        not_hidden,
    ),
    Variant(
        "11-hdep.heic",
        CONTROL,
        "the map holds metres (hdep) instead of disparity",
        "whether Edit uses maps in metres",
        as_metres,
    ),
    Variant(
        "12-irot-3.heic",
        CONTROL,
        "photo and map are stored a quarter turned, and irot 3 turns them upright",
        "whether blur and photo still fit together",
        stored_turned,
    ),
    Variant(
        "13-map-1024.heic",
        CONTROL,
        "the map has 1024 x 768 samples instead of 768 x 576",
        "whether larger maps are accepted",
        larger_map,
    ),
    Variant(
        "14-dark-scene.heic",
        CONTROL,
        "records 400 to 403 of the rendering parameters are those of a dark scene",
        "whether they change how the blur looks",
        dark_scene,
    ),
    Variant(
        "15-lossless-map.heic",
        CONTROL,
        "the map is coded without loss",
        "whether Apple's decoder takes lossless HEVC",
        lossless_map,
    ),
)
"""The files, in the order of their numbers; a number is never given to another file."""


def _embedded(
    rgb: NDArray[np.uint8],
    depth_m: NDArray[np.float32],
    *,
    container: ContainerName = "heic",
    orientation: int = 1,
    **options: Any,
) -> bytes:
    """Return the picture as a photo of a container, stored by an Exif orientation, with its depth embedded."""
    stored = np.ascontiguousarray(Orientation(orientation).to_stored(rgb))
    height, width = stored.shape[:2]
    exif = _camera_exif(width, height, orientation)
    pixels = photo_codec.Pixels(width, height, stored.tobytes())
    encode = photo_codec.encode_heic if container == "heic" else photo_codec.encode_jpeg
    photo = encode(pixels, photo_codec.Metadata(exif=exif))
    return steps.embed(photo, depth_m, options_of(focus=device_scene.FOCUS, **options)).data


def _camera_exif(width: int, height: int, orientation: int) -> bytes:
    image = ImageCharacteristics(width, height)
    return build_camera_block(image, orientation, "device test", CAMERA_FOCAL_MM, device_scene.FOCAL_35MM)


def _note(data: bytes) -> bytes:
    note = read_portrait_tags(containers.parse(data).layout.exif).maker_note
    assert note is not None
    return note


def _note_values(base: KitBase, *tags: int) -> dict[int, int]:
    values = makernote.integers(_note(base.control))
    return {tag: values[tag] for tag in tags}


def _with_entries(base: KitBase, *tags: int) -> bytes:
    """Return the control with only these entries of its maker note."""
    return _with_note(base.control, makernote.minimal_note(_note_values(base, *tags)))


def _with_note(data: bytes, note: bytes) -> bytes:
    """Return a file with another maker note; its Exif block holds nothing of the old one."""
    file = containers.parse(data)
    width, height = file.layout.width, file.layout.height
    plain, image = _camera_exif(width, height, 1), ImageCharacteristics(width, height)
    exif = add_portrait_tags(plain, image, new_note=note).exif
    return file.with_metadata(exif=exif).apply(file.source)
