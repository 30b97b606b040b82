"""Find a model in the cache of the Hugging Face hub's library, or download it."""

from __future__ import annotations

import errno
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from authoring.errors import DepthauthorError, RefusedError, UnsupportedError, UsageError
from authoring.estimate.estimate_options import EstimateOptions
from authoring.estimate.model_files import (
    CONFIGURATION,
    INDEX,
    NO_PROCESSOR,
    NO_WEIGHTS,
    PROCESSORS,
    WEIGHTS,
    read_json,
)
from authoring.estimate.models import NOT_STATED, KnownModel, kind_of
from authoring.files import named

PARTS = "model-*-of-*.safetensors"
"""Names of the files that large weights are split into."""

COMMERCIAL_LICENCES = frozenset(
    ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "unlicense")
)
"""Licences, by the hub's names, that allow commercial use."""

CLOSED = ("RemoteProtocolError", "ReadError", "ChunkedEncodingError", "IncompleteRead")
"""Names of what the libraries' HTTP clients, httpx or requests by their release, raise where the other end is gone."""

FIRST_RUN = "connect this machine for the first run, or give a model's folder with --model"

Announce = Callable[[str], None]
"""Says a sentence to the person before a download begins."""


def cached_model(repository: str) -> Path | None:
    """Return the folder of a repository in the cache; None if it has none there. Nothing is asked of the hub."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        configuration = try_to_load_from_cache(repository, CONFIGURATION)
    except HFValidationError:
        raise UsageError(f"{repository!r} is no name of a model on the Hugging Face hub") from None
    return Path(configuration).parent if isinstance(configuration, str) else None


def cache_of(folder: Path) -> Path:
    """Return the folder that holds all of a cached model: cache/models--OWNER--NAME/snapshots/COMMIT links into it."""
    return folder.parents[1]


def download_model(
    repository: str, known: KnownModel | None, options: EstimateOptions, announce: Announce
) -> Path:
    """Download a model and return its folder; files that are complete in the cache are not fetched again.

    One file after the other: the library's own download of several cannot be stopped before they are complete.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.constants import HF_HUB_ETAG_TIMEOUT

    with _hub_errors(repository), _quiet_library():
        # Without a limit, which is 10 s unless the variable of this name says otherwise, older releases wait for ever.
        model = HfApi().model_info(repository, files_metadata=True, timeout=HF_HUB_ETAG_TIMEOUT)
    sizes = {file.rfilename: file.size or 0 for file in model.siblings or ()}
    if CONFIGURATION not in sizes:
        raise UnsupportedError(f"{repository}: this model has no {CONFIGURATION}")
    if WEIGHTS not in sizes and INDEX not in sizes:
        raise UnsupportedError(f"{repository}: this model {NO_WEIGHTS}")
    if sizes.keys().isdisjoint(PROCESSORS):
        raise UnsupportedError(f"{repository}: this model {NO_PROCESSOR}")
    names = _needed(sizes)
    megabytes = max(round(sum(sizes[name] for name in names) / 1e6), 1)
    licence, is_free = _licence(known, model)
    if not is_free and not options.accept_licence:
        raise UsageError(
            f"{repository} ({megabytes} MB) is not downloaded, since its licence is not known to allow commercial use: "
            f"{licence}; if you may use it, add --accept-licence"
        )
    configuration = _fetch(repository, CONFIGURATION)
    with named(repository):
        kind_of(read_json(configuration), repository, options.kind)
    announce(f"downloading the model {repository} ({megabytes} MB); its licence: {licence}")
    for name in names[1:]:
        _fetch(repository, name, begun=True)
    return configuration.parent


def _needed(sizes: dict[str, int]) -> list[str]:
    """Return the names of the files to fetch: the configuration, then the other small ones, then the weights."""
    parts = [name for name in sorted(sizes) if fnmatchcase(name, PARTS)]
    weights = [WEIGHTS] if WEIGHTS in sizes else [INDEX, *parts]
    return [name for name in (CONFIGURATION, *PROCESSORS, *weights) if name in sizes]


def _licence(known: KnownModel | None, model: Any) -> tuple[str, bool]:
    """Return the licence of a model and whether it is known to allow commercial use."""
    if known is not None:
        return known.licence, known.allows_commercial_use
    card = getattr(model, "card_data", None)
    stated = getattr(card, "license", None) or ""
    names = [stated] if isinstance(stated, str) else [str(name) for name in stated]
    text = ", ".join(filter(None, names)) or NOT_STATED
    return text, bool(names) and all(name.lower() in COMMERCIAL_LICENCES for name in names)


def _fetch(repository: str, name: str, *, begun: bool = False) -> Path:
    """Fetch one file into the cache, unless it is there. begun: the person knows of the download."""
    from huggingface_hub import hf_hub_download

    has_bar = begun and name.endswith(".safetensors") and sys.stderr is not None and sys.stderr.isatty()
    with _hub_errors(repository, begun=begun), _quiet_library(bars=has_bar):
        # By the branch, not the commit, so that the cache knows it by that name when there is no network.
        return Path(hf_hub_download(repository, name))


@contextmanager
def _hub_errors(repository: str, *, begun: bool = False) -> Iterator[None]:
    """Turn what the hub's library raises into one sentence."""
    from huggingface_hub.errors import GatedRepoError, OfflineModeIsEnabled, RepositoryNotFoundError

    try:
        yield
    except DepthauthorError:
        raise
    except GatedRepoError as error:
        raise UsageError(
            f"{repository}: its makers give it to those who ask on its page of the Hugging Face hub; do so, then run "
            "hf auth login"
        ) from error
    except RepositoryNotFoundError as error:
        raise UsageError(
            f"{repository}: there is no such model on the Hugging Face hub, or it is private; if you may have it, run "
            "hf auth login"
        ) from error
    except OfflineModeIsEnabled as error:
        raise UsageError(
            f"{repository} is not on this machine, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set in the "
            "environment, so that nothing is downloaded; unset it for the first run, or give a model's folder with "
            "--model"
        ) from error
    except Exception as error:  # The HTTP library's own errors, whose classes differ by its version.
        cause = _system_error(error)
        if cause is not None and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RefusedError(
                f"{repository}: there is not enough space on the disk for this model; free some, or set HF_HOME to a "
                "folder on another disk"
            ) from error
        if cause is not None and cause.filename is not None:
            raise RefusedError(
                f"{cause.filename}: cannot be written: {cause.strerror}; set HF_HOME to a folder for models that can be"
            ) from error
        if begun:
            raise UsageError(
                f"{repository}: the download was interrupted ({_reason(error, cause)}); run the command again: files "
                "that are complete are not fetched again"
            ) from error
        status = _status(error)
        if status in (401, 403):
            raise UsageError(
                f"{repository}: the Hugging Face hub refuses this machine's token (HTTP {status}); run hf auth login, "
                "or unset HF_TOKEN"
            ) from error
        if status is not None:
            raise UsageError(
                f"{repository} is not on this machine, and the Hugging Face hub answers with HTTP {status}; try again "
                "later, or give a model's folder with --model"
            ) from error
        raise UsageError(
            f"{repository} is not on this machine, and the Hugging Face hub cannot be reached "
            f"({_reason(error, cause)}); {FIRST_RUN}"
        ) from error


def _reason(error: BaseException, cause: OSError | None) -> str:
    """Return in a few words why the hub cannot be reached: its libraries' own messages are whole paragraphs."""
    if cause is not None:
        return str(cause.strerror)
    for link in _chain(error):
        if "Timeout" in type(link).__name__ or isinstance(link, TimeoutError):
            return "no answer in time"
        if type(link).__name__ in CLOSED:
            return "the connection was closed"
    if (status := _status(error)) is not None:
        return f"HTTP {status}"
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _status(error: BaseException) -> int | None:
    """Return the HTTP status of the hub's answer that an error comes from."""
    statuses = (getattr(getattr(link, "response", None), "status_code", None) for link in _chain(error))
    return next((status for status in statuses if status is not None), None)


def _system_error(error: BaseException) -> OSError | None:
    """Return the operating system's error that an error comes from."""
    return next((link for link in _chain(error) if isinstance(link, OSError) and link.strerror), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def _quiet_library(*, bars: bool = False) -> Iterator[None]:
    """Keep from the person's terminal what the hub's library logs and warns of, and its bars unless wanted."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
        logging,
    )

    level, hide = logging.get_verbosity(), not bars and not are_progress_bars_disabled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.set_verbosity_error()
        if hide:
            disable_progress_bars()
        try:
            yield
        finally:
            if hide:
                enable_progress_bars()
            logging.set_verbosity(level)
