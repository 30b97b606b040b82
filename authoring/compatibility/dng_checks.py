"""Judge the rules on the depth map of a DNG: whether Adobe's and Apple's readers find it and agree on it.

The rules' sentences, grades and sources are in `rules.TABLE`.
"""

from __future__ import annotations

import math

from authoring.apple.property_table import DISPARITY_FORMATS
from authoring.compatibility.facts import Facts
from authoring.compatibility.findings import CheckResult
from authoring.containers.base import DngDepth, Fraction
from authoring.depth.aspect import same_shape
from authoring.read.adobe_depth import INVERSE, LINEAR, METRES

DEPTH_VERSION = (1, 5, 0, 0)
"""The first DNG version with depth maps."""

RELATIVE_TOLERANCE = 1e-4
"""Between a distance in the tags and in the XMP, which has six decimals (R7)."""

IFD0 = "IFD0"


def one_depth_map(facts: Facts) -> CheckResult:
    """Check RD1: one directory of a depth map among the SubIFDs."""
    count = len(facts.depth_images)
    if count == 1:
        return CheckResult(True, "one depth map among the SubIFDs", where=facts.where)
    message = "there is no depth map" if not count else "readers take the first of several depth maps"
    return CheckResult(False, message, "one directory with NewSubFileType 8", str(count), "tag 330")


def tags_agree(facts: Facts) -> CheckResult | None:
    """Check RD2: the depth tags are in IFD0 and in the map's directory, and say what the XMP says."""
    image = facts.auxiliary
    if image is None:
        return None
    tags, properties = facts.dng.depth, facts.properties
    expected = "the same five tags in IFD0 and in the depth map's directory"
    if tags is None:
        return CheckResult(
            False, "IFD0 has no depth tags, where Adobe's readers look", expected, "none", IFD0
        )
    if image.own_dng_depth is not None and image.own_dng_depth != tags:
        message = "the depth tags of IFD0 and of the map's directory differ"
        return CheckResult(False, message, _text(tags), _text(image.own_dng_depth), facts.where)
    if facts.tree is None:
        return CheckResult(True, "the depth tags are complete, and there is no XMP to compare", where=IFD0)
    if properties.auxiliary_image_type == "disparity" or properties.native_format in DISPARITY_FORMATS:
        return CheckResult(
            False,
            "the XMP says disparity, whose codes grow towards the camera, and a DNG's grow away from it",
            "depth in hdep or fdep, DepthFormat 1",
            f"{properties.auxiliary_image_type}, DepthFormat {tags.format}",
            f"{facts.where}, XMP",
        )
    stated = (
        f"{properties.float_min:g} to {properties.float_max:g} m"
        if properties.float_min is not None
        else "none"
    )
    same = tags.format == LINEAR and tags.units == METRES
    for fraction, value in ((tags.near, properties.float_min), (tags.far, properties.float_max)):
        number = _number(fraction)
        same &= (
            number is not None
            and value is not None
            and math.isclose(number, value, rel_tol=RELATIVE_TOLERANCE)
        )
    message = "tags and XMP say the same" if same else "the depth tags and the XMP say different things"
    return CheckResult(same, message, f"linear metres, {stated}", _text(tags), IFD0)


def decodes(facts: Facts) -> CheckResult | None:
    """Check RD3: the map's strips or tiles decode to its size."""
    image = facts.auxiliary
    if image is None:
        return None
    if facts.decode_fault:
        message = f"the depth map does not decode: {facts.decode_fault}"
        return CheckResult(False, message, "8 or 16 bits of the stated size", where=facts.where)
    return CheckResult(True, f"the depth map is {image.width}x{image.height}", where=facts.where)


def version_states_depth(facts: Facts) -> CheckResult | None:
    """Check RD4: DNGVersion is one that has depth maps."""
    if facts.auxiliary is None:
        return None
    version = facts.dng.version
    return CheckResult(
        version >= DEPTH_VERSION,
        f"DNGVersion is {_dotted(version)}"
        + ("" if version >= DEPTH_VERSION else ", older than depth maps in DNG"),
        f"{_dotted(DEPTH_VERSION)} or later",
        _dotted(version),
        IFD0,
    )


def old_readers_accepted(facts: Facts) -> CheckResult | None:
    """Check RD5: DNGBackwardVersion does not ask for a reader that knows depth maps."""
    version = facts.dng.backward_version
    if facts.auxiliary is None or version is None:
        return None
    kept = version <= facts.dng.version
    message = "old readers may ignore the map" if kept else "DNGBackwardVersion is above DNGVersion"
    return CheckResult(kept, message, f"at most {_dotted(facts.dng.version)}", _dotted(version), IFD0)


def covers_active_area(facts: Facts) -> CheckResult | None:
    """Check RD6: the map has the aspect of ActiveArea."""
    image, layout = facts.auxiliary, facts.layout
    if image is None:
        return None
    same = same_shape((image.width, image.height), (layout.width, layout.height))
    return CheckResult(
        same,
        "the depth map has the shape of the active area"
        if same
        else "the depth map does not have the shape of the active area, over which readers stretch it",
        f"the aspect of {layout.width}x{layout.height} within 1 % or one pixel on each side",
        f"{image.width}x{image.height}",
        facts.where,
    )


def portrait_not_known(facts: Facts) -> CheckResult | None:
    """Check RD7: never holds, so that no more than readable depth is expected of a DNG."""
    if facts.auxiliary is None:
        return None
    message = (
        "Photos' Portrait asks for disparity, which a DNG does not hold, and nobody tested a DNG on a device"
    )
    return CheckResult(False, message, "HEIC or JPEG", "DNG", "container")


def _text(tags: DngDepth) -> str:
    form = {LINEAR: "linear", INVERSE: "inverse"}.get(tags.format, "unknown format")
    near, far = _number(tags.near), _number(tags.far)
    span = f"{'?' if near is None else f'{near:g}'} to {'?' if far is None else f'{far:g}'}"
    return f"{form}, {span} {'m' if tags.units == METRES else '(no unit)'}"


def _number(fraction: Fraction | None) -> float | None:
    return fraction[0] / fraction[1] if fraction and fraction[1] else None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
