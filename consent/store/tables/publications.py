"""What was published: notices, policies, the code and the pictures of what was shown."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consent.store.database import db
from consent.store.tables.columns import Millis, Sequence


class NoticeRow(db.Model):  # type: ignore[name-defined, misc]
    """One immutable notice: the document whose SHA-256 is its name."""

    __tablename__ = "notice"

    notice_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    scope_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    stored_at: Mapped[int] = mapped_column(Millis, nullable=False)


class PolicyRow(db.Model):  # type: ignore[name-defined, misc]
    """One archived cookie policy, verbatim."""

    __tablename__ = "policy"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    stored_at: Mapped[int] = mapped_column(Millis, nullable=False)


class PublicationRow(db.Model):  # type: ignore[name-defined, misc]
    """Which notice, policy and deployment of a site came into force when; the newest rules."""

    __tablename__ = "publication"
    __table_args__ = (Index(None, "site", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=True)
    site: Mapped[str] = mapped_column(String(32), nullable=False)
    notice_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    scope_hash: Mapped[str] = mapped_column(String(64), nullable=False)
    policy_version: Mapped[str] = mapped_column(String(64), nullable=False)
    deployment: Mapped[str] = mapped_column(
        Text, nullable=False, comment="origins, service_url, log and other settings, as JSON"
    )
    published_at: Mapped[int] = mapped_column(Millis, nullable=False)


class BuildRow(db.Model):  # type: ignore[name-defined, misc]
    """The script or page templates that records name as their build, verbatim."""

    __tablename__ = "build"
    __table_args__ = (CheckConstraint("kind IN ('script', 'page')", name="kind_known"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), nullable=False)
    content: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    stored_at: Mapped[int] = mapped_column(Millis, nullable=False)


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
    taken_at: Mapped[int] = mapped_column(Millis, nullable=False)
