"""Read files, and write them atomically."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeAlias

from authoring.errors import DepthauthorError, MalformedError, RefusedError, UsageError

Buffer: TypeAlias = bytes | memoryview

MAX_FILE_BYTES = 4 << 30
"""A photo is held in memory; 4 GiB is forty times the largest raw panorama that phones write."""

STANDARD_STREAM = Path("-")
"""The name that means stdin for an input and stdout for an output."""

STDIN, STDOUT = "standard input", "standard output"
"""Names of the standard streams in messages."""

EXISTS = "exists already; --overwrite replaces it, -o writes elsewhere"
SAME = "this is an input, and inputs are never overwritten; name another file"
_ZERO_BYTE = "the name contains a zero byte, which is not allowed"
_TOO_LARGE = f"the file is larger than {MAX_FILE_BYTES >> 30} GiB"


def read_file(path: Path) -> bytes:
    """Return the bytes of a file or a pipe, or of stdin for `-`.

    Raises UsageError if it cannot be read, MalformedError above `MAX_FILE_BYTES`, RefusedError if the file
    changed while it was read.
    """
    with named(path):
        try:
            if path == STANDARD_STREAM:
                if sys.stdin is None:
                    raise UsageError("it is closed, and the input was to come from there")
                return _read_whole(sys.stdin.buffer)
            with path.open("rb", buffering=0) as file:
                mode = os.fstat(file.fileno()).st_mode
                if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                    raise UsageError("this is a device, not a file; - reads standard input")
                return _read_whole(file)
        except FileNotFoundError:
            raise UsageError("no such file") from None
        except IsADirectoryError:
            raise UsageError("this is a folder, not a file") from None
        except ValueError:
            raise UsageError(_ZERO_BYTE) from None
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror or error}") from error


def _read_whole(file: IO[bytes]) -> bytes:
    try:
        before = os.fstat(file.fileno())
    except io.UnsupportedOperation:
        return read_stream(file)  # A stream that replaces stdin has no descriptor.
    if before.st_size > MAX_FILE_BYTES:
        raise MalformedError(_TOO_LARGE)
    if not stat.S_ISREG(before.st_mode):
        return read_stream(file)
    data = file.read()
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise RefusedError("the file changed while it was read; try again when nothing writes to it")
    return data


def is_special(path: Path) -> bool:
    """Return whether a path is a pipe, a socket or a device; False where nothing is there."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def read_stream(file: IO[bytes]) -> bytes:
    """Read a pipe or a stream, which may never end, up to the limit."""
    out = io.BytesIO()
    while part := file.read(1 << 20):
        if out.tell() + len(part) > MAX_FILE_BYTES:
            raise MalformedError(_TOO_LARGE)
        out.write(part)
    return out.getvalue()


def make_folder(folder: Path) -> None:
    """Make a folder for outputs, and those above it. Raises RefusedError if that cannot be."""
    with named(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise RefusedError("this is a file, and the folder for the outputs was to be there") from None
        except ValueError:
            raise UsageError(_ZERO_BYTE) from None
        except OSError as error:
            raise RefusedError(f"the folder cannot be made: {error.strerror}") from error


def write_file(
    path: Path,
    chunks: Iterable[Buffer],
    *,
    overwrite: bool = False,
    owner: str = "",
    inputs: Iterable[Path | None] = (),
) -> None:
    """Write a file atomically under its name; `-` is stdout.

    owner: who may remove the temporary file if this process is killed; see `remove_temporaries`.
    inputs: the files that the content comes from. Nobody may read the output who may not read all of them; None and
    what is no file do not count.

    The chunks go to a temporary file in the same folder, which is synced and then takes the name. A link is followed:
    the file that it names is replaced and keeps its permissions, as far as the inputs allow. The folder is not synced:
    after a power cut the old file may still be there, never a part of the new one.

    Raises RefusedError if the name is taken and may not be overwritten, or cannot be written.
    """
    if path == STANDARD_STREAM:
        with named(path, STDOUT):
            _write_stdout(chunks)
        return
    refuse_existing(path, overwrite)
    with named(path):
        target = Path(os.path.realpath(path))
        temporary = target.with_name(temporary_name(target.name, owner))
        try:
            descriptor = _create(temporary, target, _permissions(inputs, target.parent))
        except OSError as error:
            raise RefusedError(f"cannot be written there: {error.strerror}") from error
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            _take_name(temporary, target, overwrite)
        except OSError as error:
            raise RefusedError(f"could not be written: {error.strerror}; nothing was left behind") from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _permissions(inputs: Iterable[Path | None], folder: Path) -> int:
    """Return the most that a file of these inputs may permit: nothing to a group or others who may not read them."""
    allowed = 0o777
    for path in inputs:
        status = _status(path)
        if status is None:
            continue
        if not status.st_mode & stat.S_IROTH:
            allowed &= ~stat.S_IRWXO
        # The group of the output may be another one than that of a file which not everyone may read.
        same_group = status.st_mode & stat.S_IROTH or status.st_gid == _group_of_new_files(folder)
        if not (status.st_mode & stat.S_IRGRP and same_group):
            allowed &= ~stat.S_IRWXG
    return allowed


def _status(path: Path | None) -> os.stat_result | None:
    """Return the status of an input that is a file; None for a pipe, and for what is not there."""
    if path is None:
        return None
    try:
        status = os.fstat(sys.stdin.fileno()) if path == STANDARD_STREAM else path.stat()
    except (OSError, ValueError, AttributeError):  # Stdin may be closed, or a stream without a descriptor.
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _group_of_new_files(folder: Path) -> int:
    """Return the group that a file gets in a folder: the folder's if it passes it on, else the user's."""
    try:
        status = folder.stat()
    except OSError:
        return -1
    # On macOS and BSD every folder passes its group on.
    passes_on = status.st_mode & stat.S_ISGID or sys.platform != "linux"
    return status.st_gid if passes_on else os.getegid()


def _create(temporary: Path, target: Path, allowed: int) -> int:
    """Create a new file, as private as its inputs and as the file that it will replace; return its descriptor."""
    try:
        mode = stat.S_IMODE(target.stat().st_mode) & allowed
    except OSError:
        mode = None
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666 & allowed if mode is None else mode)
    if mode is not None and hasattr(os, "fchmod"):
        with contextlib.suppress(OSError):  # A file system without permissions has none to keep.
            os.fchmod(descriptor, mode)
    return descriptor


def _take_name(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        # A hard link fails if the name was taken meanwhile; a rename would silently replace that file.
        os.link(temporary, path)
    except FileExistsError:
        raise RefusedError(EXISTS) from None
    except OSError:
        # A file system without hard links: a file that appears between this check and the rename is lost.
        if os.path.lexists(path):
            raise RefusedError(EXISTS) from None
        temporary.rename(path)


def _write_stdout(chunks: Iterable[Buffer]) -> None:
    if sys.__stdout__ is None:
        raise RefusedError("it is closed, and the result was to go there")
    try:
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise RefusedError(f"could not be written: {error.strerror}") from error


def temporary_name(name: str, owner: str = "") -> str:
    """Return a name for a temporary file of `name`, in the same folder.

    It is short, since `name` may be as long as the file system allows: a digest stands for it.
    """
    return f"{_temporary_prefix(name, owner)}{os.urandom(4).hex()}.part"


def is_temporary_of(name: str, target: str, owner: str) -> bool:
    """Return whether a name is one that `temporary_name` gives for a target and an owner."""
    return name.startswith(_temporary_prefix(target, owner)) and name.endswith(".part")


def _temporary_prefix(name: str, owner: str) -> str:
    from hashlib import sha256  # Here: `inspect`, which writes nothing, starts without it.

    return f".depthauthor-{sha256(os.fsencode(name)).hexdigest()[:12]}-{owner}-"


def remove_temporaries(path: Path, owner: str) -> None:
    """Remove the temporary files that killed processes of this owner left while they wrote `path`.

    Those of others stay, who may be writing. A folder that may not be listed keeps what is in it.
    """
    target = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        for file in target.parent.iterdir():
            if is_temporary_of(file.name, target.name, owner):
                file.unlink(missing_ok=True)


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Raise RefusedError if an output exists and may not be overwritten, or is not a file."""
    if path == STANDARD_STREAM:
        return
    try:
        mode = path.stat().st_mode
    except OSError:
        mode = stat.S_IFREG  # Nothing is there, or nothing that can be examined: opening it tells why.
    except ValueError:
        raise UsageError(_ZERO_BYTE) from None
    with named(path):
        if stat.S_ISDIR(mode):
            raise RefusedError("this is a folder; name the file to write")
        if not stat.S_ISREG(mode):
            raise RefusedError("this is a device or a pipe, not a file; -o - writes to standard output")
        if os.path.lexists(path) and not overwrite:
            raise RefusedError(EXISTS)


def refuse_same(output: Path, inputs: Iterable[Path]) -> None:
    """Raise RefusedError if the output is one of the inputs: an input is never overwritten."""
    for path in inputs:
        with contextlib.suppress(OSError, ValueError):
            if STANDARD_STREAM not in (path, output) and output.samefile(path):
                with named(output):
                    raise RefusedError(SAME)


@contextmanager
def named(path: Path | str, stream: str = STDIN) -> Iterator[None]:
    """Put the file's name in front of every error raised inside, unless one is there already."""
    try:
        yield
    except DepthauthorError as error:
        add_name(error, path, stream)
        raise


@contextmanager
def naming(**paths: Path | None) -> Iterator[None]:
    """Put a file's name in front of every error raised inside that says which input it is about.

    The keywords are the errors' subjects: photo, map, source, donor.
    """
    try:
        yield
    except DepthauthorError as error:
        path = paths.get(error.subject or "")
        if path is not None:
            add_name(error, path)
        raise


def add_name(error: DepthauthorError, path: Path | str, stream: str = STDIN) -> None:
    """Put a file's name in front of an error's sentence, once; `stream` is what `-` stands for."""
    if error.file is None:
        error.message = f"{stream if path == STANDARD_STREAM else path}: {error.message}"
        error.args = (error.message,)
        error.file = str(path)
