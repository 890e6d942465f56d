"""All that is recorded of one browser, for who proves a choice: found by a record or by a code.

A record that was erased and is kept locked away is shown to who checks its proof, and alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from consent.core.choices import is_granting, is_live_grant
from consent.core.ids import is_uuid, reference_code
from consent.core.model import EventName
from consent.core.notice import Notice
from consent.errors import NotFoundError
from consent.services.accessing import events_of_code, events_of_subject, find_ends
from consent.services.looks import link_look
from consent.services.sites import get_notice
from consent.services.timelines_reach import Reach, reaches_of, versions_since
from consent.store.database import AnySession
from consent.store.events import StoredEvent, find_event, find_event_to_prove

MOST_ACTS = 200  # of one browser; beyond that somebody plays, and the newest ones are shown


@dataclass(frozen=True, slots=True)
class Timeline:
    """What one browser did on a site, oldest first, and the record that is looked at.

    `ends` has the instants until which records are kept, by id, `notices` what was shown, by hash,
    `reaches` how far each act reaches, by id: the last is what it means now, or meant at its end.
    `is_locked` says that the record was erased and is kept out of sight; nothing else is in here
    then. `left_out` is how many earlier acts are not.
    """

    site: str
    focus: StoredEvent
    events: tuple[StoredEvent, ...]
    ends: Mapping[str, int]
    notices: Mapping[str, Notice]
    reaches: Mapping[str, tuple[Reach, ...]]
    is_locked: bool
    left_out: int

    @property
    def code(self) -> str | None:
        """The reference code of the browser; None where records carry no pseudonym."""
        subject = self.focus.event.subject
        return None if subject is None or self.is_locked else reference_code(subject)

    @property
    def latest(self) -> StoredEvent:
        return self.events[-1]

    def notice_of(self, stored: StoredEvent) -> Notice:
        return self.notices[stored.event.notice]

    def follower_of(self, stored: StoredEvent) -> StoredEvent | None:
        """Return the act that came after one, None for the last."""
        return _follower_in(self.events, stored)

    def reach_of(self, stored: StoredEvent) -> Reach:
        """Return what of an act counts under the notice in force, or counted at its end."""
        return self.reaches[stored.event.id][-1]

    def was_granted_before(self, stored: StoredEvent) -> bool:
        """Say whether consent given in the act before one counted when that one was made."""
        place = self.events.index(stored)
        if place == 0:
            return False
        before = self.events[place - 1]
        is_live = is_live_grant(before.event, stored.event.at)
        return is_live and is_granting(self.reach_of(before).held)

    def counts(self, now: int) -> bool:
        """Say whether the newest act grants something that counts, under the notice in force."""
        is_live = is_live_grant(self.latest.event, now)
        return not self.is_locked and is_live and is_granting(self.reach_of(self.latest).held)

    @property
    def is_withdrawn(self) -> bool:
        return self.latest.event.event is EventName.WITHDRAWN


def timeline_of_record(session: AnySession, site: str, record_id: str, *, look: str) -> Timeline:
    """Return the record of an id with all of the same browser; raise NotFoundError for none.

    `look` names the action that the access log gets for it.
    """
    stored = find_event_to_prove(session, record_id) if is_uuid(record_id) else None
    if stored is None or stored.event.site != site:
        raise NotFoundError("this site has no such record")
    is_locked = find_event(session, record_id) is None
    subject = stored.event.subject
    events = [stored]
    if subject is not None and not is_locked:
        events = events_of_subject(session, site, subject)
    focus = next(one for one in events if one.event.id == record_id)
    return _timeline(session, site, focus, events, look, is_locked=is_locked)


def timeline_of_code(session: AnySession, site: str, code: str, *, look: str) -> Timeline:
    """Return what a reference code leads to on a site; the newest act is the one looked at.

    Raises NotFoundError for none, RuleError where two browsers share the code.
    """
    events = events_of_code(session, site, code)
    return _timeline(session, site, events[-1], events, look, is_locked=False)


def _timeline(
    session: AnySession,
    site: str,
    focus: StoredEvent,
    events: Sequence[StoredEvent],
    look: str,
    *,
    is_locked: bool,
) -> Timeline:
    shown = _shown(events, focus)
    hashes = dict.fromkeys(stored.event.notice for stored in shown)
    notices = {name: get_notice(session, name) for name in hashes}
    timeline = Timeline(
        site=site,
        focus=focus,
        events=shown,
        ends=find_ends(session, events),
        notices=notices,
        reaches=_reaches(session, site, shown, notices),
        is_locked=is_locked,
        left_out=len(events) - len(shown),
    )
    session.rollback()
    link_look(session, look, shown[-1].event.id)
    return timeline


def _reaches(
    session: AnySession, site: str, events: tuple[StoredEvent, ...], notices: Mapping[str, Notice]
) -> dict[str, tuple[Reach, ...]]:
    """Return how far each act reached before the next one, by id."""
    versions = versions_since(session, site, events[0].event.at)
    reaches = {}
    for stored in events:
        event, follower = stored.event, _follower_in(events, stored)
        until = event.valid_until if follower is None else follower.event.at
        reaches[event.id] = reaches_of(event, notices[event.notice], versions, until)
    return reaches


def _follower_in(events: tuple[StoredEvent, ...], stored: StoredEvent) -> StoredEvent | None:
    place = events.index(stored)
    return events[place + 1] if place + 1 < len(events) else None


def _shown(events: Collection[StoredEvent], focus: StoredEvent) -> tuple[StoredEvent, ...]:
    """Return the newest acts, and the one looked at wherever it is."""
    newest = tuple(events)[-MOST_ACTS:]
    return newest if focus in newest else (focus, *newest)
