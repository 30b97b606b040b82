"""JSON Schema (draft 2020-12) from the dataclasses whose JSON forms are a contract.

Knows: how type hints and the docstrings beside fields become a schema. Must not know: what any report means.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import textwrap
import types
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]
Stand = Mapping[tuple[str, str], type]
"""(class, field) → the dataclass that describes what the code holds as a plain dictionary."""

_SIMPLE: dict[Any, str] = {
    int: "integer",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
}


def document(cls: type, title: str, stands: Stand) -> Schema:
    """The schema of a dataclass's JSON form, with those of all it holds under $defs."""
    definitions: dict[str, Schema] = {}
    body = _object(cls, stands, definitions)
    result: Schema = {"$schema": DRAFT, "title": title, **body}
    if definitions:
        result["$defs"] = dict(sorted(definitions.items()))
    return result


def _object(cls: type, stands: Stand, definitions: dict[str, Schema]) -> Schema:
    """All fields, each of them required: a report always has all, with null for what is not there."""
    hints, words = get_type_hints(cls), _words(cls)
    properties: dict[str, Schema] = {}
    for field in dataclasses.fields(cls):
        if field.name == "schema":
            properties[field.name] = {"const": field.default}
            continue
        stand = stands.get((cls.__name__, field.name))
        found = _of(hints[field.name], stand, stands, definitions)
        if field.name in words:
            found = {**found, "description": words[field.name]}
        properties[field.name] = found
    return {
        "description": _sentence(inspect.getdoc(cls) or ""),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _of(hint: Any, stand: type | None, stands: Stand, definitions: dict[str, Schema]) -> Schema:
    """The schema of one type hint."""
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return _any([_of(one, stand, stands, definitions) for one in arguments])
    if origin in (tuple, list):
        if origin is tuple and Ellipsis not in arguments:
            items = [_of(one, stand, stands, definitions) for one in arguments]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        return {"type": "array", "items": _of(arguments[0], stand, stands, definitions)}
    if origin is dict or hint is dict:
        if stand is None:
            raise TypeError(f"a dictionary needs a dataclass that describes it: {hint}")
        hint = stand
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [one.value for one in hint]}
    if not dataclasses.is_dataclass(hint):
        raise TypeError(f"no schema is known for {hint}")
    assert isinstance(hint, type)
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}
        definitions[hint.__name__] = _object(hint, stands, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _any(options: list[Schema]) -> Schema:
    """One of several; simple types in one list."""
    if all(set(one) == {"type"} for one in options):
        return {"type": [one["type"] for one in options]}
    if all(set(one) == {"enum"} or one == {"type": "null"} for one in options):
        return {"enum": [value for one in options for value in one.get("enum", [None])]}
    return {"anyOf": options}


@cache
def _words(cls: type) -> dict[str, str]:
    """The docstrings that stand under the fields."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    (body,) = (one.body for one in tree.body if isinstance(one, ast.ClassDef))
    words = {}
    for one, following in pairwise(body):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and _text(following):
            words[one.target.id] = _sentence(_text(following))
    return words


def _text(node: ast.stmt) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return inspect.cleandoc(node.value.value)
    return ""


def _sentence(text: str) -> str:
    """The first paragraph, on one line."""
    return " ".join(text.split("\n\n")[0].split())
