"""Read a page back without a browser: its elements, its data, its policy."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

NAMESPACES = ("http://www.w3.org/2000/svg",)


class Page(HTMLParser):
    """What a reader of HTML makes of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.text = page.decode("utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[str, str] = {}
        self._open = ""
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = f"{tag}#{dict(attrs).get('id') or ''}".rstrip("#")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.content[self._open] = self.content.get(self._open, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def policy(self) -> str:
        (item,) = [meta for meta in self.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
        return item["content"] or ""

    @property
    def data(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.content["script#data"])
        return report

    def addresses(self) -> list[str]:
        """Return everything that could make a browser fetch something."""
        named = [
            value or ""
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in ("src", "href", "srcset", "action", "data", "poster", "formaction", "xlink:href")
        ]
        return [*named, *re.findall(r"url\(([^)]*)\)", self.text), *re.findall(r"@import.*", self.text)]


def remote(text: str) -> list[str]:
    """Return addresses of other machines, except namespaces."""
    result = re.findall(r"\b(?:https?|wss?|ftp)://[^\s\"'<>]*", text)
    return [item for item in result if not item.startswith(NAMESPACES)]


def gray(base64_png: str) -> NDArray[np.uint8]:
    """Return a PNG's samples as Pillow reads them."""
    with Image.open(io.BytesIO(base64.b64decode(base64_png))) as picture:
        assert picture.mode == "L" and "gamma" not in picture.info and "icc_profile" not in picture.info
        return np.asarray(picture)


def jpeg(uri: str | None) -> Image.Image:
    """Return the picture in a data address."""
    assert uri is not None and uri.startswith("data:image/jpeg;base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])), formats=("JPEG",))
    picture.load()
    return picture


def validate(name: str, value: Any) -> None:
    """Raises where the value is not what the committed schema says."""
    jsonschema = pytest.importorskip("jsonschema")
    path = Path(__file__).parents[2] / "schemas" / f"{name}.schema.json"
    jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8"))).validate(value)
