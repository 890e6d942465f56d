"""How a service fares, for whoever watches over it: short, and nothing about anybody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from consent.services.anchoring import anchored_state
from consent.store.database import AnySession
from consent.store.log import OK, find_state, list_logs


@dataclass(frozen=True, slots=True)
class LogHealth:
    """One log: its status (ok, tampered, rolled_back or forked), and who else vouches for it."""

    log_id: str
    status: str
    anchored: str


@dataclass(frozen=True, slots=True)
class Health:
    """`reaches_database` says whether anything could be asked; without it there are no logs."""

    reaches_database: bool
    logs: tuple[LogHealth, ...]

    @property
    def is_ok(self) -> bool:
        return self.reaches_database and all(log.status == OK for log in self.logs)


def find_health(session: AnySession, now: int) -> Health:
    """Return how the service fares; a database out of reach is a part of the answer."""
    try:
        logs = tuple(_health_of(session, log.log_id, now) for log in list_logs(session))
        session.rollback()
    except SQLAlchemyError:
        return Health(reaches_database=False, logs=())
    return Health(reaches_database=True, logs=logs)


def _health_of(session: AnySession, log_id: str, now: int) -> LogHealth:
    state = find_state(session, log_id)
    status = OK if state is None else state.status
    return LogHealth(log_id, status, anchored_state(session, log_id, now).wording)
