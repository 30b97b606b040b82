"""Files that are read: whole, or not at all; and their names in front of what is wrong with them.

Knows: paths, standard streams. Must not know: what the bytes mean, how files are written.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from authoring.errors import DepthauthorError, MalformedError, RefusedError, UsageError

MAX_FILE_BYTES = 4 << 30
"""A photo is held in memory; 4 GiB is forty times the largest raw panorama that phones write."""

STANDARD_STREAM = Path("-")
"""The name that means stdin for an input and stdout for an output."""

STDIN = "standard input"
"""What messages call it."""

ZERO_BYTE = "the name holds a zero byte, which no file's name has"
_TOO_LARGE = f"the file is larger than {MAX_FILE_BYTES >> 30} GiB"


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
            raise UsageError(ZERO_BYTE) from None
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


def add_name(error: DepthauthorError, path: Path | str, stream: str = STDIN) -> None:
    """Put a file's name in front of an error's sentence, once; `stream` is what `-` stands for."""
    if not error.named:
        error.message = f"{stream if path == STANDARD_STREAM else path}: {error.message}"
        error.args = (error.message,)
        error.named = True
