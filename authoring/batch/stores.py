"""Read and write places: paths on this machine, or URLs of objects in a store that fsspec reaches.

A place is text. Paths and `file://` URLs go through `files`; every other URL (`s3://`, `gs://`, `sftp://` …) through
fsspec, which is imported only then. What fsspec promises about writing, read in its sources (2026.9) and in those of
s3fs, gcsfs and adlfs: `pipe_file` of an object store is one put, or an upload that is completed at its end, so that a
reader sees the whole object or none; its mode "create" is a condition that the store itself checks
(`If-None-Match: *` in S3, generation 0 in Google's). On file servers (SFTP, SMB, HDFS) `pipe_file` writes to an open
file, which readers see half-written; there `mv` is the server's rename. Elsewhere `mv` is a copy and a removal, and
readers could see part of a write: such a store is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from authoring import files
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UnsupportedError, UsageError
from authoring.files import Buffer

ATOMIC_PUTS = {"memory", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"}
"""Protocols whose put is atomic, and which refuse to replace an object if asked to."""

STAMPS = (
    ("size",),
    ("mtime", "LastModified", "last_modified", "updated", "modified", "created"),
    ("ETag", "etag", "md5Hash", "content_md5", "generation"),
)
"""Keys of fsspec's `info` that change with an object: of each group the first that a store gives."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(::|://)")
_SAME_STORES = {"s3a": "s3", "gcs": "gs", "az": "abfs", "abfss": "abfs"}
"""Protocols that are other names of one."""

_LOCAL = re.compile(r"(file|local)://", re.IGNORECASE)


def is_url(place: str) -> bool:
    """Return whether a place is a URL and not a path; `C:\\photos` is a path."""
    return _URL.match(place) is not None


def local_path(place: str) -> Path | None:
    """Return the path of a place in this machine's file system, or None for a place in a store."""
    scheme = _LOCAL.match(place)
    if scheme is None:
        return None if is_url(place) else Path(place)
    path = place[scheme.end() :]
    # In file:///C:/photos the slash before the drive is the URL's, not the path's.
    return Path(path.removeprefix("/") if os.name == "nt" else path)


def key(place: str) -> str:
    """Return one text for a place however it is written, as far as names alone allow."""
    path = local_path(place)
    return place if path is None else os.path.normcase(os.path.realpath(path))


def identities(place: str) -> list[str]:
    """Return the texts that a place shares with other names of the same file, as far as that can be known.

    They are the name without links, or a URL in one spelling; and of a file that exists its number on its device, which
    hard links share, and all spellings of a name where upper and lower case are the same.
    """
    path = local_path(place)
    if path is None:
        scheme, mark, rest = _normal_url(place).partition("://")
        scheme = scheme.lower()
        return [f"{_SAME_STORES.get(scheme, scheme)}{mark}{rest}"]
    try:
        status = path.stat()
    except OSError:
        return [key(place)]
    except ValueError:  # A zero byte, which no path has; reading or writing it says so.
        return [place]
    return [key(place), f"\0{status.st_dev}:{status.st_ino}"]


def is_same_file(first: str, second: str) -> bool:
    """Return whether two paths are one file, which exists."""
    path, other = local_path(first), local_path(second)
    try:
        return path is not None and other is not None and path.samefile(other)
    except (OSError, ValueError):
        return False


def join(base: str, name: str) -> str:
    """Return the place of a name relative to a base; an absolute path or a URL is returned as it is."""
    if is_url(name):
        return name
    if local_path(base) is None:
        # An absolute path names this machine's file even if the base is in a store.
        return name if Path(name).is_absolute() else _normal_url(f"{base.rstrip('/')}/{name}")
    return str((local_path(base) or Path()) / name)


def normal(place: str) -> str:
    """Return the place without `.` and `..`."""
    return _normal_url(place) if is_url(place) else os.path.normpath(place)


def is_within(place: str, folder: str) -> bool:
    """Return whether a normal place is below a folder, judged by names: links are the user's own."""
    inner, outer = local_path(place), local_path(folder)
    if inner is None or outer is None:
        return inner is outer and place.startswith(normal(folder).rstrip("/") + "/")
    return Path(os.path.abspath(inner)).is_relative_to(os.path.abspath(outer))  # noqa: PTH100


def is_really_within(place: str, folder: str) -> bool:
    """Return whether a normal place is below a folder, links followed; in a store, judged by names."""
    inner, outer = local_path(place), local_path(folder)
    if inner is None or outer is None:
        return is_within(place, folder)
    return Path(os.path.realpath(inner)).is_relative_to(os.path.realpath(outer))


def parent(place: str) -> str:
    """Return the folder of a place."""
    return str(Path(place).parent) if not is_url(place) else place.rpartition("/")[0]


def name_of(place: str) -> PurePosixPath | Path:
    """Return the last part of a place, for its stem and suffix."""
    path = local_path(place)
    if path is not None:
        return Path(path.name)
    # fsspec chains URLs: zip://inner.jpg::s3://store/outer.zip names inner.jpg, simplecache::s3://store/a.jpg a.jpg.
    link = next(part for part in place.split("::") if "://" in part)
    link = link.partition("?")[0] if link.lower().startswith("http") else link
    return PurePosixPath(PurePosixPath(link.partition("://")[2]).name)


def read(place: str) -> bytes:
    """Return the bytes of a place. Raises UsageError if it cannot be read."""
    path = local_path(place)
    if path is not None:
        return files.read_file(path)
    with _store_errors(place, "read", UsageError):
        store, inner = _open_store(place)
        if (store.info(inner).get("size") or 0) > files.MAX_FILE_BYTES:
            raise MalformedError(f"the file is larger than {files.MAX_FILE_BYTES >> 30} GiB")
        return bytes(store.cat_file(inner))


@contextmanager
def open_binary(place: str) -> Iterator[BinaryIO]:
    """Open a place for reading in pieces. Raises OSError or UsageError if it cannot be opened."""
    path = local_path(place)
    if path is not None:
        with path.open("rb") as file:
            yield file
        return
    with _store_errors(place, "read", UsageError):
        store, inner = _open_store(place)
        file = store.open(inner, "rb")
    with file:
        yield file


def exists(place: str) -> bool:
    """Return whether the name is taken, be it by a broken link. Raises RefusedError if the store does not answer."""
    path = local_path(place)
    if path is not None:
        return os.path.lexists(path)
    with _store_errors(place, "looked up", RefusedError):
        store, inner = _open_store(place)
        return bool(store.exists(inner))


def stamp(place: str) -> tuple[str, ...] | None:
    """Return what changes when a file or object changes: size, time, tag. None if there is none."""
    path = local_path(place)
    if path is not None:
        try:
            status = path.stat()
        except OSError:
            return None
        return (str(status.st_size), str(status.st_mtime_ns))
    with _store_errors(place, "looked up", RefusedError):
        store, inner = _open_store(place)
        try:
            info = store.info(inner)
        except FileNotFoundError:
            return None
        return tuple(str(next((info[name] for name in names if info.get(name)), "")) for names in STAMPS)


def digest(place: str) -> str | None:
    """Return the SHA-256 of the file or object in hexadecimal; None if there is none."""
    if stamp(place) is None:
        return None
    return hashlib.sha256(read(place)).hexdigest()


def write(
    place: str,
    chunks: Iterable[Buffer],
    *,
    overwrite: bool = False,
    owner: str = "",
    inputs: Iterable[str] = (),
) -> None:
    """Write a file or an object, atomically.

    owner: see `files.write_file`.
    inputs: the places that the content comes from; a file is no more readable than those among them that are files.
    Raises RefusedError if the name is taken and may not be overwritten, or cannot be written.
    """
    path = local_path(place)
    if path is not None:
        files.write_file(path, chunks, overwrite=overwrite, owner=owner, inputs=map(local_path, inputs))
    else:
        _write_object(place, chunks, overwrite, owner)


def _write_object(place: str, chunks: Iterable[Buffer], overwrite: bool, owner: str) -> None:
    with _store_errors(place, "written", RefusedError):
        store, inner = _open_store(place)
        try:
            # Looked up first, too: not every server that speaks S3 observes the condition.
            if not overwrite and store.exists(inner):
                raise FileExistsError
            if _protocols(store) & ATOMIC_PUTS:
                store.pipe_file(inner, b"".join(chunks), mode="overwrite" if overwrite else "create")
            elif _has_rename(store):
                _write_and_rename(store, inner, chunks, overwrite, owner)
            else:
                raise UnsupportedError("this store can neither put whole objects nor rename; write elsewhere")
        except FileExistsError:
            raise RefusedError(files.EXISTS) from None


def _write_and_rename(store: Any, inner: str, chunks: Iterable[Buffer], overwrite: bool, owner: str) -> None:
    folder, name = posixpath.split(inner)
    temporary = posixpath.join(folder, files.temporary_name(name, owner))
    try:
        with store.open(temporary, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        # fsspec has no rename that fails if the name is taken: an object that appears after this check is lost.
        if not overwrite and store.exists(inner):
            raise FileExistsError
        store.mv(temporary, inner)
    except BaseException:
        with contextlib.suppress(Exception):
            store.rm_file(temporary)
        raise


def refuse_existing(output: str, overwrite: bool) -> None:
    """Raise RefusedError if an output is taken and may not be overwritten."""
    path = local_path(output)
    if path is not None:
        files.refuse_existing(path, overwrite)
    elif not overwrite and exists(output):
        raise RefusedError(f"{output}: {files.EXISTS}")


def refuse_same(output: str, inputs: Iterable[str]) -> None:
    """Raise RefusedError if the output is one of the inputs."""
    path = local_path(output)
    if path is not None:
        files.refuse_same(path, [source for place in inputs if (source := local_path(place)) is not None])
    elif output in inputs:
        raise RefusedError(f"{output}: {files.SAME}")


def make_parent(place: str) -> None:
    """Make the folder of a place, if the store has folders. Raises RefusedError if that fails."""
    path = local_path(place)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RefusedError(f"{path.parent}: the folder cannot be created: {error.strerror}") from error
        return
    with _store_errors(place, "written", RefusedError):
        store, inner = _open_store(place)
        # Object stores have no folders, and s3fs would make the bucket.
        if not _protocols(store) & ATOMIC_PUTS:
            store.makedirs(posixpath.dirname(inner), exist_ok=True)


def remove_temporaries(place: str, owner: str) -> None:
    """Remove the temporary files of a killed writer of this place, if they are this owner's.

    An unfinished put leaves none.
    """
    path = local_path(place)
    if path is not None:
        files.remove_temporaries(path, owner)
        return
    with contextlib.suppress(Exception):
        store, inner = _open_store(place)
        if not _protocols(store) & ATOMIC_PUTS:
            folder, name = posixpath.split(inner)
            for path_in_store in store.ls(folder, detail=False):
                if files.is_temporary_of(posixpath.basename(path_in_store), name, owner):
                    store.rm_file(path_in_store)


def _open_store(place: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UnsupportedError("URLs need fsspec: pip install 'depthauthor[stores]'") from None
    try:
        store, inner = url_to_fs(place)
    except ImportError as error:
        raise UnsupportedError(f"this kind of URL needs another package ({_one_line(error)})") from None
    except ValueError as error:
        raise UsageError(f"this is not a URL that fsspec knows ({_one_line(error)})") from None
    # Stores cache listings by default, while other workers write into the same folders.
    if getattr(store, "dircache", None) is not None:
        store.invalidate_cache()
    return store, str(inner)


def _protocols(store: Any) -> set[str]:
    return {store.protocol} if isinstance(store.protocol, str) else set(store.protocol)


def _has_rename(store: Any) -> bool:
    from fsspec.spec import AbstractFileSystem

    return type(store).mv is not AbstractFileSystem.mv


def _normal_url(url: str) -> str:
    scheme, mark, path = url.partition("://")
    return f"{scheme}{mark}{posixpath.normpath(path)}" if path else url


@contextmanager
def _store_errors(place: str, verb: str, kind: type[DepthauthorError]) -> Iterator[None]:
    """Convert the errors of a store, which are its own, into one sentence with the place's name."""
    try:
        with files.named(place):
            yield
    except DepthauthorError:
        raise
    except FileNotFoundError as error:
        absent = "no such file" if kind is UsageError else "there is no such bucket or folder"
        raise kind(f"{place}: {absent}") from error
    except Exception as error:
        raise kind(f"{place}: cannot be {verb}: {_one_line(error)}") from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
