"""People of the console, how they sign in, and what they did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis


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
    created_at: Mapped[int] = mapped_column(Millis, nullable=False)
    revoked_at: Mapped[int | None] = mapped_column(Millis)


class OfficerInvitationRow(db.Model):  # type: ignore[name-defined, misc]
    """A link that lets one person choose how to sign in; it goes when it is used."""

    __tablename__ = "officer_invitation"
    __table_args__ = (Index(None, "officer_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    officer_id: Mapped[str] = mapped_column(String(36), nullable=False)
    created_at: Mapped[int] = mapped_column(Millis, nullable=False)
    expires_at: Mapped[int] = mapped_column(Millis, nullable=False)


class OfficerPasskeyRow(db.Model):  # type: ignore[name-defined, misc]
    """A WebAuthn credential: what the authenticator showed when it was made."""

    __tablename__ = "officer_passkey"
    __table_args__ = (Index(None, "officer_id"),)

    credential_id: Mapped[str] = mapped_column(String(1400), primary_key=True, comment="base64url")
    officer_id: Mapped[str] = mapped_column(String(36), nullable=False)
    public_key: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    sign_count: Mapped[int] = mapped_column(BigInteger, nullable=False)
    name: Mapped[str] = mapped_column(String(80), nullable=False)
    created_at: Mapped[int] = mapped_column(Millis, nullable=False)
    used_at: Mapped[int | None] = mapped_column(Millis)


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
    since: Mapped[int] = mapped_column(Millis, nullable=False)


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
    created_at: Mapped[int] = mapped_column(Millis, nullable=False)
    seen_at: Mapped[int] = mapped_column(Millis, nullable=False)


class OfficerChallengeRow(db.Model):  # type: ignore[name-defined, misc]
    """A challenge that was answered, for as long as it would count: it counts once."""

    __tablename__ = "officer_challenge"

    key: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="SHA-256 of the challenge"
    )
    expires_at: Mapped[int] = mapped_column(Millis, nullable=False)


class OfficerActionRow(db.Model):  # type: ignore[name-defined, misc]
    """What an officer did, `subject:action`; `sealed_action` has what the log seals of it.

    It stays as it was written, and goes only by `action_queue`.
    """

    __tablename__ = "officer_action"
    __table_args__ = (
        Index(None, "subject_id"),
        Index(None, "site", "id"),
        Index(None, "site", "officer", "id"),
        Index(None, "site", "action", "id"),
        Index(None, "officer", "id"),
        Index(None, "action", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[int] = mapped_column(Millis, nullable=False)
    officer: Mapped[str] = mapped_column(String(120), nullable=False)
    action: Mapped[str] = mapped_column(String(32), nullable=False)
    subject_id: Mapped[str] = mapped_column(String(36), nullable=False, comment="an export, …")
    detail: Mapped[str] = mapped_column(Text, nullable=False, comment="JSON: filter, count, digest")
    site: Mapped[str | None] = mapped_column(String(32), comment='"*": several or all')


class OfficerLookRow(db.Model):  # type: ignore[name-defined, misc]
    """At which record an officer's look was; the link goes together with the record."""

    __tablename__ = "officer_look"
    __table_args__ = (Index(None, "event_id"),)

    look: Mapped[str] = mapped_column(
        String(36), primary_key=True, comment="subject_id of the officer_action"
    )
    event_id: Mapped[str] = mapped_column(String(36), nullable=False)
