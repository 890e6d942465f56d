"""The logs and their trees: which logs there are, how far each has come, tiles, leaves, what waits.

Reading only; `log_sealing` has what moves a tree on, `log_heads` its signed heads.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from consent.audit.tiles import ReadTile
from consent.errors import ProofError
from consent.store.database import AnySession
from consent.store.tables import LogIndexRow, LogPendingRow, LogRow, LogStateRow, LogTileRow

OK = "ok"
TAMPERED = "tampered"
ROLLED_BACK = "rolled_back"
FORKED = "forked"


@dataclass(frozen=True, slots=True)
class Log:
    """One log of a controller; `log_id` is name and epoch. `created_at` is in milliseconds."""

    log_id: str
    origin: str
    created_at: int

    @property
    def name(self) -> str:
        return log_name(self.log_id)

    @property
    def epoch(self) -> int:
        return int(self.log_id.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class LogState:
    """How far a log is sealed, and whether it may be signed. `since` is in milliseconds."""

    log_id: str
    origin: str
    size: int
    root: bytes
    status: str
    detail: str
    since: int

    @property
    def is_ok(self) -> bool:
        return self.status == OK


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a sealed record is."""

    log_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits to be sealed into a log; `oldest` is an instant in milliseconds."""

    count: int
    oldest: int | None


def log_name(log_id: str) -> str:
    """Return what the epochs of a log have in common."""
    return log_id.rpartition("/")[0]


def count_logs(session: AnySession) -> int:
    return session.scalar(select(func.count()).select_from(LogRow)) or 0


def list_logs(session: AnySession) -> list[Log]:
    """Return every log, by name and then by epoch."""
    rows = session.execute(select(LogRow.log_id, LogRow.origin, LogRow.created_at))
    logs = [Log(row.log_id, row.origin, row.created_at) for row in rows]
    return sorted(logs, key=lambda log: (log.name, log.epoch))


def find_log(session: AnySession, log_id: str) -> Log | None:
    row = session.execute(
        select(LogRow.log_id, LogRow.origin, LogRow.created_at).where(LogRow.log_id == log_id)
    ).one_or_none()
    return None if row is None else Log(row.log_id, row.origin, row.created_at)


def log_in_force(session: AnySession, name: str) -> Log | None:
    """Return the log that records of a name go into now: the one of the highest epoch."""
    epochs = [log for log in list_logs(session) if log.name == name]
    return epochs[-1] if epochs else None


def find_state(session: AnySession, log_id: str) -> LogState | None:
    """Return how far a log is sealed; None before its first batch."""
    row = session.execute(
        select(
            LogRow.origin,
            LogStateRow.size,
            LogStateRow.root,
            LogStateRow.status,
            LogStateRow.detail,
            LogStateRow.since,
        )
        .join(LogRow, LogRow.log_id == LogStateRow.log_id)
        .where(LogStateRow.log_id == log_id)
    ).one_or_none()
    if row is None:
        return None
    return LogState(log_id, row.origin, row.size, row.root, row.status, row.detail, row.since)


def tile_reader(session: AnySession, log_id: str) -> ReadTile:
    """Return what reads the stored tiles of a log, each once; it raises ProofError for none."""
    seen: dict[tuple[int, int], bytes] = {}

    def read(level: int, n: int) -> bytes:
        if (level, n) not in seen:
            query = select(LogTileRow.data).where(
                LogTileRow.log_id == log_id, LogTileRow.level == level, LogTileRow.n == n
            )
            data = session.scalar(query)
            if data is None:
                raise ProofError(f"tile {n} of level {level} of log {log_id} is not stored")
            seen[level, n] = data
        return seen[level, n]

    return read


def find_leaf(session: AnySession, event_id: str) -> Leaf | None:
    """Return where a record is sealed; None while it waits, and after its removal."""
    row = session.execute(
        select(LogIndexRow.log_id, LogIndexRow.leaf_index).where(LogIndexRow.event_id == event_id)
    ).one_or_none()
    return None if row is None else Leaf(row.log_id, row.leaf_index)


def find_record_of_leaf(session: AnySession, log_id: str, index: int) -> str | None:
    """Return the id of the record that a leaf is; None after its removal, and beyond the log."""
    return session.scalar(
        select(LogIndexRow.event_id).where(
            LogIndexRow.log_id == log_id, LogIndexRow.leaf_index == index
        )
    )


def pending_log_of(session: AnySession, event_id: str) -> str | None:
    """Return the log that a record waits for; None when it does not wait."""
    return session.scalar(select(LogPendingRow.log_id).where(LogPendingRow.event_id == event_id))


def waiting_for(session: AnySession, log_id: str) -> Waiting:
    """Return how many entries wait for a log, and since when the oldest one does."""
    query = select(func.count(), func.min(LogPendingRow.enqueued_at))
    count, oldest = session.execute(query.where(LogPendingRow.log_id == log_id)).one()
    return Waiting(count, oldest)


def logs_that_wait(session: AnySession) -> list[str]:
    """Return the logs that have anything to seal."""
    waits = select(LogPendingRow.log_id).where(LogPendingRow.log_id == LogRow.log_id).exists()
    return list(session.scalars(select(LogRow.log_id).where(waits).order_by(LogRow.log_id)))
