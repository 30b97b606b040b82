"""What once broke the invariant: each input is refused or read now, within the bounds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fuzz import parsers, whole
from fuzz.bounds import PARSER, WHOLE, Bounds, check
from tests.corrupt import found

CALLS: list[tuple[dict[str, Callable[[], bytes]], tuple[Callable[[bytes], None], ...], Bounds]] = [
    (found.HEIF, (whole.inspecting, parsers.container_read), PARSER),
    (found.JPEG, (whole.inspecting, whole.extracting, whole.verifying), WHOLE),
    (found.MAPS, (parsers.map_file,), PARSER),
    (found.CALIBRATIONS, (parsers.calibration,), PARSER),
    (found.JOURNALS, (parsers.journal,), PARSER),
    (found.MANIFESTS, (parsers.manifest_csv, parsers.manifest_jsonl), PARSER),
    (found.PACKETS, (parsers.xmp_packet, parsers.focus_region), PARSER),
    (found.MESSAGES, (parsers.sei_twins,), PARSER),
]
CASES = [
    pytest.param(make, call, bounds, id=f"{name} {call.__name__}")
    for group, calls, bounds in CALLS
    for name, make in group.items()
    for call in calls
]


@pytest.mark.parametrize(("make", "call", "bounds"), CASES)
def test_it_does_no_harm_any_more(
    make: Callable[[], bytes], call: Callable[[bytes], None], bounds: Bounds
) -> None:
    assert check(call, make(), bounds) is None
