"""Values with named fields, as `dataclasses` makes them, and quick to declare.

Knows: fields, equality, freezing. Must not know: any struct.

A short command spends its time on starting, and a third of that went into `dataclasses`: it compiles six methods for
each class, one by one, and imports `inspect`. Here methods are shared, and a constructor is compiled when the first
struct of its class is made; many never are. To others a struct is a dataclass: `dataclasses.fields`, `asdict` and
`replace` take it, and so do type checkers (PEP 681).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, dataclass_transform

if TYPE_CHECKING:
    import dataclasses
    import inspect

_MISSING: Any = object()

_set = object.__setattr__


class _Field:
    """What `field` says of a field."""

    __slots__ = ("compare", "default", "default_factory", "hint", "init", "kw_only", "repr")

    def __init__(
        self,
        default: Any,
        default_factory: Callable[[], Any],
        init: bool,
        repr: bool,
        compare: bool,
    ) -> None:
        self.default, self.default_factory = default, default_factory
        self.init, self.repr, self.compare = init, repr, compare
        self.kw_only, self.hint = False, ""


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] = _MISSING,
    init: bool = True,
    repr: bool = True,
    compare: bool = True,
) -> Any:
    """A field that is more than a name and a default; the words mean what they mean in `dataclasses.field`."""
    return _Field(default, default_factory, init, repr, compare)


class _DataclassFields:
    """`__dataclass_fields__` of a struct class, made by `dataclasses` for whoever asks."""

    def __get__(self, _: object, owner: type[Struct]) -> dict[str, dataclasses.Field[Any]]:
        return _dataclass_fields(owner)


@cache
def _dataclass_fields(owner: type[Struct]) -> dict[str, dataclasses.Field[Any]]:
    import dataclasses

    fields = []
    for name, one in owner.__struct_fields__.items():
        default = {} if one.default is _MISSING else {"default": one.default}
        if one.default_factory is not _MISSING:
            default = {"default_factory": one.default_factory}
        told = dataclasses.field(
            **default, init=one.init, repr=one.repr, compare=one.compare, kw_only=one.kw_only
        )
        fields.append((name, one.hint, told))
    twin = dataclasses.make_dataclass(owner.__name__, fields, eq=False)
    return {one.name: one for one in dataclasses.fields(twin)}


class _StructMeta(type):
    """Makes struct classes. Fields that lie in slots have no default in the class: it would hide the slot."""

    def __new__(
        cls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        frozen: bool = True,
        eq: bool = True,
        slots: bool = True,
        kw_only: bool = False,
    ) -> _StructMeta:
        fields: dict[str, _Field] = {}
        for base in bases:
            fields.update(getattr(base, "__struct_fields__", {}))
        own = []
        for key, hint in namespace.get("__annotations__", {}).items():
            if hint.startswith("ClassVar"):
                continue
            value = namespace.pop(key, _MISSING)
            if isinstance(value, list | dict | set):
                raise TypeError(f"{name}.{key}: all would share this default; use field(default_factory=...)")
            fields[key] = value if isinstance(value, _Field) else field(default=value)
            fields[key].kw_only, fields[key].hint = kw_only, hint
            own.append(key)
        if slots:
            namespace["__slots__"] = tuple(own)
        namespace["__struct_fields__"] = fields
        namespace["__dataclass_fields__"] = _DataclassFields()
        namespace["__match_args__"] = tuple(
            key for key, one in fields.items() if one.init and not one.kw_only
        )
        namespace.setdefault("__init__", _first_init)
        if eq:
            compared = [key for key, one in fields.items() if one.compare]
            namespace["_values"] = attrgetter(*compared) if compared else type
        else:
            namespace.update(__eq__=object.__eq__, __hash__=object.__hash__)
        if not frozen:
            namespace.update(__setattr__=object.__setattr__, __delattr__=object.__delattr__)
            if eq:
                namespace["__hash__"] = None
        return super().__new__(cls, name, bases, namespace)

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's, for help texts: it may not be compiled yet."""
        import inspect

        told = inspect.signature(_constructor(cls))
        return told.replace(parameters=list(told.parameters.values())[1:])


def _first_init(self: Any, /, *arguments: Any, **named: Any) -> None:
    """Compile the constructor of a class when its first struct is made, and go on with it."""
    made = _constructor(type(self))
    type(self).__init__ = made
    made(self, *arguments, **named)


def _constructor(cls: Any) -> Callable[..., None]:
    """`__init__` of a struct class: sets the fields in order, then calls `__post_init__` where there is one."""
    known: dict[str, Any] = {"_set": _set, "_missing": _MISSING}
    plain: list[str] = ["self"]
    named: list[str] = []
    body: list[str] = []
    for name, one in cls.__struct_fields__.items():
        known[f"_of_{name}"] = one.default if one.default_factory is _MISSING else one.default_factory
        made = f"_of_{name}" if one.default_factory is _MISSING else f"_of_{name}()"
        if not one.init:
            body.append(f" _set(self, {name!r}, {made})")
            continue
        default = ""
        if one.default_factory is not _MISSING:
            default, made = "=_missing", f"{made} if {name} is _missing else {name}"
        else:
            default, made = "" if one.default is _MISSING else f"={made}", name
        (named if one.kw_only else plain).append(name + default)
        body.append(f" _set(self, {name!r}, {made})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    parameters = ", ".join([*plain, *(["*", *named] if named else [])])
    # The names are identifiers of a class body; nothing that was read from a file comes here.
    exec(f"def __init__({parameters}):\n" + "\n".join(body or [" pass"]), known)
    made_init: Callable[..., None] = known["__init__"]
    made_init.__annotations__ = {name: one.hint for name, one in cls.__struct_fields__.items() if one.init}
    made_init.__qualname__ = f"{cls.__qualname__}.__init__"
    return made_init


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Struct(metaclass=_StructMeta):
    """A frozen value: its fields are the annotated names of its class, and make its constructor.

    In the class's header: `frozen=False`; `eq=False` where values are arrays, which do not compare; `slots=False` where
    it has cached properties; `kw_only=True`. Annotations must be strings (`from __future__ import annotations`).
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
        __struct_fields__: ClassVar[dict[str, _Field]]
        _values: ClassVar[Callable[[Any], Any]]

    def __repr__(self) -> str:
        """As the constructor would be called."""
        shown = [
            f"{name}={getattr(self, name)!r}" for name, one in self.__struct_fields__.items() if one.repr
        ]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        """Whether both are of one class and all compared fields are equal."""
        if type(self) is not type(other):
            return NotImplemented
        return bool(type(self)._values(self) == type(self)._values(other))

    def __hash__(self) -> int:
        """Of the compared fields."""
        return hash(type(self)._values(self))

    def __setattr__(self, name: str, value: object) -> None:
        """Refused."""
        raise AttributeError(f"a {type(self).__name__} is frozen: {name} cannot be set; make another one")

    def __delattr__(self, name: str) -> None:
        """Refused."""
        raise AttributeError(f"a {type(self).__name__} is frozen: {name} cannot be deleted")

    def __replace__(self, /, **changes: Any) -> Self:
        """For `copy.replace` (Python 3.13)."""
        return replace(self, **changes)

    def __getstate__(self) -> list[Any]:
        """For pickles and copies: the values of the fields."""
        return [getattr(self, name) for name in self.__struct_fields__]

    def __setstate__(self, values: list[Any]) -> None:
        """Twin of `__getstate__`."""
        for name, value in zip(self.__struct_fields__, values, strict=True):
            _set(self, name, value)


StructT = TypeVar("StructT")


def replace(struct: StructT, **changes: Any) -> StructT:
    """Another struct with some fields changed. TypeError for a name that is no field of the constructor."""
    told: dict[str, _Field] = struct.__struct_fields__  # type: ignore[attr-defined]
    values = {name: getattr(struct, name) for name, one in told.items() if one.init and name not in changes}
    return type(struct)(**values, **changes)


def as_dict(value: Any) -> Any:
    """Structs as dictionaries, in the order of their fields, however deep in lists, tuples and dictionaries."""
    if isinstance(value, Struct):
        return {name: as_dict(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list):
        return [as_dict(one) for one in value]
    if isinstance(value, tuple):
        return tuple(as_dict(one) for one in value)
    if isinstance(value, dict):
        return {key: as_dict(one) for key, one in value.items()}
    return value


def field_names(cls: type[Struct]) -> tuple[str, ...]:
    """The names of a struct class's fields, in order."""
    return tuple(cls.__struct_fields__)
