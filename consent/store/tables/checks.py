"""What the checks of the service found: working data, which names no record and nobody's choice."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis


class CheckRunRow(db.Model):  # type: ignore[name-defined, misc]
    """A check that was asked for, runs or has ended; its result is a summary in JSON."""

    __tablename__ = "check_run"
    __table_args__ = (
        CheckConstraint("kind IN ('log', 'service')", name="kind_known"),
        CheckConstraint(
            "outcome IN ('ok', 'warning', 'problem', 'failed', 'interrupted')", name="outcome_known"
        ),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_has_outcome"),
        Index(None, "kind", "asked_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), nullable=False)
    asked_by: Mapped[str | None] = mapped_column(
        String(120), comment="a person of the console; nothing for the daily check"
    )
    asked_at: Mapped[int] = mapped_column(Millis, nullable=False)
    started_at: Mapped[int | None] = mapped_column(Millis)
    ended_at: Mapped[int | None] = mapped_column(Millis)
    outcome: Mapped[str | None] = mapped_column(String(16))
    result: Mapped[str | None] = mapped_column(Text, comment="JSON")
