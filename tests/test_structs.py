"""Structs behave as the frozen dataclasses do that they stand for."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any, ClassVar

import pytest

from authoring.structs import Struct, as_dict, field, field_names, replace


class Point(Struct):
    """Two coordinates."""

    LIMIT: ClassVar[int] = 9

    x: int
    y: int = 2


class Named(Point):
    """With a name; what it was called before does not count."""

    name: str = field(default="", repr=False)
    before: list[str] = field(default_factory=list, compare=False)
    seen: int = field(default=7, init=False)


class Options(Struct, kw_only=True):
    """By name alone."""

    near: float
    far: float = 5.0


class Tally(Struct, frozen=False):
    """Counts."""

    count: int = 0


class Plane(Struct, eq=False):
    """Values that do not compare."""

    values: list[int]


class Checked(Struct):
    """Refuses what is negative, and keeps its half."""

    value: int
    half: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Check."""
        if self.value < 0:
            raise ValueError(self.value)
        object.__setattr__(self, "half", self.value / 2)


class Lazy(Struct, slots=False):
    """Has room for what is found out later."""

    value: int


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    """What `Named` would be by `dataclasses`."""

    x: int
    y: int = 2
    name: str = dataclasses.field(default="", repr=False)
    before: list[str] = dataclasses.field(default_factory=list, compare=False)
    seen: int = dataclasses.field(default=7, init=False)


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((1,), {}),
    ((1, 3), {"name": "a"}),
    ((1, 3, "a", ["b"]), {}),
    ((), {"x": 4, "before": ["c"]}),
    ((), {}),
    ((1,), {"x": 2}),
    ((1,), {"seen": 3}),
    ((1, 2, 3, [], 5), {}),
]


@pytest.mark.parametrize(("arguments", "named"), CALLS)
def test_it_is_made_and_shown_as_the_dataclass_is(arguments: Any, named: Any) -> None:
    """Values and refusals of the constructor, the text, the dictionary."""
    try:
        twin = Twin(*arguments, **named)
    except TypeError as error:
        with pytest.raises(TypeError) as raised:
            Named(*arguments, **named)
        assert str(raised.value) == str(error).replace("Twin", "Named")
        return
    made = Named(*arguments, **named)
    assert repr(made) == repr(twin).replace("Twin", "Named")
    assert as_dict(made) == dataclasses.asdict(made) == dataclasses.asdict(twin)


def test_equality_and_hash_go_by_the_compared_fields_and_the_class() -> None:
    """Other fields may differ; a struct of another class is never equal."""
    one, other = Named(1, before=["a"]), Named(1, before=["b"])
    assert one == other
    assert hash(one) == hash(other)
    assert one != Named(1, 3)
    assert Point(1) != one
    assert Point(1) != (1, 2)
    assert Plane([1]) != Plane([1])
    assert len({Plane([1]), Plane([1])}) == 2


def test_a_frozen_struct_stays_and_another_does_not() -> None:
    """Neither set nor deleted, no names besides; a mutable one is no key."""
    one = Point(1)
    for name in ("x", "z"):
        with pytest.raises(AttributeError, match="frozen"):
            setattr(one, name, 3)
    with pytest.raises(AttributeError, match="frozen"):
        del one.x
    assert not hasattr(one, "__dict__")
    tally = Tally()
    tally.count += 1
    assert tally == Tally(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(tally)


def test_defaults_that_are_made_are_made_anew() -> None:
    """No two structs share a list."""
    one, other = Named(1), Named(1)
    one.before.append("a")
    assert other.before == []
    with pytest.raises(TypeError, match=r"Shared\.names: all would share"):

        class Shared(Struct):
            """Would be."""

            names: list[str] = []  # noqa: RUF012


@pytest.mark.parametrize(
    "one", [Point(1), Named(1, 3, "n", ["b"]), Options(near=1), Tally(4), Checked(3), Lazy(2)], ids=repr
)
def test_it_survives_pickle_and_copy(one: Any) -> None:
    """Every field, whatever makes it; a deep copy shares no list."""
    for again in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert again == one
        assert as_dict(again) == as_dict(one)
    if isinstance(one, Named):
        assert copy.deepcopy(one).before is not one.before


def test_replacing_goes_through_the_constructor() -> None:
    """It checks, and takes no names that are none."""
    assert replace(Checked(2), value=6).half == 3.0
    assert replace(Point(1), y=5) == dataclasses.replace(Point(1), y=5) == Point(1, 5)
    with pytest.raises(ValueError, match="-1"):
        replace(Checked(2), value=-1)
    with pytest.raises(TypeError, match="z"):
        replace(Point(1), z=3)
    with pytest.raises(TypeError, match="half"):
        replace(Checked(2), half=1.0)


def test_what_python_tells_of_it() -> None:
    """Fields and signature, before the first is made."""

    class Fresh(Struct):
        """Never made."""

        a: int
        b: str = "x"

    assert str(inspect.signature(Fresh)) == "(a: 'int', b: 'str' = 'x')"
    assert field_names(Named) == tuple(one.name for one in dataclasses.fields(Named))
    told = {one.name: one for one in dataclasses.fields(Named)}
    twin = {one.name: one for one in dataclasses.fields(Twin)}
    for name, one in told.items():
        for word in ("type", "init", "repr", "compare", "kw_only", "default", "default_factory"):
            assert getattr(one, word) == getattr(twin[name], word), (name, word)
    assert told["y"].default == 2
    assert told["x"].default is dataclasses.MISSING
    assert dataclasses.is_dataclass(Point)
    with pytest.raises(TypeError):
        Options(1)  # type: ignore[call-arg]


def test_matching_and_copying_with_changes() -> None:
    """By position, and as Python 3.13 does it."""
    assert (Named.__match_args__, Options.__match_args__) == (("x", "y", "name", "before"), ())
    match Named(1, 5):
        case Named(1, y):
            assert y == 5
        case _:
            pytest.fail("does not match")
    assert Point(1).__replace__(y=3) == Point(1, 3)


def test_values_within_values_become_dictionaries() -> None:
    """In lists, tuples and dictionaries; what is no struct stays."""
    inner = Point(1)
    held = Plane([1])
    assert as_dict({"a": [inner], "b": (inner, 3)}) == {
        "a": [{"x": 1, "y": 2}],
        "b": ({"x": 1, "y": 2}, 3),
    }
    assert as_dict(held) == {"values": [1]}
    assert as_dict(inner)["x"] == 1
