"""Notices, policies and publications: what came into force when. Rows are only ever added."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select

from consent.core.canonical import canonical_bytes
from consent.core.deployment import Deployment, parse_deployment
from consent.store.database import AnySession
from consent.store.tables import LogRow, NoticeRow, PolicyRow, PublicationRow

Document = dict[str, Any]

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication of a site. `published_at` is in milliseconds."""

    id: int
    site: str
    notice_hash: str
    scope_hash: str
    policy_version: str
    deployment: Deployment
    published_at: int


def newest_publication_id(session: AnySession) -> int:
    """Return the id of the newest publication of any site; 0 when there is none."""
    return session.scalar(select(func.max(PublicationRow.id))) or 0


def list_publications(session: AnySession, site: str | None = None) -> list[Publication]:
    """Return the publications of one site, or of all, oldest first."""
    query = select(PublicationRow).order_by(PublicationRow.id)
    if site is not None:
        query = query.where(PublicationRow.site == site)
    return [_publication(row) for row in session.scalars(query)]


def find_notice(session: AnySession, notice_hash: str) -> Document | None:
    """Return the document of a notice, exactly as it was stored."""
    return _find_document(
        session, notice_hash, select(NoticeRow.document).where(NoticeRow.notice_hash == notice_hash)
    )


def notices_beginning(session: AnySession, site: str, digits: str) -> list[str]:
    """Return the hashes of a site's notices that begin with some digits."""
    found = NoticeRow.notice_hash.startswith(digits, autoescape=True)
    return list(session.scalars(select(NoticeRow.notice_hash).where(NoticeRow.site == site, found)))


def list_proof_months(session: AnySession) -> dict[str, int]:
    """Return, for every notice by its hash, how many months proof is kept after reliance."""
    rows = session.execute(select(NoticeRow.notice_hash, NoticeRow.document))
    return {
        row.notice_hash: int(json.loads(row.document)["lifetimes"]["proof_months"]) for row in rows
    }


def find_policy(session: AnySession, version: str) -> Document | None:
    """Return an archived cookie policy, exactly as it was stored."""
    return _find_document(
        session, version, select(PolicyRow.document).where(PolicyRow.version == version)
    )


def insert_notice(
    session: AnySession,
    *,
    site: str,
    notice_hash: str,
    scope_hash: str,
    document: Document,
    now: int,
) -> None:
    """Store a notice once; the same hash again is the same notice."""
    if session.get(NoticeRow, notice_hash) is None:
        session.execute(
            insert(NoticeRow).values(
                notice_hash=notice_hash,
                site=site,
                scope_hash=scope_hash,
                document=canonical_bytes(document).decode(),
                stored_at=now,
            )
        )


def insert_policy(
    session: AnySession, *, site: str, version: str, document: Document, now: int
) -> None:
    """Store a policy once; the same version again is the same policy."""
    if session.get(PolicyRow, version) is None:
        session.execute(
            insert(PolicyRow).values(
                version=version,
                site=site,
                document=canonical_bytes(document).decode(),
                stored_at=now,
            )
        )


def insert_publication(
    session: AnySession,
    *,
    site: str,
    notice_hash: str,
    scope_hash: str,
    policy_version: str,
    deployment: Deployment,
    now: int,
) -> int:
    """Add a publication and return its id."""
    values = {
        "site": site,
        "notice_hash": notice_hash,
        "scope_hash": scope_hash,
        "policy_version": policy_version,
        "deployment": canonical_bytes(deployment.as_record()).decode(),
        "published_at": now,
    }
    query = insert(PublicationRow).values(**values).returning(PublicationRow.id)
    return session.scalars(query).one()


def ensure_log(session: AnySession, log_id: str, origin: str, now: int) -> None:
    """Make the log of a controller if it does not exist; its origin stays what it was."""
    if session.get(LogRow, log_id) is None:
        session.execute(insert(LogRow).values(log_id=log_id, origin=origin, created_at=now))


def _find_document(session: AnySession, digest: str, query: Any) -> Document | None:
    if not _DIGEST.fullmatch(digest):
        return None
    text = session.scalar(query)
    if text is None:
        return None
    document: Document = json.loads(text)
    return document


def _publication(row: PublicationRow) -> Publication:
    return Publication(
        id=row.id,
        site=row.site,
        notice_hash=row.notice_hash,
        scope_hash=row.scope_hash,
        policy_version=row.policy_version,
        deployment=parse_deployment(json.loads(row.deployment)),
        published_at=row.published_at,
    )
