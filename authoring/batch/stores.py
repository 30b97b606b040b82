"""Places: a path on this machine, or the URL of an object in a store that fsspec reaches.

Knows: what a URL is, how a store is read, and how an object is published whole or not at all.
Must not know: what the bytes mean, manifests, workers.

A place is text. Paths and `file://` URLs go through `files`; every other URL (`s3://`, `gs://`, `sftp://` …) through
fsspec, which is imported only then. What fsspec promises about writing, read in its sources (2026.9) and in those of
s3fs, gcsfs and adlfs: `pipe_file` of an object store is one put, or an upload that is completed at its end, so that a
reader sees the whole object or none; its mode "create" is a condition that the store itself checks
(`If-None-Match: *` in S3, generation 0 in Google's). On servers of files (SFTP, SMB, HDFS) `pipe_file` is an open
file, seen half-written; there `mv` is the server's rename. Elsewhere `mv` is a copy and a removal, and a write could
be seen in part: such a store is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import posixpath
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from authoring import files
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError
from authoring.files import Buffer

WHOLE_PUTS = {"memory", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"}
"""Stores whose put is seen whole or not at all, and refuses to replace where that is asked."""

STAMPS = (
    ("size",),
    ("mtime", "LastModified", "last_modified", "updated", "modified", "created"),
    ("ETag", "etag", "md5Hash", "content_md5", "generation"),
)
"""What of fsspec's `info` tells that an object changed: from each group the first that a store gives."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(::|://)")
_LOCAL = re.compile(r"(file|local)://", re.IGNORECASE)


def is_url(place: str) -> bool:
    """Whether a place is a URL and not a path; `C:\\photos` is a path."""
    return _URL.match(place) is not None


def local_path(place: str) -> Path | None:
    """The path of a place on this machine's file system, or None where it lies in a store."""
    told = _LOCAL.match(place)
    if told is None:
        return None if is_url(place) else Path(place)
    path = place[told.end() :]
    # In file:///C:/photos the slash before the drive is the URL's, not the path's.
    return Path(path.removeprefix("/") if os.name == "nt" else path)


def key(place: str) -> str:
    """One text for a place however it is written, as far as names alone can tell."""
    path = local_path(place)
    return place if path is None else os.path.normcase(os.path.realpath(path))


def join(base: str, name: str) -> str:
    """A place named from another: an absolute path and a URL stand for themselves."""
    if is_url(name):
        return name
    if local_path(base) is None:
        # A path from the root names this machine's file even where the base is a store.
        return name if Path(name).is_absolute() else _normal(f"{base.rstrip('/')}/{name}")
    return str((local_path(base) or Path()) / name)


def normal(place: str) -> str:
    """The place without `.` and `..`."""
    return _normal(place) if is_url(place) else os.path.normpath(place)


def is_within(place: str, folder: str) -> bool:
    """Whether a normal place lies below a folder, by its name."""
    inner, outer = local_path(place), local_path(folder)
    if inner is None or outer is None:
        return inner is outer and place.startswith(normal(folder).rstrip("/") + "/")
    # By name alone: a link that leads elsewhere is the user's own.
    return Path(os.path.abspath(inner)).is_relative_to(os.path.abspath(outer))  # noqa: PTH100


def parent(place: str) -> str:
    """The folder of a place."""
    return str(Path(place).parent) if not is_url(place) else place.rpartition("/")[0]


def name_of(place: str) -> PurePosixPath | Path:
    """The last part of a place, for its stem and suffix."""
    path = local_path(place)
    if path is not None:
        return Path(path.name)
    # zip://inner.jpg::s3://store/outer.zip is about inner.jpg; simplecache::s3://store/a.jpg about a.jpg.
    link = next(one for one in place.split("::") if "://" in one)
    link = link.partition("?")[0] if link.lower().startswith("http") else link
    return PurePosixPath(PurePosixPath(link.partition("://")[2]).name)


def read(place: str) -> bytes:
    """The bytes of a place. UsageError where there are none."""
    path = local_path(place)
    if path is not None:
        return files.read_file(path)
    with _told(place, "read", UsageError):
        store, inner = _opened(place)
        if (store.info(inner).get("size") or 0) > files.MAX_FILE_BYTES:
            raise MalformedError(f"the file is larger than {files.MAX_FILE_BYTES >> 30} GiB")
        return bytes(store.cat_file(inner))


@contextmanager
def opened(place: str) -> Iterator[BinaryIO]:
    """A place to be read piece by piece. OSError or UsageError where it cannot be opened."""
    path = local_path(place)
    if path is not None:
        with path.open("rb") as file:
            yield file
        return
    with _told(place, "read", UsageError):
        store, inner = _opened(place)
        file = store.open(inner, "rb")
    with file:
        yield file


def text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The text of an open place, its line ends as they are."""
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def exists(place: str) -> bool:
    """Whether something lies there, be it a link to nothing. RefusedError where the store does not say."""
    path = local_path(place)
    if path is not None:
        return os.path.lexists(path)
    with _told(place, "looked up", RefusedError):
        store, inner = _opened(place)
        return bool(store.exists(inner))


def stamp(place: str) -> tuple[str, ...] | None:
    """What changes when a file or object changes: its size, its time, its tag. None where there is none."""
    path = local_path(place)
    if path is not None:
        try:
            found = path.stat()
        except OSError:
            return None
        return (str(found.st_size), str(found.st_mtime_ns))
    with _told(place, "looked up", RefusedError):
        store, inner = _opened(place)
        try:
            told = store.info(inner)
        except FileNotFoundError:
            return None
        return tuple(str(next((told[name] for name in names if told.get(name)), "")) for names in STAMPS)


def digest(place: str) -> str | None:
    """SHA-256 of what lies there, in hexadecimal; None where there is no file."""
    path = local_path(place)
    if path is not None and not path.is_file():
        return None
    if path is None and not exists(place):
        return None
    return hashlib.sha256(read(place)).hexdigest()


def write(place: str, chunks: Iterable[Buffer], *, overwrite: bool = False) -> None:
    """Write a file or an object whole, or not at all.

    Raises RefusedError where the place is taken and may not be overwritten, or cannot be written.
    """
    path = local_path(place)
    if path is not None:
        files.write_file(path, chunks, overwrite=overwrite)
        return
    with _told(place, "written", RefusedError):
        store, inner = _opened(place)
        try:
            # Asked first, too: not every store that speaks S3 heeds the condition.
            if not overwrite and store.exists(inner):
                raise FileExistsError
            if _protocols(store) & WHOLE_PUTS:
                store.pipe_file(inner, b"".join(chunks), mode="overwrite" if overwrite else "create")
            elif _renames(store):
                _write_and_rename(store, inner, chunks, overwrite)
            else:
                raise UnsupportedError("this store can neither put whole objects nor rename; write elsewhere")
        except FileExistsError:
            raise RefusedError(files.EXISTS) from None


def refuse_same(output: str, inputs: Iterable[str]) -> None:
    """RefusedError where the output is one of the inputs."""
    path = local_path(output)
    if path is not None:
        files.refuse_same(path, [found for one in inputs if (found := local_path(one)) is not None])
    elif output in inputs:
        raise RefusedError(f"{output}: {files.SAME}")


def make_parent(place: str) -> None:
    """Make the folder that a place lies in, where the store has folders. RefusedError where that fails."""
    path = local_path(place)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RefusedError(f"{path.parent}: the folder cannot be made: {error.strerror}") from error
        return
    with _told(place, "written", RefusedError):
        store, inner = _opened(place)
        # Object stores have no folders, and s3fs would make the bucket.
        if not _protocols(store) & WHOLE_PUTS:
            store.makedirs(posixpath.dirname(inner), exist_ok=True)


def remove_parts(place: str) -> None:
    """Remove what a killed writer left beside a place; a put that was not completed leaves nothing."""
    path = local_path(place)
    if path is not None:
        files.remove_temporaries(path)
        return
    with contextlib.suppress(Exception):
        store, inner = _opened(place)
        if not _protocols(store) & WHOLE_PUTS:
            folder, name = posixpath.split(inner)
            for one in store.ls(folder, detail=False):
                if files.is_temporary_of(posixpath.basename(one), name):
                    store.rm_file(one)


def _write_and_rename(store: Any, inner: str, chunks: Iterable[Buffer], overwrite: bool) -> None:
    folder, name = posixpath.split(inner)
    temporary = posixpath.join(folder, files.temporary_name(name, secrets.token_hex(4)))
    try:
        with store.open(temporary, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        # Nothing in fsspec renames to a free name only; what takes it in this instant is lost.
        if not overwrite and store.exists(inner):
            raise FileExistsError
        store.mv(temporary, inner)
    except BaseException:
        with contextlib.suppress(Exception):
            store.rm_file(temporary)
        raise


def _opened(place: str) -> tuple[Any, str]:
    """The store of a URL and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UnsupportedError("URLs need fsspec: pip install 'depthauthor[cluster]'") from None
    try:
        store, inner = url_to_fs(place)
    except ImportError as error:
        raise UnsupportedError(f"this kind of URL needs another package ({_sentence(error)})") from None
    except ValueError as error:
        raise UsageError(f"this is no URL that fsspec knows ({_sentence(error)})") from None
    # Listings are kept by default, and other workers write into the same folders.
    if getattr(store, "dircache", None) is not None:
        store.invalidate_cache()
    return store, str(inner)


def _protocols(store: Any) -> set[str]:
    return {store.protocol} if isinstance(store.protocol, str) else set(store.protocol)


def _renames(store: Any) -> bool:
    from fsspec.spec import AbstractFileSystem

    return type(store).mv is not AbstractFileSystem.mv


def _normal(url: str) -> str:
    scheme, mark, path = url.partition("://")
    return f"{scheme}{mark}{posixpath.normpath(path)}" if path else url


@contextmanager
def _told(place: str, done: str, kind: type[DepthauthorError]) -> Iterator[None]:
    """One sentence with the place's name for whatever a store raises: each has errors of its own."""
    try:
        with files.named(place):
            yield
    except DepthauthorError:
        raise
    except FileNotFoundError as error:
        absent = "no such file" if kind is UsageError else "there is no such bucket or folder"
        raise kind(f"{place}: {absent}") from error
    except Exception as error:
        raise kind(f"{place}: cannot be {done}: {_sentence(error)}") from error


def _sentence(error: BaseException) -> str:
    told = " ".join(str(error).split())
    return told or type(error).__name__
