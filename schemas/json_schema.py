"""Build JSON Schemas (draft 2020-12) from dataclasses: type hints, and the docstrings under the fields."""

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
Substitutes = Mapping[tuple[str, str], type]
"""(class, field) → the dataclass that describes a field which is a plain dictionary in the code."""

_SIMPLE: dict[Any, str] = {
    int: "integer",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
}


def document(cls: type, title: str, substitutes: Substitutes) -> Schema:
    """Return the schema of a dataclass's JSON form, with those of its members under $defs."""
    definitions: dict[str, Schema] = {}
    body = _object(cls, substitutes, definitions)
    result: Schema = {"$schema": DRAFT, "title": title, **body}
    if definitions:
        result["$defs"] = dict(sorted(definitions.items()))
    return result


def _object(cls: type, substitutes: Substitutes, definitions: dict[str, Schema]) -> Schema:
    """Return the schema of a dataclass; every field is required, since a report has null for what is absent."""
    hints, words = get_type_hints(cls), _words(cls)
    properties: dict[str, Schema] = {}
    for field in dataclasses.fields(cls):
        if field.name == "schema":
            properties[field.name] = {"const": field.default}
            continue
        substitute = substitutes.get((cls.__name__, field.name))
        property_schema = _of(hints[field.name], substitute, substitutes, definitions)
        if field.name in words:
            property_schema = {**property_schema, "description": words[field.name]}
        properties[field.name] = property_schema
    return {
        "description": _sentence(inspect.getdoc(cls) or ""),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _of(
    hint: Any, substitute: type | None, substitutes: Substitutes, definitions: dict[str, Schema]
) -> Schema:
    """Return the schema of a type hint."""
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return _any([_of(argument, substitute, substitutes, definitions) for argument in arguments])
    if origin in (tuple, list):
        if origin is tuple and Ellipsis not in arguments:
            items = [_of(argument, substitute, substitutes, definitions) for argument in arguments]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        return {"type": "array", "items": _of(arguments[0], substitute, substitutes, definitions)}
    if origin is dict or hint is dict:
        if substitute is None:
            raise TypeError(f"a dictionary needs a dataclass that describes it: {hint}")
        hint = substitute
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [member.value for member in hint]}
    if not dataclasses.is_dataclass(hint):
        raise TypeError(f"no schema is known for {hint}")
    assert isinstance(hint, type)
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = {}
        definitions[hint.__name__] = _object(hint, substitutes, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _any(options: list[Schema]) -> Schema:
    """Return the schema of a union; simple types in one list."""
    if all(set(option) == {"type"} for option in options):
        return {"type": [option["type"] for option in options]}
    if all(set(option) == {"enum"} or option == {"type": "null"} for option in options):
        return {"enum": [value for option in options for value in option.get("enum", [None])]}
    return {"anyOf": options}


@cache
def _words(cls: type) -> dict[str, str]:
    """Return the docstrings under the fields."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    words = {}
    for node, following in pairwise(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and _text(following):
            words[node.target.id] = _sentence(_text(following))
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
    """Return the first paragraph, on one line."""
    return " ".join(text.split("\n\n")[0].split())
