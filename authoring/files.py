"""Files: read whole, written whole or not at all.

Knows: paths, standard streams, temporary files. Must not know: what the bytes mean.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from authoring.errors import DepthauthorError, MalformedError, RefusedError, UsageError

MAX_FILE_BYTES = 4 << 30
"""A photo is held in memory; 4 GiB is forty times the largest raw panorama that phones write."""

STANDARD_STREAM = Path("-")
"""The name that means stdin for an input and stdout for an output."""

EXISTS = "exists already; --overwrite replaces it, -o writes elsewhere"
SAME = "this is an input, and inputs are never written over; name another file"


def read_file(path: Path) -> bytes:
    """The bytes of a file, or of stdin for `-`. UsageError where it cannot be read."""
    if path == STANDARD_STREAM:
        return sys.stdin.buffer.read()
    with named(path):
        try:
            if path.is_file() and path.stat().st_size > MAX_FILE_BYTES:
                raise MalformedError(f"the file is larger than {MAX_FILE_BYTES >> 30} GiB")
            return path.read_bytes()
        except FileNotFoundError:
            raise UsageError("no such file") from None
        except IsADirectoryError:
            raise UsageError("this is a folder, not a file") from None
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}") from error


def write_file(
    path: Path,
    chunks: Iterable[bytes | memoryview],
    *,
    overwrite: bool = False,
    check: Callable[[], object] = lambda: None,
) -> None:
    """Write to a temporary file beside the target, sync it, rename it: the target is whole or not there.

    `check` runs while the disk is busy; where it raises, nothing is published and its error comes out.
    Raises RefusedError where the target exists without `overwrite`, or cannot be written.
    """
    if path == STANDARD_STREAM:
        check()
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    refuse_existing(path, overwrite)
    with named(path):
        try:
            temporary = path.with_name(part_name(path.name, os.urandom(4).hex()))
            descriptor = os.open(
                temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666
            )
        except OSError as error:
            raise RefusedError(f"cannot be written there: {error.strerror}") from error
        try:
            # Imported here: it brings logging along, which reading a file does without.
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(1) as checker, os.fdopen(descriptor, "wb", buffering=0) as file:
                checked = checker.submit(check)
                for chunk in chunks:
                    view = memoryview(chunk)
                    while view:
                        view = view[file.write(view) :]
                os.fsync(file.fileno())
            checked.result()
            _publish(temporary, path, overwrite)
        except OSError as error:
            raise RefusedError(f"could not be written: {error.strerror}; nothing was left behind") from error
        finally:
            temporary.unlink(missing_ok=True)


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
    """RefusedError where an output exists already and may not be overwritten, or is a folder."""
    if path == STANDARD_STREAM:
        return
    if path.is_dir():
        raise RefusedError(f"{path}: this is a folder; name the file to write")
    if path.exists() and not overwrite:
        raise RefusedError(f"{path}: {EXISTS}")


def refuse_same(output: Path, inputs: Iterable[Path]) -> None:
    """RefusedError where the output is one of the inputs: an input is never written over."""
    for one in inputs:
        with contextlib.suppress(OSError):
            if STANDARD_STREAM not in (one, output) and output.samefile(one):
                raise RefusedError(f"{output}: {SAME}")


@contextmanager
def named(path: Path | str) -> Iterator[None]:
    """Put the file's name in front of every error raised inside, unless one is there already."""
    try:
        yield
    except DepthauthorError as error:
        add_name(error, path)
        raise


def add_name(error: DepthauthorError, path: Path | str) -> None:
    """Put a file's name in front of an error's sentence, once."""
    if not error.named:
        error.message = f"{'standard input' if path == STANDARD_STREAM else path}: {error.message}"
        error.args = (error.message,)
        error.named = True


def _publish(temporary: Path, path: Path, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(path)
        return
    try:
        # A hard link fails if the name was taken meanwhile; a rename would silently replace that file.
        os.link(temporary, path)
    except FileExistsError:
        raise RefusedError(EXISTS) from None
    except OSError:
        temporary.replace(path)
