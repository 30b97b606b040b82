"""Files: read whole, written whole or not at all.

Knows: paths, standard streams, temporary files. Must not know: what the bytes mean.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from authoring.errors import DepthauthorError, MalformedError, RefusedError, UsageError

MAX_FILE_BYTES = 4 << 30
"""A photo is held in memory; 4 GiB is forty times the largest raw panorama that phones write."""

STANDARD_STREAM = Path("-")
"""The name that means stdin for an input and stdout for an output."""

_STDIN, _STDOUT = "standard input", "standard output"

EXISTS = "exists already; --overwrite replaces it, -o writes elsewhere"
SAME = "this is an input, and inputs are never written over; name another file"


def read_file(path: Path) -> bytes:
    """The bytes of a file or a pipe, or of stdin for `-`.

    UsageError where it cannot be read, MalformedError above `MAX_FILE_BYTES`, RefusedError where it changed meanwhile.
    """
    with named(path):
        try:
            if path == STANDARD_STREAM:
                if sys.stdin is None:
                    raise UsageError("it is closed, and the input was to come from there")
                return _whole(sys.stdin.buffer)
            with path.open("rb", buffering=0) as file:
                mode = os.fstat(file.fileno()).st_mode
                if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                    raise UsageError("this is a device, not a file; - reads standard input")
                return _whole(file)
        except FileNotFoundError:
            raise UsageError("no such file") from None
        except IsADirectoryError:
            raise UsageError("this is a folder, not a file") from None
        except ValueError:
            raise UsageError(_ZERO_BYTE) from None
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}") from error


def _whole(file: IO[bytes]) -> bytes:
    try:
        before = os.fstat(file.fileno())
    except io.UnsupportedOperation:
        return _limited(file)  # A stream that somebody put in the place of stdin has no descriptor.
    if before.st_size > MAX_FILE_BYTES:
        raise MalformedError(_TOO_LARGE)
    if not stat.S_ISREG(before.st_mode):
        return _limited(file)
    data = file.read()
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise RefusedError("the file changed while it was read; try again when nothing writes to it")
    return data


def _limited(file: IO[bytes]) -> bytes:
    """What a pipe gives, which may never end."""
    out = io.BytesIO()
    while part := file.read(1 << 20):
        if out.tell() + len(part) > MAX_FILE_BYTES:
            raise MalformedError(_TOO_LARGE)
        out.write(part)
    return out.getvalue()


_TOO_LARGE = f"the file is larger than {MAX_FILE_BYTES >> 30} GiB"
_ZERO_BYTE = "the name holds a zero byte, which no file's name has"


def write_file(
    path: Path,
    chunks: Iterable[bytes | memoryview],
    *,
    overwrite: bool = False,
    check: Callable[[], object] = lambda: None,
) -> None:
    """Write to a temporary file beside the target, sync it, rename it: the target is whole or not there.

    `check` runs while the disk is busy; where it raises, nothing is published and its error comes out.
    A link is followed: the file that it names is replaced, and keeps its permissions. The folder is not synced:
    after a power cut the old file may be there still, never a part of the new one.
    Raises RefusedError where the target exists without `overwrite`, or cannot be written.
    """
    if path == STANDARD_STREAM:
        check()
        with named(path, _STDOUT):
            _write_stdout(chunks)
        return
    refuse_existing(path, overwrite)
    with named(path):
        target = Path(os.path.realpath(path))
        temporary = target.with_name(part_name(target.name, os.urandom(4).hex()))
        try:
            try:
                descriptor = _create(temporary, target)
            except OSError as error:
                raise RefusedError(f"cannot be written there: {error.strerror}") from error
            # Imported here: it brings logging along, which reading a file does without.
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(1) as checker, os.fdopen(descriptor, "wb", buffering=0) as file:
                for chunk in chunks:
                    view = memoryview(chunk)
                    while view:
                        view = view[file.write(view) :]
                # Not before: between two calls of the system this thread would wait for the other one's interpreter.
                checked = checker.submit(check)
                os.fsync(file.fileno())
            try:
                checked.result()
            finally:
                # An error holds its frames, and this one would hold the error: a ring with the whole photo in it.
                del checked
            _publish(temporary, target, overwrite)
        except OSError as error:
            raise RefusedError(f"could not be written: {error.strerror}; nothing was left behind") from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _create(temporary: Path, target: Path) -> int:
    """A new file, as private as the one that it will replace."""
    try:
        mode = stat.S_IMODE(target.stat().st_mode) & 0o777
    except OSError:
        mode = None
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666 if mode is None else mode)
    if mode is not None and hasattr(os, "fchmod"):
        with contextlib.suppress(OSError):  # A file system without permissions has none to keep.
            os.fchmod(descriptor, mode)
    return descriptor


def _write_stdout(chunks: Iterable[bytes | memoryview]) -> None:
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


def part_name(name: str, token: str) -> str:
    """What a file is called while it is written beside `name`."""
    return f".{name}.{token}.part"


def is_part(name: str, target: str) -> bool:
    """Whether a name is one that `part_name` gives for a target."""
    return name.startswith(f".{target}.") and name.endswith(".part")


def remove_parts(path: Path) -> None:
    """Remove what a killed process left beside a file that it was writing."""
    for one in path.parent.iterdir() if path.parent.is_dir() else ():
        if is_part(one.name, path.name):
            one.unlink(missing_ok=True)


def refuse_existing(path: Path, overwrite: bool) -> None:
    """RefusedError where an output exists already and may not be overwritten, or is no file at all."""
    if path == STANDARD_STREAM:
        return
    try:
        mode = path.stat().st_mode
    except OSError:
        mode = stat.S_IFREG  # Nothing is there, or nothing that can be looked at: opening it tells why.
    except ValueError:
        raise UsageError(_ZERO_BYTE) from None
    if stat.S_ISDIR(mode):
        raise RefusedError(f"{path}: this is a folder; name the file to write")
    if not stat.S_ISREG(mode):
        raise RefusedError(f"{path}: this is a device or a pipe, not a file; -o - writes to standard output")
    if os.path.lexists(path) and not overwrite:
        raise RefusedError(f"{path}: {EXISTS}")


def refuse_same(output: Path, inputs: Iterable[Path]) -> None:
    """RefusedError where the output is one of the inputs: an input is never written over."""
    for one in inputs:
        with contextlib.suppress(OSError, ValueError):
            if STANDARD_STREAM not in (one, output) and output.samefile(one):
                raise RefusedError(f"{output}: {SAME}")


@contextmanager
def named(path: Path | str, stream: str = _STDIN) -> Iterator[None]:
    """Put the file's name in front of every error raised inside, unless one is there already."""
    try:
        yield
    except DepthauthorError as error:
        add_name(error, path, stream)
        raise


@contextmanager
def naming(**paths: Path | None) -> Iterator[None]:
    """Put the name of the file at fault in front of every error raised inside that says which input it is about.

    The keywords are the errors' subjects: photo, map, source, donor.
    """
    try:
        yield
    except DepthauthorError as error:
        path = paths.get(error.subject or "")
        if path is not None:
            add_name(error, path)
        raise


def add_name(error: DepthauthorError, path: Path | str, stream: str = _STDIN) -> None:
    """Put a file's name in front of an error's sentence, once; `stream` is what `-` stands for."""
    if not error.named:
        error.message = f"{stream if path == STANDARD_STREAM else path}: {error.message}"
        error.args = (error.message,)
        error.named = True


def _publish(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    taken = RefusedError(EXISTS)
    try:
        # A hard link fails if the name was taken meanwhile; a rename would silently replace that file.
        os.link(temporary, path)
    except FileExistsError:
        raise taken from None
    except OSError:
        # A file system without hard links: between this look and the rename lies a moment.
        if os.path.lexists(path):
            raise taken from None
        temporary.rename(path)
