"""Classify auxiliary images: by the URN of the `auxC` box in HEIF, by their XMP in JPEG."""

from __future__ import annotations

from typing import Literal, get_args

from authoring.apple.property_table import ADOBE_GAIN_MAP, PropertyTree, find, text_of
from authoring.apple.xmp import parse_packet
from authoring.errors import MalformedError

AuxiliaryKind = Literal[
    "depth",
    "portraiteffectsmatte",
    "semanticskinmatte",
    "semantichairmatte",
    "semanticteethmatte",
    "semanticglassesmatte",
    "semanticskymatte",
    "semanticmatte",
    "hdrgainmap",
    "gainmap-adobe",
    "gainmap-iso",
    "alpha",
    "unknown",
]
"""`depth` is a disparity or depth map; `semanticmatte` one whose subject only a URN would state."""

HEVC_DEPTH_URN = "urn:mpeg:hevc:2015:auxid:2"
"""Apple writes this one; ImageIO and libheif read `CICP_DEPTH_URN` as well."""
CICP_DEPTH_URN = "urn:mpeg:mpegB:cicp:systems:auxiliary:depth"

URNS: dict[str, AuxiliaryKind] = {
    HEVC_DEPTH_URN: "depth",
    CICP_DEPTH_URN: "depth",
    "urn:mpeg:hevc:2015:auxid:1": "alpha",
    "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha": "alpha",
    "urn:iso:std:iso:ts:21496:-1": "gainmap-iso",
}

MISSPELT: dict[str, AuxiliaryKind] = {"semanticchairmatte": "semantichairmatte"}
"""Seen in files."""


def classify(auxiliary_type: str, xmp: bytes | None) -> AuxiliaryKind:
    """Return the kind of an image; "unknown" if neither the URN nor the XMP states it.

    A known URN decides, as it does for ImageIO; otherwise the XMP is parsed. A broken packet states nothing.
    """
    by_urn = _by_urn(auxiliary_type)
    if by_urn != "unknown" or not xmp:
        return by_urn
    try:
        return _classify_tree(parse_packet(xmp))
    except MalformedError:
        return "unknown"


def _classify_tree(tree: PropertyTree) -> AuxiliaryKind:
    """Classify by the XMP alone, as in JPEG.

    A portrait matte has AuxiliaryImageType = depth too, and only the sub-type distinguishes it (shu_matte). A
    semantic matte has a version number only (fidmaa).
    """
    image_type = text_of(tree, "apdi:AuxiliaryImageType") or ""
    sub_type = text_of(tree, "apdi:AuxiliaryImageSubType")
    if image_type in ("disparity", "depth"):
        return _by_word(sub_type) if sub_type else "depth"
    by_urn = _by_urn(image_type)
    if by_urn != "unknown":
        return by_urn
    if find(tree, "portraitEffectsMatte:PortraitEffectsMatteVersion"):
        return "portraiteffectsmatte"
    if find(tree, "semanticSegmentationMatte:SemanticSegmentationMatteVersion"):
        return _by_word(sub_type) if sub_type else "semanticmatte"
    if find(tree, "HDRGainMap:HDRGainMapVersion"):
        return "hdrgainmap"
    if any(item.namespace == ADOBE_GAIN_MAP and item.name == "Version" for item in tree):
        return "gainmap-adobe"
    return "unknown"


def _by_urn(urn: str) -> AuxiliaryKind:
    """Classify by the URN, or by its last word, as in Samsung's `urn:com:samsung:photo:2024:aux:hdrgainmap`."""
    if urn in URNS:
        return URNS[urn]
    return _by_word(urn.rpartition(":")[2]) if ":aux:" in urn else "unknown"


def _by_word(word: str) -> AuxiliaryKind:
    """Classify by Apple's word, which ends a URN or is the sub-type."""
    lowered = word.lower()
    known: tuple[AuxiliaryKind, ...] = get_args(AuxiliaryKind)
    for kind in known:
        if kind == lowered and kind.endswith(("matte", "map")):
            return kind
    return MISSPELT.get(lowered, "unknown")
