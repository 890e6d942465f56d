"""See to it that what officers did is sealed also where it was written down without a record."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from consent.core.ids import is_uuid
from consent.core.times import MILLIS_PER_DAY
from consent.store.database import AnySession, write_transaction
from consent.store.log import count_logs
from consent.store.sealed_actions import list_unsealed, stage_unsealed

_log = logging.getLogger(__name__)


def stage_stragglers(session: AnySession, *, now: int, told: set[str] | None = None) -> int:
    """Stage the actions of the last day that have no record; return how many there were.

    While a fleet is upgraded, processes of the version before write actions without one. What is
    older and has none was put there by other hands: a check of the log says so, as it does of what
    cannot be made a record. `told` has those of which the log of the service was told already.
    """
    told = set() if told is None else told
    since = now - MILLIS_PER_DAY
    found = {action_id for action_id, _ in list_unsealed(session, since)}
    is_due = not found <= told and count_logs(session) > 0
    session.rollback()
    if not is_due:
        return 0
    with write_transaction(session):
        staged = stage_unsealed(session, now=now, since=since)
    _tell(one for one in staged.left_out if one not in told)
    told.clear()
    told.update(staged.left_out)
    return staged.count


def stage_earlier(session: AnySession, *, now: int) -> None:
    """Stage what was done before there was a log, in the transaction that makes the first one."""
    _tell(stage_unsealed(session, now=now).left_out)


def _tell(left_out: Iterable[str]) -> None:
    for action_id in left_out:
        _log.warning(
            "act %s of an officer was put into the database in a way that no record can have, and "
            "is not sealed; `consent verify` reports it",
            action_id if is_uuid(str(action_id)) else "(its id is none)",
        )
