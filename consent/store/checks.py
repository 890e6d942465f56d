"""The checks of the service: asked for, running, ended."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from consent.core.checks import CheckKind, Outcome
from consent.core.ids import uuid7
from consent.store.database import AnySession
from consent.store.tables import CheckRunRow

_Row = CheckRunRow
_VERDICTS = [outcome.value for outcome in Outcome if outcome.is_verdict]


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check. Instants are in milliseconds; what has not begun or ended yet has none.

    `asked_by` is None for the check of the day.
    """

    id: str
    kind: CheckKind
    asked_by: str | None
    asked_at: int
    started_at: int | None
    ended_at: int | None
    outcome: Outcome | None
    result: Mapping[str, Any]


def insert_run(session: AnySession, kind: CheckKind, asked_by: str | None, now: int) -> None:
    """Ask for a check."""
    session.execute(
        insert(_Row).values(
            id=uuid7(now, os.urandom(10)), kind=kind.value, asked_by=asked_by, asked_at=now
        )
    )


def mark_started(session: AnySession, run_id: str, now: int) -> None:
    session.execute(update(_Row).where(_Row.id == run_id).values(started_at=now))


def mark_ended(
    session: AnySession, run_id: str, outcome: Outcome, result: Mapping[str, Any], now: int
) -> None:
    text = json.dumps(result, separators=(",", ":"), ensure_ascii=False)
    values = {"ended_at": now, "outcome": outcome.value, "result": text}
    session.execute(update(_Row).where(_Row.id == run_id).values(**values))


def mark_interrupted(session: AnySession, now: int) -> None:
    """End what began and did not end: for who knows that nobody runs a check."""
    begun = update(_Row).where(_Row.started_at.is_not(None), _Row.ended_at.is_(None))
    session.execute(begun.values(ended_at=now, outcome=Outcome.INTERRUPTED.value))


def list_open(session: AnySession) -> list[CheckRun]:
    """Return the checks that wait or run, oldest first."""
    query = select(_Row).where(_Row.ended_at.is_(None))
    return [_run(row) for row in session.scalars(query.order_by(_Row.asked_at, _Row.kind))]


def was_asked_since(session: AnySession, kind: CheckKind, since: int) -> bool:
    """Say whether a check was asked for since an instant, and was not interrupted."""
    query = _of(kind).where(
        _Row.asked_at >= since, _Row.outcome.is_distinct_from(Outcome.INTERRUPTED.value)
    )
    return session.scalars(query.limit(1)).first() is not None


def newest_ended(session: AnySession, kind: CheckKind, *, verdict: bool = False) -> CheckRun | None:
    """Return the newest check that has ended; with `verdict`, the newest one that could be made."""
    query = _of(kind).where(_Row.ended_at.is_not(None))
    if verdict:
        query = query.where(_Row.outcome.in_(_VERDICTS))
    row = session.scalars(query.limit(1)).first()
    return None if row is None else _run(row)


def list_ended(session: AnySession, kind: CheckKind, limit: int) -> list[CheckRun]:
    """Return the checks that have ended, newest first."""
    query = _of(kind).where(_Row.ended_at.is_not(None)).limit(limit)
    return [_run(row) for row in session.scalars(query)]


def drop_runs(session: AnySession, before: int) -> None:
    """Forget the checks that were asked for before an instant."""
    session.execute(delete(_Row).where(_Row.asked_at < before))


def _of(kind: CheckKind) -> Select[Any]:
    newest_first = (_Row.asked_at.desc(), _Row.id.desc())
    return select(_Row).where(_Row.kind == kind.value).order_by(*newest_first)


def _run(row: CheckRunRow) -> CheckRun:
    return CheckRun(
        row.id,
        CheckKind(row.kind),
        row.asked_by,
        row.asked_at,
        row.started_at,
        row.ended_at,
        None if row.outcome is None else Outcome(row.outcome),
        json.loads(row.result or "{}"),
    )
