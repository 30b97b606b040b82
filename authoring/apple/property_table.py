"""What Apple calls things in the XMP of an auxiliary image: the namespaces and the table of properties.

Knows: names, number formats, and in which sample or document each was seen. Must not know: XML, pixels.

A packet is a `PropertyTree`: its properties in the file's order. What is not understood stays in it as it
was read, and goes back.
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
"""In no sample, but reported as accepted by Photos: read like 2.0, never written."""
PORTRAIT_EFFECTS_MATTE = "http://ns.apple.com/portraitEffectsMatte/1.0/"
SEMANTIC_SEGMENTATION_MATTE = "http://ns.apple.com/semanticSegmentationMatte/1.0/"
HDR_GAIN_MAP = "http://ns.apple.com/HDRGainMap/1.0/"
ADOBE_GAIN_MAP = "http://ns.adobe.com/hdr-gain-map/1.0/"
PROVENANCE = "urn:depthauthor:provenance/1.0/"
"""Our own: which version wrote the depth, from what sources, and what takes it out again without a trace."""

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
"""Prefix → namespace, with the prefixes that Apple writes."""

OLD_NAMESPACES: MappingProxyType[str, str] = MappingProxyType(
    {PORTRAIT_LIGHTING_EFFECT_1: PORTRAIT_LIGHTING_EFFECT}
)


def fourcc(name: str) -> int:
    """The decimal number that Apple writes for a four-character code: hdis is 1751411059."""
    return int.from_bytes(name.encode("ascii"), "big")


def fourcc_name(code: int) -> str:
    """The four characters of a code; the number itself where it is none, so that messages can name it."""
    if 0 <= code < 1 << 32:
        text = code.to_bytes(4, "big").decode("latin-1")
        if text.isascii() and text.isprintable():
            return text
    return str(code)


HDIS, FDIS = fourcc("hdis"), fourcc("fdis")
HDEP, FDEP = fourcc("hdep"), fourcc("fdep")
L008 = fourcc("L008")

DISPARITY_FORMATS = (HDIS, FDIS)
DEPTH_FORMATS = (HDEP, FDEP)
HALF_FORMATS = (HDIS, HDEP)
NATIVE_FORMATS = (HDIS, FDIS, HDEP, FDEP)

APPLE_DEPTH_DATA_VERSION = 65541
"""1.5, the rear cameras of iOS 14.3 to 17.4."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """The value of a property that is neither text nor a list of texts: a structure, a qualifier, a language.

    `xml` is the property's whole element, with the namespaces it uses, as it stood in the packet.
    """

    xml: str


Value = str | tuple[str, ...] | Opaque
ArrayForm = Literal["Seq", "Bag", "Alt"]


@dataclass(frozen=True, slots=True)
class Property:
    """One top-level property. Two that differ only in the prefix are equal: it is but a spelling."""

    namespace: str
    prefix: str = field(compare=False)
    name: str
    value: Value
    array: ArrayForm = "Seq"
    """Which RDF container a tuple is written as; of no meaning for other values."""


PropertyTree = tuple[Property, ...]

Kind = Literal["text", "integer", "half6", "real6", "real", "reals", "boolean", "base64"]
"""How a value is printed.

`integer` plain · `real6` six decimals · `half6` the same, for limits that are half floats · `real` and `reals`
17 significant digits, zero as 0.0 · `boolean` True or False · `base64` binary.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    prefix: str
    name: str
    field: str
    """The field of `DepthProperties` that holds it; empty where it belongs to another kind of image."""
    kind: Kind
    count: int
    """How many numbers; 1 for a simple value."""
    unit: str
    source: str
    """Sample files, or the section of a document, that it was seen in."""

    @property
    def namespace(self) -> str:
        """The namespace behind the prefix."""
        return NAMESPACES[self.prefix]

    @property
    def label(self) -> str:
        """The name for people, as in `depthData:PixelSize`."""
        return f"{self.prefix}:{self.name}"


# The rows stand in the order that iOS 14 to 17 writes them in (a hash order, the same in pug, lyangas, openize
# and fidmaa), and are written in it. "all" means pug, openize, fidmaa, nilsh, lyangas, shu and rw.
TABLE: tuple[Row, ...] = tuple(
    Row(*cells)
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
        (
            "depthData",
            "LensDistortionCenterOffsetX",
            "center_x",
            "real",
            1,
            "px",
            "all but nilsh",
        ),
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
        (
            "depthData",
            "LensDistortionCenterOffsetY",
            "center_y",
            "real",
            1,
            "px",
            "all but nilsh",
        ),
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
        ("depthauthor", "DepthSource", "", "text", 1, "", "ours: where the map comes from"),
        ("depthauthor", "CalibrationSource", "", "text", 1, "", "ours: where the calibration comes from"),
        ("depthauthor", "RenderingSource", "", "text", 1, "", "ours: where the rendering comes from"),
    )
)

ROWS: MappingProxyType[tuple[str, str], Row] = MappingProxyType(
    {(row.namespace, row.name): row for row in TABLE}
)
"""(namespace, name) → row."""

FIELDS: MappingProxyType[str, Row] = MappingProxyType({row.field: row for row in TABLE if row.field})
"""Field of `DepthProperties` → row, in the order of writing."""


def row_of(one: Property) -> Row | None:
    """The line of the table about this property, if there is one; older namespaces count as today's."""
    return ROWS.get((OLD_NAMESPACES.get(one.namespace, one.namespace), one.name))


def find(tree: PropertyTree, label: str) -> Property | None:
    """The first property called `label`, as in `apdi:AuxiliaryImageType`; the prefix is Apple's."""
    for one in tree:
        row = row_of(one)
        if row is not None and row.label == label:
            return one
    return None


def text_of(tree: PropertyTree, label: str) -> str | None:
    """The text of that property without surrounding space; None where it is absent or is not a text."""
    found = find(tree, label)
    return found.value.strip() if found is not None and isinstance(found.value, str) else None


def property_of(row: Row, value: str | Iterable[str]) -> Property:
    """A property as this row has it."""
    return Property(row.namespace, row.prefix, row.name, value if isinstance(value, str) else tuple(value))
