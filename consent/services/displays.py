"""Count displays of the banner, and late acts: in memory first, then in the database.

A display is told by each page that shows the banner, so the row of a day would be the hottest one
there is, and nothing waits for it. What a process that crashes has not written yet, the displays of
a few seconds, is lost; one that is stopped writes them first.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from sqlalchemy.orm import Session

from consent.core.aggregates import Period
from consent.core.suppression import Cell, Known, exactly, is_small, total
from consent.core.times import MILLIS_PER_DAY, day_of
from consent.core.totals import Place
from consent.services.answering import Recorded
from consent.services.background import StoppedAtExit
from consent.services.crawlers import is_crawler
from consent.services.keys import Keys
from consent.services.showing import open_shown
from consent.services.sites import LiveSite
from consent.store.database import AnySession, write_transaction
from consent.store.displays import add_displays, add_late, list_late

EVERY_SECONDS = 5.0

_log = logging.getLogger(__name__)


class DisplayCounts(StoppedAtExit):
    """The counts of one process that are not in the database yet.

    What counts is a site, a day, a notice and a language for which the service signed a token: so
    there are few of them, however many requests come.
    """

    def __init__(
        self, open_session: Callable[[], Session], *, every_seconds: float = EVERY_SECONDS
    ) -> None:
        super().__init__(
            "consent-displays", first_seconds=every_seconds, every_seconds=every_seconds
        )
        self._open_session = open_session
        self._counts: Counter[tuple[str, Place]] = Counter()
        self._late: Counter[tuple[str, str]] = Counter()  # by site and day
        self._last_fault = ""
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def add(self, site: str, place: Place) -> None:
        """Count a display; the first one of a process starts the writing."""
        with self._lock:
            self._counts[site, place] += 1
        self.ensure_started()

    def add_late(self, site: str, day: str) -> None:
        """Count an act that came long after its notice was handed out."""
        with self._lock:
            self._late[site, day] += 1
        self.ensure_started()

    def flush(self) -> None:
        """Write what was counted; where that fails, it is kept for the next time."""
        with self._writing:
            with self._lock:
                counts, self._counts = self._counts, Counter()
                late, self._late = self._late, Counter()
            if not counts and not late:
                return
            try:
                with self._open_session() as session, write_transaction(session):
                    add_displays(session, counts)
                    add_late(session, late)
            except BaseException:
                with self._lock:
                    self._counts.update(counts)
                    self._late.update(late)
                raise

    def stop(self) -> None:
        """End the thread, and write what is left."""
        super().stop()
        self._write_safely()

    def _run_safely(self) -> None:
        self._write_safely()

    def _write_safely(self) -> None:
        """Write, and tell of each new fault once: the next try is some seconds away."""
        fault = ""
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 -- nobody waits for a background thread
            fault = type(error).__name__
        if fault and fault != self._last_fault:
            _log.error("displays could not be counted (%s); it is tried again", fault)
        self._last_fault = fault


def count_display(
    session: AnySession,
    site: LiveSite,
    token: str,
    user_agent: str,
    *,
    counts: DisplayCounts,
    keys: Keys,
    now: int,
) -> None:
    """Count that the notice of a token was shown, unless to a crawler.

    Raises NoticeTokenError unless the service issued the token for this site lately.
    """
    shown, _ = open_shown(session, site, token, keys=keys, now=now)
    if not is_crawler(user_agent):
        counts.add(site.id, Place(day_of(now), shown.notice, shown.language))


def count_if_late(site: str, recorded: Recorded, *, counts: DisplayCounts, now: int) -> None:
    """Count a new act whose notice was handed out before yesterday.

    A record has the instant at which it arrived and no other, since a browser's clock is anybody's.
    An act that long after was mostly kept by a browser that could not reach the service.
    """
    if recorded.shown_on is not None and recorded.shown_on < day_of(now - MILLIS_PER_DAY):
        counts.add_late(site, day_of(now))


def late_acts(session: AnySession, site: str, period: Period, *, minimum: int) -> Cell:
    """Return how many acts came late in a period, from the days that are told."""
    counts = list_late(session, site, period.from_, period.to)
    session.rollback()
    return total(
        Cell(Known.BELOW, minimum) if is_small(count, minimum) else exactly(count)
        for count in counts
    )
