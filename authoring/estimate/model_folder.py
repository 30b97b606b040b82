"""Find the folder of a model: as given, in the hub's cache, or downloaded."""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError
from authoring.estimate.estimate_options import EstimateOptions
from authoring.estimate.models import KNOWN_MODELS, NOT_STATED, KnownModel, kind_of, known_model
from authoring.files import named
from authoring.maps.presets import Kind

CONFIGURATION = "config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
"""Weights in one file, or the list of those that they are split into. Pickled weights, which run code as they are read,
are never loaded."""
NEEDED_FILES = (CONFIGURATION, "preprocessor_config.json", WEIGHTS, INDEX, "model-*-of-*.safetensors")

MAX_JSON_BYTES = 1 << 24
"""Of a configuration or an index; the largest known have some hundred kilobytes."""

COMMERCIAL_LICENCES = frozenset(
    ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "unlicense")
)
"""Licences, by the hub's names, that allow commercial use."""

MISSING_EXTRA = "an estimate needs torch and transformers: pip install 'depthauthor[estimate]'"

Announce = Callable[[str], None]
"""Says a sentence to the person before a download begins."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on this machine."""

    path: str
    name: str
    """Its repository, or the folder's own name."""
    version: str
    """The repository's commit, or a digest of the weights."""
    kind: Kind
    """What the network's numbers are."""


def find_model(options: EstimateOptions, announce: Announce) -> ModelFolder:
    """Return the folder of the model that the options name, downloading it if it is not on this machine.

    announce: is told model, size and licence before a download. Raises UnsupportedError without the extra or for a
    model that is none, UsageError where the model cannot be had or needs a word of the user.
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
    cached = _cached(repository)
    if cached is None:
        if options.offline:
            raise UsageError(
                f"{repository} is not on this machine, and --offline downloads nothing; run the command once without "
                "--offline, or give the model's folder with --model"
            )
        cached = _download(repository, known, options, announce)
    configuration = _read_json(cached / CONFIGURATION)
    with named(repository):
        kind = kind_of(configuration, repository, options.kind)
    return ModelFolder(str(cached), repository, cached.name, kind)


def _is_repository(name: str) -> bool:
    owner, slash, own = name.partition("/")
    return (
        bool(owner and slash and own)
        and "/" not in own
        and "\\" not in name
        and not name.startswith((".", "~"))
    )


def _given_folder(folder: Path, options: EstimateOptions) -> ModelFolder:
    """Return a folder that the user names; it is never compared with the hub."""
    with named(folder):
        if not (folder / CONFIGURATION).is_file():
            raise UsageError("this folder holds no model: it has no config.json")
        if not _has_weights(folder):
            raise UnsupportedError(
                f"this folder has no {WEIGHTS}; other weights, which run code as they are read, are not loaded"
            )
        kind = kind_of(_read_json(folder / CONFIGURATION), None, options.kind)
        return ModelFolder(str(folder), folder.resolve().name, _digest(folder), kind)


def _has_weights(folder: Path) -> bool:
    """Return whether all weights are there: an interrupted download leaves some files out."""
    if (folder / WEIGHTS).is_file():
        return True
    if not (folder / INDEX).is_file():
        return False
    return all((folder / name).is_file() for name in _parts(folder))


def _parts(folder: Path) -> list[str]:
    """Return the names of the files that the weights are split into."""
    files = _read_json(folder / INDEX).get("weight_map", {})
    names = sorted({str(name) for name in files.values()}) if isinstance(files, dict) else []
    return [Path(name).name for name in names]


def _digest(folder: Path) -> str:
    """Return the SHA-256 of a folder's weights and configurations, which tells versions of a local model apart."""
    parts = [WEIGHTS] if (folder / WEIGHTS).is_file() else _parts(folder)
    paths = [folder / name for name in (CONFIGURATION, "preprocessor_config.json", *parts)]
    return _digest_of(tuple((str(path), *_size_and_time(path)) for path in paths if path.is_file()))


def _size_and_time(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=1)
def _digest_of(stamped: tuple[tuple[str, int, int], ...]) -> str:
    """Return the digest of files with their sizes and times: of a gigabyte it takes longer than many an estimate."""
    digest = hashlib.sha256()
    for path, _, _ in stamped:
        with Path(path).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
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


def _cached(repository: str) -> Path | None:
    """Return the snapshot of a repository in the hub's cache; None if it is not there or not complete."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(repository, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    except HFValidationError:
        raise UsageError(f"{repository!r} is no name of a model on the Hugging Face hub") from None
    return folder if (folder / CONFIGURATION).is_file() and _has_weights(folder) else None


def _download(
    repository: str, known: KnownModel | None, options: EstimateOptions, announce: Announce
) -> Path:
    """Download a model; what arrived of an earlier, interrupted download is not fetched again."""
    from huggingface_hub import HfApi, hf_hub_download, snapshot_download

    with _hub_errors(repository):
        information = HfApi().model_info(repository, files_metadata=True)
    licence, commercial = _licence(known, information)
    files = {file.rfilename: file.size or 0 for file in information.siblings or ()}
    size = sum(length for name, length in files.items() if name.endswith(".safetensors"))
    if WEIGHTS not in files and INDEX not in files:
        raise UnsupportedError(
            f"{repository}: this model has no {WEIGHTS}; other weights, which run code as they are read, are not loaded"
        )
    megabytes = f"{max(round(size / 1e6), 1)} MB"
    if not commercial and not options.accept_licence:
        raise UsageError(
            f"{repository} ({megabytes}) is not downloaded: its licence, {licence}, is not known to allow commercial "
            "use; if that suits you, add --accept-licence"
        )
    with _hub_errors(repository), _bars_on_a_terminal():
        configuration = hf_hub_download(repository, CONFIGURATION, revision=information.sha)
    with named(repository):
        kind_of(_read_json(Path(configuration)), repository, options.kind)
    announce(f"downloading the model {repository} ({megabytes}); its licence: {licence}")
    with _hub_errors(repository, during_download=True), _bars_on_a_terminal():
        # By the branch, not the commit, so that the cache knows it by that name when there is no network.
        folder = Path(snapshot_download(repository, allow_patterns=list(NEEDED_FILES)))
    if not _has_weights(folder):
        raise UsageError(f"{repository}: the download is not complete; the same command goes on with it")
    return folder


def _licence(known: KnownModel | None, information: Any) -> tuple[str, bool]:
    """Return the licence of a model and whether it is known to allow commercial use."""
    if known is not None:
        return known.licence, known.allows_commercial_use
    card = getattr(information, "card_data", None)
    stated = getattr(card, "license", None) or ""
    names = [stated] if isinstance(stated, str) else [str(name) for name in stated]
    text = ", ".join(filter(None, names)) or NOT_STATED
    return text, bool(names) and all(name.lower() in COMMERCIAL_LICENCES for name in names)


@contextmanager
def _hub_errors(repository: str, *, during_download: bool = False) -> Iterator[None]:
    """Turn what the hub's library raises into one sentence."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        yield
    except DepthauthorError:
        raise
    except GatedRepoError as error:
        raise UsageError(
            f"{repository}: its makers give it to those who ask on the Hugging Face hub; do so, then run hf auth login"
        ) from error
    except RepositoryNotFoundError as error:
        raise UsageError(
            f"{repository}: there is no such model on the Hugging Face hub, or it is private; if it is yours, run hf "
            "auth login"
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise RefusedError(
                f"{repository}: there is not enough space on the disk for this model"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise RefusedError(f"{error.filename}: cannot be written: {error.strerror}") from error
        raise _unreachable(repository, error, during_download) from error
    except Exception as error:  # The HTTP library's own errors, whose classes differ by its version.
        raise _unreachable(repository, error, during_download) from error


def _unreachable(repository: str, error: Exception, during_download: bool) -> UsageError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    if during_download:
        return UsageError(
            f"{repository}: the download was interrupted ({reason}); the same command goes on with it, and what has "
            "arrived is kept"
        )
    return UsageError(
        f"{repository} is not on this machine, and the Hugging Face hub cannot be reached ({reason}); connect this "
        "machine for the first run, or give a model's folder with --model"
    )


@contextmanager
def _bars_on_a_terminal() -> Iterator[None]:
    """Let the hub's library show its progress on a terminal only."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if are_progress_bars_disabled() or (sys.stderr is not None and sys.stderr.isatty()):
        yield
        return
    if os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS"):
        yield  # The library warns where both are said.
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()
