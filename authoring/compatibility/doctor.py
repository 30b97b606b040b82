"""Explain why Photos shows no aperture slider for a file, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from authoring import containers
from authoring.compatibility import rules
from authoring.compatibility.facts import Facts, gather
from authoring.compatibility.findings import Finding, Level
from authoring.compatibility.levels import broken, level_of, possible_level_of, verdict_of
from authoring.containers.base import ContainerFile, ContainerName
from authoring.errors import about
from authoring.estimated_by import EstimatedBy
from authoring.read.foreign.base import DEPTH_NAMES
from authoring.read.missing_depth import lost_depth
from authoring.read.photo_pixels import PhotoPixels
from authoring.report_base import Report

UNTESTED = ("R22", "R18", "R25", "R37", "R40")
"""The rules whose breach no device test covers."""

ORDER = (
    *("R35", "R36", "RD1", "R1", "R3", "R26", "R4", "RD3", "RD2", "R2", "RD6", "R5", "R6", "RD7"),
    *("R10", "R11", "R13", "R12", "R14", "R15", "R16", "R17", "R20", "R34"),
    *UNTESTED,
    *("R8", "R21"),
)
"""The rules that cost a level, in the order in which they decide: can the depth be read at all; Photos' gate for
Edit's controls, test by test; what no device test covers; then badge and toggle."""

_SET_BY_EMBED = ("R8", "R17", "R21")
"""Marks that `embed` sets: not reported for a photo without a map, unless a foreign maker note prevents them."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why Photos does not show everything."""

    rule: str
    because: str
    """Half a sentence, to follow `because`."""
    mend: str
    """What to do about it, one sentence."""
    is_untested: bool = False
    """Whether the effect is not known, since no device test covers it."""


@dataclass(frozen=True, slots=True, repr=False)
class DoctorReport(Report):
    """The hints on one file."""

    _shown = ("file", "level", "possible_level", "headline")

    container: ContainerName
    level: Level
    """The highest that device tests cover."""
    possible_level: Level
    """What the rules allow where untested ones are left out; `level` where none is broken."""
    headline: str
    """One sentence: what Photos will probably show, and the first reason if it is not everything."""
    verdict: str
    """As `verify` says it."""
    obstacles: tuple[Obstacle, ...]
    """In the order in which Photos would meet them."""
    hints: tuple[str, ...]
    """What does no harm by itself but is worth knowing."""
    estimated_by: EstimatedBy | None = None
    """The network that estimated the depth, so that its metres are not measured; None where nothing says so."""
    file: str | None = None
    schema: str = "depthauthor/doctor/1"


def diagnose(photo: bytes, *, decode: bool = True) -> DoctorReport:
    """Diagnose a JPEG, HEIC or DNG photo of any tool.

    Raises MalformedError or UnsupportedError if the file cannot be read at all.
    """
    with about("photo"):
        file = containers.parse(photo)
    return diagnose_file(file, decode=decode)


def diagnose_file(
    file: ContainerFile, *, decode: bool = True, pixels: PhotoPixels | None = None
) -> DoctorReport:
    """Diagnose a parsed photo; pixels: those that a caller has decoded, see `gather`."""
    with about("photo"):
        facts = gather(file, photo_decoded=decode, pixels=pixels)
    return doctor_report(facts, rules.findings(facts))


def doctor_report(facts: Facts, findings: tuple[Finding, ...]) -> DoctorReport:
    """Return the report of a file whose facts and findings are known."""
    level, possible = level_of(findings), possible_level_of(findings)
    obstacles = obstacles_of(facts, findings)
    return DoctorReport(
        container=facts.layout.container,
        level=level,
        possible_level=possible,
        headline=_headline(level, possible, obstacles),
        verdict=verdict_of(findings),
        obstacles=obstacles,
        hints=_hints(findings, facts.estimated_by),
        estimated_by=facts.estimated_by,
    )


def obstacles_of(facts: Facts, findings: tuple[Finding, ...]) -> tuple[Obstacle, ...]:
    """Return why Photos does not show everything, in the order in which it would meet the reasons."""
    reported = {finding.rule: finding for finding in findings if finding.status in ("fail", "untested")}
    if not facts.depth_images and not facts.foreign_note:
        reported = {rule: finding for rule, finding in reported.items() if rule not in _SET_BY_EMBED}
    if not facts.depth_images:
        reported = {rule: finding for rule, finding in reported.items() if rule not in UNTESTED}
    if "RD7" in reported:
        reported.pop("R11", None)
    if facts.note is None and "R8" in reported:
        # R8 reports that there is no Apple maker note.
        reported.pop("R22", None)
    return tuple(_obstacle(reported[rule], facts) for rule in ORDER if rule in reported)


def _headline(level: Level, possible: Level, obstacles: tuple[Obstacle, ...]) -> str:
    if not obstacles:
        return "Photos will probably show the aperture slider and the on/off toggle"
    reason = obstacles[0].because
    if level != possible:
        badge = "a Portrait badge" if level == "L2" else "no Portrait badge"
        reason = next(obstacle.because for obstacle in obstacles if obstacle.is_untested)
        return f"Photos will probably show {badge}; whether Edit has an aperture slider was never tested: {reason}"
    if level != "L3" or any(obstacle.rule == "R16" for obstacle in obstacles):
        return f"Photos will probably show no aperture slider, because {reason}"
    return f"Photos will probably show the aperture slider in Edit, but no on/off toggle, because {reason}"


def _obstacle(finding: Finding, facts: Facts) -> Obstacle:
    if finding.rule in _TEXTS_BY_FACTS:
        text, mend = _TEXTS_BY_FACTS[finding.rule](facts)
    else:
        text, mend = _TEXTS[finding.rule]
    return Obstacle(finding.rule, text or finding.message, mend, finding.status == "untested")


_EMBED_AGAIN = (
    "take the map out with `depthauthor extract FILE -o depth.npy --as depth` and put it in again with "
    "`depthauthor embed FILE depth.npy --replace`"
)
_ANOTHER_MAP = "put an intact map in with `depthauthor embed FILE MAP --replace`"
_EXPORT_AGAIN = (
    "export the original once more, as a file (in Photos: export the unmodified original), or put the map in again "
    "with `depthauthor embed FILE MAP` or, if you have the original, `depthauthor copy ORIGINAL FILE`"
)
_FROM_THE_CAMERA = (
    "take the photo as the camera wrote it, and put the map in with `depthauthor embed PHOTO MAP`"
)
_PORTRAIT = "`depthauthor embed FILE MAP --replace --profile portrait`"

_TEXTS: dict[str, tuple[str, str]] = {
    "R35": ("the photo itself cannot be decoded", _FROM_THE_CAMERA),
    "R36": ("its main image is marked as hidden", _FROM_THE_CAMERA),
    "R37": (
        "its Exif says wrongly where it begins, and readers may not find the portrait flags",
        _FROM_THE_CAMERA,
    ),
    "R40": ("its rendering parameters are unlike any that were tried", f"{_PORTRAIT} adds a nominal set"),
    "R2": ("", _ANOTHER_MAP),
    "R3": ("its depth map has no metadata that ImageIO reads", _ANOTHER_MAP),
    "R26": ("the metadata of its depth map is broken XML", _ANOTHER_MAP),
    "R4": ("", _ANOTHER_MAP),
    "R5": (
        "",
        "put the map in again, oriented as the photo is seen, with `depthauthor embed FILE MAP --replace`",
    ),
    "R6": ("some of its depth values are infinite", _ANOTHER_MAP),
    "RD2": ("", _ANOTHER_MAP),
    "RD3": ("", _ANOTHER_MAP),
    "RD6": ("", _ANOTHER_MAP),
    "RD7": (
        "it is a DNG, and Photos' Portrait belongs to HEIC and JPEG",
        "develop it to a HEIC, and put the map into that with `depthauthor embed PICTURE.heic MAP`",
    ),
    "R10": (
        "the photo says that its portrait effect was applied before: it is an export with the blur in its pixels",
        "use the unblurred original (in Photos: export the unmodified original) and put the map into that; "
        "`depthauthor embed FILE MAP --already-blurred` continues anyway, and the blur will be doubled",
    ),
    "R11": (
        "the map holds depth in metres, and Photos uses disparity only",
        f"{_EMBED_AGAIN}, as hdis (the default)",
    ),
    "R12": ("the map is marked as low quality", _EMBED_AGAIN),
    "R13": ("the map is not marked as filtered", f"{_EMBED_AGAIN}; holes are filled on the way"),
    "R34": (
        "its depth map is nearly flat",
        "put in a map that has a nearer and a farther place with `depthauthor embed FILE MAP --replace`; check --near, "
        "--far and the unit",
    ),
    "R14": (
        "",
        f"{_PORTRAIT} adds one from Exif, or a nominal one; --calibration FILE.json or --donor PORTRAIT.HEIC give a "
        "true one",
    ),
    "R15": ("its depth data state a version newer than Photos accepts", _EMBED_AGAIN),
    "R16": ("", f"{_PORTRAIT} adds a nominal set; --donor PORTRAIT.HEIC takes that of one of your portraits"),
    "R20": ("its maker note is broken, which was seen to crash Photos on Edit", _FROM_THE_CAMERA),
    "R18": ("", f"{_PORTRAIT} adds one; --focus X,Y chooses its place"),
    "R25": ("", "write a HEIC: `depthauthor embed FILE MAP --replace -o x.heic`"),
    "R21": (
        "the flags do not say that the photo has depth whose effect can be switched",
        f"{_PORTRAIT} sets them; if CustomRendered is 7 or 8 the photo is an export with its blur, and the original "
        "is needed",
    ),
}
"""By rule: why (empty: the finding's own message), and what to do."""


def _no_depth_text(facts: Facts) -> tuple[str, str]:
    if len(facts.depth_images) > 1:
        return (
            f"it holds {len(facts.depth_images)} depth maps, and readers may use either",
            "`depthauthor embed FILE MAP --replace` leaves one",
        )
    if facts.depth_images or facts.unbound_items:
        return "its depth map does not belong to the main image", _EMBED_AGAIN
    if facts.foreign is not None:
        name = DEPTH_NAMES[facts.foreign.source]
        return (
            f"it holds {name} ({facts.foreign.place}), which Photos does not read",
            "`depthauthor copy FILE FILE -o NEW.heic` writes a photo that Photos reads",
        )
    lost = lost_depth(facts.layout, facts.portrait)
    if lost is not None:
        return lost, _EXPORT_AGAIN
    return (
        "it holds no depth map that Apple's software would find",
        "put one in with `depthauthor embed FILE MAP`, or take another photo's with "
        "`depthauthor copy SOURCE FILE`",
    )


def _no_badge_text(facts: Facts) -> tuple[str, str]:
    if facts.foreign_note:
        return (
            "its maker note is another camera maker's, and the portrait flags belong in Apple's",
            "`depthauthor embed FILE MAP --replace --replace-maker-note` replaces it with an Apple note; "
            "`depthauthor strip --restore` puts the old one back",
        )
    return "nothing says that it is a portrait", f"{_PORTRAIT} sets the flags"


def _no_feature_flag_text(facts: Facts) -> tuple[str, str]:
    if facts.foreign_note:
        return (
            "its maker note is another camera maker's, and the flag that enables the sliders belongs in Apple's",
            "`depthauthor embed FILE MAP --replace --replace-maker-note` replaces it with an Apple note; "
            "`depthauthor strip --restore` puts the old one back",
        )
    because = "the flag that enables the sliders (maker note 0x001F) is not set"
    if facts.portrait.is_blur_rendered:
        return because, "it is set when the map is put into the unblurred original"
    return because, f"{_PORTRAIT} sets it"


def _untested_note_text(facts: Facts) -> tuple[str, str]:
    full = "`depthauthor embed FILE MAP --replace --replace-maker-note` writes a note of the tested kind"
    if facts.note is None:
        return "it has no Apple maker note, and no device test covers that", full
    return (
        f"its Apple maker note has {facts.note.entries} entries, and no device test covers so small a note",
        full,
    )


_TEXTS_BY_FACTS: dict[str, Callable[[Facts], tuple[str, str]]] = {
    "R1": _no_depth_text,
    "RD1": _no_depth_text,
    "R8": _no_badge_text,
    "R17": _no_feature_flag_text,
    "R22": _untested_note_text,
}


def _hints(findings: tuple[Finding, ...], estimated_by: EstimatedBy | None) -> tuple[str, ...]:
    """Return the warnings and notes that a person can act on, and how the file must be transferred."""
    if broken(findings).keys() & {"R1", "RD1"}:
        return ()
    messages = {finding.rule: finding.message for finding in findings if finding.status in ("warn", "note")}
    hints = []
    if estimated_by is not None:
        hints.append(estimated_by.sentence)
    if "R18" in messages:
        hints.append("no focus region: camera files without one are seen; --focus X,Y adds one")
    if "R23" in messages:
        hints.append(f"{messages['R23']}: check near and far")
    hints.append("import it as a new photo, as a file: pickers and `most compatible` exports strip depth")
    return tuple(hints)
