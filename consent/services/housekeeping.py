"""Remove what is no longer kept, every day, beside the service and without anybody's help.

The work is done by one thread, which the first request of a process starts: a server may fork
between making the application and serving it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sqlalchemy.orm import Session

from consent.services.retention import run_retention
from consent.store.database import sole_worker

HOUR_SECONDS = 3600.0
EVERY_SECONDS = 23 * HOUR_SECONDS  # erased within a day: an hour is left for the work itself
TASK = 0x646973706F7365  # "dispose"

_log = logging.getLogger(__name__)


class Housekeeping:
    """The daily run of one process; the first one is an hour after its start."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        now_ms: Callable[[], int],
        *,
        first_seconds: float = HOUR_SECONDS,
    ) -> None:
        self._open_session = open_session
        self._now_ms = now_ms
        self._first_seconds = first_seconds
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def ensure_started(self) -> None:
        """Start the thread if it does not run yet; returns at once."""
        if self._thread is None:
            self._start()

    def stop(self) -> None:
        """End the thread after the run it is in."""
        self._stopped.set()
        with self._lock:
            if self._thread is not None:
                self._thread.join()

    def run_once(self) -> bool:
        """Do the work unless another process is at it; return False when it has to be repeated."""
        try:
            with self._open_session() as session, sole_worker(session, TASK) as is_ours:
                if is_ours:
                    run_retention(session, self._now_ms())
        except Exception as error:  # noqa: BLE001 -- nobody waits for a background thread
            # Only the kind of error: its message could name records.
            _log.error(
                "what is no longer kept could not be removed (%s); the next try is in an hour",
                type(error).__name__,
            )
            return False
        return True

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="consent-housekeeping", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        seconds = self._first_seconds
        while not self._stopped.wait(seconds):
            seconds = EVERY_SECONDS if self.run_once() else HOUR_SECONDS
