"""Who is signed in, and which challenges were answered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from consent.store.database import AnySession
from consent.store.tables import OfficerChallengeRow, OfficerSessionRow


@dataclass(frozen=True, slots=True)
class OfficerSession:
    """One browser in which somebody is signed in; `key` is the SHA-256 of what its cookie holds."""

    key: str
    person_id: str
    means: str
    is_complete: bool
    site: str | None
    messages: str | None
    created_at: int
    seen_at: int


def insert_session(session: AnySession, signed_in: OfficerSession) -> None:
    session.execute(
        insert(OfficerSessionRow).values(
            key=signed_in.key,
            officer_id=signed_in.person_id,
            means=signed_in.means,
            is_complete=signed_in.is_complete,
            site=signed_in.site,
            messages=signed_in.messages,
            created_at=signed_in.created_at,
            seen_at=signed_in.seen_at,
        )
    )


def find_session(session: AnySession, key: str) -> OfficerSession | None:
    row = session.get(OfficerSessionRow, key, populate_existing=True)
    return None if row is None else _session(row)


def list_sessions(session: AnySession, person_id: str) -> list[OfficerSession]:
    """Return where somebody is signed in, the newest first."""
    rows = session.scalars(
        select(OfficerSessionRow)
        .where(OfficerSessionRow.officer_id == person_id)
        .order_by(OfficerSessionRow.created_at.desc(), OfficerSessionRow.key)
    )
    return [_session(row) for row in rows]


def note_use(session: AnySession, key: str, now: int, site: str | None) -> None:
    session.execute(
        update(OfficerSessionRow).where(OfficerSessionRow.key == key).values(seen_at=now, site=site)
    )


def set_messages(session: AnySession, key: str, messages: str | None) -> None:
    session.execute(
        update(OfficerSessionRow).where(OfficerSessionRow.key == key).values(messages=messages)
    )


def delete_session(session: AnySession, key: str) -> None:
    session.execute(delete(OfficerSessionRow).where(OfficerSessionRow.key == key))


def delete_sessions_of(session: AnySession, person_id: str, *, but: str = "") -> None:
    """End somebody's sessions, except the one with the key `but`."""
    session.execute(
        delete(OfficerSessionRow).where(
            OfficerSessionRow.officer_id == person_id, OfficerSessionRow.key != but
        )
    )


def delete_sessions_before(session: AnySession, *, seen: int, created: int) -> None:
    """Remove what nobody has used since an instant, or began before another."""
    session.execute(
        delete(OfficerSessionRow).where(
            (OfficerSessionRow.seen_at <= seen) | (OfficerSessionRow.created_at <= created)
        )
    )


def use_challenge(session: AnySession, key: str, *, now: int, expires_at: int) -> bool:
    """Note that a challenge was answered; False when it was before. What is too old goes."""
    session.execute(delete(OfficerChallengeRow).where(OfficerChallengeRow.expires_at <= now))
    if session.get(OfficerChallengeRow, key, populate_existing=True) is not None:
        return False
    session.execute(insert(OfficerChallengeRow).values(key=key, expires_at=expires_at))
    return True


def _session(row: OfficerSessionRow) -> OfficerSession:
    return OfficerSession(
        key=row.key,
        person_id=row.officer_id,
        means=row.means,
        is_complete=row.is_complete,
        site=row.site,
        messages=row.messages,
        created_at=row.created_at,
        seen_at=row.seen_at,
    )
