"""All tables. Evidence is append-only (triggers hold it; an event may go only when the disposal
queue names it), never cascades, and has no foreign keys
that could delete it; its only unique constraint is its id, so that it can be partitioned by it.

Instants are milliseconds since 1970 UTC in BIGINT columns, as in the records.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db

_Millis = BigInteger
_Sequence = BigInteger().with_variant(Integer, "sqlite")
_REASONS = "reason IN ('erasure', 'retention_grant', 'retention_refusal')"


class NoticeRow(db.Model):  # type: ignore[name-defined, misc]
    """One immutable notice: the document whose SHA-256 is its name."""

    __tablename__ = "notice"

    notice_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    scope_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    stored_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class PolicyRow(db.Model):  # type: ignore[name-defined, misc]
    """One archived cookie policy, verbatim."""

    __tablename__ = "policy"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    stored_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class PublicationRow(db.Model):  # type: ignore[name-defined, misc]
    """Which notice, policy and deployment of a site came into force when; the newest rules."""

    __tablename__ = "publication"
    __table_args__ = (Index(None, "site", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=True)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    notice_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    scope_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    policy_version: Mapped[str] = mapped_column(String(64), nullable=False)
    deployment: Mapped[str] = mapped_column(
        Text, nullable=False, comment="origins, service_url, log and other settings, as JSON"
    )
    published_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class LogRow(db.Model):  # type: ignore[name-defined, misc]
    """A log of one controller: its id is name and epoch, its origin never changes."""

    __tablename__ = "log"

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    origin: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class ConsentEventRow(db.Model):  # type: ignore[name-defined, misc]
    """One act. `payload` is the record, verbatim; the other columns are a projection of it."""

    __tablename__ = "consent_event"
    __table_args__ = (
        Index("ix_consent_event_subject_id", "subject", "id"),
        Index("ix_consent_event_site_id", "site", "id"),
        Index("ix_consent_event_at", "at"),
        CheckConstraint("length(salt) = 64", name="salt_length"),
        CheckConstraint("length(entry) = 32", name="entry_length"),
        CheckConstraint(
            "event IN ('granted', 'partly_granted', 'refused', 'withdrawn', 'renewed')",
            name="event_known",
        ),
        CheckConstraint("event <> 'refused' OR subject IS NULL", name="refusal_has_no_subject"),
        CheckConstraint("prev IS NULL OR subject IS NOT NULL", name="prev_has_subject"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[int] = mapped_column(_Millis, nullable=False)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    event: Mapped[str] = mapped_column(String(16), nullable=False)
    choices: Mapped[str] = mapped_column(Text, nullable=False, comment="JSON")
    control: Mapped[str] = mapped_column(String(16), nullable=False)
    layer: Mapped[str] = mapped_column(String(8), nullable=False)
    language: Mapped[str] = mapped_column(String(16), nullable=False)
    notice: Mapped[str] = mapped_column(String(64), nullable=False)
    scope: Mapped[str] = mapped_column(String(64), nullable=False)
    build: Mapped[str] = mapped_column(String(64), nullable=False)
    valid_until: Mapped[int] = mapped_column(_Millis, nullable=False)
    page_group: Mapped[str | None] = mapped_column(String(32))
    prev: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[str | None] = mapped_column(String(64))
    gpc: Mapped[bool] = mapped_column(nullable=False)
    payload: Mapped[str] = mapped_column(Text, nullable=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class LogPendingRow(db.Model):  # type: ignore[name-defined, misc]
    """An entry that waits to be sealed into its log."""

    __tablename__ = "log_pending"
    __table_args__ = (Index(None, "log_id", "event_id"),)

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    log_id: Mapped[str] = mapped_column(String(64), nullable=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    enqueued_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class DisposalQueueRow(db.Model):  # type: ignore[name-defined, misc]
    """An event that is to be removed: hidden from every reader, and the only kind that may go."""

    __tablename__ = "disposal_queue"
    __table_args__ = (CheckConstraint(_REASONS, name="reason_known"),)

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), nullable=False)
    queued_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class DisposalRow(db.Model):  # type: ignore[name-defined, misc]
    """That events were removed, how many and why; `payload` is the record, verbatim."""

    __tablename__ = "disposal"
    __table_args__ = (CheckConstraint(_REASONS, name="reason_known"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[int] = mapped_column(_Millis, nullable=False)
    reason: Mapped[str] = mapped_column(String(32), nullable=False)
    policy: Mapped[str] = mapped_column(Text, nullable=False, comment="the rule, in words")
    role: Mapped[str] = mapped_column(String(16), nullable=False, comment="service or operator")
    count: Mapped[int] = mapped_column(BigInteger, nullable=False)
    payload: Mapped[str] = mapped_column(Text, nullable=False)


class SubmissionRow(db.Model):  # type: ignore[name-defined, misc]
    """What makes a repeated POST give the same answer; kept 30 days."""

    __tablename__ = "submission"
    __table_args__ = (Index(None, "answered_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True, comment="keyed hash of the id")
    content: Mapped[str] = mapped_column(
        String(64), nullable=False, comment="keyed digest of the rest"
    )
    presented: Mapped[str] = mapped_column(
        String(64), nullable=False, comment="digest of the choice cookie the act came with"
    )
    event_id: Mapped[str | None] = mapped_column(String(36))
    answer: Mapped[str | None] = mapped_column(
        Text, comment="JSON, only where no event was stored (count mode)"
    )
    answered_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class RefusalTotalRow(db.Model):  # type: ignore[name-defined, misc]
    """Daily totals of refusals, for sites that keep no refusal rows (`record_refusals = count`)."""

    __tablename__ = "refusal_total"

    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True, comment="YYYYMMDD, UTC")
    notice: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    layer: Mapped[str] = mapped_column(String(8), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger, nullable=False)


class OfficerRow(db.Model):  # type: ignore[name-defined, misc]
    """A compliance officer. Only the hash of the token is kept."""

    __tablename__ = "officer"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), nullable=False, unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), nullable=False, unique=True)
    sites: Mapped[str] = mapped_column(Text, nullable=False, comment='JSON list, ["*"]: all')
    created_at: Mapped[int] = mapped_column(_Millis, nullable=False)
    revoked_at: Mapped[int | None] = mapped_column(_Millis)


class OfficerActionRow(db.Model):  # type: ignore[name-defined, misc]
    """What an officer did, `subject:action`; append-only."""

    __tablename__ = "officer_action"
    __table_args__ = (Index(None, "subject_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[int] = mapped_column(_Millis, nullable=False)
    officer: Mapped[str] = mapped_column(String(120), nullable=False)
    action: Mapped[str] = mapped_column(String(32), nullable=False)
    subject_id: Mapped[str] = mapped_column(String(36), nullable=False, comment="an export, …")
    detail: Mapped[str] = mapped_column(Text, nullable=False, comment="JSON: filter, count, digest")


EVIDENCE_TABLES = (
    "consent_event",
    "notice",
    "policy",
    "publication",
    "log",
    "officer_action",
    "disposal",
)
