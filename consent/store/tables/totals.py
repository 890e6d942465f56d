"""Totals by day, which name nobody."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis


class PolicyReportRow(db.Model):  # type: ignore[name-defined, misc]
    """How often browsers kept a host out of a site's pages on one day; nothing about whom."""

    __tablename__ = "policy_report"

    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True, comment="YYYYMMDD, UTC")
    directive: Mapped[str] = mapped_column(String(32), primary_key=True)
    blocked: Mapped[str] = mapped_column(
        String(255), primary_key=True, comment="a host, or a kind in brackets"
    )
    count: Mapped[int] = mapped_column(BigInteger, nullable=False)


class DisplayTotalRow(db.Model):  # type: ignore[name-defined, misc]
    """How often the banner was shown on a day; nothing about to whom."""

    __tablename__ = "display_total"

    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True, comment="YYYYMMDD, UTC")
    notice: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger, nullable=False)


class LateTotalRow(db.Model):  # type: ignore[name-defined, misc]
    """How many acts came long after their notice was handed out, by day; nothing about whose."""

    __tablename__ = "late_total"

    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True, comment="YYYYMMDD, UTC")
    count: Mapped[int] = mapped_column(BigInteger, nullable=False)


class EventTotalRow(db.Model):  # type: ignore[name-defined, misc]
    """How many acts of one kind there were on a day that is over; nothing about whose."""

    __tablename__ = "event_total"

    site: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True, comment="YYYYMMDD, UTC")
    notice: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(16), primary_key=True)
    event: Mapped[str] = mapped_column(String(16), primary_key=True)
    control: Mapped[str] = mapped_column(String(16), primary_key=True)
    layer: Mapped[str] = mapped_column(String(8), primary_key=True)
    is_first: Mapped[bool] = mapped_column(primary_key=True, comment="no event before it is known")
    choices: Mapped[str] = mapped_column(
        String(1024), primary_key=True, comment="JSON, as in consent_event"
    )
    count: Mapped[int] = mapped_column(BigInteger, nullable=False)


class EventDayRow(db.Model):  # type: ignore[name-defined, misc]
    """A day whose acts were counted; its totals stay when the events themselves go."""

    __tablename__ = "event_day"

    day: Mapped[str] = mapped_column(String(8), primary_key=True, comment="YYYYMMDD, UTC")
    counted_at: Mapped[int] = mapped_column(Millis, nullable=False)
