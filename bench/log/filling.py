"""Databases with a sealed log of a year's events in them, filled as fast as they can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.orm import Session

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.audit.signed import Keyring
from consent.audit.tiles import ReadTile, append_entries
from consent.audit.tokens import Pseudonyms
from consent.core.ids import uuid7
from consent.services.keys import Keys, LogKeys
from consent.services.log_keys import signers_of
from consent.services.sealing import get_log, seal_all
from consent.store.database import write_transaction
from consent.store.log import Log, find_state, tile_reader
from consent.store.log_heads import StoredCheckpoint, insert_checkpoint
from consent.store.log_sealing import advance_state, index_leaves, put_tiles
from consent.store.publications import ensure_log
from consent.store.tables import ConsentEventRow, LogPendingRow
from tests import databases
from tests.make_year import YEAR, YEAR_MS, insert_year_postgres, insert_year_sqlite

LOG_ID = "university/1"
ORIGIN = "www.university.example/consent/log/university/1"
HEAD_EVERY = 1_000
COMMIT_EVERY = 50_000
ENGINES = ("SQLite", "PostgreSQL")

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}


@dataclass
class Filled:
    """A database with a log of `size` entries, each of an event that is stored."""

    engine: Engine
    keys: Keys
    size: int

    @property
    def name(self) -> str:
        return "SQLite" if self.engine.dialect.name == "sqlite" else "PostgreSQL"


@contextmanager
def filled(engine_name: str, size: int) -> Iterator[Filled]:
    """Give a database of its own with a log of this size; it is gone afterwards."""
    with _database(engine_name) as (url, insert_year):
        engine = create_engine(url)
        try:
            keys = _make_keys()
            with Session(engine) as session:
                began = _begin(session, keys)
            engine.dispose()  # who inserts changes the journal of SQLite, and has to be alone
            insert_year(size - began)
            with Session(engine) as session:
                _seal_year(session, keys)
            yield Filled(engine, keys, size)
        finally:
            engine.dispose()


def stage(session: Session, entries: Sequence[bytes], now: int) -> None:
    """Have entries wait, as those of new events do."""
    rows = [
        {
            "event_id": uuid7(now, os.urandom(10)),
            "log_id": LOG_ID,
            "entry": entry,
            "enqueued_at": now,
        }
        for entry in entries
    ]
    with write_transaction(session):
        session.execute(insert(LogPendingRow), rows)


@contextmanager
def _database(engine_name: str) -> Iterator[tuple[str, Callable[[int], None]]]:
    """Give an empty database, and what puts many events into it."""
    if engine_name == "PostgreSQL":
        databases.SETTINGS.update(DURABLE)
        with databases.running_postgres() as server:
            server.migrate_template()
            with server.database() as url:
                yield url, lambda count: insert_year_postgres(url, count)
        return
    with tempfile.TemporaryDirectory(prefix="bench-log-") as folder:
        path = Path(folder) / "consent.db"
        url = databases.copy_sqlite(databases.migrate_sqlite_template(Path(folder)), Path(folder))
        yield url, lambda count: insert_year_sqlite(path, count)


def _make_keys() -> Keys:
    return Keys(
        keyring=Keyring([b"k" * 32]),
        pseudonyms=Pseudonyms(b"p" * 32),
        receipts=(Ed25519PrivateKey.generate(),),
        log=LogKeys(log=(Ed25519PrivateKey.generate(),), clock=(Ed25519PrivateKey.generate(),)),
    )


def _begin(session: Session, keys: Keys) -> int:
    """Begin the log and seal the records of its keys; return how many entries that makes."""
    with write_transaction(session):
        ensure_log(session, LOG_ID, ORIGIN, YEAR)
    sealed = seal_all(session, LOG_ID, keys, now=YEAR)
    assert sealed is not None
    return sealed.size


def _seal_year(session: Session, keys: Keys) -> None:
    """Seal all events in their order, with a head every thousand, as if it had been done then."""
    log = get_log(session, LOG_ID)
    state = find_state(session, LOG_ID)
    assert state is not None
    session.rollback()
    size, root = state.size, state.root
    last = ""
    while events := _events_after(session, last):
        last = events[-1][0]
        with write_transaction(session):
            size, root = _append(session, log, keys, size, root, events)


def _events_after(session: Session, event_id: str) -> list[tuple[str, bytes, int]]:
    query = (
        select(ConsentEventRow.id, ConsentEventRow.entry, ConsentEventRow.at)
        .where(ConsentEventRow.id > event_id)
        .order_by(ConsentEventRow.id)
        .limit(COMMIT_EVERY)
    )
    return list(session.execute(query).tuples())


def _append(
    session: Session,
    log: Log,
    keys: Keys,
    size: int,
    root: bytes,
    events: Sequence[tuple[str, bytes, int]],
) -> tuple[int, bytes]:
    old_size, old_root = size, root
    signers = signers_of(session, log, keys)
    tiles: dict[tuple[int, int], bytes] = {}
    reader = _reader(session, tiles)
    for start in range(0, len(events), HEAD_EVERY):
        some = events[start : start + HEAD_EVERY]
        appended = append_entries(reader, size, [entry for _, entry, _ in some])
        tiles |= appended.tiles
        size, root = appended.size, appended.root
        at = min(some[-1][2] + 30_000, YEAR + YEAR_MS)
        note = sign_checkpoint(
            Checkpoint(log.origin, size, root), signers.log, signers.clock, at // 1000
        )
        insert_checkpoint(session, StoredCheckpoint(LOG_ID, size, at, note, published=True))
    put_tiles(session, LOG_ID, tiles)
    index_leaves(session, LOG_ID, [event_id for event_id, _, _ in events], old_size)
    advance_state(session, LOG_ID, size=old_size, root=old_root, new_size=size, new_root=root)
    return size, root


def _reader(session: Session, tiles: Mapping[tuple[int, int], bytes]) -> ReadTile:
    """Return what reads the tiles made here, and those stored before."""
    stored = tile_reader(session, LOG_ID)
    return lambda level, n: tiles[level, n] if (level, n) in tiles else stored(level, n)
