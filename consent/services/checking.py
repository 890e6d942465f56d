"""Check the log and the service once a day and on request, and keep what was found.

Only one process works at a time. A check that a person asks for waits in the table until the thread
of a process takes it, that of the same process at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from consent.core.checks import CheckKind, forgotten_before, latest_check
from consent.services.background import StoppedAtExit, faults_told
from consent.services.check_commands import Result
from consent.store import checks as store
from consent.store.checks import CheckRun
from consent.store.database import AnySession, sole_worker, write_transaction

FIRST_SECONDS = 90.0
EVERY_SECONDS = 900.0
TASK = 0x636865636B  # "check"
LATEST_SHOWN = 7

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of one kind of check.

    `newest` is the newest one that ended, `verdict` the newest one that could be made, `open` the
    one that waits or runs.
    """

    newest: CheckRun | None
    verdict: CheckRun | None
    open: CheckRun | None


class Commands(Protocol):
    """What makes a check, and can be told to stop."""

    def run(self, kind: CheckKind) -> Result: ...

    def stop(self) -> None: ...


def checked(session: AnySession) -> dict[CheckKind, Checked]:
    """Return how the checks of this installation stand."""
    waiting = {run.kind: run for run in reversed(store.list_open(session))}
    return {
        kind: Checked(
            store.newest_ended(session, kind),
            store.newest_ended(session, kind, verdict=True),
            waiting.get(kind),
        )
        for kind in CheckKind
    }


def latest_checks(session: AnySession) -> dict[CheckKind, list[CheckRun]]:
    """Return the last checks of each kind, newest first."""
    return {kind: store.list_ended(session, kind, LATEST_SHOWN) for kind in CheckKind}


def ask_for_checks(session: AnySession, *, by: str, now: int) -> bool:
    """Ask for each check that does not wait or run already; say whether any was asked for."""
    with write_transaction(session):
        waiting = {run.kind for run in store.list_open(session)}
        asked = [kind for kind in CheckKind if kind not in waiting]
        for kind in asked:
            store.insert_run(session, kind, by, now)
    return bool(asked)


class Checking(StoppedAtExit):
    """The checks of one process."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        now_ms: Callable[[], int],
        commands: Commands,
        *,
        first_seconds: float = FIRST_SECONDS,
    ) -> None:
        super().__init__(
            "consent-checking", first_seconds=first_seconds, every_seconds=EVERY_SECONDS
        )
        self._open_session = open_session
        self._now_ms = now_ms
        self._commands = commands

    def end(self) -> None:
        """Have no further check, and break off the one that is made."""
        super().end()
        self._commands.stop()

    def run_once(self) -> None:
        """Make the checks that are asked for or due, unless another process is at it."""
        with (
            faults_told(_log, "the service could not be checked (%s); it is tried again"),
            self._open_session() as session,
            sole_worker(session, TASK) as is_ours,
        ):
            if is_ours:
                self._run_open(session)

    def _run_safely(self) -> None:
        self.run_once()

    def _run_open(self, session: Session) -> None:
        self._prepare(session)
        for run in store.list_open(session):
            with write_transaction(session):
                store.mark_started(session, run.id, self._now_ms())
            result = self._commands.run(run.kind)
            with write_transaction(session):
                store.mark_ended(session, run.id, result.outcome, result.summary, self._now_ms())
            if self._is_stopped:
                return

    def _prepare(self, session: Session) -> None:
        """Close what was broken off, ask for what is due, and forget what is too old."""
        now = self._now_ms()
        due = latest_check(now)
        with write_transaction(session):
            store.mark_interrupted(session, now)
            for kind in CheckKind:
                if not store.was_asked_since(session, kind, due):
                    store.insert_run(session, kind, None, now)
            store.drop_runs(session, forgotten_before(now))
