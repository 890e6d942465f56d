"""Remove what is no longer kept, every day, beside the service and without anybody's help.

Every hour it is looked for erasures that are due, and once a day, at an hour of the day and not of
the process, for all that has come to its end; so a service that is restarted all the time does it
as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy.orm import Session

from consent.core.retention import latest_disposal
from consent.services.aggregating import count_days
from consent.services.background import Background, faults_told
from consent.services.epochs import move_stranded
from consent.services.retention import Outcome, Sealing, run_erasures, run_retention
from consent.store.database import sole_worker

FIRST_SECONDS = 60.0
EVERY_SECONDS = 3600.0
TASK = 0x646973706F7365  # "dispose"

_log = logging.getLogger(__name__)


class Housekeeping(Background):
    """The hourly look of one process; the first one is a minute after its start."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        now_ms: Callable[[], int],
        sealing: Sealing,
        *,
        first_seconds: float = FIRST_SECONDS,
    ) -> None:
        super().__init__(
            "consent-housekeeping", first_seconds=first_seconds, every_seconds=EVERY_SECONDS
        )
        self._open_session = open_session
        self._now_ms = now_ms
        self._sealing = sealing
        self._done_for = 0

    def run_once(self) -> None:
        """Do what is due, unless another process is at it."""
        fault = "what is no longer kept could not be removed (%s); the next try is in an hour"
        with faults_told(_log, fault):
            with self._open_session() as session, sole_worker(session, TASK) as is_ours:
                if is_ours:
                    self._count_days(session)
                outcome = self._run_due(session) if is_ours else None
            if outcome is not None and outcome.waiting:
                _log.warning(
                    "%d records are to be removed and wait until the log can be sealed; "
                    "`consent doctor` says why",
                    outcome.waiting,
                )

    def _run_safely(self) -> None:
        self.run_once()

    def _count_days(self, session: Session) -> None:
        """Count the days that are over, before anything of them is removed."""
        try:
            count_days(session, self._now_ms())
        except Exception as error:  # noqa: BLE001 -- what is due is removed all the same
            session.rollback()
            _log.error(
                "the acts of past days could not be counted (%s); the next try is in an hour",
                type(error).__name__,
            )

    def _run_due(self, session: Session) -> Outcome:
        now = self._now_ms()
        move_stranded(session, now=now)
        day = latest_disposal(now)
        if day == self._done_for:
            return run_erasures(session, now, self._sealing)
        outcome = run_retention(session, now, self._sealing, by_schedule=True)
        self._done_for = day
        return outcome
