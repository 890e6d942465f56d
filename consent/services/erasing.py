"""Erase what is recorded of one browser: withdraw first, hide at once, remove within a day.

Who holds the id cookie needs nothing else. An officer acts for a visitor by the reference code.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from consent.audit.tokens import open_notice
from consent.core.choices import is_granting, is_live_grant
from consent.core.ids import parse_reference_code, uuid7
from consent.core.model import Control, EventName, Layer, Submission
from consent.core.retention import ERASED_WITHIN_MS, DisposalClass
from consent.errors import NotFoundError, NotPermittedError, RuleError, SubmissionConflictError
from consent.services.answering import Recorded
from consent.services.keys import Keys
from consent.services.presenting import Identity, Presented, read_identity, state_of
from consent.services.recording import Act, record_within
from consent.services.sites import LiveSite, get_notice
from consent.store import disposal as store
from consent.store.database import AnySession, lock_subject, write_transaction
from consent.store.events import latest_of_subject
from consent.store.officers import Officer, record_action

ERASE = "subject:erase"


@dataclass(frozen=True, slots=True)
class ErasureAct:
    """One request to erase, as it arrives from a browser."""

    submission_id: str
    token: str
    presented: Presented


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure led to. `removed_by` is the instant by which the records are gone.

    `withdrawal` is None where no grant was left to withdraw; a choice cookie that still grants
    is to be forgotten then.
    """

    count: int
    removed_by: int
    withdrawal: Recorded | None
    forgets_answer: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The one subject of a site that a reference code leads to, and how much is recorded of it."""

    site: str
    subject: str


def erase(session: AnySession, site: LiveSite, act: ErasureAct, *, keys: Keys, now: int) -> Erased:
    """Erase all that is recorded under the id a browser holds; a repeat changes nothing more.

    Raises NotFoundError, without a hint, to a browser that holds no id; beyond that, what
    `record_consent` raises. Nothing is changed then.
    """
    identity = read_identity(keys, site.id, act.presented.identity)
    if identity is None or not site.deployment.sets_cookies:
        raise NotFoundError("there is nothing here for this browser")
    submission = _withdrawal_of(session, site, act, keys, now)
    subject = identity.subject
    with write_transaction(session):
        lock_subject(session, subject)
        withdrawal = None
        latest = latest_of_subject(session, subject)
        if latest is not None and is_live_grant(latest.event, now):
            withdrawal = _withdraw(session, site, act, submission, identity, keys, now)
        store.queue_subject(session, site.id, subject, DisposalClass.ERASURE, now)
        count, queued_at = store.queued_of_subject(session, site.id, subject)
    return Erased(
        count=count,
        removed_by=(now if queued_at is None else queued_at) + ERASED_WITHIN_MS,
        withdrawal=withdrawal,
        forgets_answer=is_granting(state_of(keys, site, act.presented, now).choices or {}),
    )


def find_by_code(session: AnySession, site_id: str, code: str) -> Found:
    """Return whose records a reference code stands for.

    Raises RuleError for what is no code, NotFoundError when no one has it.
    """
    try:
        digits = parse_reference_code(code)
    except ValueError as error:
        raise RuleError(str(error)) from error
    subjects = store.subjects_that_begin(session, site_id, digits, limit=2)
    session.rollback()
    if not subjects:
        raise NotFoundError(f"site {site_id!r} has no records under this code")
    if len(subjects) > 1:
        raise RuleError("two visitors share this code; it cannot say whose records to erase")
    return Found(site_id, subjects[0])


def erase_found(session: AnySession, found: Found, *, officer: Officer, now: int) -> int:
    """Erase for a visitor who has written; return how many records. Recorded without the code.

    Raises NotPermittedError when the site is not the officer's.
    """
    if not officer.may_see([found.site]):
        raise NotPermittedError("this officer may not act for this site")
    with write_transaction(session):
        lock_subject(session, found.subject)
        store.queue_subject(session, found.site, found.subject, DisposalClass.ERASURE, now)
        count, _ = store.queued_of_subject(session, found.site, found.subject)
        record_action(
            session,
            officer=officer.name,
            action=ERASE,
            subject_id=uuid7(now, os.urandom(10)),
            detail={"site": found.site, "records": count},
            now=now,
        )
    return count


def _withdrawal_of(
    session: AnySession, site: LiveSite, act: ErasureAct, keys: Keys, now: int
) -> Submission:
    """Return the withdrawal that an erasure begins with, for the notice that was shown."""
    shown = open_notice(keys.keyring, site.id, act.token, now)
    is_current = shown.notice == site.notice.hash
    notice = site.notice if is_current else get_notice(session, shown.notice)
    return Submission(
        submission_id=act.submission_id,
        control=Control.WITHDRAW_ALL,
        layer=Layer.PAGE,
        choices=dict.fromkeys(notice.categories, False),
        page_group=None,
    )


def _withdraw(
    session: AnySession,
    site: LiveSite,
    act: ErasureAct,
    submission: Submission,
    identity: Identity,
    keys: Keys,
    now: int,
) -> Recorded:
    """Record the withdrawal; a submission id that stands for an earlier act cannot."""
    request = Act(submission, act.token, act.presented)
    recorded = record_within(session, site, request, keys=keys, now=now)
    stored = recorded.stored
    if (
        recorded.event is not EventName.WITHDRAWN
        or stored is None
        or stored.event.subject != identity.subject
    ):
        raise SubmissionConflictError
    return recorded
