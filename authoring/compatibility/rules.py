"""Define the rule table: what a file must hold so that Apple's software finds its depth and lets a person edit it.

Each row has the rule's grade of evidence, what breaking it costs, where it is known from, and the function that
judges it. Nothing here was tried on an Apple device by this project. Sources are Apple's documents, published device
tests of other projects (Komorebi, photographic-styles-tool, XDRemux), and the bytes of real photos, which are named
as in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from authoring.compatibility import depth_checks, dng_checks, photo_checks, photos_checks
from authoring.compatibility.facts import Facts
from authoring.compatibility.findings import CheckResult, Finding, Grade, Loss, Status


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the rule table."""

    id: str
    """R1, R2, …, in a DNG RD1, RD2, …; never used again for another rule."""
    check: Callable[[Facts], CheckResult | None]
    """Judges the rule; None if it does not apply, as without a depth map."""
    grade: Grade
    sentence: str
    """What must hold, for a person."""
    level: Loss
    source: str
    """Where it is known from: files, a document, a kind of test."""
    remark: str = ""
    """What real files add to the source, or say against it."""
    dng: Literal["no", "too", "only"] = "no"
    """Whether it is judged in a DNG, and in nothing else."""


TABLE: tuple[Rule, ...] = (
    Rule(
        "R1",
        depth_checks.one_depth_image,
        "C",
        "Exactly one auxiliary image is a depth map, and it belongs to the main image. HEIC: an item of type "
        "auxid:2 (or the MPEG depth URN) whose `auxl` names the primary. JPEG: an image of the MP index whose "
        "XMP says disparity or depth and no sub-type.",
        "L1",
        "ImageIO's published lookup order; all Apple samples",
        "A portrait matte also says `depth`; only its sub-type differs (shu_matte).",
    ),
    Rule(
        "R2",
        depth_checks.decodes,
        "A",
        "The depth image decodes, to 8-bit monochrome of the stated size, with one well-formed decoder "
        "configuration.",
        "L1",
        "device tests (photographic-styles-tool V1 to V3): with hvcC wrapped twice every structural check passed and "
        "Edit offered nothing; the same file with one hvcC works",
    ),
    Rule(
        "R3",
        depth_checks.has_xmp,
        "C",
        "The depth item has an XMP item of type application/rdf+xml: `cdsc` to the depth item, bytes in `mdat` "
        "by construction method 0.",
        "L1",
        "XDRemux, which saw XMP in `idat` ignored; all Apple HEIC samples",
        dng="too",
    ),
    Rule(
        "R4",
        depth_checks.scale_complete,
        "C",
        "The seven apdi keys are present and consistent: type disparity or depth, one of the four native formats, "
        "stored as L008, IntMin < IntMax, FloatMin < FloatMax, all finite.",
        "L1",
        "ImageIO and AVDepthData as published: without them the format falls back to L008, error -11864",
        dng="too",
    ),
    Rule(
        "R5",
        depth_checks.covers_photo,
        "B",
        "The map has the aspect of the photo as stored, within 1 % or one pixel on each side, and the same irot "
        "and imir in the same order.",
        "L1",
        "a device test with shifted and mirrored blur; all Apple HEIC samples",
        "The photo's size counts after its clean aperture: the file that ImageIO wrote (nilsh) has ispe 376x500, "
        "clap 375x500 and a map of 188x250 without clap.",
    ),
    Rule(
        "R6",
        depth_checks.values_finite,
        "D",
        "No value is infinite or not a number in the native format.",
        "L1",
        "half floats end at 65504",
        dng="too",
    ),
    Rule(
        "R7",
        depth_checks.sei_agrees,
        "B",
        "If the depth SEI in auxC states a range, it is that of the XMP.",
        "warning",
        "all Apple HEIC samples",
    ),
    Rule(
        "R8",
        photos_checks.badge,
        "A",
        "The photo is marked as a portrait: Apple maker note 0x0019 with 0x20 or 0x40, or CustomRendered 7 or 8.",
        "L2",
        "device tests (Komorebi); all portrait samples",
    ),
    Rule(
        "R9",
        photos_checks.not_declared_rendered,
        "A",
        "CustomRendered is not 7 or 8, which say that the blur is in the pixels and keep the badge on.",
        "warning",
        "device tests (Komorebi)",
        "Camera portraits that were exported with their blur hold 8 (pug, openize, fidmaa, shu_matte, lyangas). "
        "If 7 or 8 is the only portrait flag, R21 reports it.",
    ),
    Rule(
        "R10",
        photos_checks.not_applied_before,
        "A",
        "Maker note 0x0019 does not have 0x40 set: no portrait effect was applied before.",
        "L3",
        "device tests; first test of Photos' gate",
        "Camera portraits exported with their blur have it set, so they end at L2 here; on the phone that took "
        "them Photos edits an original that the export does not contain.",
    ),
    Rule(
        "R11",
        photos_checks.is_disparity,
        "C",
        "AuxiliaryImageType is disparity.",
        "L3",
        "Photos' gate, as described in public",
        dng="too",
    ),
    Rule(
        "R12",
        photos_checks.quality_high,
        "A",
        "Quality is not low; absent counts as high.",
        "L3",
        "device tests (photographic-styles-tool V4 D; Komorebi M, together with Filtered)",
    ),
    Rule(
        "R13",
        photos_checks.filtered,
        "B",
        "Filtered is True; absent counts as False.",
        "L3",
        "Photos' gate, as described in public; a device test (Komorebi M), together with Quality",
    ),
    Rule(
        "R14",
        photos_checks.calibrated,
        "A",
        "The calibration is complete: IntrinsicMatrix of 9 numbers, ExtrinsicMatrix of 12, reference width and "
        "height, PixelSize above 0; distortion arrays of 8 if present; a frame of the map's aspect.",
        "L3",
        "device tests without it (Komorebi H, J; photographic-styles-tool V4 B); AVDepthData on a Mac without each "
        "of the five keys",
        "The aspect is compared only if the map has the photo's; otherwise R5 reports it.",
    ),
    Rule(
        "R15",
        photos_checks.version_accepted,
        "C",
        "DepthDataVersion is absent or below 131072 (2.0).",
        "L3",
        "Photos' gate, as described in public",
    ),
    Rule(
        "R16",
        photos_checks.rendering_readable,
        "A",
        "The rendering parameters are present: base64 of a REND block of its stated length "
        "and a known version. Without them there is no aperture slider, and lighting shows and does nothing.",
        "L3",
        "device tests (Komorebi)",
        "Seen: version 1 (rw), 2 (shu_matte), 4 (lyangas), 6 (pug, fidmaa, openize); 7 is reported. The 1352 "
        "bytes of openize (iOS 17.4) are version 6 with 167 records, not version 7.",
    ),
    Rule(
        "R17",
        photos_checks.feature_flag,
        "A",
        "Maker note 0x001F has bit 0 set.",
        "L3",
        "a device test (photographic-styles-tool V8 B) in which clearing it on a working file killed both sliders",
        "Of the samples only shu_matte has it set; rw, a camera original of iOS 11, has no such entry: such a "
        "file counts as untested, not as at fault.",
    ),
    Rule(
        "R18",
        photos_checks.focus_region,
        "B",
        "The photo's XMP has a Focus region (mwg-rs) within the photo. A missing one is a warning in a camera's own "
        "file: an iPhone's maker note, depth XMP by Apple's toolkit, no mark of this program.",
        "untested",
        "device tests (Komorebi, photographic-styles-tool): every file made by others that worked has one; one "
        "without it, and without the flags of 0x0019, got neither badge nor controls",
        "The camera's own pug, openize, fidmaa and lyangas have none.",
    ),
    Rule(
        "R19",
        photos_checks.effect_settings,
        "C",
        "SimulatedAperture, if stated, is above 0, and EffectStrength in 0..1.",
        "warning",
        "Photos as described in public: 5.9 and 0.5 are used if they are absent",
        "Absence is not a fault: shu_matte and rw state no EffectStrength.",
    ),
    Rule(
        "R20",
        photos_checks.note_consistent,
        "B",
        "In Apple's maker note every entry and its value lie within the note, and no value lies among the entries.",
        "L3",
        "a device report: Photos crashed on Edit where the entry count and the bytes did not agree",
    ),
    Rule(
        "R21",
        photos_checks.toggle,
        "A",
        "Maker note 0x0019 has 0x20 set: the photo has depth, and its effect can be switched on and off.",
        "L4",
        "device tests (Komorebi); rw",
        "Not judged if there is no portrait flag at all: R8 reports that.",
    ),
    Rule(
        "R22",
        photos_checks.tested_note,
        "B",
        "The Apple maker note is one that a device test covers: 10 entries or more, 0x01, 0x04, 0x07 and 0x14 among "
        "them, and 0x03 (a phone's own note) or 0x2E (the numeric entries of one capture).",
        "untested",
        "device tests: Komorebi's files inherited a phone's note, photographic-styles-tool's had about 50 numeric "
        "entries; nobody tested a note of the two flags alone",
        "Own notes have 14 (rw) to 56 entries (openize); those of iOS 11 and 12 lack 0x2E.",
    ),
    Rule(
        "R23",
        depth_checks.span_usual,
        "B",
        "Disparity spans 0.5 to 5 1/m and does not go below 0.",
        "warning",
        "spans of real files 0.50 to 4.61; about 0.4 was seen to give no visible blur",
        "The upper end was given as 3.6; lyangas (4.61), straight from a camera, and nilsh (4.13) go beyond it.",
        dng="too",
    ),
    Rule(
        "R24",
        photo_checks.pixels_sharp,
        "B",
        "Nothing says that the photo is blurred already: not CustomRendered 7 or 8, 0x40 in the flags, nor far parts "
        "with far less detail than near ones.",
        "note",
        "device reports: `off` is still blurred",
        "Measured where the pixels are decoded: pug, openize, lyangas, shu_matte and tianle91 show it, the sharp "
        "rw, xamarinmonkey and nilsh do not; the blur of fidmaa, a front camera, is not found.",
    ),
    Rule(
        "R25",
        photos_checks.tested_container,
        "B",
        "The container is HEIC, or a JPEG that a camera wrote with its depth.",
        "untested",
        "device tests of depth from another source: those in JPEG state no flags or had none; Apple documents JPEG "
        "for reading",
    ),
    Rule(
        "R26",
        depth_checks.packet_parses,
        "C",
        "The depth XMP is well-formed XML with an rdf:RDF element.",
        "L1",
        "ISO 16684-1; a packet that does not parse counts as none",
        dng="too",
    ),
    Rule(
        "R27",
        depth_checks.type_fits_format,
        "D",
        "AuxiliaryImageType and NativeFormat agree: hdis or fdis in disparity, hdep or fdep in depth.",
        "warning",
        "AVDepthData's documentation; all Apple samples are hdis in disparity",
        dng="too",
    ),
    Rule(
        "R28",
        depth_checks.level_known,
        "D",
        "The HEVC level of the depth image is one of the standard's, not 255.",
        "warning",
        "H.265, table A.8; x265's lossless mode writes 255, and whether Apple's decoder takes it is not known",
    ),
    Rule(
        "R29",
        depth_checks.sei_readable,
        "B",
        "What follows the type in auxC is a depth SEI that needs no emulation prevention.",
        "warning",
        "libheif does not undo it here; no Apple sample needs it",
    ),
    Rule(
        "R30",
        depth_checks.hidden,
        "B",
        "The depth item and its XMP item are hidden.",
        "warning",
        "all Apple HEIC samples; ISO/IEC 23008-12 recommends it for auxiliary images",
    ),
    Rule(
        "R31",
        depth_checks.listed_for_tone_map,
        "B",
        "If another auxiliary image names a `tmap` made from the primary as its master, the depth item does too.",
        "warning",
        "XDRemux, from files of iOS 18; no Apple sample available",
        "Samsung's gain map names the primary alone although there is a `tmap` (aux_YCbCr).",
    ),
    Rule(
        "R32",
        photos_checks.camera_plausible,
        "D",
        "The camera is physically plausible: focal lengths above 0, the principal point within the frame, a sensor of "
        "0.3 to 100 mm by PixelSize, a lens like that of Exif in a phone's photo, a rotation in ExtrinsicMatrix.",
        "warning",
        "pinhole geometry; all samples",
        "fx and fy may differ: fidmaa has 2085.5 and 2718.4.",
    ),
    Rule(
        "R33",
        photos_checks.aperture_agrees,
        "B",
        "Record 600 of the rendering parameters is SimulatedAperture.",
        "note",
        "all samples whose REND has records: pug, openize, fidmaa, lyangas",
    ),
    Rule(
        "R34",
        depth_checks.span_visible,
        "D",
        "Disparity spans at least 0.1 1/m.",
        "L3",
        "a blur that is the same everywhere is no depth effect; spans of real files are 0.50 to 4.61",
        "R23 warns of spans that are unusual.",
        dng="too",
    ),
    Rule(
        "R35",
        photo_checks.photo_decodes,
        "B",
        "The photo itself decodes, in a HEIC grid every tile. Not judged with --no-decode.",
        "L1",
        "a device test in which an image did not decode: every structural check passed and Photos stayed blank",
        "A decoder may leave a tile gray without an error; here each is decoded by itself.",
    ),
    Rule(
        "R36",
        photo_checks.photo_shown,
        "D",
        "The main image is not hidden.",
        "L1",
        "ISO/IEC 23008-12: a hidden item is not meant to be shown",
    ),
    Rule(
        "R37",
        photo_checks.exif_found,
        "D",
        "The Exif item of a HEIC file states where its TIFF header is.",
        "untested",
        "ISO/IEC 23008-12, A.2.1; all Apple HEIC samples",
        "Some readers search for the header. Those that do not find no maker note.",
    ),
    Rule(
        "R38",
        photo_checks.nothing_behind,
        "B",
        "A HEIC file ends with its last box.",
        "warning",
        "all Apple HEIC samples",
    ),
    Rule(
        "R39",
        depth_checks.codes_in_range,
        "D",
        "The codes of the depth image are within IntMin and IntMax.",
        "warning",
        "all Apple samples use 0 to 255",
        dng="too",
    ),
    Rule(
        "R40",
        photos_checks.rendering_records,
        "D",
        "The records of the rendering parameters ascend by id and hold 600 to 602, the slider's apertures.",
        "untested",
        "all samples whose REND has records: pug, openize, fidmaa, lyangas",
    ),
    Rule(
        "RD1",
        dng_checks.one_depth_map,
        "C",
        "Exactly one directory among the SubIFDs of IFD0 has NewSubFileType 8.",
        "L1",
        "DNG 1.6.0.0; Adobe's SDK reads the first and reports a second one",
        dng="only",
    ),
    Rule(
        "RD2",
        dng_checks.tags_agree,
        "C",
        "The depth tags 51177 to 51181 are in IFD0; those in the map's own directory and the XMP say the same: linear "
        "metres, code 0 near.",
        "L1",
        "DNG 1.6.0.0 for IFD0; Apple keeps one XMP packet for each auxiliary SubIFD (dng_proraw_headers)",
        "Of disparity Apple's codes grow towards the camera and Adobe's away from it; of depth both grow away.",
        dng="only",
    ),
    Rule(
        "RD3",
        dng_checks.decodes,
        "C",
        "The map is one sample of 8 or 16 bits, uncompressed, deflated or lossless JPEG, and decodes to its size.",
        "L1",
        "DNG 1.6.0.0; an ill-formed depth directory makes Adobe's SDK refuse the whole photo",
        dng="only",
    ),
    Rule(
        "RD4",
        dng_checks.version_states_depth,
        "C",
        "DNGVersion is 1.5.0.0 or later.",
        "warning",
        "DNG 1.6.0.0: depth maps came with 1.5",
        dng="only",
    ),
    Rule(
        "RD5",
        dng_checks.old_readers_accepted,
        "C",
        "DNGBackwardVersion is not above DNGVersion.",
        "warning",
        "DNG 1.6.0.0: a reader may ignore the map, so an embed leaves DNGBackwardVersion as it is",
        dng="only",
    ),
    Rule(
        "RD6",
        dng_checks.covers_active_area,
        "C",
        "The map has the aspect of ActiveArea, within 1 % or one pixel on each side.",
        "L1",
        "Adobe's SDK stretches it over the main image before DefaultCrop is cut",
        dng="only",
    ),
    Rule(
        "RD7",
        dng_checks.portrait_not_known,
        "D",
        "No DNG is known to get a Portrait badge or controls in Edit; this rule never holds.",
        "L2",
        "Apple documents depth in DNG for reading; no device test and no DNG of Apple's with depth is known",
        dng="only",
    ),
)
"""All rules, in the order of their numbers; those of DNG last."""

RULES: MappingProxyType[str, Rule] = MappingProxyType({rule.id: rule for rule in TABLE})

_STATUS_OF: dict[str, Status] = {"untested": "untested", "warning": "warn", "note": "note"}


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Return what every rule says about a file; a rule that does not apply gives no finding."""
    other = "no" if facts.layout.container == "dng" else "only"
    judged = (_judge(rule, facts) for rule in TABLE if rule.dng != other)
    return tuple(finding for finding in judged if finding is not None)


def _judge(rule: Rule, facts: Facts) -> Finding | None:
    result = rule.check(facts)
    if result is None:
        return None
    broken: Status = result.status or _STATUS_OF.get(rule.level, "fail")
    status: Status = "pass" if result.holds else broken
    return Finding(rule.id, rule.grade, status, result.message, result.expected, result.found, result.where)
