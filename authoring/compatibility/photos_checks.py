"""Judge the rules on what Photos asks before it offers its portrait tools: badge, controls in Edit, toggle.

The rules' sentences, grades and sources are in `rules.TABLE`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from authoring.apple.exif import RENDERED, read_lens
from authoring.apple.makernote import DEPTH_FLAG, FEATURE_FLAG, RENDERED_FLAG
from authoring.apple.property_table import FIELDS
from authoring.apple.rendering import (
    DEFAULT_APERTURE,
    KNOWN_VERSIONS,
    MAX_APERTURE,
    MIN_APERTURE,
    RECORD_VERSIONS,
    parse_rendering,
)
from authoring.compatibility.facts import FEW_NOTE_ENTRIES, Facts, hexadecimal
from authoring.compatibility.findings import CheckResult, Status
from authoring.depth.aspect import same_shape
from authoring.errors import MalformedError

PORTRAIT_BITS = DEPTH_FLAG | RENDERED_FLAG
"""Of the image-processing flags: either marks a portrait."""

SENSOR_MM = (0.3, 100.0)
"""Width of believable sensors: a phone's front camera has 3 mm, a medium format 54; small test pictures are allowed."""

MOST_LENSES = 4.0
"""Focal length by PixelSize against Exif's: samples agree within 12 %; a donor's other lens of the phone is allowed."""

ROTATION_TOLERANCE = 1e-3
"""Of the products of an ExtrinsicMatrix' rows; those of the samples are exact."""

FIRST_REFUSED_VERSION = 0x20000
"""DepthDataVersion 2.0: Photos accepts anything below."""

_FLAGS_ENTRY = "maker note, entry 0x0019"
_FEATURES_ENTRY = "maker note, entry 0x001F"
_COUNTS = {
    "intrinsic_matrix": 9,
    "extrinsic_matrix": 12,
    "lens_distortion_coefficients": 8,
    "inverse_lens_distortion_coefficients": 8,
}
_REQUIRED = ("intrinsic_matrix", "extrinsic_matrix", "reference_width", "reference_height", "pixel_size")


def badge(facts: Facts) -> CheckResult:
    """Check R8: the photo is marked as a portrait."""
    portrait = facts.portrait
    flags, custom = portrait.image_processing_flags, portrait.custom_rendered
    if (flags or 0) & PORTRAIT_BITS or custom in RENDERED:
        return CheckResult(
            True, "the photo is marked as a portrait", found=facts.portrait_text, where=_FLAGS_ENTRY
        )
    why = ": the maker note is another maker's" if facts.foreign_note else ""
    return CheckResult(
        False,
        f"the photo is not marked as a portrait{why}",
        "image-processing flags with 0x20",
        facts.portrait_text,
        _FLAGS_ENTRY,
    )


def not_declared_rendered(facts: Facts) -> CheckResult | None:
    """Check R9: CustomRendered does not say that the blur is in the pixels.

    Does not apply if CustomRendered is the only portrait flag: R21 says what that costs.
    """
    custom = facts.portrait.custom_rendered
    if custom in RENDERED and not (facts.portrait.image_processing_flags or 0) & PORTRAIT_BITS:
        return None
    where = "Exif, CustomRendered"
    if custom in RENDERED:
        return CheckResult(
            False,
            "CustomRendered says that the blur is in the pixels: the badge stays on",
            "9, 1 or absent",
            str(custom),
            where,
        )
    return CheckResult(True, "CustomRendered does not claim a rendered blur", found=str(custom), where=where)


def not_applied_before(facts: Facts) -> CheckResult:
    """Check R10: no portrait effect was applied before."""
    flags = facts.portrait.image_processing_flags or 0
    if flags & RENDERED_FLAG:
        return CheckResult(
            False,
            "the flags say that the portrait effect was applied before, and then Edit offers no controls",
            "bit 0x40 clear",
            hexadecimal(flags),
            _FLAGS_ENTRY,
        )
    return CheckResult(True, "the flags do not say that an effect was applied before", where=_FLAGS_ENTRY)


def is_disparity(facts: Facts) -> CheckResult | None:
    """Check R11: the map is disparity."""
    kind = facts.properties.auxiliary_image_type
    if facts.tree is None or kind is None:
        return None
    holds = kind == "disparity"
    message = "the map is disparity" if holds else "the map is not disparity, and Photos accepts nothing else"
    return CheckResult(holds, message, "disparity", kind, f"{facts.where}, XMP")


def quality_high(facts: Facts) -> CheckResult | None:
    """Check R12: the quality is not low."""
    if facts.tree is None:
        return None
    quality = facts.properties.quality
    low = quality is not None and quality.lower() == "low"
    message = (
        "the depth map is marked as low quality" if low else "the depth map is not marked as low quality"
    )
    return CheckResult(not low, message, "high", quality or "absent, counts as high", f"{facts.where}, XMP")


def filtered(facts: Facts) -> CheckResult | None:
    """Check R13: the map is filtered."""
    if facts.tree is None:
        return None
    value = facts.properties.filtered
    found = "absent, counts as False" if value is None else str(value)
    message = "the depth map is marked as filtered" if value else "the depth map is not marked as filtered"
    return CheckResult(bool(value), message, "True", found, f"{facts.where}, XMP")


def calibrated(facts: Facts) -> CheckResult | None:
    """Check R14: the calibration is complete."""
    if facts.tree is None:
        return None
    where = f"{facts.where}, XMP"
    fault = _calibration_fault(facts)
    if fault:
        expected = "9 and 12 numbers, a reference width and height, a pixel size above 0"
        return CheckResult(False, f"the calibration is not usable: {fault}", expected, where=where)
    return CheckResult(True, "the calibration is complete", where=where)


def _calibration_fault(facts: Facts) -> str | None:
    properties = facts.properties
    unreadable = [facts.faults[name] for name in (*_REQUIRED, *_COUNTS) if name in facts.faults]
    if unreadable:
        return unreadable[0]
    missing = [FIELDS[name].name for name in _REQUIRED if getattr(properties, name) is None]
    if missing:
        return f"{', '.join(missing)} missing"
    for name, count in _COUNTS.items():
        values = getattr(properties, name)
        if values is not None and len(values) != count:
            return f"{FIELDS[name].name} has {len(values)} numbers instead of {count}"
    width, height = properties.reference_width or 0, properties.reference_height or 0
    if width < 1 or height < 1 or not (properties.pixel_size or 0) > 0:
        return f"reference {width}x{height}, PixelSize {properties.pixel_size:g}"
    auxiliary, layout = facts.auxiliary, facts.layout
    if auxiliary is None:
        return None
    size = (auxiliary.width, auxiliary.height)
    # R5 reports a map whose shape is not the photo's; do not report it twice.
    if same_shape(size, (layout.width, layout.height)) and not same_shape(size, (width, height)):
        return f"its frame {width}x{height} does not have the shape of the map, {size[0]}x{size[1]}"
    return None


def camera_plausible(facts: Facts) -> CheckResult | None:
    """Check R32: the camera is physically plausible."""
    properties = facts.properties
    matrix, width, height = (
        properties.intrinsic_matrix,
        properties.reference_width,
        properties.reference_height,
    )
    if matrix is None or len(matrix) != 9 or not width or not height:
        return None
    fx, fy, cx, cy = matrix[0], matrix[4], matrix[6], matrix[7]
    expected, found = "focal lengths above 0, the centre in the frame", None
    if not (fx > 0 and fy > 0 and 0 <= cx <= width and 0 <= cy <= height):
        found = f"fx {fx:g}, fy {fy:g}, centre {cx:g}, {cy:g} of {width}x{height}"
    sensor_mm = max(width, height) * (properties.pixel_size or 0)
    if found is None and sensor_mm and not SENSOR_MM[0] <= sensor_mm <= SENSOR_MM[1]:
        expected = f"a sensor of {SENSOR_MM[0]:g} to {SENSOR_MM[1]:g} mm"
        found = f"PixelSize {properties.pixel_size:g} mm, which makes it {sensor_mm:g} mm wide"
    lens_mm = math.sqrt(max(fx * fy, 0)) * (properties.pixel_size or 0)
    stated_mm = _phone_lens_mm(facts)
    if found is None and lens_mm and stated_mm and not 1 / MOST_LENSES <= lens_mm / stated_mm <= MOST_LENSES:
        expected = f"a lens of about {stated_mm:g} mm, as Exif states"
        found = f"focal length and PixelSize {properties.pixel_size:g} mm, which make it {lens_mm:.3g} mm"
    if found is None and not _is_rotation(properties.extrinsic_matrix):
        expected = "a rotation in the first 9 numbers of ExtrinsicMatrix"
        found = "rows that are not perpendicular, not of length 1, or mirrored"
    message = "no camera has this geometry" if found else "the camera's geometry is plausible"
    return CheckResult(found is None, message, expected, found, f"{facts.where}, XMP")


def _phone_lens_mm(facts: Facts) -> float | None:
    """Return the focal length in Exif of a photo that a phone took; others may hold a nominal calibration."""
    if facts.note is None or not facts.note.is_phones_own:
        return None
    return read_lens(facts.layout.exif).focal_length_mm


def _is_rotation(extrinsic: Sequence[float] | None) -> bool:
    """Return whether the first nine of twelve numbers are a rotation; another count is judged by R14."""
    if extrinsic is None or len(extrinsic) != 12:
        return True
    rotation = np.reshape(extrinsic[:9], (3, 3))
    if not np.isfinite(rotation).all():
        return False
    product = rotation @ rotation.T
    return bool(np.abs(product - np.eye(3)).max() <= ROTATION_TOLERANCE and np.linalg.det(rotation) > 0)


def version_accepted(facts: Facts) -> CheckResult | None:
    """Check R15: DepthDataVersion is accepted."""
    if facts.tree is None:
        return None
    where = f"{facts.where}, XMP"
    if "depth_data_version" in facts.faults:
        return CheckResult(False, facts.faults["depth_data_version"], where=where)
    version = facts.properties.depth_data_version
    holds = version is None or version < FIRST_REFUSED_VERSION
    return CheckResult(
        holds,
        "DepthDataVersion is accepted" if holds else "DepthDataVersion is newer than Photos accepts",
        f"below {FIRST_REFUSED_VERSION} or absent",
        "absent" if version is None else str(version),
        where,
    )


def rendering_readable(facts: Facts) -> CheckResult | None:
    """Check R16: the rendering parameters can be read."""
    if facts.tree is None:
        return None
    fault, version = _rendering_fault(facts)
    where = f"{facts.where}, XMP"
    if fault:
        versions = ", ".join(map(str, KNOWN_VERSIONS))
        return CheckResult(
            False,
            f"no aperture slider without rendering parameters: {fault}",
            f"a REND block of version {versions}, of its stated length",
            where=where,
        )
    return CheckResult(True, f"there are rendering parameters of version {version}", where=where)


def _rendering_fault(facts: Facts) -> tuple[str | None, int]:
    block = facts.properties.rendering_parameters
    if block is None:
        present = any(item.name == "RenderingParameters" for item in facts.tree or ())
        return ("they are not base64" if present else "they are absent"), 0
    try:
        version = parse_rendering(block).version
    except MalformedError as error:
        return error.message, 0
    return (None if version in KNOWN_VERSIONS else f"their version {version} is not known"), version


def aperture_agrees(facts: Facts) -> CheckResult | None:
    """Check R33: SimulatedAperture and rendering parameters agree."""
    properties = facts.properties
    if facts.tree is None or properties.simulated_aperture is None or _rendering_fault(facts)[0]:
        return None
    rendering = parse_rendering(properties.rendering_parameters or b"")
    default = rendering.value(DEFAULT_APERTURE)
    if default is None:
        return None
    holds = abs(default - properties.simulated_aperture) < 0.01
    message = (
        "aperture and rendering parameters agree" if holds else "aperture and rendering parameters differ"
    )
    return CheckResult(
        holds,
        message,
        f"{properties.simulated_aperture:g}",
        f"{default:g} in record 600",
        f"{facts.where}, XMP",
    )


def rendering_records(facts: Facts) -> CheckResult | None:
    """Check R40: the records of the rendering parameters ascend and hold the slider's apertures."""
    if facts.tree is None or _rendering_fault(facts)[0]:
        return None
    rendering = parse_rendering(facts.properties.rendering_parameters or b"")
    if rendering.version not in RECORD_VERSIONS:
        return None
    ids = [record.id for record in rendering.records]
    where = f"{facts.where}, XMP"
    expected = "ids that ascend, with 600 to 602, f-numbers in the order 601, 600, 602"
    if any(first >= second for first, second in pairwise(ids)):
        message = "the records of the rendering parameters do not ascend, as in all files that were tried"
        return CheckResult(False, message, expected, "another order", where)
    least, default, most = (
        rendering.value(number) for number in (MIN_APERTURE, DEFAULT_APERTURE, MAX_APERTURE)
    )
    if least is None or default is None or most is None or not 0 < least <= default <= most:
        message = (
            "the rendering parameters do not hold the slider's apertures, as all files that were tried do"
        )
        found = ", ".join("absent" if value is None else f"{value:g}" for value in (least, default, most))
        return CheckResult(False, message, expected, f"601, 600, 602: {found}", where)
    return CheckResult(True, f"the {len(ids)} records of the rendering parameters are in order", where=where)


def feature_flag(facts: Facts) -> CheckResult:
    """Check R17: the feature flag of maker note 0x001F is set."""
    flags = facts.portrait.photos_app_flags
    holds = bool((flags or 0) & FEATURE_FLAG)
    if flags is None and facts.is_cameras_own:
        message = "Photos' feature flag is absent, as in camera originals of iOS 11, which are older than it"
        return CheckResult(False, message, "bit 0 set", "absent", _FEATURES_ENTRY, "untested")
    message = "Photos' feature flag is set" if holds else "Photos' feature flag is not set"
    return CheckResult(
        holds, message, "bit 0 set", "absent" if flags is None else str(flags), _FEATURES_ENTRY
    )


def focus_region(facts: Facts) -> CheckResult:
    """Check R18: there is a valid focus region."""
    region = facts.portrait.focus_region
    where = "the photo's XMP, mwg-rs:Regions"
    expected = "a region of type Focus within 0..1"
    less: Status | None = "warn" if facts.is_cameras_own else None
    if region is None:
        message = (
            "there is no focus region to say where the photo is sharp"
            if less
            else "there is no focus region, and every made file that worked on a device has one"
        )
        return CheckResult(False, message, expected, "none", where, less)
    holds = region.is_valid
    found = f"centre {region.x:.3g}, {region.y:.3g}, size {region.w:.3g} x {region.h:.3g}"
    message = "there is a focus region" if holds else "the focus region is outside the photo"
    return CheckResult(holds, message, expected, found, where, less)


def effect_settings(facts: Facts) -> CheckResult | None:
    """Check R19: aperture and effect strength are sensible."""
    if facts.tree is None:
        return None
    properties = facts.properties
    aperture, strength = properties.simulated_aperture, properties.effect_strength
    unreadable = [
        facts.faults[name] for name in ("simulated_aperture", "effect_strength") if name in facts.faults
    ]
    holds = not unreadable and (aperture is None or aperture > 0) and (strength is None or 0 <= strength <= 1)
    found = (
        f"aperture {'absent, counts as 5.9' if aperture is None else f'{aperture:g}'}, "
        f"strength {'absent, counts as 0.5' if strength is None else f'{strength:g}'}"
    )
    message = (
        "aperture and effect strength are sensible"
        if holds
        else "aperture or effect strength is not sensible"
    )
    expected = "SimulatedAperture above 0, EffectStrength in 0..1, or absent"
    return CheckResult(
        holds, message, expected, unreadable[0] if unreadable else found, f"{facts.where}, XMP"
    )


def note_consistent(facts: Facts) -> CheckResult | None:
    """Check R20: the maker note's entries are within it."""
    note = facts.note
    if note is None:
        return None
    if note.fault:
        return CheckResult(
            False,
            "the maker note's entry counts and its bytes do not agree; Photos was seen to crash on Edit",
            "every entry and its value within the note",
            note.fault,
            "maker note",
        )
    return CheckResult(True, f"the maker note's {note.entries} entries are within it", where="maker note")


def toggle(facts: Facts) -> CheckResult | None:
    """Check R21: the flags say that the effect can be switched; does not apply without any portrait flag (R8)."""
    flags, custom = facts.portrait.image_processing_flags, facts.portrait.custom_rendered
    if not (flags or 0) & PORTRAIT_BITS and custom not in RENDERED:
        return None
    holds = bool((flags or 0) & DEPTH_FLAG)
    message = (
        "the flags say that the photo has depth and its effect can be switched"
        if holds
        else "the flags do not say that the photo has depth, so the badge stays on and there is no toggle"
    )
    found = "absent" if flags is None else hexadecimal(flags)
    return CheckResult(holds, message, "bit 0x20 set", found, _FLAGS_ENTRY)


def tested_note(facts: Facts) -> CheckResult:
    """Check R22: the maker note is one that a device test covers."""
    note = facts.note
    where = "maker note"
    found = f"{note.entries} entries" if note else "no Apple maker note"
    if note is not None and note.is_tested:
        return CheckResult(True, "the maker note is one that device tests cover", found=found, where=where)
    message = (
        "no device test covers so small an Apple maker note"
        if note
        else "no device test covers a photo without an Apple maker note"
    )
    expected = f"{FEW_NOTE_ENTRIES} entries or more, with 0x01, 0x04, 0x07, 0x14, and 0x03 or 0x2E"
    return CheckResult(False, message, expected, found, where)


def tested_container(facts: Facts) -> CheckResult:
    """Check R25: the container is HEIC, or the camera wrote the JPEG."""
    if facts.layout.container != "jpeg":
        return CheckResult(True, "the container is HEIC", found="HEIC")
    if facts.is_cameras_own:
        return CheckResult(True, "a camera wrote this JPEG with its depth", found="JPEG")
    return CheckResult(
        False,
        "depth from another source was never tested in a JPEG with known flags; HEIC is the tested container",
        "HEIC",
        "JPEG",
    )
