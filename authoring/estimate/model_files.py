"""Read the files of a model's folder: configuration and weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from authoring.errors import MalformedError, UsageError
from authoring.files import named

CONFIGURATION = "config.json"
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
"""How pixels become the network's input; the second name is that of newer releases of transformers."""
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
"""Weights in one file, or the list of those that they are split into. Pickled weights, which run code as they are read,
are never loaded."""
NO_PROCESSOR = f"has no {PROCESSORS[0]}, which says how a photo becomes the network's input"
NO_WEIGHTS = f"has no {WEIGHTS}; other weights, which run code as they are read, are not loaded"

MAX_JSON_BYTES = 1 << 24
"""Of a configuration or an index; the largest known have some hundred kilobytes."""


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file. Raises MalformedError if it holds none."""
    with named(path):
        try:
            with path.open("rb") as file:
                value = json.loads(file.read(MAX_JSON_BYTES))
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise MalformedError("this is no JSON object, as a model's configuration is")
        return value


def has_weights(folder: Path) -> bool:
    """Return whether all weights are there: an interrupted download leaves some files out."""
    if (folder / WEIGHTS).is_file():
        return True
    if not (folder / INDEX).is_file():
        return False
    parts = _parts(folder)
    return bool(parts) and all((folder / name).is_file() for name in parts)


def digest_of(folder: Path) -> str:
    """Return the SHA-256 of a folder's weights and configurations, which tells versions of a local model apart."""
    digest = hashlib.sha256()
    for name in names_in(folder):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def names_in(folder: Path) -> list[str]:
    """Return the names of the files that a model consists of, as far as they are in its folder."""
    whole = (folder / WEIGHTS).is_file() or not (folder / INDEX).is_file()
    names = [CONFIGURATION, *PROCESSORS, *([WEIGHTS] if whole else _parts(folder))]
    return [name for name in names if (folder / name).is_file()]


def _parts(folder: Path) -> list[str]:
    """Return the names of the files that the weights are split into."""
    files = read_json(folder / INDEX).get("weight_map", {})
    names = sorted({str(name) for name in files.values()}) if isinstance(files, dict) else []
    return [Path(name).name for name in names]
