"""What Apple calls things: auxiliary image properties, XMP packets, ImageIO's auxiliary data dictionary.

Knows: names, number formats, dictionary keys. Must not know: containers, codecs, pixels as arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from authoring.apple.authorship import SOURCES, Provenance, provenance, with_provenance
    from authoring.apple.dictionary import (
        AuxiliaryData,
        DataDescription,
        auxiliary_type_of,
        build_json,
        build_plist,
        parse_json,
        parse_plist,
    )
    from authoring.apple.kinds import CICP_DEPTH_URN, HEVC_DEPTH_URN, Kind, classify, classify_tree
    from authoring.apple.properties import (
        CALIBRATION_FIELDS,
        REQUIRED_CALIBRATION_FIELDS,
        DepthProperties,
        data_profile,
        depth_properties,
        foreign_properties,
        portrait_profile,
        tree_of,
    )
    from authoring.apple.rendering import Record, Rendering, build_rendering, parse_rendering
    from authoring.apple.table import (
        FDEP,
        FDIS,
        HDEP,
        HDIS,
        L008,
        NATIVE_FORMATS,
        TABLE,
        Opaque,
        Property,
        PropertyTree,
        find,
        fourcc,
        fourcc_name,
        text_of,
    )
    from authoring.apple.values import exact_half
    from authoring.apple.xmp import MAX_XMP_BYTES, build_packet, parse_element, parse_packet

__all__ = [
    "CALIBRATION_FIELDS",
    "CICP_DEPTH_URN",
    "FDEP",
    "FDIS",
    "HDEP",
    "HDIS",
    "HEVC_DEPTH_URN",
    "L008",
    "MAX_XMP_BYTES",
    "NATIVE_FORMATS",
    "REQUIRED_CALIBRATION_FIELDS",
    "SOURCES",
    "TABLE",
    "AuxiliaryData",
    "DataDescription",
    "DepthProperties",
    "Kind",
    "Opaque",
    "Property",
    "PropertyTree",
    "Provenance",
    "Record",
    "Rendering",
    "auxiliary_type_of",
    "build_json",
    "build_packet",
    "build_plist",
    "build_rendering",
    "classify",
    "classify_tree",
    "data_profile",
    "depth_properties",
    "exact_half",
    "find",
    "foreign_properties",
    "fourcc",
    "fourcc_name",
    "parse_element",
    "parse_json",
    "parse_packet",
    "parse_plist",
    "parse_rendering",
    "portrait_profile",
    "provenance",
    "text_of",
    "tree_of",
    "with_provenance",
]

_HOME = {
    "authorship": (
        "Provenance",
        "SOURCES",
        "provenance",
        "with_provenance",
    ),
    "dictionary": (
        "AuxiliaryData",
        "DataDescription",
        "auxiliary_type_of",
        "build_json",
        "build_plist",
        "parse_json",
        "parse_plist",
    ),
    "kinds": (
        "CICP_DEPTH_URN",
        "HEVC_DEPTH_URN",
        "Kind",
        "classify",
        "classify_tree",
    ),
    "properties": (
        "CALIBRATION_FIELDS",
        "DepthProperties",
        "REQUIRED_CALIBRATION_FIELDS",
        "data_profile",
        "depth_properties",
        "foreign_properties",
        "portrait_profile",
        "tree_of",
    ),
    "rendering": (
        "Record",
        "Rendering",
        "build_rendering",
        "parse_rendering",
    ),
    "table": (
        "FDEP",
        "FDIS",
        "HDEP",
        "HDIS",
        "L008",
        "NATIVE_FORMATS",
        "Opaque",
        "Property",
        "PropertyTree",
        "TABLE",
        "find",
        "fourcc",
        "fourcc_name",
        "text_of",
    ),
    "values": ("exact_half",),
    "xmp": (
        "MAX_XMP_BYTES",
        "build_packet",
        "parse_element",
        "parse_packet",
    ),
}
"""Which module has which names: a reader of XMP need not wait for property lists and rendering parameters."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
