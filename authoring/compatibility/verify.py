"""Verify: the level a file is expected to reach in Photos, and proof that its photo and map are unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from authoring import containers
from authoring.compatibility import rules
from authoring.compatibility.facts import gather
from authoring.compatibility.findings import Finding, Level
from authoring.compatibility.levels import level_of, possible_level_of, rule_faults, verdict_of
from authoring.compatibility.map_error import RoundTrip, measure
from authoring.compatibility.photo_proof import PhotoProof, compare
from authoring.containers.base import ContainerName
from authoring.errors import about
from authoring.estimated_by import EstimatedBy
from authoring.maps.load import MapSource
from authoring.maps.map_options import MapOptions
from authoring.report_base import Report


@dataclass(frozen=True, slots=True, repr=False)
class VerifyReport(Report):
    """What a check found."""

    _shown = ("file", "level", "possible_level", "passed")

    container: ContainerName
    level: Level
    """The highest that device tests cover."""
    possible_level: Level
    """What the rules allow where untested ones are left out; `level` where none is broken."""
    verdict: str
    """What is expected of Apple's software, and on what evidence."""
    findings: tuple[Finding, ...]
    photo_decodes: bool | None
    """Whether the photo's own pixels decode; None where they were not looked at, or are coded in another way."""
    roundtrip: RoundTrip | None
    photo: PhotoProof | None
    passed: bool
    """Whether the command ends with exit code 0; see `faults`."""
    faults: tuple[str, ...]
    """Why it does not: rules that fail for the wanted level, a photo that is not identical, a map out of bounds."""
    estimated_by: EstimatedBy | None = None
    """The network that estimated the depth, so that its metres are not measured; None where nothing says so."""
    file: str | None = None
    schema: str = "depthauthor/verify/1"


def verify(
    photo: bytes,
    *,
    original: bytes | None = None,
    maps: Sequence[MapSource] = (),
    options: MapOptions | None = None,
    strict: bool = False,
    wanted: Level = "L4",
    decode: bool = True,
) -> VerifyReport:
    """Check a JPEG, HEIC or DNG photo with depth.

    original: the photo before, to prove that it is unchanged. maps: what `embed` was given, to measure the error
    with the `options` of that time. strict: warnings count as faults. wanted: rules of higher levels do not count
    as faults ("L1" for a file that is read as data); they are reported all the same. decode: also decode the
    photo's own pixels, which takes about 0.3 s for 12 MP of HEIC.

    Raises MalformedError or UnsupportedError if a file cannot be read at all, RefusedError for a map that does not
    fit; a damaged depth map raises nothing, it is a finding.
    """
    with about("photo"):
        file = containers.parse(photo)
        facts = gather(file, photo_decoded=decode)
    findings = rules.findings(facts)
    proof = None
    if original is not None:
        with about("source"):
            before = containers.parse(original)
        proof = compare(file, before)
    roundtrip = measure(file, maps, options or MapOptions()) if maps else None
    faults = [*rule_faults(findings, wanted, strict=strict)]
    if proof is not None and not proof.identical:
        faults.append("the photo is not the original")
    if roundtrip is not None and not roundtrip.holds:
        faults.append("the map differs from the given one by more than its bound")
    return VerifyReport(
        container=file.layout.container,
        level=level_of(findings),
        possible_level=possible_level_of(findings),
        verdict=verdict_of(findings),
        findings=findings,
        photo_decodes=facts.photo_decodes,
        roundtrip=roundtrip,
        photo=proof,
        passed=not faults,
        faults=tuple(faults),
        estimated_by=facts.estimated_by,
    )
