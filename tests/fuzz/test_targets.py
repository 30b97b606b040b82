"""Every fuzzing target, briefly: neither its seeds nor damage from fixed seeds break a promise."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.bounds import check
from fuzz.mutate import mutated
from fuzz.targets import PARSER_NAMES, TARGETS

QUICK = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
"""The same examples on every machine; long runs are for `python -m fuzz.run`."""

SLOW = settings(QUICK, max_examples=6)
VERY_SLOW = ("command", "command-jpeg", "transcode-jpeg")
"""A second per execution: only their seeds are run."""


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_break_no_promise(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    assert seeds
    for data in seeds[: 2 if name in VERY_SLOW else 12]:
        assert check(target.call, data, target.bounds) is None


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in VERY_SLOW])
def test_damage_breaks_no_promise(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()

    @(QUICK if name in PARSER_NAMES else SLOW)
    @given(st.integers(0, len(seeds) - 1), st.integers(0, 1 << 31))
    def run(number: int, seed: int) -> None:
        assert check(target.call, mutated(seeds[number], target.form, seed, seeds), target.bounds) is None

    run()


@pytest.mark.parametrize("name", PARSER_NAMES)
def test_any_bytes_break_no_promise(name: str) -> None:
    target = TARGETS[name]

    @QUICK
    @given(st.binary(max_size=400))
    def run(data: bytes) -> None:
        assert check(target.call, data, target.bounds) is None

    run()
