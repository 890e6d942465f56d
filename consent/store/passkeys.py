"""Passkeys: the public halves of what people sign in with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from consent.store.database import AnySession
from consent.store.tables import OfficerPasskeyRow


@dataclass(frozen=True, slots=True)
class Passkey:
    """One credential of a person; `id` is base64url as in WebAuthn's JSON."""

    id: str
    person_id: str
    public_key: bytes
    sign_count: int
    name: str
    created_at: int
    used_at: int | None


def insert_passkey(session: AnySession, passkey: Passkey) -> None:
    session.execute(
        insert(OfficerPasskeyRow).values(
            credential_id=passkey.id,
            officer_id=passkey.person_id,
            public_key=passkey.public_key,
            sign_count=passkey.sign_count,
            name=passkey.name,
            created_at=passkey.created_at,
            used_at=passkey.used_at,
        )
    )


def find_passkey(session: AnySession, credential_id: str) -> Passkey | None:
    row = session.get(OfficerPasskeyRow, credential_id, populate_existing=True)
    return None if row is None else _passkey(row)


def list_passkeys(session: AnySession, person_id: str) -> list[Passkey]:
    """Return the passkeys of a person, oldest first."""
    rows = session.scalars(
        select(OfficerPasskeyRow)
        .where(OfficerPasskeyRow.officer_id == person_id)
        .order_by(OfficerPasskeyRow.created_at, OfficerPasskeyRow.credential_id)
    )
    return [_passkey(row) for row in rows]


def note_passkey_use(session: AnySession, credential_id: str, sign_count: int, now: int) -> None:
    session.execute(
        update(OfficerPasskeyRow)
        .where(OfficerPasskeyRow.credential_id == credential_id)
        .values(sign_count=sign_count, used_at=now)
    )


def delete_passkey(session: AnySession, person_id: str, credential_id: str) -> bool:
    """Remove a passkey of this person; say whether there was one."""
    gone = session.execute(
        delete(OfficerPasskeyRow)
        .where(
            OfficerPasskeyRow.officer_id == person_id,
            OfficerPasskeyRow.credential_id == credential_id,
        )
        .returning(OfficerPasskeyRow.credential_id)
    )
    return gone.first() is not None


def _passkey(row: OfficerPasskeyRow) -> Passkey:
    return Passkey(
        id=row.credential_id,
        person_id=row.officer_id,
        public_key=row.public_key,
        sign_count=row.sign_count,
        name=row.name,
        created_at=row.created_at,
        used_at=row.used_at,
    )
