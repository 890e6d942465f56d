"""See to it that what officers did is sealed also where it was written down without a record."""

from __future__ import annotations

from consent.core.times import MILLIS_PER_DAY
from consent.store.database import AnySession, write_transaction
from consent.store.log import count_logs
from consent.store.sealed_actions import list_unsealed, stage_unsealed


def stage_stragglers(session: AnySession, *, now: int) -> int:
    """Stage the actions of the last day that have no record; return how many there were.

    While a fleet is upgraded, processes of the version before write actions without one. What is
    older and has none was put there by other hands: a check of the log says so.
    """
    since = now - MILLIS_PER_DAY
    is_due = bool(list_unsealed(session, since)) and count_logs(session) > 0
    session.rollback()
    if not is_due:
        return 0
    with write_transaction(session):
        return stage_unsealed(session, now=now, since=since)
