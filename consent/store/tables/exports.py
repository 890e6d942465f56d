"""Exports that officers asked for in the console."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis


class ExportJobRow(db.Model):  # type: ignore[name-defined, misc]
    """An export, how far it is, and what became of it; its file is in the folder of exports."""

    __tablename__ = "export_job"
    __table_args__ = (Index(None, "site", "id"), Index(None, "state"), Index(None, "officer_id"))

    id: Mapped[str] = mapped_column(
        String(36), primary_key=True, comment="of the export, as in officer_action"
    )
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    officer_id: Mapped[str] = mapped_column(String(36), nullable=False)
    officer: Mapped[str] = mapped_column(String(120), nullable=False)
    purpose: Mapped[str] = mapped_column(String(16), nullable=False)
    reference: Mapped[str | None] = mapped_column(Text)
    as_stored: Mapped[bool] = mapped_column(nullable=False, comment="pseudonyms are not keyed anew")
    form: Mapped[str] = mapped_column(String(16), nullable=False)
    filter: Mapped[str] = mapped_column(Text, nullable=False, comment="JSON, as in the API")
    state: Mapped[str] = mapped_column(String(16), nullable=False)
    created_at: Mapped[int] = mapped_column(Millis, nullable=False)
    worker: Mapped[str | None] = mapped_column(String(36), comment="whoever makes it now")
    attempts: Mapped[int] = mapped_column(Integer, nullable=False)
    beat_at: Mapped[int | None] = mapped_column(Millis, comment="when the worker was alive")
    started_at: Mapped[int | None] = mapped_column(Millis)
    rows_expected: Mapped[int | None] = mapped_column(BigInteger)
    rows_done: Mapped[int] = mapped_column(BigInteger, nullable=False)
    ended_at: Mapped[int | None] = mapped_column(Millis)
    rows: Mapped[int | None] = mapped_column(BigInteger)
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[int | None] = mapped_column(Millis, comment="when its file goes")
    fault: Mapped[str | None] = mapped_column(String(16))
    told: Mapped[bool] = mapped_column(nullable=False, comment="who asked knows that it ended")
