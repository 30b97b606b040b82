"""Doctor: for a person who wonders why Photos shows no aperture slider, and what to do about it.

Knows: the order in which Photos asks, and which command of ours mends what. Must not know: how rules are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from authoring import containers
from authoring.compatibility import rules
from authoring.compatibility.facts import Facts, gather
from authoring.compatibility.findings import Finding, Level
from authoring.compatibility.levels import broken, level_of, verdict_of
from authoring.containers.base import ContainerName
from authoring.errors import about
from authoring.read.missing_depth import lost_depth

ORDER = (
    *("R1", "R3", "R26", "R4", "R2", "R5", "R6"),
    *("R10", "R11", "R13", "R12", "R14", "R15", "R16", "R17", "R20"),
    *("R8", "R21"),
)
"""The rules that can cost something, in the order in which they decide: can the depth be read at all; Photos' gate
for Edit's controls, test by test; then badge and toggle."""


_SET_BY_EMBED = ("R8", "R17", "R21")
"""Marks that come with a depth map: not worth a word where there is none, unless a foreign maker note bars them."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands in the way."""

    rule: str
    because: str
    """Half a sentence, to follow `because`."""
    mend: str
    """What to do about it, one sentence."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a person should know of one file."""

    container: ContainerName
    level: Level
    headline: str
    """One sentence: what Photos will probably show, and the first reason where it is not everything."""
    verdict: str
    """As `verify` says it."""
    obstacles: tuple[Obstacle, ...]
    """In the order in which Photos would meet them."""
    hints: tuple[str, ...]
    """What does no harm by itself but is worth knowing."""
    file: str | None = None
    schema: str = "depthauthor/doctor/1"


def diagnose(photo: bytes) -> Diagnosis:
    """Diagnose a JPEG or HEIC photo of any tool.

    Raises MalformedError or UnsupportedError where the file cannot be read at all.
    """
    with about("photo"):
        file = containers.parse(photo)
        facts = gather(file)
    return diagnosis_of(facts, rules.findings(facts))


def diagnosis_of(facts: Facts, found: tuple[Finding, ...]) -> Diagnosis:
    """The diagnosis, where facts and findings are known already."""
    failed = broken(found)
    obstacles = tuple(
        _obstacle(failed[rule], facts)
        for rule in ORDER
        if rule in failed and (facts.depth or rule not in _SET_BY_EMBED or facts.foreign_note)
    )
    level = level_of(found)
    return Diagnosis(
        container=facts.layout.container,
        level=level,
        headline=_headline(level, obstacles, failed),
        verdict=verdict_of(found),
        obstacles=obstacles,
        hints=tuple(_hints(found, facts)),
    )


def _headline(level: Level, obstacles: tuple[Obstacle, ...], failed: dict[str, Finding]) -> str:
    """The sentence at the top."""
    if not obstacles:
        return "Photos will probably show the aperture slider and the on/off toggle"
    reason = obstacles[0].because
    if level != "L3" or "R16" in failed:
        return f"Photos will probably show no aperture slider, because {reason}"
    return f"Photos will probably show the aperture slider in Edit, but no on/off toggle, because {reason}"


def _obstacle(finding: Finding, facts: Facts) -> Obstacle:
    because, mend = _WORDS[finding.rule](finding, facts)
    return Obstacle(finding.rule, because, mend)


Words = Callable[[Finding, Facts], tuple[str, str]]

ANEW = (
    "take the map out with `depthauthor extract FILE -o depth.npy --as depth` and put it in again with "
    "`depthauthor embed FILE depth.npy --replace`"
)
ANOTHER_MAP = "put a sound map in with `depthauthor embed FILE MAP --replace`"
AGAIN = (
    "export the original once more, as a file (in Photos: export the unmodified original), or put the map in again "
    "with `depthauthor embed FILE MAP` or, where the original is at hand, `depthauthor copy ORIGINAL FILE`"
)
ORIGINAL = "take the photo as the camera wrote it, and put the map in with `depthauthor embed PHOTO MAP`"


def _says(because: str, mend: str) -> Words:
    return lambda finding, facts: (because, mend)


def _absent(finding: Finding, facts: Facts) -> tuple[str, str]:
    if len(facts.depth) > 1:
        return (
            f"it holds {len(facts.depth)} depth maps, and readers may take either",
            "`depthauthor embed FILE MAP --replace` leaves one",
        )
    if facts.depth or facts.strays:
        return "its depth map does not belong to the main image", ANEW
    lost = lost_depth(facts.layout, facts.marks)
    if lost is not None:
        return lost, AGAIN
    return (
        "it holds no depth map that Apple's software would find",
        "put one in with `depthauthor embed FILE MAP`, or take another photo's with "
        "`depthauthor copy SOURCE FILE`",
    )


def _applied(finding: Finding, facts: Facts) -> tuple[str, str]:
    return (
        "the photo says that its portrait effect was applied before: it is an export with the blur in its pixels",
        "use the unblurred original (in Photos: export the unmodified original) and put the map into that; "
        "`depthauthor embed FILE MAP --already-blurred` goes on regardless, and the blur will be doubled",
    )


def _unmarked(finding: Finding, facts: Facts) -> tuple[str, str]:
    if facts.foreign_note:
        return (
            "its maker note is another camera maker's, and Apple's marks of a portrait stand in Apple's",
            "`depthauthor embed FILE MAP --replace --replace-maker-note` puts the smallest Apple note in its place; "
            "what the old one tells is lost",
        )
    return (
        "nothing marks it as a portrait",
        "`depthauthor embed FILE MAP --replace --profile portrait` sets the marks",
    )


def _feature(finding: Finding, facts: Facts) -> tuple[str, str]:
    because = "the flag that wakes the sliders (maker note 0x001F) is not set"
    if facts.marks.is_blur_rendered:
        return because, "it is set when the map is put into the unblurred original"
    if facts.foreign_note:
        return (
            because,
            "it needs an Apple maker note: `depthauthor embed FILE MAP --replace --replace-maker-note`",
        )
    return because, "`depthauthor embed FILE MAP --replace --profile portrait` sets it"


_PORTRAIT = "`depthauthor embed FILE MAP --replace --profile portrait`"

_WORDS: dict[str, Words] = {
    "R1": _absent,
    "R2": lambda finding, facts: (finding.message, ANOTHER_MAP),
    "R3": _says("its depth map carries no metadata that ImageIO reads", ANOTHER_MAP),
    "R26": _says("the metadata of its depth map are broken XML", ANOTHER_MAP),
    "R4": lambda finding, facts: (finding.message, ANOTHER_MAP),
    "R5": lambda finding, facts: (
        finding.message,
        "put the map in again as the photo is seen, with `depthauthor embed FILE MAP --replace`",
    ),
    "R6": _says("some of its depth values are infinite", ANOTHER_MAP),
    "R10": _applied,
    "R11": _says(
        "the map holds depth in metres, and Photos uses disparity only", f"{ANEW}, as hdis (the default)"
    ),
    "R12": _says("the map is said to be of low quality", ANEW),
    "R13": _says("the map is not said to be filtered", f"{ANEW}; holes are filled on the way"),
    "R14": lambda finding, facts: (
        finding.message,
        f"{_PORTRAIT} adds one from Exif, or a nominal one; --calibration FILE.json or --donor PORTRAIT.HEIC give a "
        "true one",
    ),
    "R15": _says("its depth data claim a version newer than Photos takes", ANEW),
    "R16": lambda finding, facts: (
        finding.message,
        f"{_PORTRAIT} adds a nominal set; --donor PORTRAIT.HEIC takes that of a portrait of yours",
    ),
    "R17": _feature,
    "R20": lambda finding, facts: (
        "its maker note is broken, which was seen to crash Photos on Edit",
        ORIGINAL,
    ),
    "R8": _unmarked,
    "R21": _says(
        "the flags do not say that depth is there and can be switched",
        f"{_PORTRAIT} sets them; where CustomRendered is 7 or 8 the photo is an export with its blur, and the "
        "original is needed",
    ),
}


def _hints(found: tuple[Finding, ...], facts: Facts) -> list[str]:
    """Warnings and notes that a person can do something about, and how the file must travel."""
    told = {one.rule: one for one in found if one.status in ("warn", "note")}
    if "R1" in broken(found):
        return []
    hints = []
    if "R25" in told:
        hints.append(
            "for depth made by others, controls in Edit were only ever reported of HEIC files: -o x.heic"
        )
    if "R18" in told:
        hints.append("no focus region: Photos tolerates that; --focus X,Y adds one")
    if "R23" in told:
        hints.append(f"{told['R23'].message}: see to near and far")
    if "R22" in told:
        hints.append(
            "reports disagree on whether so small a set of marks is enough: a photo straight from an iPhone, with its "
            "own maker note, is the safest base"
        )
    hints.append("import it as a new photo, as a file: pickers and `most compatible` exports strip depth")
    return hints
