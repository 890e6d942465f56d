"""The records of acts, and what decides how long they stay."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis

_WITHOUT_SUBJECT = text("subject IS NULL")
_REASONS = "reason IN ('erasure', 'retention_grant', 'retention_refusal')"


class ConsentEventRow(db.Model):  # type: ignore[name-defined, misc]
    """One act. `payload` is the record, verbatim; the other columns are a projection of it."""

    __tablename__ = "consent_event"
    __table_args__ = (
        Index("ix_consent_event_subject_id", "subject", "id"),
        Index("ix_consent_event_site_id", "site", "id"),
        Index("ix_consent_event_at", "at"),
        Index(
            "ix_consent_event_without_subject",
            "id",
            sqlite_where=_WITHOUT_SUBJECT,
            postgresql_where=_WITHOUT_SUBJECT,
        ),
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
    at: Mapped[int] = mapped_column(Millis, nullable=False)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    event: Mapped[str] = mapped_column(String(16), nullable=False)
    choices: Mapped[str] = mapped_column(Text, nullable=False, comment="JSON")
    control: Mapped[str] = mapped_column(String(16), nullable=False)
    layer: Mapped[str] = mapped_column(String(8), nullable=False)
    language: Mapped[str] = mapped_column(String(16), nullable=False)
    notice: Mapped[str] = mapped_column(String(64), nullable=False)
    scope: Mapped[str] = mapped_column(String(64), nullable=False)
    build: Mapped[str] = mapped_column(String(64), nullable=False)
    valid_until: Mapped[int] = mapped_column(Millis, nullable=False)
    page_group: Mapped[str | None] = mapped_column(String(32))
    prev: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[str | None] = mapped_column(String(64))
    gpc: Mapped[bool] = mapped_column(nullable=False)
    payload: Mapped[str] = mapped_column(Text, nullable=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


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
    answered_at: Mapped[int] = mapped_column(Millis, nullable=False)


class RefusalTotalRow(db.Model):  # type: ignore[name-defined, misc]
    """Daily totals of refusals, for sites that keep no refusal rows (`record_refusals = count`)."""

    __tablename__ = "refusal_total"

    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True, comment="YYYYMMDD, UTC")
    notice: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    layer: Mapped[str] = mapped_column(String(8), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger, nullable=False)


class DisposalQueueRow(db.Model):  # type: ignore[name-defined, misc]
    """An event that is to be removed: hidden from every reader, and the only kind that may go."""

    __tablename__ = "disposal_queue"
    __table_args__ = (CheckConstraint(_REASONS, name="reason_known"),)

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    reason: Mapped[str] = mapped_column(String(32), nullable=False)
    queued_at: Mapped[int] = mapped_column(Millis, nullable=False)


class RestrictionRow(db.Model):  # type: ignore[name-defined, misc]
    """An erased event that its operator keeps: only the proof view shows it (GDPR 18(2))."""

    __tablename__ = "restriction"

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    restricted_at: Mapped[int] = mapped_column(Millis, nullable=False)
