"""Record one act: the only way a consent reaches the disk.

The answer is given only after the durable commit. A repeated submission gets the answer it got
before; what was shown is known from the notice token, never from what the client says.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from consent.core.choices import (
    GRANTS,
    check_control,
    is_granting,
    name_event,
    ordered_choices,
    signal_mattered,
)
from consent.core.ids import uuid7
from consent.core.limits import SUBMISSION_DAYS
from consent.core.model import Choices, ConsentEvent, Control, EventName, ShownNotice, Submission
from consent.core.notice import Notice
from consent.core.state import ConsentState, last_day
from consent.core.times import MILLIS_PER_DAY, day_of, end_of_day
from consent.errors import NoticeSupersededError, SubmissionConflictError, UnknownPageGroupError
from consent.services.answering import Recorded, answer_count, answer_event
from consent.services.keys import Keys
from consent.services.presenting import (
    Identity,
    Presented,
    read_answer,
    read_identity,
    state_of,
)
from consent.services.showing import open_shown
from consent.services.sites import LiveSite
from consent.services.staging import stage_event
from consent.store import recording as store
from consent.store.database import AnySession, lock_subject, write_transaction
from consent.store.events import find_event, latest_of_subject

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Act:
    """One act as it arrives: what was sent, what vouches for the notice, what the browser holds."""

    submission: Submission
    token: str
    presented: Presented
    gpc: bool = False
    dnt: bool = False

    @property
    def is_signalled(self) -> bool:
        """Whether the browser asks for privacy: by Global Privacy Control, or by Do Not Track."""
        return self.gpc or self.dnt


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt to record an act: everything it works with, within one transaction."""

    session: AnySession
    site: LiveSite
    act: Act
    keys: Keys
    now: int
    randomness: Randomness

    @property
    def submission(self) -> Submission:
        return self.act.submission

    @property
    def key(self) -> str:
        """What the submission is remembered under."""
        return self.keys.pseudonyms.submission_key(self.site.id, self.submission.submission_id)

    @property
    def content(self) -> str:
        """A digest of what was sent, token left out, keyed by the id; it is taken before any check.

        There are few possible choices: without the key anyone could find out which it was.
        """
        content = [
            self.submission.control.value,
            self.submission.layer.value,
            dict(self.submission.choices),
            self.submission.page_group,
        ]
        message = json.dumps(content, sort_keys=True).encode()
        return hmac.digest(self.submission.submission_id.encode(), message, hashlib.sha256).hex()

    @property
    def presented_digest(self) -> str:
        """A digest of the choice cookie that came with the act."""
        return hashlib.sha256((self.act.presented.answer or "").encode()).hexdigest()

    @property
    def own_identity(self) -> Identity:
        """The id that this submission makes, if it makes one; a repeated one makes the same."""
        bits = self.keys.pseudonyms.identity_for(self.site.id, self.submission.submission_id)
        return Identity(bits, self.keys.pseudonyms.subject_of(self.site.id, bits))

    @property
    def presented_identity(self) -> Identity | None:
        return read_identity(self.keys, self.site.id, self.act.presented.identity)

    def claim(self, *, event_id: str | None, answer: dict[str, Any] | None) -> bool:
        """Remember the submission; return False when another request took its id first."""
        return store.claim_submission(
            self.session,
            key=self.key,
            content=self.content,
            presented=self.presented_digest,
            event_id=event_id,
            answer=answer,
            now=self.now,
        )


@dataclass(frozen=True, slots=True)
class _Judged:
    """An act that fits its notice: what it is, its ordered choices, and what came before it."""

    name: EventName
    choices: Choices
    shown: ShownNotice
    notice: Notice
    identity: Identity | None
    previous: ConsentEvent | None
    ends_on: str
    signal_mattered: bool
    is_test: bool


def record_consent(
    session: AnySession,
    site: LiveSite,
    act: Act,
    *,
    keys: Keys,
    now: int,
    randomness: Randomness = os.urandom,
) -> Recorded:
    """Store one act durably and return what it led to; nothing is stored when this raises.

    Raises RuleError or NoticeTokenError for what cannot be recorded, StoreUnavailableError when
    the database cannot take it.
    """
    with write_transaction(session):
        return record_within(session, site, act, keys=keys, now=now, randomness=randomness)


def record_within(
    session: AnySession,
    site: LiveSite,
    act: Act,
    *,
    keys: Keys,
    now: int,
    randomness: Randomness = os.urandom,
) -> Recorded:
    """Do what `record_consent` does, as a part of the caller's writing transaction."""
    attempt = _Attempt(session, site, act, keys, now, randomness)
    recorded = _repeat(attempt) or _record_new(attempt) or _repeat(attempt)
    if recorded is None:
        raise SubmissionConflictError
    return recorded


def forget_submissions(session: AnySession, now: int) -> int:
    """Drop the submissions that are too old to be sent again; return how many."""
    with write_transaction(session):
        return store.drop_submissions(session, now - SUBMISSION_DAYS * MILLIS_PER_DAY)


def _repeat(attempt: _Attempt) -> Recorded | None:
    """Return the answer that this submission got before, None when it is new."""
    remembered = store.find_submission(attempt.session, attempt.key)
    if remembered is None:
        return None
    if remembered.content != attempt.content:
        raise SubmissionConflictError
    if remembered.answer is not None:
        again = answer_count(attempt.site, attempt.keys, remembered.answer, is_repeat=True)
        return _without_late_cookies(attempt, remembered, again)
    stored = find_event(attempt.session, remembered.event_id or "")
    if stored is None:
        raise SubmissionConflictError
    subject = stored.event.subject
    latest = latest_of_subject(attempt.session, subject) if subject else stored
    is_latest = latest is not None and latest.event.id == stored.event.id
    again = answer_event(
        attempt.site,
        attempt.keys,
        stored,
        identity=_identity_behind(attempt, subject),
        replaced=not is_latest,
        is_repeat=True,
    )
    return _without_late_cookies(attempt, remembered, again)


def _without_late_cookies(
    attempt: _Attempt, remembered: store.RememberedSubmission, again: Recorded
) -> Recorded:
    """Leave the cookies alone if the browser has made another choice since.

    It has when it holds a choice cookie that is neither the one the act came with the first time
    nor the one the act leads to, or when the choice has ended in the meantime.
    """
    held = attempt.act.presented.answer
    is_unchanged = held in (None, again.answer_cookie) or (
        attempt.presented_digest == remembered.presented
    )
    if is_unchanged and again.valid_until > attempt.now:
        return again
    return replace(again, answer_cookie=None, identity_cookie=None)


def _identity_behind(attempt: _Attempt, subject: str | None) -> Identity | None:
    """Return the id that a repeated act has: the one it made, or the one it came with."""
    candidates = (attempt.own_identity, attempt.presented_identity)
    return next((one for one in candidates if one is not None and one.subject == subject), None)


def _record_new(attempt: _Attempt) -> Recorded | None:
    """Record an act that was not seen before; None when another request has just done so."""
    judged = _judge(attempt)
    counts_only = attempt.site.deployment.record_refusals == "count"
    write = _write_count if counts_only and judged.name is EventName.REFUSED else _write_event
    recorded = write(attempt, judged)
    return None if recorded is None else replace(recorded, shown_on=judged.shown.day)


def _judge(attempt: _Attempt) -> _Judged:
    site, act, submission = attempt.site, attempt.act, attempt.submission
    shown, notice = open_shown(attempt.session, site, act.token, keys=attempt.keys, now=attempt.now)
    choices = ordered_choices(submission.choices, notice.categories)
    if submission.page_group not in (None, *site.deployment.page_groups):
        raise UnknownPageGroupError(submission.page_group or "")
    if is_granting(choices) and notice.scope != site.scope.hash:
        raise NoticeSupersededError(notice.scope, site.scope.hash)
    state = state_of(attempt.keys, site, act.presented, attempt.now)
    check_control(
        submission,
        held=_held(submission.control, state),
        gpc=act.is_signalled,
        gpc_categories=notice.gpc_categories,
    )
    identity, previous = _history(attempt)
    return _Judged(
        name=name_event(choices, previous=previous, scope=notice.scope, now=attempt.now),
        choices=choices,
        shown=shown,
        notice=notice,
        identity=identity,
        previous=previous,
        ends_on=last_day(
            choices,
            state,
            now=attempt.now,
            consent_days=notice.consent_days,
            refusal_days=notice.refusal_days,
        ),
        signal_mattered=signal_mattered(
            submission, gpc=act.is_signalled, gpc_categories=notice.gpc_categories
        ),
        is_test=_is_test(attempt),
    )


def _is_test(attempt: _Attempt) -> bool:
    """Say whether the browser holds an answer that was made for an inspector."""
    answer = read_answer(attempt.keys, attempt.site.id, attempt.act.presented.answer)
    return answer is not None and answer.is_test


def _held(control: Control, state: ConsentState) -> Choices:
    """Return the answers that stand from before and are not asked by this act."""
    return (state.choices or {}) if control is Control.EMBED else state.held


def _history(attempt: _Attempt) -> tuple[Identity | None, ConsentEvent | None]:
    """Return the browser's id and latest event, holding back other acts of the same browser."""
    identity = attempt.presented_identity
    if identity is None or not attempt.site.deployment.sets_cookies:
        return None, None
    lock_subject(attempt.session, identity.subject)
    latest = latest_of_subject(attempt.session, identity.subject)
    return identity, None if latest is None else latest.event


def _write_event(attempt: _Attempt, judged: _Judged) -> Recorded | None:
    """Add the event and stage its entry; return None when another request took the id first."""
    site = attempt.site
    identity = _identity_for(attempt, judged)
    event = _event(attempt, judged, identity)
    if not attempt.claim(event_id=event.id, answer=None):
        return None
    stored = stage_event(
        attempt.session, event, site.deployment.log_id, randomness=attempt.randomness
    )
    return answer_event(
        site, attempt.keys, stored, identity=identity, replaced=False, is_repeat=False
    )


def _identity_for(attempt: _Attempt, judged: _Judged) -> Identity | None:
    """Return whose event this is: nobody's for a refusal, the same browser's while it grants.

    An id whose grant was withdrawn is never taken up again.
    """
    if judged.name is EventName.REFUSED or not attempt.site.deployment.sets_cookies:
        return None
    if judged.previous is not None and judged.previous.event in GRANTS:
        return judged.identity
    return attempt.own_identity


def _event(attempt: _Attempt, judged: _Judged, identity: Identity | None) -> ConsentEvent:
    continues = identity is not None and identity == judged.identity
    previous = judged.previous if continues else None
    # Ids order a subject's events, so no event may share the millisecond of the one it follows.
    at = attempt.now if previous is None else max(attempt.now, previous.at + 1)
    return ConsentEvent(
        id=uuid7(at, attempt.randomness(10)),
        at=at,
        site=attempt.site.id,
        event=judged.name,
        choices=judged.choices,
        control=attempt.submission.control,
        layer=attempt.submission.layer,
        language=judged.shown.language,
        notice=judged.notice.hash,
        scope=judged.notice.scope,
        build=judged.shown.build,
        valid_until=end_of_day(judged.ends_on),
        page_group=attempt.submission.page_group,
        prev=None if previous is None else previous.id,
        subject=None if identity is None else identity.subject,
        gpc=judged.signal_mattered and attempt.act.gpc,
        dnt=judged.signal_mattered and attempt.act.dnt,
        test=judged.is_test,
    )


def _write_count(attempt: _Attempt, judged: _Judged) -> Recorded | None:
    """Add one to the day's refusals; return None when another request took the id first."""
    answer: dict[str, Any] = {
        "choices": dict(judged.choices),
        "notice": judged.notice.hash,
        "scope": judged.notice.scope,
        "decided_at": attempt.now,
        "valid_until": end_of_day(judged.ends_on),
    }
    if judged.is_test:
        answer["test"] = True
    if not attempt.claim(event_id=None, answer=answer):
        return None
    if not judged.is_test:
        store.count_refusal(
            attempt.session,
            site=attempt.site.id,
            day=day_of(attempt.now),
            notice=judged.notice.hash,
            language=judged.shown.language,
            layer=attempt.submission.layer.value,
        )
    return answer_count(attempt.site, attempt.keys, answer, is_repeat=False)
