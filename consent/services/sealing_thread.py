"""Seal and publish beside the service, every second, without anybody's help.

Every process has a thread for it; whoever is first, seals. `consent log seal --loop` runs the same
rounds in a process of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from consent.errors import LogRefusedError
from consent.services.background import Background
from consent.services.builds import register_builds
from consent.services.keys import Keys
from consent.services.sealing import seal_once
from consent.services.sealing_actions import stage_stragglers
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import (
    is_behind,
    keep_sealed,
    keep_up,
    publish_checkpoint,
)
from consent.store.log import list_logs, logs_that_wait
from consent.store.log_heads import StoredCheckpoint

EVERY_SECONDS = 1.0
LOOK_AT_IDLE_LOGS_SECONDS = 10.0
STATE_FOLDER = "log-state"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Round:
    """What one round did: entries sealed by log, heads published, logs refused with the reason."""

    sealed: dict[str, int] = field(default_factory=dict)
    published: list[StoredCheckpoint] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def state_files_in(home: Path) -> StateFiles:
    """Return where a machine keeps the newest heads that it has signed."""
    return StateFiles(home / STATE_FOLDER)


class Sealer(Background):
    """The sealing of one process, round after round; `at_once` publishes each head it seals."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        keys: Keys,
        now_ms: Callable[[], int],
        *,
        state_files: StateFiles,
        at_once: bool = False,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        super().__init__("consent-sealing", first_seconds=0, every_seconds=every_seconds)
        self._open_session = open_session
        self._keys = keys
        self._now_ms = now_ms
        self._state_files = state_files
        self._at_once = at_once
        self._compared: set[str] = set()
        self._looked_at = float("-inf")
        self._last_fault = ""
        self._last_straggler_fault = ""
        self._told_stragglers: set[str] = set()

    def run_once(self, on_sealed: Callable[[int], None] = lambda _count: None) -> Round:
        """Seal all that waits, and publish what it is time for.

        `on_sealed` gets to know how many each batch had.
        """
        done = Round()
        with self._open_session() as session:
            waiting = logs_that_wait(session)
            looks_at_all = time.monotonic() - self._looked_at >= LOOK_AT_IDLE_LOGS_SECONDS
            if not waiting and not looks_at_all:
                return done
            if looks_at_all:
                self._looked_at = time.monotonic()  # a fault of these must not end every round
                register_builds(session, now=self._now_ms())
                self._stage_stragglers(session)
            logs = [log.log_id for log in list_logs(session)] if looks_at_all else waiting
            session.rollback()
            for log_id in logs:
                self._look_after(session, log_id, done, on_sealed)
        return done

    def _stage_stragglers(self, session: Session) -> None:
        """Stage acts without a record; a row that cannot be one keeps nothing from being sealed."""
        fault = ""
        try:
            stage_stragglers(session, now=self._now_ms(), told=self._told_stragglers)
        except Exception as error:  # noqa: BLE001 -- whatever the row is, the rest is sealed
            session.rollback()
            fault = type(error).__name__  # its message could name people
        if fault and fault != self._last_straggler_fault:
            _log.error("acts of officers without a record could not be staged (%s)", fault)
        self._last_straggler_fault = fault

    def _look_after(
        self, session: Session, log_id: str, done: Round, on_sealed: Callable[[int], None]
    ) -> None:
        """Seal and publish one log; what is wrong with it keeps no other from being sealed."""
        try:
            self._compare(session, log_id)
            while not self._is_stopped:
                sealed = seal_once(session, log_id, self._keys, now=self._now_ms())
                if sealed is None:
                    break
                done.sealed[log_id] = done.sealed.get(log_id, 0) + sealed.count
                on_sealed(sealed.count)
                keep_sealed(session, sealed, self._keys, self._state_files)
            published = self._publish(session, log_id)
        except LogRefusedError as refused:
            done.refused[log_id] = str(refused)
            return
        if published is not None:
            done.published.append(published)

    def _compare(self, session: Session, log_id: str) -> None:
        """Compare with this machine's state file at the start, before anything is signed.

        And again whenever another machine has published: what it signed is to be known here too.
        """
        if log_id in self._compared and not is_behind(session, log_id, self._state_files):
            session.rollback()
            return
        keep_up(session, log_id, self._keys, now=self._now_ms(), state_files=self._state_files)
        self._compared.add(log_id)

    def _publish(self, session: Session, log_id: str) -> StoredCheckpoint | None:
        return publish_checkpoint(
            session,
            log_id,
            self._keys,
            now=self._now_ms(),
            state_files=self._state_files,
            at_once=self._at_once,
        )

    def _run_safely(self) -> None:
        """Do a round; tell of each new fault once, since the next round is a second away."""
        try:
            done = self.run_once()
            fault = "; ".join(done.refused.values())
        except Exception as error:  # noqa: BLE001 -- nobody waits for a background thread
            # Only the kind of error: its message could name records.
            fault = f"the log could not be sealed ({type(error).__name__})"
        if fault != self._last_fault:
            self._last_fault = fault
            if fault:
                _log.error("%s; it is tried again every second", fault)
            else:
                _log.warning("the log is sealed again")
