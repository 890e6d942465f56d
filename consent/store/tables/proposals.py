"""Publications that wait for approval, who answered them, and who brought which into force.

Working data beside the officers' actions, which have every one of these acts with its digest.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis


class ProposalRow(db.Model):  # type: ignore[name-defined, misc]
    """What somebody wants to publish: the site's file and all that comes of it, to the letter."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index(None, "site", "id"),
        CheckConstraint(
            "outcome IN ('published', 'declined', 'withdrawn', 'replaced')", name="outcome_known"
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    digest: Mapped[str] = mapped_column(
        String(64), nullable=False, comment="of all that is proposed; approvals name it"
    )
    base: Mapped[int] = mapped_column(
        BigInteger, nullable=False, comment="the publication it is to replace"
    )
    source_name: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False, comment="the site's TOML file")
    notice_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    notice: Mapped[str] = mapped_column(Text, nullable=False, comment="the document, canonical")
    policy_version: Mapped[str] = mapped_column(String(64), nullable=False)
    deployment: Mapped[str] = mapped_column(Text, nullable=False, comment="JSON, canonical")
    findings: Mapped[str] = mapped_column(Text, nullable=False, comment="JSON: the gate's")
    is_measured: Mapped[bool] = mapped_column(
        nullable=False, comment="a browser measured the buttons"
    )
    approvals: Mapped[int] = mapped_column(Integer, nullable=False, comment="how many it needs")
    comment: Mapped[str] = mapped_column(Text, nullable=False)
    proposed_by: Mapped[str] = mapped_column(String(120), nullable=False)
    proposer_id: Mapped[str | None] = mapped_column(
        String(36), comment="of the person, where it is one of the console"
    )
    proposed_at: Mapped[int] = mapped_column(Millis, nullable=False)
    outcome: Mapped[str | None] = mapped_column(String(16))
    closed_by: Mapped[str | None] = mapped_column(String(120))
    closed_at: Mapped[int | None] = mapped_column(Millis)
    publication: Mapped[int | None] = mapped_column(BigInteger, comment="that came of it")


class ProposalAnswerRow(db.Model):  # type: ignore[name-defined, misc]
    """What one person of the console said to a proposal."""

    __tablename__ = "proposal_answer"
    __table_args__ = (CheckConstraint("answer IN ('approve', 'decline')", name="answer_known"),)

    proposal_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    officer_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    officer: Mapped[str] = mapped_column(String(120), nullable=False)
    answer: Mapped[str] = mapped_column(String(8), nullable=False)
    digest: Mapped[str] = mapped_column(String(64), nullable=False)
    comment: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[int] = mapped_column(Millis, nullable=False)


class PublicationActRow(db.Model):  # type: ignore[name-defined, misc]
    """Who brought a publication into force, from which file, and what the gate said then."""

    __tablename__ = "publication_act"

    publication: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    officer: Mapped[str] = mapped_column(String(120), nullable=False)
    proposal_id: Mapped[str | None] = mapped_column(String(36))
    source_name: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    findings: Mapped[str] = mapped_column(Text, nullable=False)
    is_measured: Mapped[bool] = mapped_column(nullable=False)
