"""What an auxiliary image is: by the URN of its `auxC` box in HEIF, by its XMP in JPEG.

Knows: the URNs and the few properties that tell. Must not know: containers, pixels.
"""

from __future__ import annotations

from typing import Literal, get_args

from authoring.apple.property_table import ADOBE_GAIN_MAP, PropertyTree, find, text_of
from authoring.apple.xmp import parse_packet
from authoring.errors import MalformedError

Kind = Literal[
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
"""`depth` is a disparity or depth map; `semanticmatte` one whose subject only a URN could tell."""

HEVC_DEPTH_URN = "urn:mpeg:hevc:2015:auxid:2"
"""The one that Apple writes; `CICP_DEPTH_URN` is read as well, by ImageIO and libheif alike."""
CICP_DEPTH_URN = "urn:mpeg:mpegB:cicp:systems:auxiliary:depth"

URNS: dict[str, Kind] = {
    HEVC_DEPTH_URN: "depth",
    CICP_DEPTH_URN: "depth",
    "urn:mpeg:hevc:2015:auxid:1": "alpha",
    "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha": "alpha",
    "urn:iso:std:iso:ts:21496:-1": "gainmap-iso",
}

MISSPELT: dict[str, Kind] = {"semanticchairmatte": "semantichairmatte"}
"""Met in the wild."""


def classify(auxiliary_type: str, xmp: bytes | None) -> Kind:
    """What the image is; "unknown" where neither the URN nor the XMP says.

    A URN that is known decides, as it does for ImageIO; the XMP is only parsed where there is none. XMP that
    cannot be parsed says nothing.
    """
    by_urn = _by_urn(auxiliary_type)
    if by_urn != "unknown" or not xmp:
        return by_urn
    try:
        return classify_tree(parse_packet(xmp))
    except MalformedError:
        return "unknown"


def classify_tree(tree: PropertyTree) -> Kind:
    """The same from a parsed packet alone, as in JPEG.

    A portrait matte says AuxiliaryImageType = depth too, and only the sub-type sets it apart (shu_matte). A
    semantic matte has nothing but a version number (fidmaa).
    """
    kind = text_of(tree, "apdi:AuxiliaryImageType") or ""
    refined = text_of(tree, "apdi:AuxiliaryImageSubType")
    if kind in ("disparity", "depth"):
        return "depth" if not refined else _by_word(refined)
    by_urn = _by_urn(kind)
    if by_urn != "unknown":
        return by_urn
    if find(tree, "portraitEffectsMatte:PortraitEffectsMatteVersion"):
        return "portraiteffectsmatte"
    if find(tree, "semanticSegmentationMatte:SemanticSegmentationMatteVersion"):
        return _by_word(refined) if refined else "semanticmatte"
    if find(tree, "HDRGainMap:HDRGainMapVersion"):
        return "hdrgainmap"
    if any(one.namespace == ADOBE_GAIN_MAP and one.name == "Version" for one in tree):
        return "gainmap-adobe"
    return "unknown"


def _by_urn(urn: str) -> Kind:
    """By the whole URN, or by its last word: Samsung's `urn:com:samsung:photo:2024:aux:hdrgainmap` counts."""
    if urn in URNS:
        return URNS[urn]
    return _by_word(urn.rpartition(":")[2]) if ":aux:" in urn else "unknown"


def _by_word(word: str) -> Kind:
    """One of Apple's words, as they end a URN or stand in the sub-type."""
    lowered = word.lower()
    known: tuple[Kind, ...] = get_args(Kind)
    for kind in known:
        if kind == lowered and kind.endswith(("matte", "map")):
            return kind
    return MISSPELT.get(lowered, "unknown")
