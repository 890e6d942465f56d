"""What is named by its digest, and what was published: read as it is stored, for a check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from consent.store.database import AnySession
from consent.store.paging import by_pages
from consent.store.tables import (
    BuildRow,
    LogRecordRow,
    NoticeRow,
    PictureRow,
    PolicyRow,
    PublicationRow,
)
from consent.store.verification import Row

_Record = LogRecordRow


def stream_documents(session: AnySession) -> Iterator[tuple[str, str, str, str]]:
    """Give kind, name (its digest), site and text of each notice and policy."""
    for kind, table, key in (
        ("notice", NoticeRow, NoticeRow.notice_hash),
        ("policy", PolicyRow, PolicyRow.version),
    ):
        query = select(key.label("digest"), table.site, table.document)
        for row in by_pages(session, query, (key,)):
            yield kind, row.digest, row.site, row.document


def notice_text(session: AnySession, digest: str) -> str | None:
    """Return the document of a notice as it is stored."""
    return session.scalar(select(NoticeRow.document).where(NoticeRow.notice_hash == digest))


def stream_contents(session: AnySession) -> Iterator[tuple[str, str, str, bytes]]:
    """Give kind, name, digest and content of each build and each picture."""
    builds = select(BuildRow.digest.label("name"), BuildRow.digest, BuildRow.content)
    for row in by_pages(session, builds, (BuildRow.digest,), size=10):
        yield "build", row.name, row.digest, row.content
    pictures = select(PictureRow.id.label("name"), PictureRow.sha256, PictureRow.content)
    for row in by_pages(session, pictures, (PictureRow.id,), size=10):
        yield "picture", row.name, row.sha256, row.content


@dataclass(frozen=True, slots=True)
class PublicationKey:
    """What a publication brought into force; `log_id` as it was deployed."""

    site: str
    notice: str
    scope: str
    policy: str
    published_at: int
    log_id: str


def list_publication_keys(session: AnySession) -> list[PublicationKey]:
    """Return all publications, oldest first."""
    row = PublicationRow
    query = select(
        row.site,
        row.notice_hash,
        row.scope_hash,
        row.policy_version,
        row.published_at,
        row.deployment,
    )
    return [
        PublicationKey(
            one.site,
            one.notice_hash,
            one.scope_hash,
            one.policy_version,
            one.published_at,
            str(_parsed(one.deployment).get("log_id")),
        )
        for one in session.execute(query.order_by(row.id))
    ]


def list_configs(session: AnySession, log_ids: list[str]) -> list[Row]:
    """Return the records of publications in these logs, as they parse."""
    query = select(_Record.payload).where(_Record.log_id.in_(log_ids), _Record.type == "config")
    return [_parsed(payload) for payload in session.scalars(query.order_by(_Record.id))]


def list_stored_digests(session: AnySession) -> tuple[set[str], set[str]]:
    """Return the digests of all policies and of all builds."""
    policies = session.scalars(select(PolicyRow.version))
    return set(policies), set(session.scalars(select(BuildRow.digest)))


def list_previous(session: AnySession, log_id: str) -> list[Row]:
    """Return what the epoch records of a log say of the log before it."""
    query = select(_Record.payload).where(_Record.log_id == log_id, _Record.type == "epoch")
    found = [_parsed(payload).get("previous") for payload in session.scalars(query)]
    return [previous for previous in found if isinstance(previous, dict)]


def _parsed(text: str) -> Row:
    """Return the object in a text; an empty one for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
