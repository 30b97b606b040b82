"""Open tables of names that may be longer than memory: a temporary SQLite database."""

from __future__ import annotations

import sqlite3

CACHE_KIB = 32 * 1024
"""Of one database; SQLite moves more to a temporary file, so that memory stays flat."""


def open_tables(*columns: str) -> sqlite3.Connection:
    """Return a database with these tables, such as "named (place BLOB PRIMARY KEY)"; closing it discards them."""
    tables = sqlite3.connect("", isolation_level=None)
    # Nothing is ever rolled back.
    tables.execute("PRAGMA journal_mode=OFF")
    tables.execute("PRAGMA synchronous=OFF")
    tables.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    for table in columns:
        tables.execute(f"CREATE TABLE {table}")
    # Never committed: after each statement a commit would write all pages that have changed.
    tables.execute("BEGIN")
    return tables


def cell(text: str) -> bytes:
    """Return a text as a table stores it: names may hold lone surrogates, which SQLite's text cannot."""
    return text.encode("utf-8", "surrogatepass")
