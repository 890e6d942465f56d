"""Publications that wait for approval, what people answered, and who brought which into force."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, insert, select, text, update

from consent.core.finding import Finding
from consent.core.sentence import parse_sentence
from consent.store.database import AnySession
from consent.store.tables import ProposalAnswerRow, ProposalRow, PublicationActRow

APPROVE, DECLINE = "approve", "decline"
PUBLISHED, DECLINED, WITHDRAWN, REPLACED = "published", "declined", "withdrawn", "replaced"

_LOCK = 0x70726F706F7365  # "propose"


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposal as it is kept. Documents and settings are canonical JSON; instants are in ms.

    `outcome` is None while it is open.
    """

    id: str
    site: str
    digest: str
    base: int
    source_name: str
    source: str
    notice_hash: str
    notice: str
    policy_version: str
    deployment: str
    findings: tuple[Finding, ...]
    is_measured: bool
    approvals: int
    comment: str
    proposed_by: str
    proposer_id: str | None
    proposed_at: int
    outcome: str | None = None
    closed_by: str | None = None
    closed_at: int | None = None
    publication: int | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome is None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to a proposal, and to which digest of it."""

    proposal_id: str
    officer_id: str
    officer: str
    answer: str
    digest: str
    comment: str
    at: int


@dataclass(frozen=True, slots=True)
class PublicationAct:
    """Who brought a publication into force, from which file, and what the gate said then."""

    publication: int
    officer: str
    proposal_id: str | None
    source_name: str
    source: str
    findings: tuple[Finding, ...]
    is_measured: bool


_PLAIN = (
    "id", "site", "digest", "base", "source_name", "source", "notice_hash", "notice",
    "policy_version", "deployment", "is_measured", "approvals", "comment", "proposed_by",
    "proposer_id", "proposed_at", "outcome", "closed_by", "closed_at", "publication",
)  # fmt: skip
_ANSWER = ("proposal_id", "officer_id", "officer", "answer", "digest", "comment", "at")
_ACT = ("publication", "officer", "proposal_id", "source_name", "source", "is_measured")


def hold_proposals(session: AnySession) -> None:
    """Have other acts on proposals wait until the transaction ends; SQLite needs no help."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def insert_proposal(session: AnySession, proposal: StoredProposal) -> None:
    values = {name: getattr(proposal, name) for name in _PLAIN}
    session.execute(insert(ProposalRow).values(**values, findings=_written(proposal.findings)))


def find_proposal(session: AnySession, proposal_id: str) -> StoredProposal | None:
    """Return a proposal as it is now, whatever this session has read before."""
    row = session.get(ProposalRow, proposal_id, populate_existing=True)
    return None if row is None else _proposal(row)


def list_proposals(
    session: AnySession, site: str | None = None, *, is_open: bool | None = None
) -> list[StoredProposal]:
    """Return the proposals of a site, or of all; newest first."""
    query = select(ProposalRow).order_by(ProposalRow.id.desc())
    if site is not None:
        query = query.where(ProposalRow.site == site)
    if is_open is not None:
        outcome = ProposalRow.outcome
        query = query.where(outcome.is_(None) if is_open else outcome.is_not(None))
    rows = session.scalars(query, execution_options={"populate_existing": True})
    return [_proposal(row) for row in rows]


def close_proposal(
    session: AnySession,
    proposal_id: str,
    outcome: str,
    *,
    by: str,
    now: int,
    publication: int | None = None,
) -> None:
    session.execute(
        update(ProposalRow)
        .where(ProposalRow.id == proposal_id)
        .values(outcome=outcome, closed_by=by, closed_at=now, publication=publication)
    )


def insert_answer(session: AnySession, answer: Answer) -> None:
    """Keep what a person says now; it takes the place of what the person said before."""
    row = ProposalAnswerRow
    own = (row.proposal_id == answer.proposal_id, row.officer_id == answer.officer_id)
    session.execute(delete(row).where(*own))
    session.execute(insert(row).values({name: getattr(answer, name) for name in _ANSWER}))


def list_answers(session: AnySession, proposal_id: str) -> list[Answer]:
    """Return what each person said last, oldest first."""
    columns = [getattr(ProposalAnswerRow, name) for name in _ANSWER]
    query = select(*columns).where(ProposalAnswerRow.proposal_id == proposal_id)
    found = session.execute(query.order_by(ProposalAnswerRow.at, ProposalAnswerRow.officer_id))
    return [Answer(*row) for row in found]


def insert_act(session: AnySession, act: PublicationAct) -> None:
    values = {name: getattr(act, name) for name in _ACT}
    session.execute(insert(PublicationActRow).values(**values, findings=_written(act.findings)))


def find_act(session: AnySession, publication: int) -> PublicationAct | None:
    """Return who brought a publication into force; earlier versions did not keep it."""
    row = session.get(PublicationActRow, publication)
    if row is None:
        return None
    values = {name: getattr(row, name) for name in _ACT}
    return PublicationAct(**values, findings=_read(row.findings))


def list_publishers(session: AnySession, publications: Sequence[int]) -> dict[int, str]:
    """Return by whom these publications were brought into force, where that is known."""
    row = PublicationActRow
    query = select(row.publication, row.officer).where(row.publication.in_(publications))
    return {one.publication: one.officer for one in session.execute(query)}


def _proposal(row: ProposalRow) -> StoredProposal:
    values = {name: getattr(row, name) for name in _PLAIN}
    return StoredProposal(**values, findings=_read(row.findings))


def _written(findings: Sequence[Finding]) -> str:
    """Return rule, severity, place, message; and the message with its values apart, if known."""
    rows = [
        [one.rule, one.severity, one.place, one.message]
        + ([] if one.said is None else one.said.as_record())
        for one in findings
    ]
    return json.dumps(rows, ensure_ascii=False)


def _read(findings: str) -> tuple[Finding, ...]:
    return tuple(_finding(*row) for row in json.loads(findings))


def _finding(
    rule: str, severity: Literal["error", "warning"], place: str, message: str, *said: Any
) -> Finding:
    return Finding(rule, severity, place, message, parse_sentence(said) if said else None)
