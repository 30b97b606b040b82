"""Files that are written: published whole under their name, or not at all.

Knows: paths, standard output, temporary files, what a disk waits for. Must not know: what the bytes mean.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

from authoring.beside import Beside
from authoring.errors import RefusedError, UsageError
from authoring.files import STANDARD_STREAM, ZERO_BYTE, named

Buffer: TypeAlias = bytes | memoryview

NOTHING = range(0)
"""No part of a file."""

MAX_PIECES = 1024
"""As many pieces Linux takes in one call (IOV_MAX)."""

SMALL_PIECE_BYTES = 1 << 16
"""Pieces that are no larger together are joined: an edit of offsets leaves hundreds of a few bytes."""

_SYNCED_WRITES = hasattr(os, "pwritev") and hasattr(os, "RWF_DSYNC")

_STDOUT = "standard output"

EXISTS = "exists already; --overwrite replaces it, -o writes elsewhere"
SAME = "this is an input, and inputs are never written over; name another file"


def write_file(path: Path, chunks: Iterable[Buffer], *, overwrite: bool = False) -> None:
    """Publish a file as its chunks come, which need not be there all at once; see `Publication`."""
    with publishing(path, overwrite=overwrite) as publication:
        publication.stream(chunks)


class Publication(Protocol):
    """A file or an object that is being made: at its place it is whole or not there."""

    def ahead(self, offset: int, data: memoryview) -> None:
        """Begin to write bytes that will lie at an offset, while the others are made. Once at most.

        Only a head start: `publish` is told whether it holds. RefusedError where nothing can be written there.
        """

    def publish(
        self, chunks: Sequence[Buffer], check: Callable[[], object] = ..., ahead: range = ...
    ) -> None:
        """Write the whole and give it its name.

        ahead: the part that `ahead` was given, where that came true; it is not written again. `check` runs while the
        disk is busy; where it raises, nothing is published and its error comes out.
        Raises RefusedError where the place is taken and may not be overwritten, or cannot be written.
        """


class _FilePublication:
    """A temporary file beside the target, which takes its name in the end.

    A link is followed: the file that it names is replaced, and keeps its permissions. The folder is not synced:
    after a power cut the old file may be there still, never a part of the new one.
    """

    def __init__(self, path: Path, overwrite: bool) -> None:
        """Nothing is touched yet."""
        self._path, self._overwrite = path, overwrite
        self._file: io.FileIO | None = None
        self._temporary: Path | None = None
        self._running: Beside[None] | None = None

    def ahead(self, offset: int, data: memoryview) -> None:
        """Begin to write."""
        if self._path != STANDARD_STREAM:
            with named(self._path):
                self._running = Beside(_write_synced, self._opened(), offset, [data])

    def publish(
        self,
        chunks: Sequence[Buffer],
        check: Callable[[], object] = lambda: None,
        ahead: range = NOTHING,
    ) -> None:
        """Write what is missing, sync the file, rename it."""
        if self._path == STANDARD_STREAM:
            check()
            self.stream(chunks)
            return
        with self._taking_its_name() as file:
            if not ahead:
                self._finish()
                file.truncate(0)
            runs = _runs(chunks, ahead)
            if self._running and not self._running.done:
                # The long run is on its way to the disk; behind it the others are a matter of moments.
                check()
                self._finish()
                _write(file, runs)
                os.fsync(file.fileno())
                return
            self._finish()
            if len(runs) == 1 and len(runs[0][1]) <= MAX_PIECES:
                self._running = Beside(_write_synced, file, *runs[0])
            else:
                # Before `check` begins: between two calls of the system this thread would wait for the other one's
                # interpreter.
                _write(file, runs)
                self._running = Beside(os.fsync, file.fileno())
            check()
            self._finish()

    def stream(self, chunks: Iterable[Buffer]) -> None:
        """Write the chunks as they come, sync the file, rename it."""
        if self._path == STANDARD_STREAM:
            with named(self._path, _STDOUT):
                _write_stdout(chunks)
            return
        with self._taking_its_name() as file:
            for chunk in chunks:
                _write_all(file, chunk)
            os.fsync(file.fileno())

    def close(self) -> None:
        """Leave nothing behind but what was published."""
        with contextlib.suppress(Exception):  # Where it matters, `publish` has told.
            self._finish()
        if self._file:
            self._file.close()
        if self._temporary:
            with contextlib.suppress(OSError):
                self._temporary.unlink(missing_ok=True)

    @contextmanager
    def _taking_its_name(self) -> Iterator[io.FileIO]:
        """The temporary file, which takes the target's name behind the body."""
        refuse_existing(self._path, self._overwrite)
        with named(self._path):
            try:
                file = self._opened()
                yield file
                file.close()
                assert self._temporary
                _take_name(self._temporary, Path(os.path.realpath(self._path)), self._overwrite)
            except OSError as error:
                raise RefusedError(
                    f"could not be written: {error.strerror}; nothing was left behind"
                ) from error

    def _finish(self) -> None:
        running, self._running = self._running, None
        if running:
            running.result()

    def _opened(self) -> io.FileIO:
        if self._file is None:
            try:
                target = Path(os.path.realpath(self._path))
                temporary = target.with_name(part_name(target.name, os.urandom(4).hex()))
                self._file = io.FileIO(_create(temporary, target), "wb")
                self._temporary = temporary
            except OSError as error:
                raise RefusedError(f"cannot be written there: {error.strerror}") from error
        return self._file


@contextmanager
def publishing(path: Path, *, overwrite: bool = False) -> Iterator[_FilePublication]:
    """A file to be published; where the body ends without that, nothing is left of it."""
    publication = _FilePublication(path, overwrite)
    try:
        yield publication
    finally:
        publication.close()


def _runs(chunks: Sequence[Buffer], but: range) -> list[tuple[int, list[Buffer]]]:
    """What to write where: the chunks of a file without the part of it that is there already."""
    runs: list[tuple[int, list[Buffer]]] = [(0, [])]
    place = end = 0
    for chunk in chunks:
        start, place = place, place + len(chunk)
        for low, high in ((start, min(place, but.start)), (max(start, but.stop), place)):
            if low < high:
                if low != end:
                    runs.append((low, []))
                end = high
                _append(runs[-1][1], memoryview(chunk)[low - start : high - start])
    return runs


def _append(pieces: list[Buffer], piece: memoryview) -> None:
    if pieces and len(pieces[-1]) + len(piece) <= SMALL_PIECE_BYTES:
        piece = memoryview(b"".join((pieces.pop(), piece)))
    pieces.append(piece)


def _write_synced(file: io.FileIO, offset: int, pieces: list[Buffer]) -> None:
    """Write at an offset and wait for the disk.

    In one call of the system where it has one for both: between two calls this thread would wait for the one that
    runs Python beside it.
    """
    if _SYNCED_WRITES:
        with contextlib.suppress(
            OSError
        ):  # What is wrong, if it is not the call itself, the other way tells.
            if os.pwritev(file.fileno(), pieces, offset, os.RWF_DSYNC) == sum(map(len, pieces)):
                return
    _write(file, [(offset, pieces)])
    os.fsync(file.fileno())


def _write(file: io.FileIO, runs: list[tuple[int, list[Buffer]]]) -> None:
    for offset, pieces in runs:
        file.seek(offset)
        for piece in pieces:
            _write_all(file, piece)


def _write_all(file: io.FileIO, piece: Buffer) -> None:
    view = memoryview(piece)
    while view:
        view = view[file.write(view) :]


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
        raise UsageError(ZERO_BYTE) from None
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


def _take_name(temporary: Path, path: Path, overwrite: bool) -> None:
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
