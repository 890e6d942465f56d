"""Count the displays of the banner: in memory first, and every few seconds into the database.

A display is told by each page that shows the banner, so the row of a day would be the hottest one
there is, and nothing waits for it. What a process that crashes has not written yet, the displays of
a few seconds, is lost; one that is stopped writes them first.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from multiprocessing.util import Finalize

from sqlalchemy.orm import Session

from consent.core.times import day_of
from consent.core.totals import Place
from consent.services.crawlers import is_crawler
from consent.services.keys import Keys
from consent.services.showing import open_shown
from consent.services.sites import LiveSite
from consent.store.database import AnySession, write_transaction
from consent.store.displays import add_displays

EVERY_SECONDS = 5.0
_WITH_THE_FIRST = 10  # among what is done at the end of a process

_log = logging.getLogger(__name__)


class DisplayCounts:
    """The counts of one process that are not in the database yet.

    What counts is a site, a day, a notice and a language for which the service signed a token: so
    there are few of them, however many requests come.
    """

    def __init__(
        self, open_session: Callable[[], Session], *, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._open_session = open_session
        self._every_seconds = every_seconds
        self._counts: Counter[tuple[str, Place]] = Counter()
        self._last_fault = ""
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._at_end: Finalize | None = None

    def add(self, site: str, place: Place) -> None:
        """Count a display; the first one of a process starts the writing."""
        with self._lock:
            self._counts[site, place] += 1
            if self._thread is None and not self._stopped.is_set():
                self._start()

    def flush(self) -> None:
        """Write what was counted; where that fails, it is kept for the next time."""
        with self._writing:
            with self._lock:
                counts, self._counts = self._counts, Counter()
            if not counts:
                return
            try:
                with self._open_session() as session, write_transaction(session):
                    add_displays(session, counts)
            except BaseException:
                with self._lock:
                    self._counts.update(counts)
                raise

    def stop(self) -> None:
        """End the thread, and write what is left."""
        self._stopped.set()
        with self._lock:
            thread, at_end = self._thread, self._at_end
        if at_end is not None:
            at_end.cancel()
        if thread is not None:
            thread.join()
        self._write_safely()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="consent-displays", daemon=True)
        self._at_end = Finalize(None, self.stop, exitpriority=_WITH_THE_FIRST)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_seconds):
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
