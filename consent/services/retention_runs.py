"""Run retention when an officer asks for it: one run at a time, in a thread, told as it goes.

It does what the daily run does, at once; erasures still wait for those of their day. What it has
removed so far is read from the records of its disposals, so that every process can tell.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from consent.core.ids import uuid7
from consent.core.retention import Role
from consent.core.times import MILLIS_PER_DAY
from consent.errors import NotFoundError, RuleError
from consent.services.aggregating import count_days
from consent.services.epochs import move_stranded
from consent.services.housekeeping import TASK
from consent.services.retention import Due, Outcome, Sealing, plan_retention, run_retention
from consent.store.database import AnySession, is_worked_at, sole_worker, write_transaction
from consent.store.disposal_records import count_removed_at
from consent.store.officers import OfficerAction, list_actions, record_action
from consent.store.requests import list_site_actions

EXTENSION = "consent.retention_runs"
BEGIN = "retention:run"
END = "retention:end"

PREVIEW_LASTS_MS = MILLIS_PER_DAY // 24
TOLERATED = 10  # what comes to its end while somebody reads, on a small site
TOLERATED_SHARE = 100  # and on a large one: a hundredth

_log = logging.getLogger(__name__)


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    BUSY = "busy"  # another process was at the daily run
    FAILED = "failed"
    BROKEN_OFF = "broken_off"  # the process ended in the middle; the next run goes on


@dataclass(frozen=True, slots=True)
class Run:
    """A run that somebody asked for: how many records were due, and how many are gone."""

    id: str
    at: int
    officer: str
    planned: int
    removed: int
    restricted: int
    waiting: int
    state: RunState
    ended_at: int | None


def plan_run(session: AnySession, now: int) -> list[Due]:
    """Return what a run that somebody asks for would do now; changes nothing."""
    return plan_retention(session, now, by_schedule=True)


def total_of(plan: Iterable[Due]) -> int:
    """Return how many records a plan removes for good."""
    return sum(due.count for due in plan if not due.is_restricted)


def key_of(due: Due) -> str:
    """Return the name of a line of a plan."""
    return f"{due.site} {'locked' if due.is_restricted else due.reason.value}"


def has_grown(seen: Mapping[str, int], plan: Sequence[Due]) -> bool:
    """Say whether materially more would go than somebody saw: on a live site it is never equal."""
    for due in plan:
        before = seen.get(key_of(due), 0)
        if due.count > before + max(TOLERATED, before // TOLERATED_SHARE):
            return True
    return False


class RetentionRuns:
    """The runs of one process."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        now_ms: Callable[[], int],
        sealing: Sealing,
    ) -> None:
        self._open_session = open_session
        self._now_ms = now_ms
        self._sealing = sealing
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, session: AnySession, site: str, officer: str, planned: int) -> str:
        """Start a run and return its name at once; raise RuleError while another one goes on."""
        with self._lock:
            if self._is_working():
                raise RuleError("a run is going on already")
            now = self._now_ms()
            run_id = uuid7(now, os.urandom(10))
            detail = {"site": site, "planned": planned}
            _note(session, BEGIN, run_id, officer, detail, now)
            self._thread = threading.Thread(
                target=self._work, args=(run_id, site, officer, now), name="consent-retention"
            )
            self._thread.daemon = True
            self._thread.start()
        return run_id

    def wait(self) -> None:
        """Return when the run that goes on has ended."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def find(self, session: AnySession, site: str, run_id: str) -> Run:
        """Return a run by its name, as it stands now; raise NotFoundError unless it was begun on
        this site's page.
        """
        actions = {action.action: action for action in list_actions(session, run_id)}
        if BEGIN not in actions or actions[BEGIN].detail["site"] != site:
            raise NotFoundError("there is no such run")
        is_working = END not in actions and self._is_at_it(session)
        session.rollback()  # the end may have been written while it was looked who is at it
        actions = {action.action: action for action in list_actions(session, run_id)}
        return _run(session, actions[BEGIN], actions.get(END), is_working=is_working)

    def last_of(self, session: AnySession, site: str) -> Run | None:
        """Return the newest run that was asked for on a site's page."""
        found = list_site_actions(session, site, (BEGIN,), limit=1)
        return self.find(session, site, found[0].subject_id) if found else None

    def _is_working(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _is_at_it(self, session: AnySession) -> bool:
        return self._is_working() or is_worked_at(session, TASK)

    def _work(self, run_id: str, site: str, officer: str, now: int) -> None:
        detail: dict[str, Any] = {"site": site}
        with self._open_session() as session:
            try:
                detail |= self._remove(session, now)
            except Exception as error:  # noqa: BLE001 -- the page tells; no request waits for it
                session.rollback()
                # Only the kind of error: its message could name records.
                _log.error("a run of retention failed (%s)", type(error).__name__)
                detail |= {"result": RunState.FAILED.value}
            _note(session, END, run_id, officer, detail, self._now_ms())

    def _remove(self, session: Session, now: int) -> dict[str, Any]:
        with sole_worker(session, TASK) as is_ours:
            if not is_ours:
                return {"result": RunState.BUSY.value}
            count_days(session, now)  # before anything of these days is removed
            move_stranded(session, now=now)
            outcome = run_retention(
                session, now, self._sealing, role=Role.OPERATOR, by_schedule=True
            )
        return _told(outcome)


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "result": RunState.DONE.value,
        "removed": sum(outcome.removed.values()),
        "restricted": outcome.restricted,
        "waiting": outcome.waiting,
    }


def _run(
    session: AnySession, begin: OfficerAction, end: OfficerAction | None, *, is_working: bool
) -> Run:
    told = {} if end is None else end.detail
    state = RunState.RUNNING if is_working else RunState.BROKEN_OFF
    if end is not None:
        state = RunState(told["result"])
    removed = told.get("removed")
    return Run(
        id=begin.subject_id,
        at=begin.at,
        officer=begin.officer,
        planned=begin.detail["planned"],
        removed=count_removed_at(session, begin.at) if removed is None else removed,
        restricted=told.get("restricted", 0),
        waiting=told.get("waiting", 0),
        state=state,
        ended_at=None if end is None else end.at,
    )


def _note(
    session: AnySession, action: str, run_id: str, officer: str, detail: Mapping[str, Any], now: int
) -> None:
    with write_transaction(session):
        record_action(
            session, officer=officer, action=action, subject_id=run_id, detail=detail, now=now
        )
