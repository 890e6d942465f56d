"""Which regular report went to whom."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis


class ReportDeliveryRow(db.Model):  # type: ignore[name-defined, misc]
    """The report of a site over a month for one recipient: sent, under way or waiting for a try."""

    __tablename__ = "report_delivery"
    __table_args__ = (CheckConstraint("kind IN ('mail', 'webhook')", name="kind_known"),)

    month: Mapped[str] = mapped_column(String(7), primary_key=True, comment="YYYY-MM, UTC")
    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    recipient: Mapped[str] = mapped_column(
        String(320), primary_key=True, comment="an officer's address, or the host of a webhook"
    )
    tries: Mapped[int] = mapped_column(Integer, nullable=False)
    next_try_at: Mapped[int] = mapped_column(Millis, nullable=False)
    claimed_until: Mapped[int | None] = mapped_column(
        Millis, comment="while a process sends it; afterwards another one may"
    )
    sent_at: Mapped[int | None] = mapped_column(Millis)
    error: Mapped[str] = mapped_column(Text, nullable=False, comment="of the last try; else empty")
