"""Rules on the depth image itself: can Apple's readers find it, read it and make sense of it?

Knows: what ImageIO and AVDepthData ask for (levels L1), and habits of Apple's writers. Must not know: the rules'
grades and sources, which stand in the table; Photos.
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
from authoring.codecs.sei import DepthRepresentation
from authoring.compatibility.facts import Facts
from authoring.compatibility.outcome import Outcome

LEAST_SPAN_PER_M, LARGEST_SPAN_PER_M = 0.5, 5.0
"""Disparity spans that are no surprise: 0.50 (shu_matte) to 4.61 (lyangas); about 0.4 was seen to give no blur."""

UNKNOWN_LEVEL = 255
"""general_level_idc of x265's lossless streams: a level beyond every limit, which no iPhone file has."""

ASPECT_TOLERANCE = 0.01
"""0.3 % is the most in a sample (nilsh: 188x250 for 375x500)."""

EVEN_ROUNDING_PX = 2
"""A small map in even sizes may miss the photo's aspect by up to this much on a side."""

HALF_MAX = 65504.0

_HVCC_FIXED_BYTES, _HVCC_LEVEL, _HVCC_CHROMA, _HVCC_LUMA_BITS = 23, 12, 16, 17
_APDI_FIELDS = {
    "auxiliary_image_type": "AuxiliaryImageType",
    "native_format": "NativeFormat",
    "stored_format": "StoredFormat",
    "int_min": "IntMinValue",
    "int_max": "IntMaxValue",
    "float_min": "FloatMinValue",
    "float_max": "FloatMaxValue",
}


def one_depth_image(facts: Facts) -> Outcome:
    """R1."""
    expected = "one depth image that belongs to the main image"
    if not facts.depth:
        return Outcome(False, *_no_depth(facts, expected))
    if len(facts.depth) > 1:
        found = f"{len(facts.depth)} depth images"
        return Outcome(False, "readers may take either of several depth images", expected, found)
    place = facts.placement
    if place is not None and place.primary not in place.masters:
        masters = ", ".join(map(str, place.masters)) or "nothing"
        return Outcome(
            False,
            "the depth item does not say that it belongs to the main image",
            f"auxl to item {place.primary}",
            f"auxl to {masters}",
            facts.where,
        )
    return Outcome(True, "one depth image, bound to the main image", where=facts.where)


def _no_depth(facts: Facts, expected: str) -> tuple[str, str, str, str | None]:
    if facts.strays:
        where = f"item {facts.strays[0]}"
        return "a depth item is there, but belongs to another image", expected, "auxl elsewhere", where
    return "there is no depth map that Apple's readers would find", expected, "none", None


def decodes(facts: Facts) -> Outcome | None:
    """R2."""
    found = facts.found
    if found is None:
        return None
    fault = _configuration_fault(facts) or facts.decode_fault
    if fault is None and facts.codes is not None:
        height, width = facts.codes.shape
        if (width, height) != (found.width, found.height):
            fault = f"it decodes to {width}x{height}, but is said to be {found.width}x{found.height}"
    if fault:
        return Outcome(
            False,
            f"the depth image cannot be decoded: {fault}",
            "8-bit monochrome, of the size stated",
            where=facts.where,
        )
    return Outcome(True, f"the depth image decodes to {found.width}x{found.height} gray", where=facts.where)


def _configuration_fault(facts: Facts) -> str | None:
    found, place = facts.found, facts.placement
    if facts.components not in (None, 1):
        return f"it has {facts.components} colour components, not one"
    if found is None or place is None:
        return None
    body = found.configuration
    if place.configurations != 1:
        return f"it has {place.configurations} decoder configurations (hvcC) instead of one"
    if body[4:8] == b"hvcC":
        return "its decoder configuration is wrapped into a second hvcC box"
    if len(body) < _HVCC_FIXED_BYTES or body[0] != 1:
        return "its decoder configuration (hvcC) is cut short or of an unknown version"
    if body[_HVCC_CHROMA] & 3:
        return "it is coded with colour, not monochrome"
    if body[_HVCC_LUMA_BITS] & 7:
        return f"it has {8 + (body[_HVCC_LUMA_BITS] & 7)} bits a sample, not 8"
    return None


def has_xmp(facts: Facts) -> Outcome | None:
    """R3."""
    found, place = facts.found, facts.placement
    if found is None:
        return None
    if place is None:
        return Outcome(True, "the depth image carries an XMP segment of its own", where=facts.where)
    expected = "an item application/rdf+xml, cdsc to the depth item, bytes in mdat"
    right = [one for one in place.descriptions if one.is_xmp]
    if not right:
        other = place.descriptions[0] if place.descriptions else None
        said = f"item {other.identifier} is {other.content_type or 'of no type'}" if other else "none"
        return Outcome(False, "the depth item has no XMP", expected, said, facts.where)
    if not right[0].in_mdat:
        return Outcome(
            False,
            "the bytes of the depth XMP lie outside mdat, where ImageIO was seen to pass them over",
            expected,
            "another construction method or box",
            f"item {right[0].identifier}",
        )
    return Outcome(True, "the depth item has its XMP", where=f"item {right[0].identifier}")


def packet_parses(facts: Facts) -> Outcome | None:
    """R26."""
    if facts.found is None or not facts.found.xmp:
        return None
    if facts.packet_fault:
        return Outcome(
            False,
            facts.packet_fault,
            "well-formed XML with an rdf:RDF and its properties",
            where=f"{facts.where}, XMP",
        )
    return Outcome(True, "the depth XMP is well formed", where=f"{facts.where}, XMP")


def scale_complete(facts: Facts) -> Outcome | None:
    """R4."""
    if facts.tree is None:
        return None
    fault = _scale_fault(facts)
    if fault:
        expected = "the seven apdi keys, with IntMin < IntMax and FloatMin < FloatMax"
        return Outcome(
            False, f"the scale of the depth map is broken: {fault}", expected, where=f"{facts.where}, XMP"
        )
    told = facts.told
    return Outcome(
        True, f"the scale is complete: {told.float_min:g} to {told.float_max:g}", where=f"{facts.where}, XMP"
    )


def _scale_fault(facts: Facts) -> str | None:
    told = facts.told
    unread = [facts.faults[name] for name in _APDI_FIELDS if name in facts.faults]
    if unread:
        return unread[0]
    missing = [label for name, label in _APDI_FIELDS.items() if getattr(told, name) is None]
    if missing:
        return f"{', '.join(missing)} missing"
    if told.auxiliary_image_type not in ("disparity", "depth"):
        return f"AuxiliaryImageType is {told.auxiliary_image_type!r}"
    if told.native_format not in NATIVE_FORMATS:
        return f"NativeFormat is {fourcc_name(told.native_format or 0)}, none of hdis, fdis, hdep and fdep"
    if told.stored_format != L008:
        return f"StoredFormat is {fourcc_name(told.stored_format or 0)}, but the plane is L008"
    if not (told.int_min or 0) < (told.int_max or 0):
        return f"IntMinValue {told.int_min} is not below IntMaxValue {told.int_max}"
    low, high = told.float_min or 0.0, told.float_max or 0.0
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return f"FloatMinValue {low:g} is not below FloatMaxValue {high:g}"
    return None


def covers_photo(facts: Facts) -> Outcome | None:
    """R5."""
    found, layout = facts.found, facts.layout
    if found is None:
        return None
    turns = " then ".join(f"{one.kind} {one.value}" for one in layout.transforms) or "none"
    own = " then ".join(f"{one.kind} {one.value}" for one in found.transforms) or "none"
    if turns != own:
        return Outcome(
            False,
            "the depth image is turned otherwise than the photo, so the blur would be shifted or mirrored",
            turns,
            own,
            facts.where,
        )
    if not same_shape((found.width, found.height), (layout.width, layout.height)):
        return Outcome(
            False,
            "the depth map does not have the photo's shape",
            f"the aspect of {layout.width}x{layout.height} within 1 %",
            f"{found.width}x{found.height}",
            facts.where,
        )
    return Outcome(True, "the depth map covers the photo and is turned with it", where=facts.where)


def same_shape(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether two rasters (width, height) have one aspect, but for 1 % or what even sizes cost the first one."""
    if min(*first, *second) < 1:
        return False
    wanted = first[1] * second[0] / second[1], first[0] * second[1] / second[0]
    return any(
        abs(side / full - 1) <= ASPECT_TOLERANCE or abs(side - full) < EVEN_ROUNDING_PX
        for side, full in zip(first, wanted, strict=True)
    )


def value_range(facts: Facts) -> tuple[float, float] | None:
    """The values of the least and the largest code in the plane; None where they cannot be told."""
    if facts.codes is None or facts.tree is None or _scale_fault(facts):
        return None
    told = facts.told
    int_min, int_max = told.int_min or 0, told.int_max or 0
    float_min, float_max = told.float_min or 0.0, told.float_max or 0.0
    step = (float_max - float_min) / (int_max - int_min)
    return (
        float_min + (int(facts.codes.min()) - int_min) * step,
        float_min + (int(facts.codes.max()) - int_min) * step,
    )


def values_finite(facts: Facts) -> Outcome | None:
    """R6."""
    values = value_range(facts)
    if values is None:
        return None
    half = facts.told.native_format in HALF_FORMATS
    limit = HALF_MAX if half else 3.4e38
    if max(map(abs, values)) > limit:
        return Outcome(
            False,
            "some values become infinite in the native format",
            f"at most {limit:g}",
            f"{values[0]:g} to {values[1]:g}",
            f"{facts.where}, XMP",
        )
    return Outcome(True, f"all values are finite, {values[0]:.6g} to {values[1]:.6g}", where=facts.where)


def sei_agrees(facts: Facts) -> Outcome | None:
    """R7."""
    told, said = facts.told, facts.representation
    if said is None or not facts.has("float_min", "float_max"):
        return None
    low, high = _sei_range(said)
    if low is None or high is None:
        return Outcome(True, "the depth SEI states no range", where=f"{facts.where}, auxC")
    stated = (told.float_min or 0.0, told.float_max or 0.0)
    close = all(
        math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6) for a, b in zip((low, high), stated, strict=True)
    )
    return Outcome(
        close,
        "the depth SEI agrees with the XMP" if close else "the depth SEI and the XMP state different ranges",
        f"{stated[0]:.9g} to {stated[1]:.9g}",
        f"{low:.9g} to {high:.9g}",
        f"{facts.where}, auxC",
    )


def _sei_range(said: DepthRepresentation) -> tuple[float | None, float | None]:
    if said.d_min is not None or said.d_max is not None:
        return said.d_min, said.d_max
    return said.z_near, said.z_far


def sei_readable(facts: Facts) -> Outcome | None:
    """R29."""
    found = facts.found
    if found is None or not found.auxiliary_subtype:
        return None
    where = f"{facts.where}, auxC"
    if facts.representation is None:
        return Outcome(False, "what follows the type in auxC is no depth SEI", where=where)
    nal = found.auxiliary_subtype[8:]
    if any(bytes((0, 0, last)) in nal for last in range(4)):
        return Outcome(
            False,
            "the depth SEI needs emulation prevention, which libheif does not undo here",
            "no 00 00 followed by 00 to 03",
            where=where,
        )
    return Outcome(True, "the depth SEI reads without emulation prevention", where=where)


def level_known(facts: Facts) -> Outcome | None:
    """R28."""
    found = facts.found
    if found is None or len(found.configuration) < _HVCC_FIXED_BYTES:
        return None
    level = found.configuration[_HVCC_LEVEL]
    said = f"HEVC level {level / 30:g}"
    if level == UNKNOWN_LEVEL:
        return Outcome(
            False, "the depth image claims an HEVC level beyond all", "3 in iPhone files", said, facts.where
        )
    return Outcome(True, f"the depth image is of {said}", where=facts.where)


def hidden(facts: Facts) -> Outcome | None:
    """R30."""
    place = facts.placement
    if place is None:
        return None
    shown = [place.identifier] if not place.hidden else []
    shown += [one.identifier for one in place.descriptions if not one.hidden]
    if shown:
        names = ", ".join(f"item {number}" for number in shown)
        return Outcome(False, "parts of the depth map are not hidden", "infe flag 1", "infe flag 0", names)
    return Outcome(True, "the depth item and its XMP are hidden", where=facts.where)


def listed_for_tone_map(facts: Facts) -> Outcome | None:
    """R31."""
    place = facts.placement
    if place is None or not place.tone_maps:
        return None
    missing = [one for one in place.tone_maps if one not in place.masters]
    if missing:
        expected = f"auxl to {', '.join(map(str, (place.primary, *place.tone_maps)))}"
        found = f"auxl to {', '.join(map(str, place.masters)) or 'nothing'}"
        return Outcome(
            False, "the depth item is not bound to the tone-mapped image", expected, found, facts.where
        )
    return Outcome(True, "the depth item is bound to the tone-mapped image too", where=facts.where)


def type_fits_format(facts: Facts) -> Outcome | None:
    """R27."""
    told = facts.told
    if told.auxiliary_image_type not in ("disparity", "depth") or told.native_format not in NATIVE_FORMATS:
        return None
    fits = (told.auxiliary_image_type == "disparity") == (told.native_format in DISPARITY_FORMATS)
    wanted = (HDIS, FDIS) if told.auxiliary_image_type == "disparity" else (HDEP, FDEP)
    return Outcome(
        fits,
        "type and native format agree"
        if fits
        else "the depth map is of one type and its samples of the other",
        f"{told.auxiliary_image_type} in {' or '.join(map(fourcc_name, wanted))}",
        fourcc_name(told.native_format or 0),
        f"{facts.where}, XMP",
    )


def span_usual(facts: Facts) -> Outcome | None:
    """R23."""
    told = facts.told
    if _scale_fault(facts) or told.auxiliary_image_type != "disparity":
        return None
    low, high = told.float_min or 0.0, told.float_max or 0.0
    if facts.tree is None or high > HALF_MAX:
        return None
    span = high - low
    where = f"{facts.where}, XMP"
    if low < 0:
        return Outcome(
            False, "disparity goes below 0, which is farther than infinity", "0 or more", f"{low:g}", where
        )
    usual = LEAST_SPAN_PER_M <= span <= LARGEST_SPAN_PER_M
    return Outcome(
        usual,
        f"disparity spans {span:.3g} 1/m"
        + ("" if usual else ", so the blur may be " + ("weak" if span < 1 else "too strong")),
        f"{LEAST_SPAN_PER_M:g} to {LARGEST_SPAN_PER_M:g} 1/m",
        f"{span:.6g} 1/m",
        where,
    )
