"""Compare edit lists with a naive model: bytes with unique values, so that each can be located afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring.containers.edits import (
    MAX_RUNS,
    EditList,
    Keep,
    Put,
    Replacement,
    Touched,
    changes,
)


@st.composite
def replacements(draw: st.DrawFn, size: int, first_value: int) -> list[Replacement]:
    """Draw replacements that do not overlap, each with new bytes and its own reason."""
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=8)))
    result = []
    for number, (start, stop) in enumerate(zip(cuts[::2], cuts[1::2], strict=False)):
        data = bytes([first_value + number]) * draw(st.integers(0, 3))
        result.append(Replacement(start, stop, data, f"reason {first_value + number}"))
    return result


def naive(source: bytes, edits: list[Replacement]) -> bytes:
    """Insertions come before a replacement at their offset; the rest follows from doing the last one first."""
    for item in sorted(edits, key=lambda item: (item.start, item.stop), reverse=True):
        source = source[: item.start] + item.data + source[item.stop :]
    return source


def unique_insertions(edits: list[Replacement]) -> list[Replacement]:
    """Drop further edits with the same extent: reversed order of equals is not what the model says."""
    return list({(item.start, item.stop): item for item in edits}.values())


def check_touched(edits: EditList, source: bytes, result: bytes) -> None:
    gone = {place for place, value in enumerate(source) if value not in result}
    reported = {place for item in edits.touched for place in range(item.start, item.stop)}
    assert gone == reported
    kept_runs = [edit for edit in edits.edits if isinstance(edit, Keep)]
    places = {item.start for item in edits.touched} | {item.stop for item in edits.touched}
    position = 0
    for edit in edits.edits:
        if isinstance(edit, Put):
            assert position in places
        else:
            position = edit.stop
    assert sum(run.stop - run.start for run in kept_runs) == len(source) - len(gone)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_list_agrees_with_naive_model(data: st.DataObject) -> None:
    source = bytes(range(data.draw(st.integers(0, 24))))
    chosen = unique_insertions(data.draw(replacements(len(source), 100)))
    edits = EditList.of(len(source), data.draw(st.permutations(chosen)))
    result = naive(source, chosen)
    assert edits.apply(source) == result
    assert b"".join(edits.chunks(source)) == result
    assert edits.result_size == len(result)
    check_touched(edits, source, result)
    for place, value in enumerate(source):
        assert edits.new_offset(place) == (result.index(value) if value in result else None)
    if source:
        assert edits.new_offset(len(source)) == (len(result) if source[-1] in result else None)
    assert edits.new_offset(len(source) + 1) is None
    for start in range(len(source) + 1):
        for stop in range(start, len(source) + 1):
            assert edits.keeps(start, stop) == (source[start:stop] in result)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_then_is_one_edit_after_the_other(data: st.DataObject) -> None:
    source = bytes(range(data.draw(st.integers(0, 24))))
    first_edits = unique_insertions(data.draw(replacements(len(source), 100)))
    first = EditList.of(len(source), first_edits)
    middle = first.apply(source)
    second_edits = unique_insertions(data.draw(replacements(len(middle), 200)))
    second = EditList.of(len(middle), second_edits)
    both = first.then(second)
    result = second.apply(middle)
    assert both.source_size == len(source)
    assert both.apply(source) == result
    assert both.result_size == len(result)
    check_touched(both, source, result)
    for place in range(len(source)):
        halfway = first.new_offset(place)
        assert both.new_offset(place) == (None if halfway is None else second.new_offset(halfway))
    reasons = {name for touched in both.touched for name in touched.reason.split("; ")}
    assert reasons <= {edit.reason for edit in (*first_edits, *second_edits)}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_inverse_gives_the_source_back(data: st.DataObject) -> None:
    source = bytes(range(data.draw(st.integers(0, 24))))
    edits = EditList.of(len(source), unique_insertions(data.draw(replacements(len(source), 100))))
    result = edits.apply(source)
    inverse = edits.inverse(source, "back")
    assert inverse.apply(result) == source
    assert inverse == inverse.then(EditList.unchanged(len(source)))
    assert sum(len(item.data) for item in inverse.replacements) == sum(
        item.stop - item.start for item in edits.touched
    )


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=9), st.binary(max_size=9))
def test_changes_lead_from_one_block_to_the_other(front: bytes, back: bytes, old: bytes, new: bytes) -> None:
    before, after = front + old + back, front + new + back
    replacements = changes(5, before, after, "why")
    edits = EditList.of(len(before) + 9, replacements)
    assert edits.apply(b"start" + before + b"stop") == b"start" + after + b"stop"
    if before:
        assert not any(item.stop == 5 for item in replacements)
    if len(before) != len(after):
        assert sum(item.stop - item.start for item in replacements) <= len(old) + 1


def test_changes_of_a_grown_block_leave_what_lies_between() -> None:
    """As in Exif: a pointer near the front changes, and a directory is added at the end."""
    thumbnail = bytes(range(256)) * 200
    old, new = b"II*\0\x08\0\0\0" + thumbnail, b"II*\0\x08\xc8\0\0" + thumbnail + b"directory"
    assert changes(100, old, new, "why") == [
        Replacement(105, 106, b"\xc8", "why"),
        Replacement(100 + len(old), 100 + len(old), b"directory", "why"),
    ]
    assert changes(100, new, old, "why") == [
        Replacement(105, 106, b"\0", "why"),
        Replacement(100 + len(old), 100 + len(new), b"", "why"),
    ]


def test_changes_of_text_are_one_run_between_equal_ends() -> None:
    old, new = b"<a>" + bytes(range(1, 200)) + b"</a>", b"<a b='1'>" + bytes(range(1, 200)) + b"</a>"
    assert changes(0, old, new, "") == [Replacement(2, 2, b" b='1'", "")]


def test_changes_close_together_and_many_are_joined() -> None:
    old = bytes(100)
    new = bytes(10) + b"\1\0\0\0\0\1" + bytes(10) + b"\1" + bytes(73)
    assert [(item.start, item.stop) for item in changes(0, old, new, "")] == [(10, 16), (26, 27)]
    many = b"\1\0\0\0\0\0" * (2 * MAX_RUNS) + bytes(1000) + b"\1"
    runs = [(item.start, item.stop) for item in changes(0, bytes(len(many)), many, "")]
    assert runs == [(0, 12 * MAX_RUNS - 5), (len(many) - 1, len(many))]


def test_keeps_detects_a_replacement_of_equal_length() -> None:
    edits = EditList.of(10, [Replacement(4, 6, b"xx", "why")])
    assert edits.keeps(0, 4)
    assert edits.keeps(6, 10)
    assert not edits.keeps(0, 10)


def test_offset_of_the_end_follows_what_is_appended() -> None:
    edits = EditList.of(3, [Replacement(3, 3, b"tail", "tail")])
    assert edits.apply(b"abc") == b"abctail"
    assert edits.new_offset(3) == 7


def test_insertions_at_one_offset_keep_their_order() -> None:
    edits = EditList.of(
        2, [Replacement(1, 2, b"X", "x"), Replacement(1, 1, b"1", "a"), Replacement(1, 1, b"2", "b")]
    )
    assert edits.apply(b"ab") == b"a12X"


def test_an_empty_replacement_is_not_an_edit() -> None:
    assert EditList.of(4, [Replacement(2, 2, b"", "nothing")]) == EditList.unchanged(4)


def test_then_names_the_reason_of_a_second_removal() -> None:
    first = EditList.unchanged(10)
    second = EditList.of(10, [Replacement(0, 1, b"", "head"), Replacement(5, 6, b"", "middle")])
    assert first.then(second).touched == (Touched(0, 1, "head"), Touched(5, 6, "middle"))


def test_then_drops_what_was_added_and_removed_again() -> None:
    first = EditList.of(4, [Replacement(2, 2, b"new", "added")])
    second = EditList.of(7, [Replacement(2, 5, b"", "removed")])
    assert first.then(second) == EditList.unchanged(4)


@pytest.mark.parametrize(("start", "stop"), [(2, 1), (0, 5), (3, 9)])
def test_faulty_replacements_are_refused(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="overlaps"):
        EditList.of(8, [Replacement(4, 6, b"", "one"), Replacement(start, stop, b"", "two")])


def test_list_of_another_source_is_refused() -> None:
    edits = EditList.unchanged(4)
    with pytest.raises(ValueError, match="another source"):
        edits.apply(b"12345")
    with pytest.raises(ValueError, match="another source"):
        edits.then(EditList.unchanged(5))
