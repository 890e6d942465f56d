"""Dated pictures of what a notice looked like, kept beside it. Rows are only ever added."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select

from consent.store.database import AnySession
from consent.store.tables import PictureRow

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is listed, without its content. `taken_at` is in milliseconds."""

    id: str
    notice_hash: str
    build: str
    language: str
    layer: str
    viewport: str
    media_type: str
    sha256: str
    taken_at: int


@dataclass(frozen=True, slots=True)
class DrawnPicture(Picture):
    """A picture with its content, whose SHA-256 is `sha256`."""

    content: bytes = field(repr=False)


_LISTED = (
    PictureRow.id,
    PictureRow.notice_hash,
    PictureRow.build,
    PictureRow.language,
    PictureRow.layer,
    PictureRow.viewport,
    PictureRow.media_type,
    PictureRow.sha256,
    PictureRow.taken_at,
)


def insert_picture(session: AnySession, picture: DrawnPicture) -> None:
    session.execute(
        insert(PictureRow).values(
            id=picture.id,
            notice_hash=picture.notice_hash,
            build=picture.build,
            language=picture.language,
            layer=picture.layer,
            viewport=picture.viewport,
            media_type=picture.media_type,
            sha256=picture.sha256,
            content=picture.content,
            taken_at=picture.taken_at,
        )
    )


def list_pictures(session: AnySession, notice_hash: str) -> list[Picture]:
    """Return the pictures of a notice, in the order in which they were taken."""
    query = select(*_LISTED).where(PictureRow.notice_hash == notice_hash).order_by(PictureRow.id)
    return [Picture(*row) for row in session.execute(query)]


def find_picture(session: AnySession, notice_hash: str, sha256: str) -> DrawnPicture | None:
    """Return a picture of a notice by the digest of its content."""
    if not _DIGEST.fullmatch(sha256):
        return None
    query = (
        select(*_LISTED, PictureRow.content)
        .where(PictureRow.notice_hash == notice_hash, PictureRow.sha256 == sha256)
        .order_by(PictureRow.id)
        .limit(1)
    )
    row: Any = session.execute(query).first()
    return None if row is None else DrawnPicture(*row)
