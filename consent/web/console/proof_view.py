"""A proof as it is read: by an officer on a page, by others on paper. One content for both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consent.audit.policies import Policy
from consent.core.choices import is_granting
from consent.services.record_checks import Outcome, RecordCheck, check_record
from consent.services.sites import LiveSite
from consent.services.timelines import Timeline
from consent.store.database import AnySession
from consent.store.events import StoredEvent
from consent.web.console.proof_checks import Line, badge_of, check_lines
from consent.web.console.proof_shown import ShownNoticeView, shown_notice
from consent.web.console.proof_standing import became_of, standing_of
from consent.web.console.records_words import ShownAct, shown_act
from consent.web.console.words import ConsoleWords


@dataclass(frozen=True, slots=True)
class ProvenAct:
    """One act of the timeline, what became of it, and how its own proof stands."""

    act: ShownAct
    became: str
    kept: str
    proof: Line
    is_focus: bool


@dataclass(frozen=True, slots=True)
class ProofView:
    """All of a proof in words. `standing` says what it means now, `checks` what was just checked.

    `is_unmarked` says that the record has no pseudonym, so that nothing leads to other records.
    """

    code: str | None
    standing: Line
    focus: ProvenAct
    acts: tuple[ProvenAct, ...]
    shown: ShownNoticeView
    checks: tuple[Line, ...]
    unknown: tuple[str, ...]
    made_at: int
    left_out: int
    is_unmarked: bool


def check_timeline(
    session: AnySession, timeline: Timeline, *, outside: Policy | None, now: int
) -> dict[str, RecordCheck]:
    """Return the check of each record of a timeline, by its id."""
    checks = {
        stored.event.id: check_record(session, stored, outside=outside, now=now)
        for stored in timeline.events
    }
    session.rollback()
    return checks


def proof_view(
    session: AnySession,
    site: LiveSite,
    timeline: Timeline,
    checks: Mapping[str, RecordCheck],
    words: ConsoleWords,
    *,
    now: int,
) -> ProofView:
    """Return a timeline as it is read."""
    acts = tuple(_proven_act(timeline, stored, checks, words, now) for stored in timeline.events)
    shown = shown_notice(
        session,
        site,
        timeline.focus,
        timeline.notice_of(timeline.focus),
        words,
        was_granted=timeline.was_granted_before(timeline.focus),
    )
    session.rollback()
    return ProofView(
        code=timeline.code,
        standing=standing_of(timeline, words, now),
        focus=next(one for one in acts if one.is_focus),
        acts=acts,
        shown=shown,
        checks=tuple(check_lines(checks[timeline.focus.event.id], shown, words)),
        unknown=tuple(words(key) for key in _unknown(timeline)),
        made_at=now,
        left_out=timeline.left_out,
        is_unmarked=timeline.focus.event.subject is None,
    )


def _proven_act(
    timeline: Timeline,
    stored: StoredEvent,
    checks: Mapping[str, RecordCheck],
    words: ConsoleWords,
    now: int,
) -> ProvenAct:
    event = stored.event
    return ProvenAct(
        act=shown_act(event, timeline.notice_of(stored), words),
        became=became_of(timeline, stored, words, now),
        kept=words("proof.kept", date=words.date(timeline.ends[event.id])),
        proof=badge_of(checks[event.id], words),
        is_focus=stored is timeline.focus,
    )


def _unknown(timeline: Timeline) -> Iterator[str]:
    """Name what nobody can tell from these records, so that nobody claims it."""
    event = timeline.focus.event
    if event.test:
        yield "proof.unknown.test"
    yield "proof.unknown.who"
    if event.subject is not None:
        yield "proof.unknown.others"
    elif is_granting(event.choices):
        yield "proof.unknown.unmarked"
    else:
        yield "proof.unknown.refusal"
    yield "proof.unknown.address"
    yield "proof.unknown.device"
    yield "proof.unknown.page"


def outcome_of(checks: Mapping[str, RecordCheck], record_id: str) -> Outcome:
    """Return what the check of one record found."""
    return checks[record_id].outcome
