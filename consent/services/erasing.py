"""Erase what is recorded of one browser: withdraw first, hide at once, remove within a day.

Who holds the id cookie needs nothing else. An officer acts for a visitor by the reference code.
Where a site has decided so in writing, records are locked away for the rest of their time instead.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from consent.core.choices import is_granting, is_live_grant
from consent.core.erasure import Ground, Result
from consent.core.ids import parse_reference_code, uuid7
from consent.core.model import Control, ErasureMode, EventName, Layer, Submission
from consent.core.retention import ERASED_WITHIN_MS, DisposalClass, kept_until
from consent.core.roles import BY_SUBJECT
from consent.errors import NotFoundError, NotPermittedError, RuleError, SubmissionConflictError
from consent.services.answering import Recorded
from consent.services.keys import Keys
from consent.services.presenting import Identity, Presented, read_identity, state_of
from consent.services.recording import Act, record_within
from consent.services.showing import open_shown
from consent.services.sites import LiveSite, load_live_sites
from consent.services.withdrawing import withdraw_within
from consent.store import disposal as store
from consent.store.database import AnySession, lock_subject, write_transaction
from consent.store.events import latest_of_subject
from consent.store.officers import Officer, record_action
from consent.store.publications import list_proof_months
from consent.store.restriction import list_all_of_subject

ERASE = "subject:erase"


@dataclass(frozen=True, slots=True)
class ErasureAct:
    """One request to erase, as it arrives from a browser."""

    submission_id: str
    token: str
    presented: Presented


@dataclass(frozen=True, slots=True)
class Hidden:
    """How many records nobody is shown any more, and the instant by which they are gone.

    With `is_locked` that is when their time ends, and until then they are locked away.
    """

    count: int
    removed_by: int
    is_locked: bool

    @property
    def result(self) -> Result:
        return Result.LOCKED if self.is_locked else Result.REMOVED


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure led to.

    `withdrawal` is None where no grant was left to withdraw; a choice cookie that still grants
    is to be forgotten then.
    """

    hidden: Hidden
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
        before, _ = store.queued_of_subject(session, site.id, subject)
        hidden = _hide(session, site, subject, now)
        if hidden.count > before:  # a repeat asks for nothing more
            _note_request(session, site, hidden, now)
    return Erased(
        hidden=hidden,
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


def erase_found(
    session: AnySession,
    found: Found,
    *,
    officer: Officer,
    now: int,
    ground: Ground | None = None,
    request_id: str | None = None,
) -> Hidden:
    """Erase for a visitor who has written. That it was done is recorded, without the code.

    A grant that still counts is withdrawn first, on the visitor's behalf. `request_id` is the name
    that the request has in the register. Raises NotPermittedError when the site is not the
    officer's, NotFoundError when it was never published.
    """
    if not officer.may_see([found.site]):
        raise NotPermittedError("this officer may not act for this site")
    site = load_live_sites(session, now).get(found.site)
    if site is None:
        raise NotFoundError(f"there is no site {found.site!r}")
    with write_transaction(session):
        lock_subject(session, found.subject)
        latest = latest_of_subject(session, found.subject)
        if latest is not None and is_live_grant(latest.event, now):
            withdraw_within(session, site, latest.event, now=now)
        hidden = _hide(session, site, found.subject, now)
        record_action(
            session,
            officer=officer.name,
            action=ERASE,
            subject_id=request_id or uuid7(now, os.urandom(10)),
            detail={"site": found.site, "records": hidden.count, "result": hidden.result.value}
            | ({} if ground is None else {"ground": ground.value}),
            now=now,
        )
    return hidden


def _note_request(session: AnySession, site: LiveSite, hidden: Hidden, now: int) -> None:
    """Write down that a visitor's own request was carried out: nothing of whose it was."""
    record_action(
        session,
        officer=BY_SUBJECT,
        action=ERASE,
        subject_id=uuid7(now, os.urandom(10)),
        detail={"site": site.id, "result": hidden.result.value},
        now=now,
    )


def _hide(session: AnySession, site: LiveSite, subject: str, now: int) -> Hidden:
    """Queue all that is recorded of a subject; what was queued before keeps its time."""
    store.queue_subject(session, site.id, subject, DisposalClass.ERASURE, now)
    count, queued_at = store.queued_of_subject(session, site.id, subject)
    locked_until = _locked_until(session, site, subject)
    if locked_until is not None:
        return Hidden(count, locked_until, is_locked=True)
    return Hidden(
        count, (now if queued_at is None else queued_at) + ERASED_WITHIN_MS, is_locked=False
    )


def _locked_until(session: AnySession, site: LiveSite, subject: str) -> int | None:
    """Return until when a subject's erased records are locked away; None where they are removed."""
    if site.deployment.erasure is ErasureMode.FULL:
        return None
    events = list_all_of_subject(session, site.id, subject)
    return kept_until(events, list_proof_months(session))


def _withdrawal_of(
    session: AnySession, site: LiveSite, act: ErasureAct, keys: Keys, now: int
) -> Submission:
    """Return the withdrawal that an erasure begins with, for the notice that was shown."""
    _, notice = open_shown(session, site, act.token, keys=keys, now=now)
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
