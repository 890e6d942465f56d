"""People who may sign in: what is known of them, their invitations, and failed attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, exists, insert, select, update

from consent.core.roles import Grants, Permission, is_permitted, sites_with
from consent.store.database import AnySession
from consent.store.officers import Officer, grants_of, roles_json
from consent.store.tables import (
    OfficerInvitationRow,
    OfficerPasskeyRow,
    OfficerRecoveryCodeRow,
    OfficerRow,
    SignInFailureRow,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with roles. What he signs in with stays in the database; here is whether he can."""

    id: str
    name: str
    grants: Grants
    email: str | None
    language: str | None
    created_at: int
    revoked_at: int | None
    has_password: bool
    has_totp: bool
    has_passkey: bool
    has_provider: bool

    def may(self, permission: Permission, site: str) -> bool:
        return is_permitted(self.grants, permission, site)

    def acting_with(self, permission: Permission) -> Officer:
        """Return the person as somebody who acts, on the sites where the permission is held."""
        sites = sites_with(self.grants, permission)
        return Officer(self.id, self.name, sites, self.created_at, self.revoked_at)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is invited."""

    id: str
    name: str
    grants: Grants
    email: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Failures:
    """How often signing in failed since an instant (ms)."""

    count: int
    since: int


def insert_person(session: AnySession, person: NewPerson) -> None:
    session.execute(
        insert(OfficerRow).values(
            id=person.id,
            name=person.name,
            roles=roles_json(person.grants),
            email=person.email,
            created_at=person.created_at,
        )
    )


def find_person(session: AnySession, person_id: str) -> Person | None:
    return _find(session, OfficerRow.id == person_id)


def hold_person(session: AnySession, person_id: str) -> None:
    """Hold back others who change how this person signs in, until the transaction ends.

    SQLite needs no help: there, whoever writes is alone.
    """
    session.execute(select(OfficerRow.id).where(OfficerRow.id == person_id).with_for_update())


def find_person_by_name(session: AnySession, name: str) -> Person | None:
    return _find(session, OfficerRow.name == name)


def find_person_by_email(session: AnySession, email: str) -> Person | None:
    return _find(session, OfficerRow.email == email)


def find_person_by_provider(session: AnySession, subject: str) -> Person | None:
    """Return who has this subject at the OpenID provider."""
    return _find(session, OfficerRow.oidc_subject == subject)


def list_people(session: AnySession) -> list[Person]:
    """Return everybody, the revoked ones too, by name."""
    rows = session.execute(_people().order_by(OfficerRow.name)).all()
    return [_person(row.OfficerRow, has_passkey=row.has_passkey) for row in rows]


def password_hash_of(session: AnySession, person_id: str) -> str | None:
    return session.scalar(select(OfficerRow.password_hash).where(OfficerRow.id == person_id))


def totp_of(session: AnySession, person_id: str) -> tuple[str | None, int | None]:
    """Return the encrypted secret of the one-time codes, and the step of the last one used."""
    columns = select(OfficerRow.totp_secret, OfficerRow.totp_step)
    row = session.execute(columns.where(OfficerRow.id == person_id)).one()
    return row.totp_secret, row.totp_step


def set_grants(session: AnySession, person_id: str, grants: Grants) -> None:
    _update(session, person_id, roles=roles_json(grants))


def set_language(session: AnySession, person_id: str, language: str | None) -> None:
    _update(session, person_id, language=language)


def set_email(session: AnySession, person_id: str, email: str | None) -> None:
    _update(session, person_id, email=email)


def set_password(session: AnySession, person_id: str, password_hash: str) -> None:
    _update(session, person_id, password_hash=password_hash)


def set_totp(
    session: AnySession, person_id: str, secret: str | None, step: int | None = None
) -> None:
    _update(session, person_id, totp_secret=secret, totp_step=step)


def set_totp_step(session: AnySession, person_id: str, step: int) -> bool:
    """Note the step of a code that was used; False when it, or a later one, was used before."""
    is_later = OfficerRow.totp_step.is_(None) | (OfficerRow.totp_step < step)
    changed = session.execute(
        update(OfficerRow)
        .where(OfficerRow.id == person_id, is_later)
        .values(totp_step=step)
        .returning(OfficerRow.id)
    )
    return changed.first() is not None


def set_provider(session: AnySession, person_id: str, subject: str | None) -> None:
    _update(session, person_id, oidc_subject=subject)


def forget_means(session: AnySession, person_id: str) -> None:
    """Take away everything somebody signs in with, an invitation not yet used included."""
    _update(
        session, person_id, password_hash=None, totp_secret=None, totp_step=None, oidc_subject=None
    )
    session.execute(delete(OfficerPasskeyRow).where(OfficerPasskeyRow.officer_id == person_id))
    delete_recovery_codes(session, person_id)
    delete_invitations(session, person_id)


def insert_recovery_codes(session: AnySession, person_id: str, hashes: Sequence[str]) -> None:
    session.execute(
        insert(OfficerRecoveryCodeRow),
        [{"code_hash": one, "officer_id": person_id} for one in hashes],
    )


def use_recovery_code(session: AnySession, person_id: str, code_hash: str) -> bool:
    """Take a code away; say whether it was there."""
    gone = session.execute(
        delete(OfficerRecoveryCodeRow)
        .where(
            OfficerRecoveryCodeRow.officer_id == person_id,
            OfficerRecoveryCodeRow.code_hash == code_hash,
        )
        .returning(OfficerRecoveryCodeRow.code_hash)
    )
    return gone.first() is not None


def delete_recovery_codes(session: AnySession, person_id: str) -> None:
    session.execute(
        delete(OfficerRecoveryCodeRow).where(OfficerRecoveryCodeRow.officer_id == person_id)
    )


def count_recovery_codes(session: AnySession, person_id: str) -> int:
    codes = select(OfficerRecoveryCodeRow.code_hash)
    return len(session.scalars(codes.where(OfficerRecoveryCodeRow.officer_id == person_id)).all())


def insert_invitation(
    session: AnySession, token_hash: str, person_id: str, now: int, expires_at: int
) -> None:
    session.execute(
        insert(OfficerInvitationRow).values(
            token_hash=token_hash, officer_id=person_id, created_at=now, expires_at=expires_at
        )
    )


def find_invitation(session: AnySession, token_hash: str, now: int) -> str | None:
    """Return whom an invitation that still counts is for."""
    return session.scalar(
        select(OfficerInvitationRow.officer_id).where(
            OfficerInvitationRow.token_hash == token_hash, OfficerInvitationRow.expires_at > now
        )
    )


def list_invited(session: AnySession, now: int) -> dict[str, int]:
    """Return until when there is an invitation that still counts, by person."""
    rows = session.execute(
        select(OfficerInvitationRow.officer_id, OfficerInvitationRow.expires_at)
        .where(OfficerInvitationRow.expires_at > now)
        .order_by(OfficerInvitationRow.expires_at)
    )
    return {row.officer_id: row.expires_at for row in rows}


def delete_invitations(session: AnySession, person_id: str) -> None:
    session.execute(
        delete(OfficerInvitationRow).where(OfficerInvitationRow.officer_id == person_id)
    )


def find_failures(session: AnySession, key: str) -> Failures | None:
    row = session.get(SignInFailureRow, key, populate_existing=True)
    return None if row is None else Failures(row.count, row.since)


def store_failures(session: AnySession, key: str, failures: Failures) -> None:
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.key == key))
    session.execute(
        insert(SignInFailureRow).values(key=key, count=failures.count, since=failures.since)
    )


def delete_failures(session: AnySession, key: str) -> None:
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.key == key))


def delete_failures_before(session: AnySession, instant: int) -> None:
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.since < instant))


def _find(session: AnySession, condition: ColumnElement[bool]) -> Person | None:
    query = _people().where(condition).execution_options(populate_existing=True)
    row = session.execute(query).first()
    return None if row is None else _person(row.OfficerRow, has_passkey=row.has_passkey)


def _people() -> Select[OfficerRow, bool]:
    has_passkey = exists().where(OfficerPasskeyRow.officer_id == OfficerRow.id)
    return select(OfficerRow, has_passkey.label("has_passkey"))


def _update(session: AnySession, person_id: str, **values: object) -> None:
    session.execute(update(OfficerRow).where(OfficerRow.id == person_id).values(**values))


def _person(row: OfficerRow, *, has_passkey: bool) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        grants=grants_of(row.roles),
        email=row.email,
        language=row.language,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        has_password=row.password_hash is not None,
        has_totp=row.totp_secret is not None,
        has_passkey=has_passkey,
        has_provider=row.oidc_subject is not None,
    )
