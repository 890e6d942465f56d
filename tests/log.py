"""The log as a test sees it: recomputed from what is stored, by nothing but the published rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent.audit.checkpoints import parse_checkpoint
from consent.audit.entry import commitment, leaf_hash
from consent.audit.notes import split_note
from consent.audit.tiles import ENTRIES, cut, decode_entries, root_at, tile_widths
from consent.audit.tree import root_of
from consent.services.keys import Keys
from consent.services.log_keys import open_own
from consent.services.sealing import get_log, seal_all
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import publish_checkpoint
from consent.services.sealing_thread import Sealer
from consent.store.database import AnySession
from consent.store.log import find_state, list_logs, tile_reader
from consent.store.log_heads import StoredCheckpoint
from consent.store.tables import (
    ConsentEventRow,
    LogCheckpointRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
    SealedActionRow,
)
from tests.world import Browser, World


@dataclass
class WorldLog:
    """The log of a world's site, sealed and published when a test says so."""

    world: World
    folder: Path

    @property
    def log_id(self) -> str:
        return self.world.site().deployment.log_id

    @property
    def state_files(self) -> StateFiles:
        return StateFiles(self.folder)

    def sealer(self) -> Sealer:
        """Return what a process of the service seals with, which has done nothing yet."""
        return Sealer(
            lambda: Session(self.world.session.get_bind()),
            self.world.keys,
            lambda: self.world.now,
            state_files=self.state_files,
        )

    def act(self, times: int) -> None:
        """Have so many visitors refuse."""
        for _ in range(times):
            Browser(self.world).refuse_all()

    def status(self) -> tuple[str, str]:
        """Return whether the log may be signed, and why not."""
        state = find_state(self.world.session, self.log_id)
        assert state is not None
        self.world.session.rollback()
        return state.status, state.detail

    def seal(self, *, batch: int | None = None) -> int:
        """Seal all that waits; return how many that were."""
        world = self.world
        sealed = seal_all(world.session, self.log_id, world.keys, now=world.now, batch=batch)
        return 0 if sealed is None else sealed.count

    def publish(self, *, at_once: bool = True) -> StoredCheckpoint | None:
        world = self.world
        return publish_checkpoint(
            world.session,
            self.log_id,
            world.keys,
            now=world.now,
            state_files=self.state_files,
            at_once=at_once,
        )


def entries_of_the_log(session: AnySession) -> dict[str, bytes]:
    """Return the entry of each record that waits or is sealed; no record may be both."""
    waiting = {row.event_id: row.entry for row in session.scalars(select(LogPendingRow))}
    sealed: dict[str, bytes] = {}
    for log in list_logs(session):
        entries = sealed_entries(session, log.log_id)
        rows = session.scalars(select(LogIndexRow).where(LogIndexRow.log_id == log.log_id))
        sealed |= {row.event_id: entries[row.leaf_index] for row in rows}
    assert not waiting.keys() & sealed.keys()
    return waiting | sealed


def sealed_entries(session: AnySession, log_id: str) -> list[bytes]:
    """Return the entries in the bundles of a log, as far as its head goes."""
    state = find_state(session, log_id)
    read = tile_reader(session, log_id)
    entries: list[bytes] = []
    for tile in tile_widths(0 if state is None else state.size):
        if tile.level == ENTRIES:
            entries += decode_entries(cut(tile, read(ENTRIES, tile.n)))
    return entries


def assert_whole(session: AnySession, keys: Keys) -> None:
    """Each log is what its heads say, and has every record once: sealed, or waiting to be."""
    for log in list_logs(session):
        assert_tree(session, log.log_id, keys)
    recorded = {row.id: row for row in session.scalars(select(ConsentEventRow))}
    own = {row.id: row for row in session.scalars(select(LogRecordRow))}
    acts = {row.id: row for row in session.scalars(select(SealedActionRow))}
    logged = entries_of_the_log(session)
    assert logged.keys() == recorded.keys() | own.keys() | acts.keys()
    rows: dict[str, ConsentEventRow | LogRecordRow | SealedActionRow]
    rows = {**recorded, **own, **acts}
    for event_id, row in rows.items():
        assert commitment(row.payload.encode(), row.salt) == row.entry == logged[event_id]
    session.rollback()


def assert_tree(session: AnySession, log_id: str, keys: Keys) -> None:
    """Entries, tiles, head and every signed checkpoint of one log agree."""
    state = find_state(session, log_id)
    size = 0 if state is None else state.size
    leaves = [leaf_hash(entry) for entry in sealed_entries(session, log_id)]
    assert len(leaves) == size
    if state is not None:
        assert root_of(leaves) == state.root == root_at(tile_reader(session, log_id), size)
    indexes = Counter(
        session.scalars(select(LogIndexRow.leaf_index).where(LogIndexRow.log_id == log_id))
    )
    assert all(count == 1 and index < size for index, count in indexes.items())
    log = get_log(session, log_id)
    for row in session.scalars(select(LogCheckpointRow).where(LogCheckpointRow.log_id == log_id)):
        opened = open_own(session, log, row.note, keys).checkpoint
        assert opened == parse_checkpoint(split_note(row.note)[0])
        assert opened.root == root_of(leaves[: opened.size])
