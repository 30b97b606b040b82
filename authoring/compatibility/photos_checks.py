"""Rules on what Photos asks before it offers its portrait tools.

Knows: the badge, the gate in front of Edit's controls, the toggle. Must not know: the rules' grades and sources,
which stand in the table; how the depth image is coded.
"""

from __future__ import annotations

from authoring.apple.exif import RENDERED
from authoring.apple.makernote import DEPTH_FLAG, FEATURE_FLAG, RENDERED_FLAG
from authoring.apple.property_table import FIELDS
from authoring.apple.rendering import DEFAULT_APERTURE, KNOWN_VERSIONS, parse_rendering
from authoring.compatibility.depth_checks import same_shape
from authoring.compatibility.facts import Facts
from authoring.compatibility.outcome import Outcome
from authoring.errors import MalformedError

PORTRAIT_BITS = DEPTH_FLAG | RENDERED_FLAG
"""Of the image-processing flags: either makes a portrait."""

FIRST_REFUSED_VERSION = 0x20000
"""DepthDataVersion 2.0: Photos takes anything below."""

FEW_NOTE_ENTRIES = 10
"""The oldest portrait original at hand has 14 entries (rw), newer ones 39 to 56; a note made up has two or three."""

_FLAGS = "maker note, entry 0x0019"
_FEATURES = "maker note, entry 0x001F"
_COUNTS = {
    "intrinsic_matrix": 9,
    "extrinsic_matrix": 12,
    "lens_distortion_coefficients": 8,
    "inverse_lens_distortion_coefficients": 8,
}
_FIVE = ("intrinsic_matrix", "extrinsic_matrix", "reference_width", "reference_height", "pixel_size")


def badge(facts: Facts) -> Outcome:
    """R8."""
    marks = facts.marks
    flags, custom = marks.image_processing_flags, marks.custom_rendered
    if (flags or 0) & PORTRAIT_BITS or custom in RENDERED:
        return Outcome(True, "the photo is marked as a portrait", found=_shown(facts), where=_FLAGS)
    why = ": the maker note is another maker's" if facts.foreign_note else ""
    return Outcome(
        False,
        f"the photo is not marked as a portrait{why}",
        "image-processing flags with 0x20",
        _shown(facts),
        _FLAGS,
    )


def _shown(facts: Facts) -> str:
    """The marks in a few words."""
    flags, custom = facts.marks.image_processing_flags, facts.marks.custom_rendered
    return (
        f"flags {'absent' if flags is None else f'0x{flags & 0xFFFFFFFF:x}'}, "
        f"CustomRendered {'absent' if custom is None else custom}"
    )


def not_declared_rendered(facts: Facts) -> Outcome | None:
    """R9. Where CustomRendered is the only portrait mark, R21 says what that costs."""
    custom = facts.marks.custom_rendered
    if custom in RENDERED and not (facts.marks.image_processing_flags or 0) & PORTRAIT_BITS:
        return None
    where = "Exif, CustomRendered"
    if custom in RENDERED:
        return Outcome(
            False,
            "CustomRendered says that the blur is in the pixels: the badge stays on",
            "9, 1 or absent",
            str(custom),
            where,
        )
    return Outcome(True, "CustomRendered does not claim a rendered blur", found=str(custom), where=where)


def not_applied_before(facts: Facts) -> Outcome:
    """R10."""
    flags = facts.marks.image_processing_flags or 0
    if flags & RENDERED_FLAG:
        return Outcome(
            False,
            "the flags say that the portrait effect was applied before, and Edit offers nothing then",
            "bit 0x40 clear",
            f"0x{flags & 0xFFFFFFFF:x}",
            _FLAGS,
        )
    return Outcome(True, "no effect is said to have been applied before", where=_FLAGS)


def is_disparity(facts: Facts) -> Outcome | None:
    """R11."""
    kind = facts.told.auxiliary_image_type
    if facts.tree is None or kind is None:
        return None
    right = kind == "disparity"
    message = "the map is disparity" if right else "the map is no disparity, and Photos asks for nothing else"
    return Outcome(right, message, "disparity", kind, f"{facts.where}, XMP")


def quality_high(facts: Facts) -> Outcome | None:
    """R12."""
    if facts.tree is None:
        return None
    quality = facts.told.quality
    low = quality is not None and quality.lower() == "low"
    message = "the depth map is said to be of low quality" if low else "the depth map is not of low quality"
    return Outcome(not low, message, "high", quality or "absent, taken as high", f"{facts.where}, XMP")


def filtered(facts: Facts) -> Outcome | None:
    """R13."""
    if facts.tree is None:
        return None
    told = facts.told.filtered
    said = "absent, taken as False" if told is None else str(told)
    message = "the depth map is filtered" if told else "the depth map is not said to be filtered"
    return Outcome(bool(told), message, "True", said, f"{facts.where}, XMP")


def calibrated(facts: Facts) -> Outcome | None:
    """R14."""
    if facts.tree is None:
        return None
    where = f"{facts.where}, XMP"
    fault = _calibration_fault(facts)
    if fault:
        expected = "9 and 12 numbers, a reference width and height, a pixel size above 0"
        return Outcome(False, f"the calibration counts for nothing: {fault}", expected, where=where)
    return Outcome(True, "the calibration is complete", where=where)


def _calibration_fault(facts: Facts) -> str | None:
    told = facts.told
    unread = [facts.faults[name] for name in (*_FIVE, *_COUNTS) if name in facts.faults]
    if unread:
        return unread[0]
    missing = [FIELDS[name].name for name in _FIVE if getattr(told, name) is None]
    if missing:
        return f"{', '.join(missing)} missing"
    for name, count in _COUNTS.items():
        values = getattr(told, name)
        if values is not None and len(values) != count:
            return f"{FIELDS[name].name} has {len(values)} numbers instead of {count}"
    width, height = told.reference_width or 0, told.reference_height or 0
    if width < 1 or height < 1 or not (told.pixel_size or 0) > 0:
        return f"reference {width}x{height}, PixelSize {told.pixel_size:g}"
    found, layout = facts.found, facts.layout
    if found is None:
        return None
    size = (found.width, found.height)
    # A map of another shape than the photo is R5's matter, and is not reported twice.
    if same_shape(size, (layout.width, layout.height)) and not same_shape(size, (width, height)):
        return f"its frame {width}x{height} has not the shape of the map, {found.width}x{found.height}"
    return None


def camera_plausible(facts: Facts) -> Outcome | None:
    """R32."""
    told = facts.told
    matrix, width, height = told.intrinsic_matrix, told.reference_width, told.reference_height
    if matrix is None or len(matrix) != 9 or not width or not height:
        return None
    fx, fy, cx, cy = matrix[0], matrix[4], matrix[6], matrix[7]
    right = fx > 0 and fy > 0 and 0 <= cx <= width and 0 <= cy <= height
    message = "the camera's geometry is plausible" if right else "no camera has this geometry"
    found = f"fx {fx:g}, fy {fy:g}, centre {cx:g}, {cy:g} of {width}x{height}"
    return Outcome(
        right, message, "focal lengths above 0, the centre in the frame", found, f"{facts.where}, XMP"
    )


def version_accepted(facts: Facts) -> Outcome | None:
    """R15."""
    if facts.tree is None:
        return None
    where = f"{facts.where}, XMP"
    if "depth_data_version" in facts.faults:
        return Outcome(False, facts.faults["depth_data_version"], where=where)
    version = facts.told.depth_data_version
    right = version is None or version < FIRST_REFUSED_VERSION
    return Outcome(
        right,
        "DepthDataVersion is accepted" if right else "DepthDataVersion is newer than Photos takes",
        f"below {FIRST_REFUSED_VERSION} or absent",
        "absent" if version is None else str(version),
        where,
    )


def rendering_readable(facts: Facts) -> Outcome | None:
    """R16."""
    if facts.tree is None:
        return None
    fault, version = _rendering_fault(facts)
    where = f"{facts.where}, XMP"
    if fault:
        versions = ", ".join(map(str, KNOWN_VERSIONS))
        return Outcome(
            False,
            f"no aperture slider without rendering parameters: {fault}",
            f"a REND block of version {versions}, as long as it says",
            where=where,
        )
    return Outcome(True, f"rendering parameters of version {version} are there", where=where)


def _rendering_fault(facts: Facts) -> tuple[str | None, int]:
    block = facts.told.rendering_parameters
    if block is None:
        there = any(one.name == "RenderingParameters" for one in facts.tree or ())
        return ("they are not base64" if there else "they are absent"), 0
    try:
        version = parse_rendering(block).version
    except MalformedError as error:
        return error.message, 0
    return (None if version in KNOWN_VERSIONS else f"their version {version} is not known"), version


def aperture_agrees(facts: Facts) -> Outcome | None:
    """R33."""
    told = facts.told
    if facts.tree is None or told.simulated_aperture is None or _rendering_fault(facts)[0]:
        return None
    rendering = parse_rendering(told.rendering_parameters or b"")
    default = rendering.value(DEFAULT_APERTURE)
    if default is None:
        return None
    right = abs(default - told.simulated_aperture) < 0.01
    message = (
        "aperture and rendering parameters agree" if right else "aperture and rendering parameters differ"
    )
    return Outcome(
        right, message, f"{told.simulated_aperture:g}", f"{default:g} in record 600", f"{facts.where}, XMP"
    )


def feature_flag(facts: Facts) -> Outcome:
    """R17."""
    flags = facts.marks.photos_app_flags
    right = bool((flags or 0) & FEATURE_FLAG)
    message = "Photos' feature flag is set" if right else "Photos' feature flag is not set"
    return Outcome(right, message, "bit 0 set", "absent" if flags is None else str(flags), _FEATURES)


def focus_region(facts: Facts) -> Outcome:
    """R18."""
    region = facts.marks.focus_region
    where = "the photo's XMP, mwg-rs:Regions"
    expected = "a region of type Focus within 0..1"
    if region is None:
        return Outcome(False, "no focus region says where the photo is sharp", expected, "none", where)
    right = region.is_valid
    found = f"centre {region.x:.3g}, {region.y:.3g}, size {region.w:.3g} x {region.h:.3g}"
    message = "a focus region is there" if right else "the focus region lies outside the photo"
    return Outcome(right, message, expected, found, where)


def effect_settings(facts: Facts) -> Outcome | None:
    """R19."""
    if facts.tree is None:
        return None
    told = facts.told
    aperture, strength = told.simulated_aperture, told.effect_strength
    unread = [
        facts.faults[name] for name in ("simulated_aperture", "effect_strength") if name in facts.faults
    ]
    right = not unread and (aperture is None or aperture > 0) and (strength is None or 0 <= strength <= 1)
    shown = (
        f"aperture {'absent, taken as 5.9' if aperture is None else f'{aperture:g}'}, "
        f"strength {'absent, taken as 0.5' if strength is None else f'{strength:g}'}"
    )
    message = (
        "aperture and effect strength are sensible"
        if right
        else "aperture or effect strength is not sensible"
    )
    expected = "SimulatedAperture above 0, EffectStrength in 0..1, or absent"
    return Outcome(right, message, expected, unread[0] if unread else shown, f"{facts.where}, XMP")


def note_consistent(facts: Facts) -> Outcome | None:
    """R20."""
    note = facts.note
    if note is None:
        return None
    if note.fault:
        return Outcome(
            False,
            "the maker note's entry counts and its bytes do not agree; Photos was seen to crash on Edit",
            "every entry and its value within the note",
            note.fault,
            "maker note",
        )
    return Outcome(True, f"the maker note's {note.entries} entries lie within it", where="maker note")


def toggle(facts: Facts) -> Outcome | None:
    """R21. A photo without any portrait mark is R8's."""
    flags, custom = facts.marks.image_processing_flags, facts.marks.custom_rendered
    if not (flags or 0) & PORTRAIT_BITS and custom not in RENDERED:
        return None
    right = bool((flags or 0) & DEPTH_FLAG)
    message = (
        "the flags say that depth is there and its effect can be switched"
        if right
        else "the flags do not say that depth is there, so the badge stays on and there is no toggle"
    )
    shown = "absent" if flags is None else f"0x{flags & 0xFFFFFFFF:x}"
    return Outcome(right, message, "bit 0x20 set", shown, _FLAGS)


def proven_set(facts: Facts) -> Outcome:
    """R22."""
    entries = facts.note.entries if facts.note else 0
    region = facts.marks.focus_region is not None
    if entries >= FEW_NOTE_ENTRIES and region:
        return Outcome(True, "a rich maker note and a focus region are there", where="maker note, XMP")
    return Outcome(
        False,
        "reports disagree on whether Photos is content with so little: one project's files worked, another's only "
        "with a rich maker note and a focus region",
        f"{FEW_NOTE_ENTRIES} maker-note entries or more, and a focus region",
        f"{entries} entries, {'a' if region else 'no'} focus region",
        "maker note, XMP",
    )


def pixels_sharp(facts: Facts) -> Outcome:
    """R24."""
    if facts.marks.is_blur_rendered:
        return Outcome(
            False,
            "the photo seems to be blurred already: switching the effect off will not make it sharp",
            found=_shown(facts),
            where="Exif",
        )
    return Outcome(True, "nothing says that the photo is blurred already", where="Exif")


def proven_container(facts: Facts) -> Outcome:
    """R25."""
    if facts.layout.container == "jpeg":
        return Outcome(
            False,
            "no JPEG with depth made by others is known to have got portrait tools; HEIC files have",
            "HEIC",
            "JPEG",
        )
    return Outcome(True, "the container is HEIC", found="HEIC")
