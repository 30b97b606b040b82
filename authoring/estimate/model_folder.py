"""Find the folder of a model: as given, in the hub's cache, or downloaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from authoring.errors import MalformedError, UnsupportedError, UsageError
from authoring.estimate.estimate_options import EstimateOptions
from authoring.estimate.hub import Announce, cache_of, cached_model, download_model
from authoring.estimate.model_files import (
    CONFIGURATION,
    NO_PROCESSOR,
    NO_WEIGHTS,
    PROCESSORS,
    has_weights,
    read_json,
)
from authoring.estimate.models import KNOWN_MODELS, kind_of, known_model
from authoring.files import named
from authoring.maps.presets import Kind

MISSING_EXTRA = "an estimate needs torch and transformers: pip install 'depthauthor[estimate]'"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on this machine."""

    path: str
    name: str
    """Its repository, or the folder's own name."""
    version: str | None
    """The repository's commit; None for a folder of the user, whose digest is taken when it is loaded."""
    kind: Kind
    """What the network's numbers are."""
    cache: str | None = None
    """What to delete so that it is downloaded again; None for a folder of the user."""

    @property
    def remedy(self) -> str:
        """What to do about a damaged model."""
        if self.cache is None:
            return f"the folder {self.path} is damaged, or holds another kind of model"
        return _remedy(Path(self.path))


def find_model(options: EstimateOptions, announce: Announce) -> ModelFolder:
    """Return the folder of the model that the options name, downloading it if it is not on this machine.

    announce: gets a sentence with model, size and licence before a download. Raises UnsupportedError without the extra
    or for a model that is none, UsageError where the model cannot be had or needs a word of the user, MalformedError
    where it is damaged.
    """
    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            raise UnsupportedError(MISSING_EXTRA)
    folder = Path(options.model).expanduser()
    if folder.is_dir():
        return _given_folder(folder, options)
    known = known_model(options.model)
    repository = known.repository if known else options.model
    if known is None and not _is_repository(repository):
        names = ", ".join(model.name for model in KNOWN_MODELS)
        raise UsageError(
            f"there is no folder and no known model {options.model!r}; known are {names}; another one on the Hugging "
            "Face hub is named OWNER/NAME"
        )
    cached = cached_model(repository)
    with _with_remedy(cached):
        if cached is None or not has_weights(cached):
            if options.offline:
                raise UsageError(
                    f"{repository} is not on this machine, and --offline downloads nothing; run the command once "
                    "without --offline, or give a model's folder with --model"
                )
            cached = download_model(repository, known, options, announce)
        configuration = read_json(cached / CONFIGURATION)
    with named(repository):
        if not has_weights(cached):
            raise UnsupportedError("its list of weights names files that the model does not have")
        kind = kind_of(configuration, repository, options.kind)
    return ModelFolder(str(cached), repository, cached.name, kind, str(cache_of(cached)))


def _is_repository(name: str) -> bool:
    owner, slash, own = name.partition("/")
    return (
        bool(owner and slash and own)
        and "/" not in own
        and "\\" not in name
        and not name.startswith((".", "~"))
    )


@contextmanager
def _with_remedy(cached: Path | None) -> Iterator[None]:
    """Say in the sentence about a damaged file of the cache how to get the model again."""
    try:
        yield
    except MalformedError as error:
        if cached is not None:
            error.message += f"; {_remedy(cached)}"
        raise


def _remedy(cached: Path) -> str:
    return f"delete the folder {cache_of(cached)} and run the command again, which downloads the model again"


def _given_folder(folder: Path, options: EstimateOptions) -> ModelFolder:
    """Return a folder that the user names; it is never compared with the hub."""
    with named(folder):
        if not (folder / CONFIGURATION).is_file():
            raise UsageError(f"this folder holds no model: it has no {CONFIGURATION}")
        if not has_weights(folder):
            raise UnsupportedError(f"this folder {NO_WEIGHTS}")
        if not any((folder / name).is_file() for name in PROCESSORS):
            raise UnsupportedError(f"this folder {NO_PROCESSOR}")
        kind = kind_of(read_json(folder / CONFIGURATION), None, options.kind)
        return ModelFolder(str(folder), _printable(folder.resolve().name), None, kind)


def _printable(name: str) -> str:
    """Return a folder's name as a photo's XMP can hold it: file systems allow control characters and other bytes."""
    return "".join(character if character.isprintable() else "?" for character in name)
