"""What officers did, as the log seals it, and the queue of what of it may be deleted."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis


class SealedActionRow(db.Model):  # type: ignore[name-defined, misc]
    """The record of an action and what opens its entry; it goes only together with the action.

    `payload` is the record; `at` is when it was made, later than the act where that was done
    before there was a log.
    """

    __tablename__ = "sealed_action"
    __table_args__ = (
        CheckConstraint("length(salt) = 64", name="salt_length"),
        CheckConstraint("length(entry) = 32", name="entry_length"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, comment="of the officer_action")
    at: Mapped[int] = mapped_column(Millis, nullable=False)
    payload: Mapped[str] = mapped_column(Text, nullable=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class ActionQueueRow(db.Model):  # type: ignore[name-defined, misc]
    """An action that is being removed: without this row the database refuses to."""

    __tablename__ = "action_queue"

    action_id: Mapped[str] = mapped_column(String(36), primary_key=True)
