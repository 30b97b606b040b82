"""Define the XMP properties of Apple's auxiliary images: namespaces, names, number formats, sources.

A packet is a `PropertyTree`: its properties in the file's order. Unknown ones stay in it as they were read, and are
written back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

APDI = "http://ns.apple.com/pixeldatainfo/1.0/"
DEPTH_DATA = "http://ns.apple.com/depthData/1.0/"
DEPTH_BLUR_EFFECT = "http://ns.apple.com/depthBlurEffect/1.0/"
PORTRAIT_LIGHTING_EFFECT = "http://ns.apple.com/portraitLightingEffect/2.0/"
PORTRAIT_LIGHTING_EFFECT_1 = "http://ns.apple.com/portraitLightingEffect/1.0/"
"""Not in any sample, but Photos is reported to accept it: read like 2.0, never written."""
PORTRAIT_EFFECTS_MATTE = "http://ns.apple.com/portraitEffectsMatte/1.0/"
SEMANTIC_SEGMENTATION_MATTE = "http://ns.apple.com/semanticSegmentationMatte/1.0/"
HDR_GAIN_MAP = "http://ns.apple.com/HDRGainMap/1.0/"
ADOBE_GAIN_MAP = "http://ns.adobe.com/hdr-gain-map/1.0/"
PROVENANCE = "urn:depthauthor:provenance/1.0/"
"""Of this program: which version wrote the depth, from what sources, and how to undo it."""

NAMESPACES: MappingProxyType[str, str] = MappingProxyType(
    {
        "apdi": APDI,
        "depthData": DEPTH_DATA,
        "depthBlurEffect": DEPTH_BLUR_EFFECT,
        "portraitLightingEffect": PORTRAIT_LIGHTING_EFFECT,
        "portraitEffectsMatte": PORTRAIT_EFFECTS_MATTE,
        "semanticSegmentationMatte": SEMANTIC_SEGMENTATION_MATTE,
        "HDRGainMap": HDR_GAIN_MAP,
        "depthauthor": PROVENANCE,
    }
)
"""Prefix, as Apple writes it → namespace."""

OLD_NAMESPACES: MappingProxyType[str, str] = MappingProxyType(
    {PORTRAIT_LIGHTING_EFFECT_1: PORTRAIT_LIGHTING_EFFECT}
)


def fourcc(name: str) -> int:
    """Return the number of a four-character code, which Apple writes in decimal: hdis is 1751411059."""
    return int.from_bytes(name.encode("ascii"), "big")


def fourcc_name(code: int) -> str:
    """Return the four characters of a code for a message; the number itself if they cannot be printed."""
    if 0 <= code < 1 << 32:
        text = code.to_bytes(4, "big").decode("latin-1")
        if text.isascii() and text.isprintable():
            return text
    return str(code)


HDIS, FDIS = fourcc("hdis"), fourcc("fdis")
HDEP, FDEP = fourcc("hdep"), fourcc("fdep")
L008 = fourcc("L008")
L016 = fourcc("L016")
"""kCVPixelFormatType_OneComponent16; seen in no file of Apple's."""

DISPARITY_FORMATS = (HDIS, FDIS)
HALF_FORMATS = (HDIS, HDEP)
NATIVE_FORMATS = (HDIS, FDIS, HDEP, FDEP)

APPLE_DEPTH_DATA_VERSION = 65541
"""1.5: rear cameras, iOS 14.3 to 17.4."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """The value of a property that is neither text nor a list of texts: a structure, a qualifier, a language."""

    xml: str
    """The property's element with the namespaces it uses, as it was in the packet."""


Value = str | tuple[str, ...] | Opaque
ArrayForm = Literal["Seq", "Bag", "Alt"]


@dataclass(frozen=True, slots=True)
class Property:
    """One top-level property; the prefix does not count when two are compared."""

    namespace: str
    prefix: str = field(compare=False)
    name: str
    value: Value
    array: ArrayForm = "Seq"
    """RDF container that a tuple is written as; ignored for other values."""


PropertyTree = tuple[Property, ...]

ValueKind = Literal["text", "integer", "half6", "real6", "real", "reals", "boolean", "base64"]
"""How a value is printed.

`integer`: decimal · `real6`: six decimals · `half6`: the same, for limits that are half floats · `real` and `reals`:
17 significant digits, zero as 0.0 · `boolean`: True or False · `base64`: binary data.
"""


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """What is known of one property."""

    prefix: str
    name: str
    field: str
    """Field of `DepthProperties`; empty for a property of another kind of image."""
    kind: ValueKind
    count: int
    """Of numbers; 1 for a simple value."""
    unit: str
    source: str
    """Sample files that have it."""

    @property
    def namespace(self) -> str:
        """Namespace of the prefix."""
        return NAMESPACES[self.prefix]

    @property
    def label(self) -> str:
        """Name for messages, such as `depthData:PixelSize`."""
        return f"{self.prefix}:{self.name}"


# In the order in which iOS 14 to 17 writes the properties (a hash order, the same in pug, lyangas, openize and
# fidmaa); it is also our order of writing. "all" means pug, openize, fidmaa, nilsh, lyangas, shu and rw.
TABLE: tuple[PropertyRow, ...] = tuple(
    PropertyRow(*cells)
    for cells in (
        ("apdi", "IntMaxValue", "int_max", "integer", 1, "code", "all: 255"),
        ("apdi", "StoredFormat", "stored_format", "integer", 1, "FourCC", "all: L008"),
        ("apdi", "NativeFormat", "native_format", "integer", 1, "FourCC", "all: hdis"),
        ("apdi", "IntMinValue", "int_min", "integer", 1, "code", "all: 0"),
        ("apdi", "FloatMaxValue", "float_max", "half6", 1, "1/m or m", "all"),
        ("apdi", "FloatMinValue", "float_min", "half6", 1, "1/m or m", "all; rw prints 17 digits"),
        ("apdi", "AuxiliaryImageType", "auxiliary_image_type", "text", 1, "", "all: disparity"),
        ("apdi", "AuxiliaryImageSubType", "", "text", 1, "", "portrait mattes of shu_matte, fidmaa"),
        ("depthData", "PortraitScoreIsHigh", "portrait_score_is_high", "boolean", 1, "", "fidmaa, nilsh"),
        (
            "depthData",
            "IntrinsicMatrixReferenceWidth",
            "reference_width",
            "integer",
            1,
            "px",
            "all but nilsh",
        ),
        ("depthData", "DepthDataVersion", "depth_data_version", "integer", 1, "", "all but nilsh"),
        ("depthData", "Quality", "quality", "text", 1, "", "all: high; nilsh: low"),
        ("depthData", "IntrinsicMatrix", "intrinsic_matrix", "reals", 9, "px, by columns", "all but nilsh"),
        (
            "depthData",
            "IntrinsicMatrixReferenceHeight",
            "reference_height",
            "integer",
            1,
            "px",
            "all but nilsh",
        ),
        (
            "depthData",
            "InverseLensDistortionCoefficients",
            "inverse_lens_distortion_coefficients",
            "reals",
            8,
            "% per mm^2k",
            "all but nilsh",
        ),
        ("depthData", "LensDistortionCenterOffsetX", "center_x", "real", 1, "px", "all but nilsh"),
        (
            "depthData",
            "LensDistortionCoefficients",
            "lens_distortion_coefficients",
            "reals",
            8,
            "% per mm^2k",
            "all but nilsh",
        ),
        ("depthData", "Accuracy", "accuracy", "text", 1, "", "all: relative; fidmaa: absolute"),
        ("depthData", "PixelSize", "pixel_size", "real6", 1, "mm", "all but nilsh"),
        ("depthData", "Filtered", "filtered", "boolean", 1, "", "all: True; nilsh: False"),
        ("depthData", "ExtrinsicMatrix", "extrinsic_matrix", "reals", 12, "1, then mm", "all but nilsh"),
        ("depthData", "PortraitScore", "portrait_score", "real6", 1, "", "fidmaa, nilsh"),
        ("depthData", "LensDistortionCenterOffsetY", "center_y", "real", 1, "px", "all but nilsh"),
        ("depthBlurEffect", "RenderingParameters", "rendering_parameters", "base64", 1, "", "all but nilsh"),
        (
            "depthBlurEffect",
            "SimulatedAperture",
            "simulated_aperture",
            "real6",
            1,
            "f-number",
            "all but nilsh",
        ),
        (
            "portraitLightingEffect",
            "EffectStrength",
            "effect_strength",
            "real6",
            1,
            "0..1",
            "all but shu, rw",
        ),
        ("portraitEffectsMatte", "PortraitEffectsMatteVersion", "", "integer", 1, "", "shu_matte, fidmaa"),
        ("semanticSegmentationMatte", "SemanticSegmentationMatteVersion", "", "integer", 1, "", "fidmaa"),
        ("HDRGainMap", "HDRGainMapVersion", "", "integer", 1, "", "pug, openize, fidmaa, lyangas"),
        ("HDRGainMap", "HDRGainMapHeadroom", "", "real", 1, "", "reported beside version 131072"),
        ("depthauthor", "Version", "", "text", 1, "", "ours: the program that wrote the depth"),
        ("depthauthor", "Undo", "", "base64", 1, "", "ours: what a container needs to undo the splice"),
        ("depthauthor", "Restore", "", "base64", 1, "", "ours: what undoes the changes to Exif and XMP"),
        ("depthauthor", "RestoreOmitted", "", "boolean", 1, "", "ours: Restore was left out as asked for"),
        ("depthauthor", "DepthSource", "", "text", 1, "", "ours: where the map comes from"),
        ("depthauthor", "CalibrationSource", "", "text", 1, "", "ours: where the calibration comes from"),
        ("depthauthor", "RenderingSource", "", "text", 1, "", "ours: where the rendering comes from"),
        ("depthauthor", "DepthModel", "", "text", 1, "", "ours: the network that estimated the map"),
        ("depthauthor", "DepthModelVersion", "", "text", 1, "", "ours: its commit, or its weights' digest"),
        ("depthauthor", "DepthScale", "", "text", 1, "", "ours: where an estimate's metres come from"),
    )
)

ROWS: MappingProxyType[tuple[str, str], PropertyRow] = MappingProxyType(
    {(row.namespace, row.name): row for row in TABLE}
)
"""(namespace, name) → row."""

FIELDS: MappingProxyType[str, PropertyRow] = MappingProxyType({row.field: row for row in TABLE if row.field})
"""Field of `DepthProperties` → row, in the order of writing."""


def row_of(item: Property) -> PropertyRow | None:
    """Return the table's row of a property, if there is one; older namespaces count as today's."""
    return ROWS.get((OLD_NAMESPACES.get(item.namespace, item.namespace), item.name))


def find(tree: PropertyTree, label: str) -> Property | None:
    """Return the first property with this label, such as `apdi:AuxiliaryImageType`."""
    for item in tree:
        row = row_of(item)
        if row is not None and row.label == label:
            return item
    return None


def text_of(tree: PropertyTree, label: str) -> str | None:
    """Return the text of that property without surrounding space; None if it is absent or not a text."""
    item = find(tree, label)
    return item.value.strip() if item is not None and isinstance(item.value, str) else None


def property_of(row: PropertyRow, value: str | Iterable[str]) -> Property:
    """Return the property of a row with this value."""
    return Property(row.namespace, row.prefix, row.name, value if isinstance(value, str) else tuple(value))
