"""Know every place that a batch reads and writes, so that no row writes over an input or another row's output."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from authoring.batch import stores
from authoring.batch.rows import BatchRow, inputs_of
from authoring.batch.tables import cell, open_tables
from authoring.errors import RefusedError

_MANIFEST, _JOURNAL = 0, -1
"""In place of a row's number, which starts at 1."""


class NamedPlaces:
    """The inputs of all rows, the manifest and the journal, and the outputs of the rows that were begun."""

    def __init__(
        self, rows: Iterable[BatchRow], *, manifest: str | None = None, journal: Path | None = None
    ) -> None:
        """Read all rows, before anything is written.

        Raises RefusedError if the journal is one of the inputs.
        """
        self._tables = open_tables(
            "inputs (place BLOB PRIMARY KEY, number INTEGER) WITHOUT ROWID",
            "outputs (folded BLOB, place BLOB, name BLOB, number INTEGER, PRIMARY KEY (folded, place)) WITHOUT ROWID",
        )
        try:
            self._add_inputs(rows, manifest, journal)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Discard what is known."""
        self._tables.close()

    def variants(self, output: str) -> list[tuple[str, int]]:
        """Return earlier outputs, with their rows' numbers, whose names differ in case or Unicode form only.

        On many file systems they are the same file, which shows when they have been written.
        """
        folded, place = _output_keys(output)
        found = self._tables.execute(
            "SELECT name, number FROM outputs WHERE folded = ? AND place != ?", (folded, place)
        )
        return [(name.decode("utf-8", "surrogatepass"), number) for name, number in found]

    def claim(self, output: str, number: int) -> str | None:
        """Remember that a row writes this output; return why it may not, or None."""
        use = self._use(output)
        if use is not None:
            return f"{output}: this is {use}, and inputs are never overwritten; name another output"
        for name, earlier in self.variants(output):
            if stores.is_same_file(name, output):
                return (
                    f"{output}: row {earlier} writes this file already, since upper and lower case are the same "
                    "in this folder"
                )
        keys = _output_keys(output)
        self._tables.execute(
            "INSERT OR IGNORE INTO outputs VALUES (?, ?, ?, ?)", (*keys, cell(output), number)
        )
        (first,) = self._tables.execute(
            "SELECT number FROM outputs WHERE folded = ? AND place = ?", keys
        ).fetchone()
        return None if first == number else f"{output}: row {first} writes this output already"

    def _add_inputs(self, rows: Iterable[BatchRow], manifest: str | None, journal: Path | None) -> None:
        if manifest is not None:
            self._add_input(manifest, _MANIFEST)
        for row in rows:
            for place in filter(None, inputs_of(row)):
                self._add_input(place, row.number)
        if journal is not None:
            use = self._use(str(journal))
            if use is not None:
                raise RefusedError(
                    f"{journal}: this is {use}, and the journal would be written over it; name another journal"
                )
            self._add_input(str(journal), _JOURNAL)

    def _add_input(self, place: str, number: int) -> None:
        self._tables.executemany(
            "INSERT OR IGNORE INTO inputs VALUES (?, ?)",
            [(_digest(identity), number) for identity in stores.identities(place)],
        )

    def _use(self, place: str) -> str | None:
        """Return what the batch uses a place for, in words; None if it does not."""
        for identity in stores.identities(place):
            row = self._tables.execute(
                "SELECT number FROM inputs WHERE place = ?", (_digest(identity),)
            ).fetchone()
            if row is not None:
                names = {_MANIFEST: "the manifest", _JOURNAL: "the journal"}
                return names.get(row[0], f"an input of row {row[0]}")
        return None


def _output_keys(output: str) -> tuple[bytes, bytes]:
    """Return what an output has in common with its variants, and with no other output."""
    place = stores.identities(output)[0]
    return _digest(unicodedata.normalize("NFD", place).casefold()), _digest(place)


def _digest(text: str) -> bytes:
    """Return what stands for a text in the tables, which stay small: long names have much in common."""
    return hashlib.sha256(cell(text)).digest()[:16]
