"""Invite people into the console, give them roles on sites, and end their access."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consent.core.config_addresses import email_fault
from consent.core.ids import uuid7
from consent.core.roles import ALL_SITES, Grants, Permission, Role
from consent.core.times import MILLIS_PER_DAY
from consent.errors import NotFoundError, NotPermittedError, RuleError
from consent.services.officers import check_name, check_sites
from consent.services.sessions import digest_of, new_secret
from consent.services.sign_in import admit, check_password, hash_password
from consent.store import people as store
from consent.store.database import AnySession, write_transaction
from consent.store.officers import mark_revoked, record_action
from consent.store.people import NewPerson, Person
from consent.store.sessions import delete_sessions_of

INVITATION_MS = 7 * MILLIS_PER_DAY

_LONGEST_EMAIL = 254


class PersonError(RuleError):
    """Somebody cannot be invited, or be given roles, so; `reason` is one word for it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Actor:
    """Who decides about people. `grants` is None for the command line, which may everything."""

    name: str
    grants: Grants | None

    @classmethod
    def of(cls, person: Person) -> Actor:
        return cls(person.name, person.grants)

    def may_decide(self, sites: Iterable[str]) -> bool:
        if self.grants is None:
            return True
        mine = {site for site, roles in self.grants.items() if Role.ADMINISTRATOR in roles}
        return ALL_SITES in mine or set(sites) <= mine


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link's secret part, which is stored nowhere, and until when it counts (ms)."""

    person: Person
    token: str
    expires_at: int


def invite(
    session: AnySession,
    name: str,
    grants: Grants,
    *,
    email: str | None = None,
    by: Actor,
    now: int,
) -> Invitation:
    """Add a person and return an invitation, which counts once and for seven days.

    Raises PersonError when the name or the address is unfit or taken, NotPermittedError when the
    sites are not for `by` to decide.
    """
    _check_name(name)
    checked = check_grants(grants)
    address = check_email(email)
    _require_power(by, checked)
    person_id = uuid7(now, os.urandom(10))
    with write_transaction(session):
        if store.find_person_by_name(session, name) is not None:
            raise PersonError("named", f"there is already an officer named {name!r}")
        if address is not None and store.find_person_by_email(session, address) is not None:
            raise PersonError("address", f"somebody else has the address {address}")
        store.insert_person(session, NewPerson(person_id, name, checked, address, now))
        _record(session, by, "person:invite", person_id, now, name=name, roles=plain(checked))
        token = _new_invitation(session, person_id, now)
        person = _known(store.find_person(session, person_id))
    return Invitation(person, token, now + INVITATION_MS)


def invitation_link(console_origin: str, token: str) -> str:
    """Return the address that an invited person opens."""
    return f"{console_origin}/console/invitation/{token}"


def reset_sign_in(session: AnySession, name: str, *, by: Actor, now: int) -> Invitation:
    """Take away all that somebody signs in with, end the sessions, and invite anew.

    Raises NotPermittedError unless all of the person's sites are for `by` to decide about: who
    gets the link can be that person there.
    """
    with write_transaction(session):
        person = _decided_wholly(session, name, by)
        store.forget_means(session, person.id)
        delete_sessions_of(session, person.id)
        _record(session, by, "person:reset", person.id, now, name=name)
        token = _new_invitation(session, person.id, now)
    return Invitation(person, token, now + INVITATION_MS)


def give_roles(session: AnySession, name: str, grants: Grants, *, by: Actor, now: int) -> None:
    """Replace somebody's roles; what he has elsewhere than `by` may decide stays as it is."""
    with write_transaction(session):
        person = _decided(session, name, by)
        checked = check_grants(grants)
        changed = {
            site
            for site in {*checked, *person.grants}
            if set(checked.get(site, ())) != set(person.grants.get(site, ()))
        }
        if not by.may_decide(changed):
            raise NotPermittedError("these sites are not yours to decide about")
        store.set_grants(session, person.id, checked)
        _record(session, by, "person:roles", person.id, now, name=name, roles=plain(checked))


def revoke(session: AnySession, name: str, *, by: Actor, now: int) -> None:
    """End somebody's access: tokens, sessions and ways to sign in. The name stays taken."""
    with write_transaction(session):
        person = _decided_wholly(session, name, by)
        mark_revoked(session, person.id, now)
        store.forget_means(session, person.id)
        delete_sessions_of(session, person.id)
        _record(session, by, "officer:revoke", person.id, now, name=name)


def find_named(session: AnySession, name: str) -> Person:
    """Return who has a name and access; raise NotFoundError otherwise."""
    person = store.find_person_by_name(session, name)
    if person is None or person.revoked_at is not None:
        raise NotFoundError(f"there is no officer named {name!r} with access")
    return person


def find_invited(session: AnySession, token: str, *, now: int) -> Person:
    """Return whom an invitation is for; raise NotFoundError when it does not count (any more)."""
    person_id = store.find_invitation(session, digest_of(token), now)
    person = None if person_id is None else store.find_person(session, person_id)
    if person is None or person.revoked_at is not None:
        raise NotFoundError("this invitation does not count any more")
    return person


def accept_invitation(session: AnySession, token: str, password: str, *, now: int) -> str:
    """Give the invited person this password and sign in; return the id of the session.

    The invitation, and every other of this person, is used up; earlier sessions end.
    """
    person = find_invited(session, token, now=now)
    check_password(password, person.name)
    password_hash = hash_password(password)
    with write_transaction(session):
        take_invitation(session, token, person, now)
        store.set_password(session, person.id, password_hash)
    return admit(session, person, "invitation", now=now)


def take_invitation(session: AnySession, token: str, person: Person, now: int) -> None:
    """Use up a person's invitations within a transaction, and end what sessions there were.

    Raises NotFoundError when somebody was faster: of several who bring the same token, the others
    wait here, and then find none.
    """
    store.hold_person(session, person.id)
    find_invited(session, token, now=now)
    store.delete_invitations(session, person.id)
    delete_sessions_of(session, person.id)
    record_action(
        session,
        officer=person.name,
        action="person:accept",
        subject_id=person.id,
        detail={"name": person.name},
        now=now,
    )


def check_grants(grants: Grants) -> dict[str, tuple[Role, ...]]:
    """Return grants without sites that have no role; raise PersonError when nothing is left."""
    checked = {
        site: tuple(role for role in Role if role in roles)
        for site, roles in grants.items()
        if roles
    }
    if not checked:
        raise PersonError("roles", "a person needs at least one role on one site")
    for site in checked:
        check_sites([site])
    return checked


def check_email(email: str | None) -> str | None:
    """Return an address in small letters; raise PersonError when it is none."""
    if email is None or not email.strip():
        return None
    address = email.strip().lower()
    if len(address) > _LONGEST_EMAIL or email_fault(address) is not None:
        raise PersonError("email", f"{email!r} is not an e-mail address")
    return address


def plain(grants: Grants) -> dict[str, list[str]]:
    """Return grants as they are recorded."""
    return {site: [role.value for role in roles] for site, roles in grants.items()}


def may_manage(person: Person, sites: Iterable[str]) -> bool:
    """Say whether somebody decides about people on all of these sites."""
    return all(person.may(Permission.MANAGE_PEOPLE, site) for site in sites)


def _check_name(name: str) -> None:
    try:
        check_name(name)
    except RuleError as error:
        raise PersonError("name", str(error)) from error


def _decided(session: AnySession, name: str, by: Actor) -> Person:
    """Return somebody with access about whom `by` may decide at least in part."""
    person = find_named(session, name)
    if not any(by.may_decide([site]) for site in person.grants):
        raise NotPermittedError("this person has no site that is yours to decide about")
    return person


def _decided_wholly(session: AnySession, name: str, by: Actor) -> Person:
    """Return somebody with access about whom nobody else has to be asked."""
    person = _decided(session, name, by)
    if not by.may_decide(person.grants):
        raise NotPermittedError("this person has sites that are not yours to decide about")
    return person


def _require_power(by: Actor, grants: Mapping[str, object]) -> None:
    if not by.may_decide(grants):
        raise NotPermittedError("these sites are not yours to decide about")


def _new_invitation(session: AnySession, person_id: str, now: int) -> str:
    token = new_secret()
    store.delete_invitations(session, person_id)
    store.insert_invitation(session, digest_of(token), person_id, now, now + INVITATION_MS)
    return token


def _record(
    session: AnySession, by: Actor, action: str, person_id: str, now: int, **detail: object
) -> None:
    record_action(
        session, officer=by.name, action=action, subject_id=person_id, detail=detail, now=now
    )


def _known(person: Person | None) -> Person:
    if person is None:
        raise NotFoundError("there is no such person")
    return person
