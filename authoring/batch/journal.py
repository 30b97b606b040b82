"""Keep the journal of a batch: what was begun and finished, one JSON object per line, so that a run can be resumed.

A line `begin` is written before a worker may write an output that did not exist, so that a file found there after a
crash is known to be the batch's own; `done` has the digest of the output; `failed` cancels `begin`. A killed run may
leave its last line incomplete.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authoring.batch import stores
from authoring.batch.tables import cell, open_tables
from authoring.errors import RefusedError

MAX_LINE = 1 << 20
"""Bytes of one line: dozens of the longest paths, as JSON escapes them; a file with a longer line is no journal."""

_STARTS = (b'{"begin": "', b'{"done": "', b'{"failed": "')


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What the journal says of an output: begun only (no digest), or finished."""

    sha256: str | None
    inputs: str | None


class Journal:
    """The journal's file, which one batch at a time may use, and a table of the entries of earlier runs."""

    def __init__(self, path: Path, *, resume: bool = False, read_only: bool = False) -> None:
        """Open a journal to append to, or with `read_only`, for a dry run, to leave alone. `resume` reads its entries.

        Raises RefusedError if the file cannot be written, is not a journal, or if another batch uses it.
        """
        self.path = path
        self.owner = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:8]
        """The batch, as the names of its temporary files have it: this run and those that are resumed by it."""
        self._tables = open_tables("known (output BLOB PRIMARY KEY, sha256 TEXT, inputs TEXT)")
        self._file: int | None = None
        self._incomplete = False
        try:
            if path.exists() and not path.is_file():
                raise RefusedError(
                    f"{path}: this is a folder, a device or a pipe, not a journal; name a file"
                )
            if not read_only:
                self._open()
            if path.exists():
                self._read()
            if not resume:
                self._tables.execute("DELETE FROM known")
        except OSError as error:
            self.close()
            raise RefusedError(f"{path}: the journal cannot be written there: {error.strerror}") from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file, which lets go of it, and discard the table."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._tables.close()

    def entry(self, output: str) -> JournalEntry | None:
        """Return what an earlier run recorded, or None."""
        row = self._tables.execute(
            "SELECT sha256, inputs FROM known WHERE output = ?", (cell(_key(output)),)
        ).fetchone()
        return JournalEntry(*row) if row else None

    def begin(self, output: str) -> None:
        """Record that a file at this output will be the batch's own. Raises OSError if that cannot be written."""
        self._append({"begin": _key(output)})

    def done(self, output: str, sha256: str, inputs: str) -> None:
        """Record that an output is finished, with its digest and that of its inputs."""
        self._append({"done": _key(output), "sha256": sha256, "inputs": inputs})

    def failed(self, output: str) -> None:
        """Cancel `begin`: no file of the batch is there."""
        self._append({"failed": _key(output)})

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o666)
        if not _lock(self._file):
            raise RefusedError(
                f"{self.path}: another batch is using this journal; wait until it ends, or name another --journal"
            )
        size = os.fstat(self._file).st_size
        self._incomplete = bool(size) and not self._ends_with_newline(self._file, size)

    def _append(self, record: dict[str, Any]) -> None:
        assert self._file is not None, "a journal that was opened to be read is written"
        line = json.dumps(record).encode() + b"\n"
        # An incomplete line, of a killed run or a full disk, is ended before the next one starts.
        line = b"\n" + line if self._incomplete else line
        self._incomplete = True
        if os.write(self._file, line) == len(line):
            self._incomplete = False
        else:
            raise OSError(0, "the journal's line was written in part")

    @staticmethod
    def _ends_with_newline(file: int, size: int) -> bool:
        os.lseek(file, size - 1, os.SEEK_SET)
        return os.read(file, 1) == b"\n"

    def _read(self) -> None:
        with self.path.open("rb") as file:
            is_first = True
            while line := file.readline(MAX_LINE + 1):
                # Some file systems fill a file with zeros after a power cut.
                if not self._add(line if is_first else line.strip(b"\0\n")):
                    raise RefusedError(
                        f"{self.path}: this is not a journal of a batch; name another file with --journal"
                    )
                is_first = False

    def _add(self, line: bytes) -> bool:
        """Add a line to the table; return whether it is one that a batch writes, if only a part of it."""
        try:
            record = json.loads(line)
        except ValueError:
            # A killed run and a full disk leave the beginning of a line.
            part = line.rstrip(b"\n")
            return len(line) <= MAX_LINE and any(
                part.startswith(start) or start.startswith(part) for start in _STARTS
            )
        except RecursionError:
            return False
        match record:
            case {"begin": str(output)}:
                self._tables.execute("INSERT OR IGNORE INTO known VALUES (?, NULL, NULL)", (cell(output),))
            case {"done": str(output), "sha256": str(sha256), "inputs": str(inputs)} if (
                sha256 + inputs
            ).isascii():
                self._tables.execute(
                    "INSERT OR REPLACE INTO known VALUES (?, ?, ?)", (cell(output), sha256, inputs)
                )
            case {"failed": str(output)}:
                self._tables.execute("DELETE FROM known WHERE output = ?", (cell(output),))
            case _:
                return False
        return True


def _key(output: str) -> str:
    # A file name may hold bytes that are not UTF-8: escape them.
    return stores.key(output).encode("utf-8", "backslashreplace").decode()


def _lock(file: int) -> bool:
    """Lock a file until it is closed or this process ends; return False if another process has locked it."""
    try:
        import fcntl
    except ImportError:  # Windows.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # A file system without locks.
    return True
