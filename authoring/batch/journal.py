"""The journal: what was begun and what was finished, one JSON object a line, so that a second run can go on.

Knows: the lines, and that a run may die in the middle of one. Must not know: photos, maps, workers.

A line `begin` is written before a worker may touch an output that did not exist, so that whatever lies there after
a crash is known to be the batch's own; `done` names the digest of what was published; `failed` takes `begin` back.
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
"""Of the table of outputs; beyond it SQLite moves it to a temporary file, so that memory stays flat."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal says of an output: begun only (no digest), or finished."""

    sha256: str | None
    inputs: str | None


class Journal:
    """The journal's file, and a table of what it says and of which outputs this run has met."""

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        """Open a journal to append to; with `resume` read what it says first."""
        self.path = path
        self._table = sqlite3.connect("", isolation_level=None)
        # No transaction is ever rolled back, and the table dies with the run.
        self._table.execute("PRAGMA journal_mode=OFF")
        self._table.execute("PRAGMA synchronous=OFF")
        self._table.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._table.execute("CREATE TABLE known (output BLOB PRIMARY KEY, sha256 TEXT, inputs TEXT)")
        self._table.execute("CREATE TABLE met (output BLOB PRIMARY KEY, number INTEGER)")
        try:
            if resume and path.exists():
                self._read()
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o666)
            size = os.fstat(self._file).st_size
            self._torn = bool(size) and not self._ends_whole(size)
        except OSError as error:
            raise RefusedError(f"{path}: the journal cannot be kept there: {error.strerror}") from error

    def close(self) -> None:
        """Close the file and forget the table."""
        os.close(self._file)
        self._table.close()

    def first_use(self, output: str, number: int) -> int:
        """The number of the row that names this output first: `number` itself, or an earlier one."""
        key = _cell(_key(output))
        self._table.execute("INSERT OR IGNORE INTO met VALUES (?, ?)", (key, number))
        return int(self._table.execute("SELECT number FROM met WHERE output = ?", (key,)).fetchone()[0])

    def entry(self, output: str) -> Entry | None:
        """What an earlier run left, or None."""
        row = self._table.execute(
            "SELECT sha256, inputs FROM known WHERE output = ?", (_cell(_key(output)),)
        ).fetchone()
        return Entry(*row) if row else None

    def begin(self, output: str) -> None:
        """Say that what will lie at this output is the batch's own. OSError where that cannot be written."""
        self._append({"begin": _key(output)})

    def done(self, output: str, sha256: str, inputs: str) -> None:
        """Say that an output is whole, and from what it was made."""
        self._append({"done": _key(output), "sha256": sha256, "inputs": inputs})

    def failed(self, output: str) -> None:
        """Take `begin` back: nothing of the batch's lies there."""
        self._append({"failed": _key(output)})

    def _append(self, record: dict[str, Any]) -> None:
        line = json.dumps(record).encode() + b"\n"
        # A torn line, of a killed run or a full disk, is ended before the next one starts.
        line = b"\n" + line if self._torn else line
        self._torn = True
        if os.write(self._file, line) == len(line):
            self._torn = False
        else:
            raise OSError(0, "the journal's line was written in part")

    def _ends_whole(self, size: int) -> bool:
        os.lseek(self._file, size - 1, os.SEEK_SET)
        return os.read(self._file, 1) == b"\n"

    def _read(self) -> None:
        with self._transaction(), self.path.open("rb") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # The line that a dying run left torn.
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
                        raise RefusedError(f"{self.path}: this is no journal of a batch; name another file")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._table.execute("BEGIN")
        yield
        self._table.execute("COMMIT")


def _key(output: str) -> str:
    # SQLite takes no names that are not Unicode; an escaped one serves as well.
    return stores.key(output).encode("utf-8", "backslashreplace").decode()


def _cell(key: str) -> bytes:
    """A key as the table holds it: a file's name may be no UTF-8, which SQLite's text must be."""
    return key.encode("utf-8", "surrogatepass")
