"""Until when each record of a person is kept, as the person is told: the rules of retention.

Reliance on a grant ends with its own time or with the act that follows it. What comes before goes
with what comes after, so that the removal never leaves a record whose end nothing tells any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from consent.core.limits import DEFAULT_PROOF_MONTHS, REFUSAL_RECORD_DAYS
from consent.core.model import ConsentEvent, EventName
from consent.core.retention import proof_ends
from consent.core.times import MILLIS_PER_DAY


def each_kept_until(events: Sequence[ConsentEvent], months_of: Mapping[str, int]) -> dict[str, int]:
    """Return the instant from which each event of one subject is no longer kept, by id.

    `months_of` has how long each notice keeps proof. A later act can only bring the end nearer.
    """
    by_id = {event.id: event for event in events}
    follower = {event.prev: event for event in events if event.prev is not None}
    ends: dict[str, int] = {}
    soonest: int | None = None
    for event in sorted(events, key=lambda one: one.id, reverse=True):
        own = _own_end(event, by_id.get(event.prev or ""), follower.get(event.id), months_of)
        soonest = own if soonest is None else min(soonest, own)
        ends[event.id] = soonest
    return ends


def _own_end(
    event: ConsentEvent,
    before: ConsentEvent | None,
    after: ConsentEvent | None,
    months_of: Mapping[str, int],
) -> int:
    if event.event is EventName.REFUSED:
        return event.at + REFUSAL_RECORD_DAYS * MILLIS_PER_DAY
    if event.event is EventName.WITHDRAWN:
        ruled_by, reliance_ends = before or event, event.at
    else:
        ruled_by = event
        reliance_ends = min(event.valid_until, event.valid_until if after is None else after.at)
    return proof_ends(reliance_ends, months_of.get(ruled_by.notice, DEFAULT_PROOF_MONTHS))
