"""The log: what waits for it, its records, tiles, heads, anchors and keys."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis, Sequence


class LogRow(db.Model):  # type: ignore[name-defined, misc]
    """A log of one controller: its id is name and epoch, its origin never changes."""

    __tablename__ = "log"

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    origin: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[int] = mapped_column(Millis, nullable=False)


class LogPendingRow(db.Model):  # type: ignore[name-defined, misc]
    """An entry that waits to be sealed into its log."""

    __tablename__ = "log_pending"
    __table_args__ = (Index(None, "log_id", "event_id"),)

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    log_id: Mapped[str] = mapped_column(String(64), nullable=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    enqueued_at: Mapped[int] = mapped_column(Millis, nullable=False)


class LogRecordRow(db.Model):  # type: ignore[name-defined, misc]
    """A record of the log that is no consent: what was published, disposed of, recovered, …

    It holds nothing about any person and is kept as long as the log. `payload` is the record.
    """

    __tablename__ = "log_record"
    __table_args__ = (
        Index(None, "log_id", "type", "id"),
        CheckConstraint(
            "type IN ('config', 'disposal', 'key', 'recovery', 'epoch')", name="type_known"
        ),
        CheckConstraint("length(salt) = 64", name="salt_length"),
        CheckConstraint("length(entry) = 32", name="entry_length"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    log_id: Mapped[str] = mapped_column(String(64), nullable=False)
    type: Mapped[str] = mapped_column(String(16), nullable=False)
    at: Mapped[int] = mapped_column(Millis, nullable=False)
    payload: Mapped[str] = mapped_column(Text, nullable=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class LogIndexRow(db.Model):  # type: ignore[name-defined, misc]
    """Which leaf of which log a record is: the only link from a person to a leaf."""

    __tablename__ = "log_index"
    __table_args__ = (UniqueConstraint("log_id", "leaf_index"),)

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    log_id: Mapped[str] = mapped_column(String(64), nullable=False)
    leaf_index: Mapped[int] = mapped_column(BigInteger, nullable=False)


class LogTileRow(db.Model):  # type: ignore[name-defined, misc]
    """One tile of a log's tree, full or growing; level -1 has the entries themselves."""

    __tablename__ = "log_tile"

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)


class LogStateRow(db.Model):  # type: ignore[name-defined, misc]
    """The head of a log, moved by compare-and-swap only, and whether it may be signed."""

    __tablename__ = "log_state"
    __table_args__ = (
        CheckConstraint(
            "status IN ('ok', 'tampered', 'rolled_back', 'forked')", name="status_known"
        ),
    )

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, nullable=False)
    root: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    status: Mapped[str] = mapped_column(String(16), nullable=False)
    detail: Mapped[str] = mapped_column(Text, nullable=False, comment="why it is not signed")
    since: Mapped[int] = mapped_column(Millis, nullable=False, comment="of the status")


class LogCheckpointRow(db.Model):  # type: ignore[name-defined, misc]
    """A signed head of a log. Published ones are kept for ever; the others a day."""

    __tablename__ = "log_checkpoint"

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    created: Mapped[int] = mapped_column(Millis, primary_key=True)
    note: Mapped[str] = mapped_column(Text, nullable=False)
    published: Mapped[bool] = mapped_column(nullable=False)


class ActionCountRow(db.Model):  # type: ignore[name-defined, misc]
    """Which leaves of a log are officers' acts and how many, signed with each batch of them."""

    __tablename__ = "action_count"

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    actions: Mapped[int] = mapped_column(BigInteger, nullable=False)
    at: Mapped[int] = mapped_column(Millis, nullable=False, comment="when it was signed")
    note: Mapped[str] = mapped_column(Text, nullable=False)


class LogAnchorRow(db.Model):  # type: ignore[name-defined, misc]
    """What somebody else says of a checkpoint: a witness's line, a time-stamp."""

    __tablename__ = "log_anchor"
    __table_args__ = (
        Index(None, "log_id", "size"),
        Index(None, "log_id", "kind", "size"),
        CheckConstraint("kind IN ('witness', 'rfc3161', 'url', 'mail')", name="kind_known"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    log_id: Mapped[str] = mapped_column(String(64), nullable=False)
    size: Mapped[int] = mapped_column(BigInteger, nullable=False)
    created: Mapped[int] = mapped_column(Millis, nullable=False, comment="of the checkpoint")
    kind: Mapped[str] = mapped_column(String(16), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False, comment="witness, authority, address")
    blob: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    at: Mapped[int] = mapped_column(Millis, nullable=False)


class LogKeyRow(db.Model):  # type: ignore[name-defined, misc]
    """A public key that signs, or has signed, for a log. Private keys are never stored."""

    __tablename__ = "log_key"
    __table_args__ = (CheckConstraint("role IN ('log', 'clock', 'receipt')", name="role_known"),)

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    vkey: Mapped[str] = mapped_column(String(400), primary_key=True)
    role: Mapped[str] = mapped_column(String(8), nullable=False)
    added_at: Mapped[int] = mapped_column(Millis, nullable=False)
    retired_at: Mapped[int | None] = mapped_column(Millis)
