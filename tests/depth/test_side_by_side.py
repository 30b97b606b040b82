"""Large maps are worked on by two threads: nothing that comes out depends on it."""

from __future__ import annotations

import os
import threading
import time
import warnings

import numpy as np
import pytest

from authoring.beside import Beside, allowed_processors, both, processors
from authoring.depth.buffer import DepthBuffer, PixelFormat
from authoring.depth.grayscale import GrayscaleMeaning, buffer_from_gray
from authoring.depth.rows import SHARED_SAMPLES, map_rows, shared_rows, take_table
from authoring.depth.stored_plane import max_error, quantize

SHAPE = (1031, 1021)
"""Just above the threshold, and no multiple of anything."""


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert SHAPE[0] * SHAPE[1] > SHARED_SAMPLES


def test_the_rows_are_halved_and_all_are_there() -> None:
    seen: dict[int, slice] = {}

    def look(part: slice) -> int:
        seen[threading.get_ident()] = part
        return int(part.stop - part.start)

    assert shared_rows(SHAPE, look) == [516, 515]
    assert (
        sorted((one.start, one.stop) for one in seen.values()) == [(0, 516), (516, 1031)] and len(seen) == 2
    )
    assert shared_rows((1, SHARED_SAMPLES), look) == [1]
    assert shared_rows((100, 100), look) == [100]
    with processors(1):
        assert shared_rows(SHAPE, look) == [1031]


def test_results_are_those_of_one_thread() -> None:
    dice = np.random.default_rng(5)
    depth_m = dice.uniform(0.2, 40, SHAPE).astype(np.float32)
    gray = dice.integers(0, 65536, SHAPE, dtype=np.uint16)
    depth_m[700:710, 30:50] = np.nan

    def all_of_it() -> list[np.ndarray]:
        buffer = buffer_from_gray(gray, GrayscaleMeaning(0.3, 5.0), PixelFormat.FDIS)
        plane = quantize(buffer)
        moved = plane.codes.copy()
        moved[1000, 1000] ^= 3
        metres = DepthBuffer.from_depth_m(depth_m, PixelFormat.HDIS)
        table = np.arange(256, dtype=np.float32)
        return [
            buffer.samples,
            plane.codes,
            np.array([plane.float_min, plane.float_max, max_error(plane, buffer)]),
            metres.samples,
            metres.valid,
            np.array(metres.bit_range),
            take_table(table, moved),
            map_rows(lambda rows, _: rows * 2, depth_m, np.float64),
        ]

    two = all_of_it()
    with processors(1):
        one = all_of_it()
    for mine, other in zip(two, one, strict=True):
        assert mine.dtype == other.dtype
        assert np.array_equal(mine, other, equal_nan=mine.dtype.kind == "f")


@pytest.mark.parametrize("row", [3, 1000])
def test_an_error_in_either_half_comes_out(row: int) -> None:
    done = []

    def look(part: slice) -> None:
        if part.start <= row < part.stop:
            raise ValueError(f"row {row}")
        done.append(part)

    with pytest.raises(ValueError, match=f"row {row}"):
        shared_rows(SHAPE, look)
    assert len(done) == 1


def test_neither_thread_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = map_rows(lambda rows, _: 1 / rows, np.zeros(SHAPE, np.float32), np.float32)
    assert np.isinf(found).all()


def test_a_call_beside_gives_its_result_or_its_error() -> None:
    assert Beside(divmod, 7, 2).result() == (3, 1)
    with pytest.raises(ZeroDivisionError):
        Beside(divmod, 7, 0).result()
    held = threading.Event()
    waiting = Beside(held.wait, 30)
    assert not waiting.done
    held.set()
    assert waiting.result() and waiting.done


def test_a_call_beside_keeps_to_the_processors_of_its_caller() -> None:
    with processors(1):
        beside = Beside(allowed_processors)
    assert beside.result() == 1
    assert Beside(allowed_processors).result() is None


def test_both_are_made_in_two_threads() -> None:
    meeting = threading.Barrier(2, timeout=30)

    def here() -> int:
        meeting.wait()
        return threading.get_ident()

    def there() -> int:
        meeting.wait()
        return threading.get_ident()

    one, other = both(here, there)
    assert one == threading.get_ident() != other


def test_both_have_ended_when_an_error_comes_out() -> None:
    ended = threading.Event()

    def slow() -> None:
        time.sleep(0.05)
        ended.set()

    def failing(told: str) -> None:
        raise ValueError(told)

    with pytest.raises(ValueError, match="here"):
        both(lambda: failing("here"), slow)
    assert ended.is_set()
    with pytest.raises(ValueError, match="there"):
        both(lambda: None, lambda: failing("there"))
    with pytest.raises(ValueError, match="here"):
        both(lambda: failing("here"), lambda: failing("there"))


def test_both_come_one_after_the_other_where_there_is_one_processor() -> None:
    with processors(1):
        assert both(threading.get_ident, threading.get_ident) == (threading.get_ident(),) * 2
