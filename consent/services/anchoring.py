"""Have others vouch for the logs, every minute beside the service, and say how far they do.

Without an anchor outside the operator's hands, who holds the keys can still rewrite what nobody
else has seen. That is said wherever the log is spoken of; it is never called tamper-proof.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

from sqlalchemy.orm import Session

from consent.core.sentence import Sentence, sentence
from consent.core.times import MILLIS_PER_DAY
from consent.services.anchors.configured import Anchors
from consent.services.anchors.rounds import Disagreement, Outcome, anchor_log
from consent.services.background import Background, faults_told
from consent.services.sealing_head import refusal, refuse_to_sign
from consent.store.anchored import OUTSIDE, RFC3161, newest_anchor, oldest_published_above
from consent.store.database import AnySession, sole_worker
from consent.store.log import find_state, list_logs

EVERY_SECONDS = 60.0
AUTHORITY_REST_MS = 3_600_000  # after a failure; public authorities do not like to be pestered
TASK = 0x616E63686F72  # "anchor"

# A daily time-stamp leaves the heads of a day without one; that is as it should be.
RECENT_MS = MILLIS_PER_DAY + 2 * 3_600_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnchoredState:
    """How far others vouch for a log. Instants are in milliseconds.

    `kinds` are the ways in which they do, `last_at` the newest instant they name.
    `unanchored_since` is when the first head was published that nobody outside has vouched for,
    nor for a later one; it is None while all that is old enough is covered.
    """

    log_id: str
    kinds: tuple[str, ...]
    last_at: int | None
    unanchored_since: int | None
    has_published: bool

    @property
    def wording(self) -> str:
        """One sentence for people."""
        return str(self.told)

    @property
    def told(self) -> Sentence:
        """The same sentence with its values apart."""
        if not self.has_published:
            return sentence("nothing is published yet, so there is nothing to anchor")
        if self.unanchored_since is not None:
            return sentence(
                "unanchored since {since}: who holds the keys could rewrite what came after",
                since=format_instant(self.unanchored_since),
            )
        if self.last_at is None:
            return sentence("nothing to anchor")
        ways = reduce(_and, (sentence(_WAYS[kind]) for kind in self.kinds))
        return sentence(
            "anchored by {ways}, last at {moment}", ways=ways, moment=format_instant(self.last_at)
        )


_WAYS = {RFC3161: "a time-stamp authority", "witness": "a witness"}


def _and(one: Sentence, other: Sentence) -> Sentence:
    return sentence("{one} and {other}", one=one, other=other)


def anchored_state(session: AnySession, log_id: str, now: int) -> AnchoredState:
    """Return how far others vouch for a log."""
    newest = [
        anchor for kind in OUTSIDE if (anchor := newest_anchor(session, log_id, kind)) is not None
    ]
    covered = max((anchor.size for anchor in newest), default=-1)
    first = oldest_published_above(session, log_id, covered)
    is_due = first is not None and (not newest or now - first > RECENT_MS)
    return AnchoredState(
        log_id=log_id,
        kinds=tuple(anchor.kind for anchor in newest),
        last_at=max((anchor.at for anchor in newest), default=None),
        unanchored_since=first if is_due else None,
        has_published=first is not None or bool(newest),
    )


def format_instant(millis: int) -> str:
    return f"{dt.datetime.fromtimestamp(millis / 1000, dt.UTC):%Y-%m-%d %H:%M} UTC"


class Anchoring(Background):
    """The rounds of one process, in a thread of their own: a slow witness holds up nothing."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        anchors: Anchors,
        now_ms: Callable[[], int],
        *,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        super().__init__(
            "consent-anchoring", first_seconds=every_seconds, every_seconds=every_seconds
        )
        self._open_session = open_session
        self._anchors = anchors
        self._now_ms = now_ms
        self._resting: dict[str, int] = {}
        self._failing: set[tuple[str, str]] = set()

    def ensure_started(self) -> None:
        """Start the thread if it does not run yet and anybody is to be asked; returns at once."""
        if self._anchors:
            super().ensure_started()

    def run_once(self, *, at_once: bool = False) -> list[tuple[str, Outcome]]:
        """Make one round unless another process is at it; return what came of it, by log.

        With `at_once`, authorities are asked again before a day is over.
        """
        outcomes: list[tuple[str, Outcome]] = []
        with self._open_session() as session, sole_worker(session, TASK) as is_ours:
            for log_id in self._logs() if is_ours else ():
                for outcome in self._round(log_id, at_once=at_once):
                    outcomes.append((log_id, outcome))
                    if self._is_stopped:
                        return outcomes
        return outcomes

    def _logs(self) -> list[str]:
        """Return the logs whose heads are sound."""
        with self._open_session() as session:
            states = [find_state(session, log.log_id) for log in list_logs(session)]
        return [state.log_id for state in states if state is not None and state.is_ok]

    def _round(self, log_id: str, *, at_once: bool) -> Iterator[Outcome]:
        now = self._now_ms()
        resting = {name for name, until in self._resting.items() if now < until}
        for outcome in anchor_log(
            self._open_session,
            log_id,
            self._anchors,
            now,
            passed_over=resting,
            at_once=at_once,
        ):
            self._remember(log_id, outcome, now)
            yield outcome

    def _remember(self, log_id: str, outcome: Outcome, now: int) -> None:
        """Tell of a failure once, let an authority rest, and stop a log that is contradicted."""
        key = (log_id, outcome.name)
        if outcome.at is not None:
            self._failing.discard(key)
            return
        if outcome.kind == RFC3161:
            self._resting[outcome.name] = now + AUTHORITY_REST_MS
        if key not in self._failing:
            self._failing.add(key)
            _log.warning("%s does not anchor log %s: %s", outcome.name, log_id, outcome.error)
        if isinstance(outcome, Disagreement):
            self._stop_signing(log_id, outcome, now)

    def _stop_signing(self, log_id: str, outcome: Disagreement, now: int) -> None:
        with self._open_session() as session:
            refuse_to_sign(session, log_id, outcome.contradiction, now=now)
        _log.error("%s", refusal(log_id, outcome.status))

    def _run_safely(self) -> None:
        with faults_told(_log, "a round of anchoring ended early (%s)"):
            self.run_once()
