"""Approve before publishing: what somebody proposes, others look at and bring into force.

A proposal keeps the site's file, and the notice, policy and settings that came of it, under one
digest. Who approves names that digest; what is published is made again from the file, and has to
be the very same. People of the console count, each once, and never who proposed it. The account
of the machine on which `consent publish` runs counts for nobody.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace

from consent.core.canonical import canonical_bytes, digest_hex
from consent.core.config import load_site
from consent.core.deployment import Deployment, parse_deployment
from consent.core.ids import uuid7
from consent.core.notice import Notice
from consent.core.roles import Permission
from consent.errors import NotFoundError, NotPermittedError, RuleError
from consent.services.keys import Keys
from consent.services.publishing import (
    Proposal,
    Publisher,
    SiteFile,
    bring_into_force,
    propose,
    require_no_errors,
)
from consent.store import proposals as store
from consent.store.database import AnySession, write_transaction
from consent.store.officers import record_action
from consent.store.people import Person, find_person, list_people
from consent.store.proposals import Answer, StoredProposal
from consent.store.publications import list_publications

PROPOSE, WITHDRAW = "notice:propose", "notice:withdraw"
LONGEST_COMMENT = 2000


class ProposalError(RuleError):
    """A proposal cannot be answered so; `reason` is one word for it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Proposer:
    """Who proposes: a name, and the id of the person where it is one of the console."""

    name: str
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProposalState:
    """A proposal with what people said of it.

    `approved_by` are the approvals that count now; `is_outdated` says that another version came
    into force meanwhile, so that nobody can approve it any more.
    """

    stored: StoredProposal
    answers: tuple[Answer, ...]
    approved_by: tuple[Answer, ...]
    is_outdated: bool

    @property
    def missing(self) -> int:
        return max(0, self.stored.approvals - len(self.approved_by))

    @property
    def notice(self) -> Notice:
        return Notice(json.loads(self.stored.notice))

    @property
    def deployment(self) -> Deployment:
        return parse_deployment(json.loads(self.stored.deployment))


def submit(
    session: AnySession,
    proposal: Proposal,
    file: SiteFile,
    *,
    by: Proposer,
    comment: str = "",
    now: int,
) -> tuple[StoredProposal, bool]:
    """Keep a proposal for approval; return it, and whether it is new.

    The same proposal again is the one that waits already. Another one of the same site takes its
    place: what was approved of it does not count for this one. Raises PublishingRefusedError while
    the gate finds a broken rule.
    """
    require_no_errors(proposal)
    if proposal.current is None or not proposal.approvals:
        raise RuleError("this site publishes without approval")
    stored = _stored(proposal, file, by, check_comment(comment), now)
    with write_transaction(session):
        store.hold_proposals(session)
        _require_base(session, stored)
        for waiting in store.list_proposals(session, stored.site, is_open=True):
            if waiting.digest == stored.digest and waiting.proposer_id == stored.proposer_id:
                return waiting, False
            store.close_proposal(session, waiting.id, store.REPLACED, by=by.name, now=now)
        store.insert_proposal(session, stored)
        _record(session, PROPOSE, stored, by=by.name, now=now, comment=stored.comment)
    return stored, True


def find_state(session: AnySession, site: str, proposal_id: str) -> ProposalState:
    """Return a proposal of a site; raise NotFoundError when there is none of this id."""
    return _state(session, _find(session, site, proposal_id))


def list_states(
    session: AnySession, site: str, *, is_open: bool | None = None
) -> list[ProposalState]:
    """Return the proposals of a site, newest first."""
    found = store.list_proposals(session, site, is_open=is_open)
    return [_state(session, stored) for stored in found]


def approve(
    session: AnySession,
    state: ProposalState,
    person: Person,
    *,
    digest: str,
    comment: str = "",
    now: int,
    keys: Keys | None = None,
) -> bool:
    """Approve what somebody has looked at; return whether that brought it into force.

    `digest` is the one on the page that was looked at. Raises ProposalError when the proposal is
    not that any more, closed or outdated, PublishingRefusedError when the gate now finds a broken
    rule, NotPermittedError for who may not approve it.
    """
    text = check_comment(comment)
    with write_transaction(session):
        store.hold_proposals(session)
        stored = _require_open(session, state.stored, digest)
        _require_approver(session, stored, person)
        given = store.list_answers(session, stored.id)
        if any(one.officer_id == person.id for one in given):
            raise ProposalError("approved", "you have approved this already")
        _require_base(session, stored)
        fresh = remade(session, stored)
        require_no_errors(fresh)
        _answer(session, stored, person, store.APPROVE, text, now)
        if len(counting(session, stored)) < stored.approvals:
            return False
        publisher = Publisher(
            person.name, SiteFile(stored.source_name, stored.source), proposal_id=stored.id
        )
        publication = bring_into_force(session, fresh, now=now, keys=keys, publisher=publisher)
        store.close_proposal(
            session,
            stored.id,
            store.PUBLISHED,
            by=person.name,
            now=now,
            publication=publication,
        )
    return True


def decline(
    session: AnySession,
    state: ProposalState,
    person: Person,
    *,
    digest: str,
    comment: str,
    now: int,
) -> None:
    """Close a proposal without publishing it; whoever declines says why."""
    text = check_comment(comment)
    if not text:
        raise ProposalError("silent", "say why you decline")
    with write_transaction(session):
        store.hold_proposals(session)
        stored = _require_open(session, state.stored, digest)
        _require_approver(session, stored, person)
        _answer(session, stored, person, store.DECLINE, text, now)
        store.close_proposal(session, stored.id, store.DECLINED, by=person.name, now=now)


def withdraw(
    session: AnySession, stored: StoredProposal, *, by: Proposer, digest: str, now: int
) -> None:
    """Take a proposal back: the person who made it, or the machine's account any of them."""
    if by.person_id is not None and by.person_id != stored.proposer_id:
        raise NotPermittedError("only who proposed it can withdraw it")
    with write_transaction(session):
        store.hold_proposals(session)
        _require_open(session, stored, digest)
        store.close_proposal(session, stored.id, store.WITHDRAWN, by=by.name, now=now)
        _record(session, WITHDRAW, stored, by=by.name, now=now)


def remade(session: AnySession, stored: StoredProposal) -> Proposal:
    """Make a proposal anew from its file, judged by the gate of today.

    Raises ProposalError when something else comes of the file than was proposed, as after an
    upgrade of the service with other texts; ConfigurationError when it cannot be read any more.
    """
    site = load_site(stored.source, stored.source_name)
    fresh = propose(session, site)
    made = (fresh.notice.hash, fresh.policy_version, _settings(fresh.deployment))
    if made != (stored.notice_hash, stored.policy_version, stored.deployment):
        message = "the service was upgraded since: propose it again, with its new texts"
        raise ProposalError("upgraded", message)
    return fresh


def counting(session: AnySession, stored: StoredProposal) -> list[Answer]:
    """Return the approvals of people who may still approve, of exactly this proposal."""
    found = []
    for answer in store.list_answers(session, stored.id):
        person = find_person(session, answer.officer_id)
        if (
            answer.answer == store.APPROVE
            and answer.digest == stored.digest
            and person is not None
            and _may_approve(person, stored)
        ):
            found.append(answer)
    return found


def possible_approvers(session: AnySession, site: str, proposer_id: str | None) -> list[str]:
    """Return the names of those who may approve what this proposer proposes for a site."""
    return [
        person.name
        for person in list_people(session)
        if person.revoked_at is None
        and person.id != proposer_id
        and person.may(Permission.APPROVE_NOTICES, site)
    ]


def waiting_for(session: AnySession, site: str, person: Person) -> list[StoredProposal]:
    """Return the proposals of a site that a person may approve or decline, and has not yet."""
    return [
        state.stored
        for state in list_states(session, site, is_open=True)
        if not state.is_outdated
        and _may_approve(person, state.stored)
        and all(answer.officer_id != person.id for answer in state.answers)
    ]


def check_comment(comment: str) -> str:
    """Return a comment as it is kept; raise ProposalError for one that is too long."""
    text = comment.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_COMMENT:
        raise ProposalError("long", f"a comment has at most {LONGEST_COMMENT} characters")
    return text


def digest_of(stored: StoredProposal) -> str:
    """Return the digest of all that is proposed, from what is kept of it."""
    return digest_hex(
        {
            "v": 1,
            "site": stored.site,
            "base": stored.base,
            "notice": hashlib.sha256(stored.notice.encode()).hexdigest(),
            "policy": stored.policy_version,
            "deployment": json.loads(stored.deployment),
            "source": hashlib.sha256(stored.source.encode()).hexdigest(),
            "approvals": stored.approvals,
        }
    )


def _stored(
    proposal: Proposal, file: SiteFile, by: Proposer, comment: str, now: int
) -> StoredProposal:
    unnamed = StoredProposal(
        id=uuid7(now, os.urandom(10)),
        site=proposal.site.id,
        digest="",
        base=0 if proposal.current is None else proposal.current.id,
        source_name=file.name,
        source=file.text,
        notice_hash=proposal.notice.hash,
        notice=canonical_bytes(proposal.notice.document).decode(),
        policy_version=proposal.policy_version,
        deployment=_settings(proposal.deployment),
        findings=proposal.findings,
        is_measured=proposal.is_measured,
        approvals=proposal.approvals,
        comment=comment,
        proposed_by=by.name,
        proposer_id=by.person_id,
        proposed_at=now,
    )
    return replace(unnamed, digest=digest_of(unnamed))


def _settings(deployment: Deployment) -> str:
    return canonical_bytes(deployment.as_record()).decode()


def _state(session: AnySession, stored: StoredProposal) -> ProposalState:
    newest = list_publications(session, stored.site)[-1]
    return ProposalState(
        stored=stored,
        answers=tuple(store.list_answers(session, stored.id)),
        approved_by=tuple(counting(session, stored)),
        is_outdated=stored.is_open and newest.id != stored.base,
    )


def _find(session: AnySession, site: str, proposal_id: str) -> StoredProposal:
    stored = store.find_proposal(session, proposal_id)
    if stored is None or stored.site != site:
        raise NotFoundError("there is no such proposal")
    return stored


def _require_open(session: AnySession, seen: StoredProposal, digest: str) -> StoredProposal:
    """Return a proposal as it is now: still open, and still what was looked at."""
    stored = _find(session, seen.site, seen.id)
    if not stored.is_open:
        raise ProposalError("closed", "this proposal is closed already")
    if not digest == stored.digest == digest_of(stored):
        message = "this is not the proposal you looked at: look at it again"
        raise ProposalError("changed", message)
    return stored


def _require_base(session: AnySession, stored: StoredProposal) -> None:
    if list_publications(session, stored.site)[-1].id != stored.base:
        message = "another version came into force meanwhile: propose this one again"
        raise ProposalError("outdated", message)


def _require_approver(session: AnySession, stored: StoredProposal, person: Person) -> None:
    """Refuse who proposed it, and who may not approve any more."""
    known = find_person(session, person.id)
    if known is None or not _may_approve(known, stored):
        raise NotPermittedError("somebody else has to approve or decline what you proposed")


def _may_approve(person: Person, stored: StoredProposal) -> bool:
    return (
        person.revoked_at is None
        and person.id != stored.proposer_id
        and person.may(Permission.APPROVE_NOTICES, stored.site)
    )


def _answer(
    session: AnySession, stored: StoredProposal, person: Person, answer: str, text: str, now: int
) -> None:
    given = Answer(stored.id, person.id, person.name, answer, stored.digest, text, now)
    store.insert_answer(session, given)
    _record(session, f"notice:{answer}", stored, by=person.name, now=now, comment=text)


def _record(
    session: AnySession, action: str, stored: StoredProposal, *, by: str, now: int, **more: str
) -> None:
    record_action(
        session,
        officer=by,
        action=action,
        subject_id=stored.id,
        detail={
            "site": stored.site,
            "digest": stored.digest,
            "notice": stored.notice_hash,
            **more,
        },
        now=now,
    )
