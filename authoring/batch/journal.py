"""Keep the journal of a batch: what was begun and finished, one JSON object per line, so that a run can be resumed.

A line `begin` is written before a worker may write an output that did not exist, so that a file found there after a
crash is known to be the batch's own; `done` has the digest of the output; `failed` cancels `begin`. A killed run may
leave its last line incomplete.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authoring.batch import stores
from authoring.errors import RefusedError

CACHE_KIB = 32 * 1024
"""Of the table of outputs; SQLite moves more to a temporary file, so that memory stays flat."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What the journal says of an output: begun only (no digest), or finished."""

    sha256: str | None
    inputs: str | None


class Journal:
    """The journal's file, and a table of its entries and of the outputs that this run has named."""

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        """Open a journal to append to; with `resume` read its entries first.

        Raises RefusedError if the file cannot be written or is not a journal.
        """
        self.path = path
        self._table = sqlite3.connect("", isolation_level=None)
        # No transaction is ever rolled back, and the table is discarded with the run.
        self._table.execute("PRAGMA journal_mode=OFF")
        self._table.execute("PRAGMA synchronous=OFF")
        self._table.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._table.execute("CREATE TABLE known (output BLOB PRIMARY KEY, sha256 TEXT, inputs TEXT)")
        self._table.execute("CREATE TABLE named (output BLOB PRIMARY KEY, number INTEGER)")
        try:
            if resume and path.exists():
                self._read()
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o666)
            size = os.fstat(self._file).st_size
            self._incomplete = bool(size) and not self._ends_with_newline(size)
        except OSError as error:
            raise RefusedError(f"{path}: the journal cannot be written there: {error.strerror}") from error

    def close(self) -> None:
        """Close the file and discard the table."""
        os.close(self._file)
        self._table.close()

    def first_use(self, output: str, number: int) -> int:
        """Return the number of the first row that names this output: `number` itself, or an earlier one."""
        key = _cell(_key(output))
        self._table.execute("INSERT OR IGNORE INTO named VALUES (?, ?)", (key, number))
        return int(self._table.execute("SELECT number FROM named WHERE output = ?", (key,)).fetchone()[0])

    def entry(self, output: str) -> JournalEntry | None:
        """Return what an earlier run recorded, or None."""
        row = self._table.execute(
            "SELECT sha256, inputs FROM known WHERE output = ?", (_cell(_key(output)),)
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

    def _append(self, record: dict[str, Any]) -> None:
        line = json.dumps(record).encode() + b"\n"
        # An incomplete line, of a killed run or a full disk, is ended before the next one starts.
        line = b"\n" + line if self._incomplete else line
        self._incomplete = True
        if os.write(self._file, line) == len(line):
            self._incomplete = False
        else:
            raise OSError(0, "the journal's line was written in part")

    def _ends_with_newline(self, size: int) -> bool:
        os.lseek(self._file, size - 1, os.SEEK_SET)
        return os.read(self._file, 1) == b"\n"

    def _read(self) -> None:
        with self._transaction(), self.path.open("rb") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # The incomplete last line of a killed run.
                except RecursionError:
                    record = None
                match record:
                    case {"begin": str(output)}:
                        self._table.execute(
                            "INSERT OR IGNORE INTO known VALUES (?, NULL, NULL)", (_cell(output),)
                        )
                    case {"done": str(output), "sha256": str(sha256), "inputs": str(inputs)} if (
                        sha256 + inputs
                    ).isascii():
                        self._table.execute(
                            "INSERT OR REPLACE INTO known VALUES (?, ?, ?)", (_cell(output), sha256, inputs)
                        )
                    case {"failed": str(output)}:
                        self._table.execute("DELETE FROM known WHERE output = ?", (_cell(output),))
                    case _:
                        raise RefusedError(
                            f"{self.path}: this is not a journal of a batch; name another file"
                        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._table.execute("BEGIN")
        yield
        self._table.execute("COMMIT")


def _key(output: str) -> str:
    # A file name may hold bytes that are not UTF-8: escape them.
    return stores.key(output).encode("utf-8", "backslashreplace").decode()


def _cell(key: str) -> bytes:
    """Return a key as the table stores it: JSON may hold lone surrogates, which SQLite's text cannot."""
    return key.encode("utf-8", "surrogatepass")
