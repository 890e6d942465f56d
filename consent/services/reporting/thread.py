"""Send reports beside the service and without anybody's help, in a thread of their own.

The first request of a process starts it, as it does what removes old records. Every few minutes it
looks for what is due: on the first day of a month, after a time off, or because a server that did
not take a report is to be tried again.
"""

from __future__ import annotations

import logging
import threading

from consent.services.reporting.delivering import Sender, send_due

FIRST_SECONDS = 60.0
EVERY_SECONDS = 300.0

_log = logging.getLogger(__name__)


class Reporting:
    """The rounds of one process; several may run at once, each report is sent by one of them."""

    def __init__(self, sender: Sender, *, first_seconds: float = FIRST_SECONDS) -> None:
        self._sender = sender
        self._first_seconds = first_seconds
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def ensure_started(self) -> None:
        """Start the thread if it does not run yet and anybody is to get reports."""
        if self._thread is None and self._sender.channels:
            self._start()

    def stop(self) -> None:
        """End the thread after the report that it is sending."""
        self._stopped.set()
        with self._lock:
            if self._thread is not None:
                self._thread.join()

    def run_once(self) -> None:
        """Send what is due; a failure is told in the log without saying who did not get it."""
        try:
            for outcome in send_due(self._sender):
                if not outcome.is_sent:
                    _log.warning(
                        "the report of %s about %s could not be sent (%s); `consent doctor` says "
                        "why",
                        outcome.key.month,
                        outcome.key.site,
                        outcome.key.kind,
                    )
                if self._stopped.is_set():
                    return
        except Exception as error:  # noqa: BLE001 -- nobody waits for a background thread
            # Only the kind of error: its message could name records.
            _log.error(
                "a report could not be made (%s); the next try is in a while", type(error).__name__
            )

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(
                    target=self._run, name="consent-reporting", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        seconds = self._first_seconds
        while not self._stopped.wait(seconds):
            self.run_once()
            seconds = EVERY_SECONDS
