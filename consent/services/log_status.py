"""How the logs stand: for the command, the health report and wherever officers look."""

from __future__ import annotations

from dataclasses import dataclass

from consent.audit.receipts import MERGE_DELAY_SECONDS
from consent.services.anchoring import AnchoredState, anchored_state
from consent.services.keys import LogKeys
from consent.services.log_keys import sealing_vkeys
from consent.store.database import AnySession
from consent.store.log import OK, Log, find_state, list_logs, log_in_force, waiting_for
from consent.store.log_heads import latest_published
from consent.store.log_keys import CLOCK, LOG, LogKey, list_keys


@dataclass(frozen=True, slots=True)
class LogStatus:
    """One log. Instants are in milliseconds; `published_*` are None before the first head.

    `since` belongs to `status`: ok, tampered, rolled_back or forked; `detail` says why. `not_held`
    has the keys that are to sign this log and are not in an installation that seals.
    """

    log_id: str
    origin: str
    is_in_force: bool
    size: int
    pending: int
    oldest_pending: int | None
    published_size: int | None
    published_at: int | None
    status: str
    since: int
    detail: str
    anchored: AnchoredState
    not_held: tuple[LogKey, ...] = ()

    @property
    def is_ok(self) -> bool:
        return self.status == OK

    def is_late(self, now: int) -> bool:
        """Say whether an entry waits for longer than receipts promise."""
        oldest = self.oldest_pending
        return oldest is not None and now - oldest > MERGE_DELAY_SECONDS * 1000


def log_statuses(session: AnySession, now: int, held: LogKeys | None = None) -> list[LogStatus]:
    """Return how each log stands, the superseded epochs included.

    `held` has the keys of an installation that seals, to be held against those of the logs.
    """
    statuses = [_status_of(session, log, now, held) for log in list_logs(session)]
    session.rollback()
    return statuses


def _status_of(session: AnySession, log: Log, now: int, held: LogKeys | None) -> LogStatus:
    state = find_state(session, log.log_id)
    waiting = waiting_for(session, log.log_id)
    head = latest_published(session, log.log_id)
    is_in_force = log == log_in_force(session, log.name)
    return LogStatus(
        log_id=log.log_id,
        origin=log.origin,
        is_in_force=is_in_force,
        size=0 if state is None else state.size,
        pending=waiting.count,
        oldest_pending=waiting.oldest,
        published_size=None if head is None else head.size,
        published_at=None if head is None else head.created,
        status=OK if state is None else state.status,
        since=log.created_at if state is None else state.since,
        detail="" if state is None else state.detail,
        anchored=anchored_state(session, log.log_id, now),
        not_held=_not_held(session, log, held) if held is not None and is_in_force else (),
    )


def _not_held(session: AnySession, log: Log, held: LogKeys) -> tuple[LogKey, ...]:
    vkeys = {vkey for each in sealing_vkeys(log.origin, held).values() for vkey in each}
    return tuple(
        key
        for key in list_keys(session, log.log_id)
        if key.role in (LOG, CLOCK) and key.retired_at is None and key.vkey not in vkeys
    )
