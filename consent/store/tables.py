"""All tables. Evidence is append-only (triggers hold it; an event may go only when the disposal
queue names it), never cascades, and has no foreign keys
that could delete it; its only unique constraint is its id, so that it can be partitioned by it.

Instants are milliseconds since 1970 UTC in BIGINT columns, as in the records.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
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


class RestrictionRow(db.Model):  # type: ignore[name-defined, misc]
    """An erased event that its operator keeps: only the proof view shows it (GDPR 18(2))."""

    __tablename__ = "restriction"

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    restricted_at: Mapped[int] = mapped_column(_Millis, nullable=False)


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
    at: Mapped[int] = mapped_column(_Millis, nullable=False)
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
    since: Mapped[int] = mapped_column(_Millis, nullable=False, comment="of the status")


class LogCheckpointRow(db.Model):  # type: ignore[name-defined, misc]
    """A signed head of a log. Published ones are kept for ever; the others a day."""

    __tablename__ = "log_checkpoint"

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    created: Mapped[int] = mapped_column(_Millis, primary_key=True)
    note: Mapped[str] = mapped_column(Text, nullable=False)
    published: Mapped[bool] = mapped_column(nullable=False)


class LogAnchorRow(db.Model):  # type: ignore[name-defined, misc]
    """What somebody else says of a checkpoint: a witness's line, a time-stamp."""

    __tablename__ = "log_anchor"
    __table_args__ = (
        Index(None, "log_id", "size"),
        Index(None, "log_id", "kind", "size"),
        CheckConstraint("kind IN ('witness', 'rfc3161', 'url', 'mail')", name="kind_known"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(_Sequence, primary_key=True, autoincrement=True)
    log_id: Mapped[str] = mapped_column(String(64), nullable=False)
    size: Mapped[int] = mapped_column(BigInteger, nullable=False)
    created: Mapped[int] = mapped_column(_Millis, nullable=False, comment="of the checkpoint")
    kind: Mapped[str] = mapped_column(String(16), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False, comment="witness, authority, address")
    blob: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    at: Mapped[int] = mapped_column(_Millis, nullable=False)


class LogKeyRow(db.Model):  # type: ignore[name-defined, misc]
    """A public key that signs, or has signed, for a log. Private keys are never stored."""

    __tablename__ = "log_key"
    __table_args__ = (CheckConstraint("role IN ('log', 'clock', 'receipt')", name="role_known"),)

    log_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    vkey: Mapped[str] = mapped_column(String(400), primary_key=True)
    role: Mapped[str] = mapped_column(String(8), nullable=False)
    added_at: Mapped[int] = mapped_column(_Millis, nullable=False)
    retired_at: Mapped[int | None] = mapped_column(_Millis)


class BuildRow(db.Model):  # type: ignore[name-defined, misc]
    """The script or page templates that records name as their build, verbatim."""

    __tablename__ = "build"
    __table_args__ = (CheckConstraint("kind IN ('script', 'page')", name="kind_known"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), nullable=False)
    content: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    stored_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class PictureRow(db.Model):  # type: ignore[name-defined, misc]
    """A dated picture of a layer of a notice, as a browser drew it when it was published."""

    __tablename__ = "picture"
    __table_args__ = (Index(None, "notice_hash"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    notice_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    build: Mapped[str] = mapped_column(String(64), nullable=False)
    language: Mapped[str] = mapped_column(String(16), nullable=False)
    layer: Mapped[str] = mapped_column(String(8), nullable=False)
    viewport: Mapped[str] = mapped_column(String(16), nullable=False, comment="phone or desktop")
    media_type: Mapped[str] = mapped_column(String(32), nullable=False)
    sha256: Mapped[str] = mapped_column(String(64), nullable=False)
    content: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    taken_at: Mapped[int] = mapped_column(_Millis, nullable=False)


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
    """A person of the console or of the officers' API. Only hashes of token and password are kept.

    Who was invited and has no access token has no hash of one.
    """

    __tablename__ = "officer"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), nullable=False, unique=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    roles: Mapped[str] = mapped_column(
        Text, nullable=False, comment='JSON: site, or "*" for all, to roles'
    )
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    language: Mapped[str | None] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[str | None] = mapped_column(Text, comment="encrypted")
    totp_step: Mapped[int | None] = mapped_column(BigInteger, comment="of the last code")
    oidc_subject: Mapped[str | None] = mapped_column(String(255), unique=True)
    created_at: Mapped[int] = mapped_column(_Millis, nullable=False)
    revoked_at: Mapped[int | None] = mapped_column(_Millis)


class OfficerInvitationRow(db.Model):  # type: ignore[name-defined, misc]
    """A link that lets one person choose how to sign in; it goes when it is used."""

    __tablename__ = "officer_invitation"
    __table_args__ = (Index(None, "officer_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[str] = mapped_column(String(36), nullable=False)
    created_at: Mapped[int] = mapped_column(_Millis, nullable=False)
    expires_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class OfficerPasskeyRow(db.Model):  # type: ignore[name-defined, misc]
    """A WebAuthn credential: what the authenticator showed when it was made."""

    __tablename__ = "officer_passkey"
    __table_args__ = (Index(None, "officer_id"),)

    credential_id: Mapped[str] = mapped_column(String(1400), primary_key=True, comment="base64url")
    officer_id: Mapped[str] = mapped_column(String(36), nullable=False)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    sign_count: Mapped[int] = mapped_column(BigInteger, nullable=False)
    name: Mapped[str] = mapped_column(String(80), nullable=False)
    created_at: Mapped[int] = mapped_column(_Millis, nullable=False)
    used_at: Mapped[int | None] = mapped_column(_Millis)


class OfficerRecoveryCodeRow(db.Model):  # type: ignore[name-defined, misc]
    """A code that stands for the second factor once; it goes when it is used."""

    __tablename__ = "officer_recovery_code"
    __table_args__ = (Index(None, "officer_id"),)

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[str] = mapped_column(String(36), nullable=False)


class SignInFailureRow(db.Model):  # type: ignore[name-defined, misc]
    """How often signing in failed since an instant: for a name, whether or not anybody has it."""

    __tablename__ = "sign_in_failure"

    key: Mapped[str] = mapped_column(String(64), primary_key=True, comment="of a name, or of all")
    count: Mapped[int] = mapped_column(Integer, nullable=False)
    since: Mapped[int] = mapped_column(_Millis, nullable=False)


class OfficerSessionRow(db.Model):  # type: ignore[name-defined, misc]
    """Somebody who is signed in. Neither address nor browser is kept."""

    __tablename__ = "officer_session"
    __table_args__ = (Index(None, "officer_id"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the cookie")
    officer_id: Mapped[str] = mapped_column(String(36), nullable=False)
    means: Mapped[str] = mapped_column(
        String(16), nullable=False, comment="password, passkey, oidc, …"
    )
    is_complete: Mapped[bool] = mapped_column(nullable=False, comment="false: a code is due")
    site: Mapped[str | None] = mapped_column(String(32), comment="the one looked at last")
    messages: Mapped[str | None] = mapped_column(Text, comment="JSON, for the next page")
    created_at: Mapped[int] = mapped_column(_Millis, nullable=False)
    seen_at: Mapped[int] = mapped_column(_Millis, nullable=False)


class OfficerChallengeRow(db.Model):  # type: ignore[name-defined, misc]
    """A challenge that was answered, for as long as it would count: it counts once."""

    __tablename__ = "officer_challenge"

    key: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="SHA-256 of the challenge"
    )
    expires_at: Mapped[int] = mapped_column(_Millis, nullable=False)


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


class OfficerLookRow(db.Model):  # type: ignore[name-defined, misc]
    """At which record an officer's look was; the link goes together with the record."""

    __tablename__ = "officer_look"
    __table_args__ = (Index(None, "event_id"),)

    look: Mapped[str] = mapped_column(
        String(36), primary_key=True, comment="subject_id of the officer_action"
    )
    event_id: Mapped[str] = mapped_column(String(36), nullable=False)


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
    counted_at: Mapped[int] = mapped_column(_Millis, nullable=False)


EVIDENCE_TABLES = (
    "consent_event",
    "notice",
    "policy",
    "publication",
    "log",
    "officer_action",
    "log_record",
    "build",
    "picture",
)
