"""Send reports beside the service and without anybody's help, in a thread of their own.

Every few minutes it looks for what is due: on the first day of a month, after a time off, or
because a server that did not take a report is to be tried again.
"""

from __future__ import annotations

import logging

from consent.services.background import Background, faults_told
from consent.services.reporting.delivering import Sender, send_due

FIRST_SECONDS = 60.0
EVERY_SECONDS = 300.0

_log = logging.getLogger(__name__)


class Reporting(Background):
    """The rounds of one process; several may run at once, each report is sent by one of them."""

    def __init__(self, sender: Sender, *, first_seconds: float = FIRST_SECONDS) -> None:
        super().__init__(
            "consent-reporting", first_seconds=first_seconds, every_seconds=EVERY_SECONDS
        )
        self._sender = sender

    def ensure_started(self) -> None:
        """Start the thread if it does not run yet and anybody is to get reports."""
        if self._sender.channels:
            super().ensure_started()

    def run_once(self) -> None:
        """Send what is due; a failure is told in the log without saying who did not get it."""
        with faults_told(_log, "a report could not be made (%s); the next try is in a while"):
            for outcome in send_due(self._sender):
                if not outcome.is_sent:
                    _log.warning(
                        "the report of %s about %s could not be sent (%s); `consent doctor` says "
                        "why",
                        outcome.key.month,
                        outcome.key.site,
                        outcome.key.kind,
                    )
                if self._is_stopped:
                    return

    def _run_safely(self) -> None:
        self.run_once()
