"""The rule table: what a file must hold so that Apple's software sees its depth and lets a person edit it.

Knows: for each rule its grade of evidence, what breaking it costs, where it is known from, and its function.
Must not know: how a rule is judged, how rules add up.

Nothing here was tried on an Apple device by this project. Sources are Apple's documents, published device tests of
other projects (Komorebi, photographic-styles-tool, XDRemux), and the bytes of real photos, which are named as in
the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from authoring.compatibility import depth_checks, photos_checks
from authoring.compatibility.facts import Facts
from authoring.compatibility.findings import Finding, Rule, Status
from authoring.compatibility.outcome import Check


@dataclass(frozen=True, slots=True)
class Row:
    """A rule and the function that judges it."""

    rule: Rule
    check: Check


TABLE: tuple[Row, ...] = (
    Row(
        Rule(
            "R1",
            "C",
            "Exactly one auxiliary image is a depth map, and it belongs to the main image. HEIC: an item of type "
            "auxid:2 (or the MPEG depth URN) whose `auxl` names the primary. JPEG: an image of the MP index whose "
            "XMP says disparity or depth and no sub-type.",
            "L1",
            "ImageIO's published lookup order; all Apple samples",
            "A portrait matte says `depth` too and is told apart by its sub-type only (shu_matte).",
        ),
        depth_checks.one_depth_image,
    ),
    Row(
        Rule(
            "R2",
            "B",
            "The depth image decodes, to 8-bit monochrome of the size that is stated, with one well-formed decoder "
            "configuration.",
            "L1",
            "a device test in which hvcC was wrapped twice: every structural check passed and Photos stayed blank",
        ),
        depth_checks.decodes,
    ),
    Row(
        Rule(
            "R3",
            "C",
            "The depth item has an XMP item of type application/rdf+xml: `cdsc` to the depth item, bytes in `mdat` "
            "by construction method 0.",
            "L1",
            "XDRemux, which saw XMP in `idat` passed over; all Apple HEIC samples",
        ),
        depth_checks.has_xmp,
    ),
    Row(
        Rule(
            "R4",
            "C",
            "The seven apdi keys are there and make sense: type disparity or depth, one of the four native formats, "
            "stored as L008, IntMin < IntMax, FloatMin < FloatMax, all finite.",
            "L1",
            "ImageIO and AVDepthData as published: without them the format falls back to L008, error -11864",
        ),
        depth_checks.scale_complete,
    ),
    Row(
        Rule(
            "R5",
            "B",
            "The map has the aspect of the photo as stored, within 1 % or one sample, and the same irot and imir in "
            "the same order.",
            "L1",
            "a device test with shifted and mirrored blur; all Apple HEIC samples",
            "The photo's size counts after its clean aperture: the file that ImageIO wrote (nilsh) has ispe 376x500, "
            "clap 375x500 and a map of 188x250 without clap.",
        ),
        depth_checks.covers_photo,
    ),
    Row(
        Rule(
            "R6",
            "D",
            "No value is infinite or not a number in the native format.",
            "L1",
            "half floats end at 65504",
        ),
        depth_checks.values_finite,
    ),
    Row(
        Rule(
            "R7",
            "B",
            "Where the depth SEI in auxC states a range, it is that of the XMP.",
            "warning",
            "all Apple HEIC samples",
        ),
        depth_checks.sei_agrees,
    ),
    Row(
        Rule(
            "R8",
            "A",
            "The photo is marked as a portrait: Apple maker note 0x0019 with 0x20 or 0x40, or CustomRendered 7 or 8.",
            "L2",
            "device tests (Komorebi); all portrait samples",
        ),
        photos_checks.badge,
    ),
    Row(
        Rule(
            "R9",
            "A",
            "CustomRendered is not 7 or 8, which say that the blur is in the pixels and keep the badge on.",
            "warning",
            "device tests (Komorebi)",
            "Camera portraits that were exported with their blur hold 8 (pug, openize, fidmaa, shu_matte, lyangas). "
            "Where 7 or 8 is the only portrait mark, R21 reports it.",
        ),
        photos_checks.not_declared_rendered,
    ),
    Row(
        Rule(
            "R10",
            "A",
            "Maker note 0x0019 does not have 0x40 set: no portrait effect was applied before.",
            "L3",
            "device tests; first test of Photos' gate",
            "Camera portraits exported with their blur have it set, so they end at L2 here; on the phone that took "
            "them Photos edits from an original which the export does not hold.",
        ),
        photos_checks.not_applied_before,
    ),
    Row(
        Rule("R11", "C", "AuxiliaryImageType is disparity.", "L3", "Photos' gate, as described in public"),
        photos_checks.is_disparity,
    ),
    Row(
        Rule("R12", "A", "Quality is not low; absent counts as high.", "L3", "device tests (Komorebi)"),
        photos_checks.quality_high,
    ),
    Row(
        Rule(
            "R13",
            "C",
            "Filtered is True; absent counts as False.",
            "L3",
            "Photos' gate, as described in public",
        ),
        photos_checks.filtered,
    ),
    Row(
        Rule(
            "R14",
            "A",
            "The calibration is complete: IntrinsicMatrix of 9 numbers, ExtrinsicMatrix of 12, reference width and "
            "height, PixelSize above 0; distortion arrays of 8 where present; a frame of the map's aspect.",
            "L3",
            "device tests (Komorebi) that left out one key at a time",
            "The aspect is compared only where the map has the photo's; else R5 has reported it.",
        ),
        photos_checks.calibrated,
    ),
    Row(
        Rule(
            "R15",
            "C",
            "DepthDataVersion is absent or below 131072 (2.0).",
            "L3",
            "Photos' gate, as described in public",
        ),
        photos_checks.version_accepted,
    ),
    Row(
        Rule(
            "R16",
            "A",
            "The rendering parameters are there: base64 of a REND block as long as it says, of a version that was "
            "seen before. Without them there is no aperture slider, but lighting.",
            "L3",
            "device tests (Komorebi)",
            "Seen: version 1 (rw), 2 (shu_matte), 4 (lyangas), 6 (pug, fidmaa, openize); 7 is reported. The 1352 "
            "bytes of openize (iOS 17.4) are version 6 with 167 records, not version 7.",
        ),
        photos_checks.rendering_readable,
    ),
    Row(
        Rule(
            "R17",
            "A",
            "Maker note 0x001F has bit 0 set.",
            "L3",
            "a device test in which clearing it on a working file killed both sliders",
            "Of the samples only shu_matte has it set; rw, a camera original of iOS 11, has no such entry.",
        ),
        photos_checks.feature_flag,
    ),
    Row(
        Rule(
            "R18",
            "C",
            "The photo's XMP has a Focus region (mwg-rs) within the photo.",
            "warning",
            "Photos' gate, as described in public, where a missing one is tolerated",
            "pug, openize, fidmaa and lyangas have none.",
        ),
        photos_checks.focus_region,
    ),
    Row(
        Rule(
            "R19",
            "C",
            "SimulatedAperture, where stated, is above 0, and EffectStrength in 0..1.",
            "warning",
            "Photos as described in public: 5.9 and 0.5 are taken where they are absent",
            "Absence is no fault: shu_matte and rw state no EffectStrength.",
        ),
        photos_checks.effect_settings,
    ),
    Row(
        Rule(
            "R20",
            "B",
            "In Apple's maker note every entry and its value lie within the note, and no value among the entries.",
            "L3",
            "a device report: Photos crashed on Edit where the entry count and the bytes did not agree",
        ),
        photos_checks.note_consistent,
    ),
    Row(
        Rule(
            "R21",
            "A",
            "Maker note 0x0019 has 0x20 set: depth is there and its effect can be switched on and off.",
            "L4",
            "device tests (Komorebi); rw",
            "Not judged where no portrait mark is there at all: that is R8.",
        ),
        photos_checks.toggle,
    ),
    Row(
        Rule(
            "R22",
            "D",
            "The maker note is rich and a focus region is there: the only set that is proven without contradiction.",
            "note",
            "Komorebi's files worked with less, photographic-styles-tool's did not",
        ),
        photos_checks.proven_set,
    ),
    Row(
        Rule(
            "R23",
            "B",
            "Disparity spans 0.5 to 5 1/m and does not go below 0.",
            "warning",
            "spans of real files 0.50 to 4.61; about 0.4 was seen to give no visible blur",
            "The upper end was given as 3.6; lyangas (4.61), straight from a camera, and nilsh (4.13) go beyond it.",
        ),
        depth_checks.span_usual,
    ),
    Row(
        Rule(
            "R24",
            "B",
            "Nothing says that the photo is blurred already (CustomRendered 7 or 8, or 0x40 in the flags).",
            "note",
            "device reports: `off` is still blurred",
        ),
        photos_checks.pixels_sharp,
    ),
    Row(
        Rule(
            "R25",
            "B",
            "The container is HEIC.",
            "note",
            "no report of a JPEG with made-up depth that got Edit controls; Apple documents JPEG for reading",
        ),
        photos_checks.proven_container,
    ),
    Row(
        Rule(
            "R26",
            "C",
            "The depth XMP is well-formed XML with an rdf:RDF element.",
            "L1",
            "ISO 16684-1; a packet that does not parse counts as none",
        ),
        depth_checks.packet_parses,
    ),
    Row(
        Rule(
            "R27",
            "D",
            "AuxiliaryImageType and NativeFormat agree: hdis or fdis in disparity, hdep or fdep in depth.",
            "warning",
            "AVDepthData's documentation; all Apple samples are hdis in disparity",
        ),
        depth_checks.type_fits_format,
    ),
    Row(
        Rule(
            "R28",
            "D",
            "The HEVC level of the depth image is one of the standard's, not 255.",
            "warning",
            "H.265, table A.8; x265's lossless mode writes 255, and whether Apple's decoder takes it is not known",
        ),
        depth_checks.level_known,
    ),
    Row(
        Rule(
            "R29",
            "B",
            "What follows the type in auxC is a depth SEI that needs no emulation prevention.",
            "warning",
            "libheif reads it as the bytes stand; no Apple sample needs any",
        ),
        depth_checks.sei_readable,
    ),
    Row(
        Rule(
            "R30",
            "B",
            "The depth item and its XMP item are hidden.",
            "warning",
            "all Apple HEIC samples; ISO/IEC 23008-12 recommends it for auxiliary images",
        ),
        depth_checks.hidden,
    ),
    Row(
        Rule(
            "R31",
            "B",
            "Where another auxiliary image names a `tmap` made from the primary as its master, so does the depth item.",
            "warning",
            "XDRemux, after files of iOS 18; no Apple sample at hand",
            "Samsung's gain map names the primary alone though there is a `tmap` (aux_YCbCr).",
        ),
        depth_checks.listed_for_tone_map,
    ),
    Row(
        Rule(
            "R32",
            "D",
            "The camera is one that can be: focal lengths above 0, the principal point within the frame.",
            "warning",
            "pinhole geometry",
            "fx and fy may differ: fidmaa has 2085.5 and 2718.4.",
        ),
        photos_checks.camera_plausible,
    ),
    Row(
        Rule(
            "R33",
            "B",
            "Record 600 of the rendering parameters is SimulatedAperture.",
            "note",
            "all samples whose REND has records: pug, openize, fidmaa, lyangas",
        ),
        photos_checks.aperture_agrees,
    ),
)
"""All rules, in the order of their numbers."""

RULES: MappingProxyType[str, Rule] = MappingProxyType({row.rule.id: row.rule for row in TABLE})

_STATUS_OF: dict[str, Status] = {"warning": "warn", "note": "note"}


def findings(facts: Facts) -> tuple[Finding, ...]:
    """What every rule says of a file; rules that have nothing to judge say nothing."""
    return tuple(one for row in TABLE for one in [_judge(row, facts)] if one is not None)


def _judge(row: Row, facts: Facts) -> Finding | None:
    outcome = row.check(facts)
    if outcome is None:
        return None
    status: Status = "pass" if outcome.holds else _STATUS_OF.get(row.rule.level, "fail")
    return Finding(
        row.rule.id, row.rule.grade, status, outcome.message, outcome.expected, outcome.found, outcome.where
    )
