"""Record one act: the only way a consent reaches the disk.

The answer is given only after the durable commit. A repeated submission gets the answer it got
before; what was shown is known from the notice token, never from what the client says.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from consent.audit.entry import SALT_BYTES, commitment
from consent.audit.records import consent_record
from consent.audit.tokens import open_notice
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
from consent.services.presenting import Identity, Presented, read_identity, state_of
from consent.services.sites import LiveSite, get_notice
from consent.store import recording as store
from consent.store.database import AnySession, lock_subject, write_transaction
from consent.store.events import StoredEvent, find_event, latest_of_subject

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Act:
    """One act as it arrives: what was sent, what vouches for the notice, what the browser holds."""

    submission: Submission
    token: str
    presented: Presented
    gpc: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """An act that fits its notice: its ordered choices, and what came before it."""

    choices: Choices
    shown: ShownNotice
    notice: Notice
    identity: Identity | None
    previous: ConsentEvent | None
    ends_on: str
    gpc: bool


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
    key = keys.pseudonyms.submission_key(site.id, act.submission.submission_id)
    content = _content_digest(act.submission)
    recorded = _repeat(session, site, act, keys=keys, key=key, content=content)
    if recorded is None:
        judged = _judge(session, site, act, keys=keys, now=now)
        write = _write_count if _only_counts(site, judged, now) else _write_event
        recorded = write(
            session,
            site,
            act,
            judged,
            keys=keys,
            now=now,
            key=key,
            content=content,
            randomness=randomness,
        ) or _repeat(session, site, act, keys=keys, key=key, content=content)
    if recorded is None:
        raise SubmissionConflictError
    return recorded


def forget_submissions(session: AnySession, now: int) -> int:
    """Drop the submissions that are too old to be sent again; return how many."""
    with write_transaction(session):
        return store.drop_submissions(session, now - SUBMISSION_DAYS * MILLIS_PER_DAY)


def _content_digest(submission: Submission) -> str:
    """Return a digest of what was sent, token and id left out; it is taken before any check."""
    content = [
        submission.control.value,
        submission.layer.value,
        dict(submission.choices),
        submission.page_group,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _repeat(
    session: AnySession, site: LiveSite, act: Act, *, keys: Keys, key: str, content: str
) -> Recorded | None:
    """Return the answer that this submission got before, None when it is new."""
    remembered = store.find_submission(session, key)
    if remembered is None:
        return None
    if remembered.content != content:
        raise SubmissionConflictError
    if remembered.answer is not None:
        return answer_count(site, keys, remembered.answer, is_repeat=True)
    stored = find_event(session, remembered.event_id or "")
    if stored is None:
        raise SubmissionConflictError
    subject = stored.event.subject
    latest = latest_of_subject(session, subject) if subject else stored
    is_latest = latest is not None and latest.event.id == stored.event.id
    return answer_event(
        site,
        keys,
        stored,
        identity=_identity_behind(site, act, keys, subject),
        replaced=not is_latest,
        is_repeat=True,
    )


def _identity_behind(site: LiveSite, act: Act, keys: Keys, subject: str | None) -> Identity | None:
    """Return the id that a repeated act has: the one it made, or the one it came with."""
    made = _new_identity(site, act.submission, keys)
    if subject == made.subject:
        return made
    presented = read_identity(keys, site.id, act.presented.identity)
    return presented if presented is not None and presented.subject == subject else None


def _new_identity(site: LiveSite, submission: Submission, keys: Keys) -> Identity:
    bits = keys.pseudonyms.identity_for(site.id, submission.submission_id)
    return Identity(bits, keys.pseudonyms.subject_of(site.id, bits))


def _judge(session: AnySession, site: LiveSite, act: Act, *, keys: Keys, now: int) -> _Judged:
    submission = act.submission
    shown = open_notice(keys.keyring, site.id, act.token, now)
    notice = get_notice(session, shown.notice)
    choices = ordered_choices(submission.choices, notice.categories)
    if submission.page_group not in (None, *site.deployment.page_groups):
        raise UnknownPageGroupError(submission.page_group or "")
    if is_granting(choices) and notice.scope != site.scope.hash:
        raise NoticeSupersededError(notice.scope, site.scope.hash)
    state = state_of(keys, site, act.presented, now)
    check_control(
        submission,
        held=_held(submission.control, state),
        gpc=act.gpc,
        gpc_categories=notice.gpc_categories,
    )
    identity, previous = _history(session, site, act, keys)
    return _Judged(
        choices=choices,
        shown=shown,
        notice=notice,
        identity=identity,
        previous=previous,
        ends_on=last_day(
            choices,
            state,
            now=now,
            consent_days=notice.consent_days,
            refusal_days=notice.refusal_days,
        ),
        gpc=signal_mattered(submission, gpc=act.gpc, gpc_categories=notice.gpc_categories),
    )


def _held(control: Control, state: ConsentState) -> Choices:
    """Return the answers that stand from before and are not asked by this act."""
    return (state.choices or {}) if control is Control.EMBED else state.held


def _history(
    session: AnySession, site: LiveSite, act: Act, keys: Keys
) -> tuple[Identity | None, ConsentEvent | None]:
    """Return the browser's id and latest event, holding back other acts of the same browser."""
    if not site.deployment.sets_cookies:
        return None, None
    identity = read_identity(keys, site.id, act.presented.identity)
    if identity is None:
        return None, None
    lock_subject(session, identity.subject)
    latest = latest_of_subject(session, identity.subject)
    return identity, None if latest is None else latest.event


def _only_counts(site: LiveSite, judged: _Judged, now: int) -> bool:
    """Say whether the site keeps no row of this act: it counts refusals only."""
    if site.deployment.record_refusals != "count":
        return False
    return _name(judged, now) is EventName.REFUSED


def _name(judged: _Judged, now: int) -> EventName:
    scope = judged.notice.scope
    return name_event(judged.choices, previous=judged.previous, scope=scope, now=now)


def _write_event(
    session: AnySession,
    site: LiveSite,
    act: Act,
    judged: _Judged,
    *,
    keys: Keys,
    now: int,
    key: str,
    content: str,
    randomness: Randomness,
) -> Recorded | None:
    """Add the event and stage its entry; return None when another request took the id first."""
    identity = _identity_for(site, act, judged, keys, now)
    event = _event(site, act, judged, identity, now, randomness)
    if not store.claim_submission(
        session, key=key, content=content, event_id=event.id, answer=None, now=now
    ):
        return None
    record = consent_record(event)
    salt = randomness(SALT_BYTES)
    entry = commitment(record, salt)
    store.insert_event(
        session, event, record=record, salt=salt, entry=entry, log_id=site.deployment.log_id
    )
    stored = StoredEvent(event, record.decode(), salt, entry)
    return answer_event(site, keys, stored, identity=identity, replaced=False, is_repeat=False)


def _identity_for(
    site: LiveSite, act: Act, judged: _Judged, keys: Keys, now: int
) -> Identity | None:
    """Return whose event this is: nobody's for a refusal, the same browser's while it grants.

    An id whose grant was withdrawn is never taken up again.
    """
    name = _name(judged, now)
    if name is EventName.REFUSED or not site.deployment.sets_cookies:
        return None
    if judged.previous is not None and judged.previous.event in GRANTS:
        return judged.identity
    return _new_identity(site, act.submission, keys)


def _event(
    site: LiveSite,
    act: Act,
    judged: _Judged,
    identity: Identity | None,
    now: int,
    randomness: Randomness,
) -> ConsentEvent:
    continues = identity is not None and identity == judged.identity
    previous = judged.previous if continues else None
    # Ids order a subject's events, so no event may share the millisecond of the one it follows.
    at = now if previous is None else max(now, previous.at + 1)
    return ConsentEvent(
        id=uuid7(at, randomness(10)),
        at=at,
        site=site.id,
        event=_name(judged, now),
        choices=judged.choices,
        control=act.submission.control,
        layer=act.submission.layer,
        language=judged.shown.language,
        notice=judged.notice.hash,
        scope=judged.notice.scope,
        build=judged.shown.build,
        valid_until=end_of_day(judged.ends_on),
        page_group=act.submission.page_group,
        prev=None if previous is None else previous.id,
        subject=None if identity is None else identity.subject,
        gpc=judged.gpc,
    )


def _write_count(
    session: AnySession,
    site: LiveSite,
    act: Act,
    judged: _Judged,
    *,
    keys: Keys,
    now: int,
    key: str,
    content: str,
    randomness: Randomness,  # noqa: ARG001  # one shape with _write_event
) -> Recorded | None:
    """Add one to the day's refusals; return None when another request took the id first."""
    answer: dict[str, Any] = {
        "choices": dict(judged.choices),
        "notice": judged.notice.hash,
        "scope": judged.notice.scope,
        "decided_at": now,
        "valid_until": end_of_day(judged.ends_on),
    }
    if not store.claim_submission(
        session, key=key, content=content, event_id=None, answer=answer, now=now
    ):
        return None
    store.count_refusal(
        session,
        site=site.id,
        day=day_of(now),
        notice=judged.notice.hash,
        language=judged.shown.language,
        layer=act.submission.layer.value,
    )
    return answer_count(site, keys, answer, is_repeat=False)
