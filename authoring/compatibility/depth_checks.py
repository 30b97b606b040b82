"""Judge the rules on the depth image itself: whether Apple's readers find it, decode it and can interpret it.

The rules' sentences, grades and sources are in `rules.TABLE`.
"""

from __future__ import annotations

import math

from authoring.apple.property_table import (
    DISPARITY_FORMATS,
    FDEP,
    FDIS,
    HALF_FORMATS,
    HDEP,
    HDIS,
    L008,
    NATIVE_FORMATS,
    fourcc_name,
)
from authoring.compatibility.facts import Facts
from authoring.compatibility.findings import CheckResult
from authoring.depth.aspect import same_shape
from authoring.read.foreign.base import DEPTH_NAMES, ForeignDepth

LEAST_VISIBLE_SPAN_PER_M = 0.1
"""Of disparity. About 0.4 was seen to give no blur; from 0.1 down, 1 m to 1.1 m say, nothing else is expected."""

LEAST_SPAN_PER_M, LARGEST_SPAN_PER_M = 0.5, 5.0
"""Usual disparity spans: 0.50 (shu_matte) to 4.61 (lyangas); about 0.4 was seen to give no blur."""

UNKNOWN_LEVEL = 255
"""general_level_idc of x265's lossless streams (H.265, A.4.1: no limits apply); no iPhone file has it."""

HALF_MAX, SINGLE_MAX = 65504.0, 3.4e38
"""Largest finite values of float16 and, rounded down, of float32."""

_HVCC_FIXED_BYTES, _HVCC_LEVEL, _HVCC_CHROMA, _HVCC_LUMA_BITS = 23, 12, 16, 17
"""Size and offsets of the fixed fields of HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1)."""

_APDI_FIELDS = {
    "auxiliary_image_type": "AuxiliaryImageType",
    "native_format": "NativeFormat",
    "stored_format": "StoredFormat",
    "int_min": "IntMinValue",
    "int_max": "IntMaxValue",
    "float_min": "FloatMinValue",
    "float_max": "FloatMaxValue",
}


def foreign_sentence(found: ForeignDepth) -> str:
    """Say that a photo has depth of another maker, and how it becomes Apple's."""
    name = DEPTH_NAMES[found.source]
    return (
        f"it holds {name} ({found.place}), which Photos does not read: depthauthor copy FILE FILE -o NEW.heic"
    )


def one_depth_image(facts: Facts) -> CheckResult:
    """Check R1: one depth image, bound to the main image."""
    expected = "one depth image that belongs to the main image"
    if facts.unbound_items:
        return CheckResult(
            False,
            "there is a depth item, but it belongs to another image",
            expected,
            "auxl to another item",
            f"item {facts.unbound_items[0]}",
        )
    if facts.foreign is not None:
        return CheckResult(False, foreign_sentence(facts.foreign), expected, facts.foreign.place)
    if not facts.depth_images:
        return CheckResult(False, "there is no depth map that Apple's readers would find", expected, "none")
    if len(facts.depth_images) > 1:
        found = f"{len(facts.depth_images)} depth images"
        return CheckResult(False, "readers may use either of several depth images", expected, found)
    placement = facts.placement
    if placement is not None and placement.primary not in placement.masters:
        return CheckResult(
            False,
            "the depth item is not bound to the main image",
            f"auxl to item {placement.primary}",
            f"auxl to {_items(placement.masters)}",
            facts.where,
        )
    return CheckResult(True, "one depth image, bound to the main image", where=facts.where)


def _items(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "nothing"


def decodes(facts: Facts) -> CheckResult | None:
    """Check R2: the depth image decodes to 8-bit monochrome of its stated size."""
    auxiliary = facts.auxiliary
    if auxiliary is None:
        return None
    fault = _configuration_fault(facts) or facts.decode_fault
    if fault is None and facts.codes is not None:
        height, width = facts.codes.shape
        if (width, height) != (auxiliary.width, auxiliary.height):
            fault = (
                f"it decodes to {width}x{height}, but its stated size is {auxiliary.width}x{auxiliary.height}"
            )
    if fault:
        return CheckResult(
            False,
            f"the depth image cannot be decoded: {fault}",
            "8-bit monochrome of the stated size",
            where=facts.where,
        )
    return CheckResult(
        True, f"the depth image decodes to {auxiliary.width}x{auxiliary.height} gray", where=facts.where
    )


def _configuration_fault(facts: Facts) -> str | None:
    auxiliary, placement = facts.auxiliary, facts.placement
    if facts.components not in (None, 1):
        return f"it has {facts.components} colour components, not one"
    if auxiliary is None or placement is None:
        return None
    record = auxiliary.configuration
    if placement.configurations != 1:
        return f"it has {placement.configurations} decoder configurations (hvcC) instead of one"
    if record[4:8] == b"hvcC":
        return "its decoder configuration is wrapped in a second hvcC box"
    if len(record) < _HVCC_FIXED_BYTES or record[0] != 1:
        return "its decoder configuration (hvcC) is cut short or of an unknown version"
    if record[_HVCC_CHROMA] & 3:
        return "it is coded with colour, not monochrome"
    if record[_HVCC_LUMA_BITS] & 7:
        return f"it has {8 + (record[_HVCC_LUMA_BITS] & 7)} bits per sample, not 8"
    return None


def has_xmp(facts: Facts) -> CheckResult | None:
    """Check R3: the depth image has an XMP item of its own."""
    placement = facts.placement
    if facts.auxiliary is None:
        return None
    if placement is None and not facts.auxiliary.xmp:
        message = "the depth map has no XMP of its own, by which Apple's readers know it"
        return CheckResult(False, message, "an XMP packet in tag 700", "none", facts.where)
    if placement is None:
        return CheckResult(True, "the depth image has XMP of its own", where=facts.where)
    expected = "an item application/rdf+xml, cdsc to the depth item, bytes in mdat"
    packets = [item for item in placement.descriptions if item.is_xmp]
    if not packets:
        other = placement.descriptions[0] if placement.descriptions else None
        found = f"item {other.identifier} is {other.content_type or 'of no type'}" if other else "none"
        return CheckResult(False, "the depth item has no XMP", expected, found, facts.where)
    where = f"item {packets[0].identifier}"
    if not packets[0].in_mdat:
        return CheckResult(
            False,
            "the bytes of the depth XMP are outside mdat, where ImageIO was seen to ignore them",
            expected,
            "another construction method or box",
            where,
        )
    return CheckResult(True, "the depth item has its XMP", where=where)


def packet_parses(facts: Facts) -> CheckResult | None:
    """Check R26: the depth XMP is well formed."""
    if facts.auxiliary is None or not facts.auxiliary.xmp:
        return None
    if facts.packet_fault:
        return CheckResult(
            False,
            facts.packet_fault,
            "well-formed XML with an rdf:RDF and its properties",
            where=f"{facts.where}, XMP",
        )
    return CheckResult(True, "the depth XMP is well formed", where=f"{facts.where}, XMP")


def scale_complete(facts: Facts) -> CheckResult | None:
    """Check R4: the seven apdi keys give a usable scale."""
    if facts.tree is None:
        return None
    fault = _scale_fault(facts)
    if fault:
        expected = "the seven apdi keys, with IntMin < IntMax and FloatMin < FloatMax"
        return CheckResult(
            False, f"the scale of the depth map is broken: {fault}", expected, where=f"{facts.where}, XMP"
        )
    low, high = facts.properties.float_min, facts.properties.float_max
    return CheckResult(True, f"the scale is complete: {low:g} to {high:g}", where=f"{facts.where}, XMP")


def _scale_fault(facts: Facts) -> str | None:
    properties = facts.properties
    unreadable = [facts.faults[name] for name in _APDI_FIELDS if name in facts.faults]
    if unreadable:
        return unreadable[0]
    missing = [label for name, label in _APDI_FIELDS.items() if getattr(properties, name) is None]
    if missing:
        return f"{', '.join(missing)} missing"
    if properties.auxiliary_image_type not in ("disparity", "depth"):
        return f"AuxiliaryImageType is {properties.auxiliary_image_type!r}"
    if properties.native_format not in NATIVE_FORMATS:
        return f"NativeFormat is {fourcc_name(properties.native_format or 0)}, not hdis, fdis, hdep or fdep"
    if properties.stored_format != L008:
        return f"StoredFormat is {fourcc_name(properties.stored_format or 0)}; Apple's readers are known to take L008"
    if not (properties.int_min or 0) < (properties.int_max or 0):
        return f"IntMinValue {properties.int_min} is not below IntMaxValue {properties.int_max}"
    low, high = properties.float_min or 0.0, properties.float_max or 0.0
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return f"FloatMinValue {low:g} is not below FloatMaxValue {high:g}"
    return None


def covers_photo(facts: Facts) -> CheckResult | None:
    """Check R5: the map covers the photo and has its orientation."""
    auxiliary, layout = facts.auxiliary, facts.layout
    if auxiliary is None:
        return None
    expected, found = (
        " then ".join(f"{transform.kind} {transform.value}" for transform in image.transforms) or "none"
        for image in (layout, auxiliary)
    )
    if found != expected:
        return CheckResult(
            False,
            "the depth image is not oriented like the photo, so the blur would be shifted or mirrored",
            expected,
            found,
            facts.where,
        )
    if not same_shape((auxiliary.width, auxiliary.height), (layout.width, layout.height)):
        return CheckResult(
            False,
            "the depth map does not have the photo's shape",
            f"the aspect of {layout.width}x{layout.height} within 1 % or one pixel on each side",
            f"{auxiliary.width}x{auxiliary.height}",
            facts.where,
        )
    return CheckResult(True, "the depth map covers the photo and is oriented like it", where=facts.where)


def _value_range(facts: Facts) -> tuple[float, float] | None:
    """Return the values of the smallest and the largest code in the plane; None if they are not known."""
    if facts.codes is None or facts.tree is None or _scale_fault(facts):
        return None
    properties = facts.properties
    int_min, int_max = properties.int_min or 0, properties.int_max or 0
    float_min, float_max = properties.float_min or 0.0, properties.float_max or 0.0
    step = (float_max - float_min) / (int_max - int_min)
    return (
        float_min + (int(facts.codes.min()) - int_min) * step,
        float_min + (int(facts.codes.max()) - int_min) * step,
    )


def values_finite(facts: Facts) -> CheckResult | None:
    """Check R6: all values are finite in the native format."""
    values = _value_range(facts)
    if values is None:
        return None
    half = facts.properties.native_format in HALF_FORMATS
    limit = HALF_MAX if half else SINGLE_MAX
    if max(map(abs, values)) > limit:
        return CheckResult(
            False,
            "some values become infinite in the native format",
            f"at most {limit:g}",
            f"{values[0]:g} to {values[1]:g}",
            f"{facts.where}, XMP",
        )
    return CheckResult(True, f"all values are finite, {values[0]:.6g} to {values[1]:.6g}", where=facts.where)


def codes_in_range(facts: Facts) -> CheckResult | None:
    """Check R39: the codes are within IntMin and IntMax."""
    low, high = facts.properties.int_min, facts.properties.int_max
    if facts.codes is None or low is None or high is None or low >= high:
        return None
    least, most = int(facts.codes.min()), int(facts.codes.max())
    if least < low or most > high:
        message = (
            "some codes are outside IntMinValue and IntMaxValue, so their values are outside the stated range"
        )
        return CheckResult(False, message, f"{low} to {high}", f"{least} to {most}", facts.where)
    return CheckResult(True, f"the codes are within {low} to {high}", where=facts.where)


def sei_agrees(facts: Facts) -> CheckResult | None:
    """Check R7: depth SEI and XMP state the same range."""
    sei, xmp_low, xmp_high = facts.representation, facts.properties.float_min, facts.properties.float_max
    if sei is None or xmp_low is None or xmp_high is None:
        return None
    disparity = sei.d_min is not None or sei.d_max is not None
    low, high = (sei.d_min, sei.d_max) if disparity else (sei.z_near, sei.z_far)
    if low is None or high is None:
        return CheckResult(True, "the depth SEI states no range", where=f"{facts.where}, auxC")
    agree = all(
        math.isclose(first, second, rel_tol=1e-6, abs_tol=1e-6)
        for first, second in ((low, xmp_low), (high, xmp_high))
    )
    return CheckResult(
        agree,
        "the depth SEI agrees with the XMP" if agree else "the depth SEI and the XMP state different ranges",
        f"{xmp_low:.9g} to {xmp_high:.9g}",
        f"{low:.9g} to {high:.9g}",
        f"{facts.where}, auxC",
    )


def sei_readable(facts: Facts) -> CheckResult | None:
    """Check R29: the depth SEI needs no emulation prevention (H.265, 7.4.2)."""
    auxiliary = facts.auxiliary
    if auxiliary is None or not auxiliary.auxiliary_subtype:
        return None
    where = f"{facts.where}, auxC"
    if facts.representation is None:
        return CheckResult(False, "what follows the type in auxC is not a depth SEI", where=where)
    nal = auxiliary.auxiliary_subtype[8:]
    if any(bytes((0, 0, last)) in nal for last in range(4)):
        return CheckResult(
            False,
            "the depth SEI needs emulation prevention, which libheif does not undo here",
            "no 00 00 followed by 00 to 03",
            where=where,
        )
    return CheckResult(True, "the depth SEI reads without emulation prevention", where=where)


def level_known(facts: Facts) -> CheckResult | None:
    """Check R28: the HEVC level is one of the standard's."""
    auxiliary = facts.auxiliary
    if auxiliary is None or len(auxiliary.configuration) < _HVCC_FIXED_BYTES:
        return None
    level = auxiliary.configuration[_HVCC_LEVEL]
    found = f"HEVC level {level / 30:g}"
    if level == UNKNOWN_LEVEL:
        message = "the depth image states an HEVC level above all that are defined"
        return CheckResult(False, message, "3 in iPhone files", found, facts.where)
    return CheckResult(True, f"the depth image has {found}", where=facts.where)


def hidden(facts: Facts) -> CheckResult | None:
    """Check R30: the depth item and its XMP are hidden."""
    placement = facts.placement
    if placement is None:
        return None
    visible = [placement.identifier] if not placement.hidden else []
    visible += [item.identifier for item in placement.descriptions if not item.hidden]
    if visible:
        names = ", ".join(f"item {number}" for number in visible)
        return CheckResult(
            False, "parts of the depth map are not hidden", "infe flag 1", "infe flag 0", names
        )
    return CheckResult(True, "the depth item and its XMP are hidden", where=facts.where)


def listed_for_tone_map(facts: Facts) -> CheckResult | None:
    """Check R31: the depth item is bound to the tone-mapped image too."""
    placement = facts.placement
    if placement is None or not placement.tone_maps:
        return None
    if not set(placement.tone_maps) <= set(placement.masters):
        return CheckResult(
            False,
            "the depth item is not bound to the tone-mapped image",
            f"auxl to {_items((placement.primary, *placement.tone_maps))}",
            f"auxl to {_items(placement.masters)}",
            facts.where,
        )
    return CheckResult(True, "the depth item is bound to the tone-mapped image too", where=facts.where)


def type_fits_format(facts: Facts) -> CheckResult | None:
    """Check R27: type and native format agree."""
    kind, native = facts.properties.auxiliary_image_type, facts.properties.native_format
    if kind not in ("disparity", "depth") or native not in NATIVE_FORMATS:
        return None
    agree = (kind == "disparity") == (native in DISPARITY_FORMATS)
    formats = (HDIS, FDIS) if kind == "disparity" else (HDEP, FDEP)
    return CheckResult(
        agree,
        "type and native format agree"
        if agree
        else "the depth map is of one type and its samples of the other",
        f"{kind} in {' or '.join(map(fourcc_name, formats))}",
        fourcc_name(native),
        f"{facts.where}, XMP",
    )


def span_usual(facts: Facts) -> CheckResult | None:
    """Check R23: disparity has a usual span and is not negative; R34 judges a span that is nearly none."""
    ends = _disparity_range(facts)
    if ends is None:
        return None
    low, high = ends
    span = high - low
    where = f"{facts.where}, XMP"
    if low < 0:
        return CheckResult(
            False, "disparity goes below 0, which is farther than infinity", "0 or more", f"{low:g}", where
        )
    if span < LEAST_VISIBLE_SPAN_PER_M:
        return None
    usual = LEAST_SPAN_PER_M <= span <= LARGEST_SPAN_PER_M
    return CheckResult(
        usual,
        f"disparity spans {span:.3g} 1/m"
        + ("" if usual else ", so the blur may be " + ("weak" if span < 1 else "too strong")),
        f"{LEAST_SPAN_PER_M:g} to {LARGEST_SPAN_PER_M:g} 1/m",
        f"{span:.6g} 1/m",
        where,
    )


def span_visible(facts: Facts) -> CheckResult | None:
    """Check R34: disparity spans enough to differ from a flat map."""
    ends = _disparity_range(facts)
    if ends is None:
        return None
    span = ends[1] - ends[0]
    visible = span >= LEAST_VISIBLE_SPAN_PER_M
    return CheckResult(
        visible,
        f"disparity spans {span:.2g} 1/m"
        + ("" if visible else ", which is nearly flat: no blur is expected"),
        f"{LEAST_VISIBLE_SPAN_PER_M:g} 1/m or more",
        f"{span:.6g} 1/m",
        f"{facts.where}, XMP",
    )


def _disparity_range(facts: Facts) -> tuple[float, float] | None:
    """Return the least and largest disparity of a scale that other rules accept; None where there is none."""
    properties = facts.properties
    if _scale_fault(facts) or properties.auxiliary_image_type != "disparity":
        return None
    low, high = properties.float_min or 0.0, properties.float_max or 0.0
    return None if facts.tree is None or high > HALF_MAX else (low, high)
