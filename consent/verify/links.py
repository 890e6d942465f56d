"""Which record follows which: found on disk, since a long log's ids do not fit into memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE record (id TEXT PRIMARY KEY, leaf INTEGER, at INTEGER, subject TEXT) WITHOUT ROWID;
CREATE TABLE awaited (prev TEXT, leaf INTEGER, id TEXT, site TEXT);
BEGIN;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A record met before."""

    leaf: int
    subject: str | None


@dataclass(frozen=True, slots=True)
class Awaited:
    """A record, and the one it says it follows, which did not come before it."""

    id: str
    leaf: int
    site: str
    prev: str


class Links:
    """The consent records of one log by id, in a temporary file of its own."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def add(self, record_id: str, leaf: int, at: int, subject: str | None) -> bool:
        """Remember a record; return False if its id came before."""
        values = (record_id, leaf, at, subject)
        result = self._execute("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?)", values)
        return result.rowcount == 1

    def find(self, record_id: str) -> Known | None:
        """Return the record of an id, if it came before."""
        query = "SELECT leaf, subject FROM record WHERE id = ?"
        row = self._execute(query, (record_id,)).fetchone()
        return None if row is None else Known(*row)

    def await_(self, one: Awaited) -> None:
        """Remember that a record follows one which has not come."""
        values = (one.prev, one.leaf, one.id, one.site)
        self._execute("INSERT INTO awaited VALUES (?, ?, ?, ?)", values)

    def awaited(self) -> Iterator[tuple[Awaited, bool]]:
        """Give what was awaited, and whether it came later."""
        query = (
            "SELECT a.id, a.leaf, a.site, a.prev, r.id IS NOT NULL "
            "FROM awaited a LEFT JOIN record r ON r.id = a.prev ORDER BY a.leaf"
        )
        for *values, came in self._execute(query, ()):
            yield Awaited(*values), bool(came)

    def made_after(self, at: int, first: int, end: int) -> Known | None:
        """Return a record from leaf `first` to before `end` that was made after an instant."""
        query = "SELECT leaf, subject FROM record WHERE leaf >= ? AND leaf < ? AND at > ? LIMIT 1"
        row = self._execute(query, (first, end, at)).fetchone()
        return None if row is None else Known(*row)

    def _execute(self, statement: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        return self._database.execute(statement, values)
