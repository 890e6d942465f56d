"""An invitation is taken once, whichever way, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.audit.signed import Keyring
from consent.core.roles import Role
from consent.errors import NotFoundError, RuleError
from consent.services.invitations import accept_with_passkey, invitation_options
from consent.services.passkeys import Party, add_passkey, registration_options, remove_passkey
from consent.services.people import Actor, accept_invitation, find_named, invite, revoke
from consent.store.database import write_transaction
from consent.store.passkeys import list_passkeys
from consent.store.people import set_provider
from tests.authenticator import Device
from tests.world import START

ROOT = Actor("cli:root", None)
ORIGIN = "https://console.example"
PARTY = Party(ORIGIN, Keyring([b"k" * 32]))
GRANTS = {"programme": (Role.OFFICER,)}


def test_of_many_who_bring_one_invitation_one_gets_in(engine: Engine) -> None:
    with Session(engine) as session:
        made = invite(session, "Olga", GRANTS, by=ROOT, now=START)
        options = [invitation_options(session, PARTY, made.token, now=START) for _ in range(3)]

    def take(number: int) -> str | None:
        with Session(engine) as session:
            try:
                if number >= len(options):
                    return accept_invitation(
                        session, made.token, f"woord {number} en meer", now=START
                    )
                answer = Device(ORIGIN).create(options[number])
                return accept_with_passkey(session, PARTY, made.token, answer, "one", now=START)
            except NotFoundError:
                return None

    with ThreadPoolExecutor(5) as pool:
        taken = [secret for secret in pool.map(take, range(5)) if secret]
    with Session(engine) as session:
        olga = find_named(session, "Olga")
        assert len(taken) == 1
        assert olga.has_password + len(list_passkeys(session, olga.id)) == 1


def test_who_lost_access_meanwhile_does_not_come_in(session: Session) -> None:
    made = invite(session, "Olga", GRANTS, by=ROOT, now=START)
    answer = Device(ORIGIN).create(invitation_options(session, PARTY, made.token, now=START))
    revoke(session, "Olga", by=ROOT, now=START)
    with pytest.raises(NotFoundError):
        accept_with_passkey(session, PARTY, made.token, answer, "one", now=START)


def test_of_two_passkeys_removed_at_once_one_stays(engine: Engine) -> None:
    with Session(engine) as session:
        made = invite(session, "Olga", GRANTS, by=ROOT, now=START)
        answer = Device(ORIGIN).create(invitation_options(session, PARTY, made.token, now=START))
        accept_with_passkey(session, PARTY, made.token, answer, "one", now=START)
        olga = find_named(session, "Olga")
        more = Device(ORIGIN).create(registration_options(session, PARTY, olga, START))
        add_passkey(session, PARTY, olga, more, "two", now=START)
        mine = list_passkeys(session, olga.id)

    def remove(name: str) -> bool:
        with Session(engine) as session:
            try:
                remove_passkey(session, olga, name, has_provider=True, now=START)
            except RuleError:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, [one.id for one in mine])) == [False, True]


def test_single_sign_on_is_a_way_in_while_there_is_any(session: Session) -> None:
    made = invite(session, "Olga", GRANTS, by=ROOT, now=START)
    answer = Device(ORIGIN).create(invitation_options(session, PARTY, made.token, now=START))
    accept_with_passkey(session, PARTY, made.token, answer, "one", now=START)
    with write_transaction(session):
        set_provider(session, made.person.id, "s" * 64)
    olga = find_named(session, "Olga")
    (only,) = list_passkeys(session, olga.id)
    with pytest.raises(RuleError):
        remove_passkey(session, olga, only.id, has_provider=False, now=START)
    remove_passkey(session, olga, only.id, has_provider=True, now=START)


def test_a_challenge_of_the_account_page_is_for_one_person_and_once(session: Session) -> None:
    invite(session, "Olga", GRANTS, by=ROOT, now=START)
    invite(session, "Otto", GRANTS, by=ROOT, now=START)
    olga, otto = find_named(session, "Olga"), find_named(session, "Otto")
    asked = registration_options(session, PARTY, olga, START)
    with pytest.raises(RuleError, match="cannot be used"):
        add_passkey(session, PARTY, otto, Device(ORIGIN).create(asked), "one", now=START)
    add_passkey(session, PARTY, olga, Device(ORIGIN).create(asked), "one", now=START)
    with pytest.raises(RuleError, match="answered before"):
        add_passkey(session, PARTY, olga, Device(ORIGIN).create(asked), "two", now=START)
