"""Invitations, passwords, sessions and challenges on both engines, without a browser."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.core.roles import Role
from consent.errors import (
    AuthenticationError,
    NotFoundError,
    NotPermittedError,
    RuleError,
    TooManyAttemptsError,
)
from consent.services import sign_in
from consent.services.people import (
    Actor,
    accept_invitation,
    find_named,
    give_roles,
    invite,
    reset_sign_in,
    revoke,
)
from consent.services.sessions import (
    IDLE_MS,
    end_sessions,
    find_signed_in,
    leave_message,
    list_live_sessions,
    take_messages,
)
from consent.services.sign_in import MOST_FAILURES, count_attempt, sign_in_with_password
from consent.store import people as store
from consent.store.database import write_transaction
from consent.store.passkeys import (
    Passkey,
    delete_passkey,
    find_passkey,
    insert_passkey,
    list_passkeys,
    note_passkey_use,
)
from consent.store.people import Failures
from consent.store.sessions import use_challenge
from tests.world import START

ROOT = Actor("cli:root", None)
PASSWORD = "drie losse woorden"
GRANTS = {"programme": (Role.OFFICER,), "library": (Role.AUDITOR, Role.PUBLISHER)}


def add_olga(session: Session) -> str:
    """Invite Olga and have her accept; return the id of her session."""
    made = invite(session, "Olga", GRANTS, email="olga@university.example", by=ROOT, now=START)
    return accept_invitation(session, made.token, PASSWORD, now=START)


def test_an_invited_person_signs_in_and_is_found(session: Session) -> None:
    secret = add_olga(session)
    first = find_signed_in(session, secret, START)
    assert first
    assert (first.person.name, dict(first.person.grants)) == ("Olga", GRANTS)
    second = sign_in_with_password(session, "Olga", PASSWORD, now=START + 1)
    assert [one.means for one in list_live_sessions(session, first.person.id, START + 1)] == [
        "password",
        "invitation",
    ]
    end_sessions(session, first.person.id, but=first.session.key)
    assert find_signed_in(session, second, START + 1) is None
    assert find_signed_in(session, secret, START + IDLE_MS) is None


def test_failures_are_counted_and_forgotten(session: Session) -> None:
    add_olga(session)
    with pytest.raises(AuthenticationError):
        sign_in_with_password(session, "Olga", "geraden geraden", now=START)
    sign_in_with_password(session, "Olga", PASSWORD, now=START)
    with write_transaction(session):
        store.store_failures(session, "all", Failures(10**6, START))
    with pytest.raises(TooManyAttemptsError) as stopped:
        sign_in_with_password(session, "Olga", PASSWORD, now=START + 60_000)
    assert stopped.value.wait_seconds == 14 * 60 + 1
    assert MOST_FAILURES == 10


def test_messages_wait_for_the_next_page_in_order(session: Session) -> None:
    secret = add_olga(session)
    found = find_signed_in(session, secret, START)
    assert found
    leave_message(session, found.session.key, {"key": "a"})
    leave_message(session, found.session.key, {"key": "b"})
    again = find_signed_in(session, secret, START)
    assert again
    assert take_messages(session, again.session) == [{"key": "a"}, {"key": "b"}]
    empty = find_signed_in(session, secret, START)
    assert empty
    assert take_messages(session, empty.session) == []


def test_a_challenge_is_answered_once_and_forgotten_later(session: Session) -> None:
    with write_transaction(session):
        assert use_challenge(session, "c" * 64, now=1, expires_at=10)
        assert not use_challenge(session, "c" * 64, now=2, expires_at=10)
        assert use_challenge(session, "c" * 64, now=10, expires_at=20)


def test_recovery_codes_and_steps_count_once(session: Session) -> None:
    add_olga(session)
    olga = find_named(session, "Olga")
    with write_transaction(session):
        store.set_totp(session, olga.id, "sealed", 5)
        assert store.set_totp_step(session, olga.id, 6)
        assert not store.set_totp_step(session, olga.id, 6)
        store.insert_recovery_codes(session, olga.id, ["a" * 64, "b" * 64])
        assert store.use_recovery_code(session, olga.id, "a" * 64)
        assert not store.use_recovery_code(session, olga.id, "a" * 64)
        assert store.count_recovery_codes(session, olga.id) == 1


def test_passkeys_belong_to_one_person(session: Session) -> None:
    add_olga(session)
    olga = find_named(session, "Olga")
    key = Passkey("AAAA", olga.id, b"key", 0, "laptop", START, None)
    with write_transaction(session):
        insert_passkey(session, key)
        note_passkey_use(session, "AAAA", 7, START + 1)
    found = find_passkey(session, "AAAA")
    assert found
    assert (found.sign_count, found.used_at) == (7, START + 1)
    assert list_passkeys(session, olga.id) == [found]
    assert find_named(session, "Olga").has_passkey
    with write_transaction(session):
        assert not delete_passkey(session, "somebody else", "AAAA")
        assert delete_passkey(session, olga.id, "AAAA")


def test_a_reset_and_a_revocation_leave_no_way_in(session: Session) -> None:
    add_olga(session)
    with pytest.raises(RuleError, match="somebody else has the address"):
        invite(session, "Otto", GRANTS, email="Olga@University.example", by=ROOT, now=START)
    made = reset_sign_in(session, "Olga", by=ROOT, now=START)
    with pytest.raises(AuthenticationError):
        sign_in_with_password(session, "Olga", PASSWORD, now=START)
    give_roles(session, "Olga", {"library": (Role.AUDITOR,)}, by=ROOT, now=START)
    assert dict(find_named(session, "Olga").grants) == {"library": (Role.AUDITOR,)}
    revoke(session, "Olga", by=ROOT, now=START)
    with pytest.raises(NotFoundError):
        accept_invitation(session, made.token, PASSWORD, now=START)
    with pytest.raises(NotFoundError):
        find_named(session, "Olga")


def test_who_decides_about_one_site_gives_no_role_on_another(session: Session) -> None:
    add_olga(session)
    local = Actor("Local", {"library": (Role.ADMINISTRATOR,)})
    for grants in (
        {"library": (Role.AUDITOR,)},
        {**GRANTS, "*": (Role.AUDITOR,)},
        {**GRANTS, "programme": (Role.AUDITOR,)},
    ):
        with pytest.raises(NotPermittedError):
            give_roles(session, "Olga", grants, by=local, now=START)
    give_roles(session, "Olga", {**GRANTS, "library": (Role.OFFICER,)}, by=local, now=START)
    assert set(find_named(session, "Olga").grants["library"]) == {Role.OFFICER}
    for act in (reset_sign_in, revoke):
        with pytest.raises(NotPermittedError):
            act(session, "Olga", by=local, now=START)


@pytest.mark.parametrize("shut_out", [reset_sign_in, revoke, "another password"])
def test_a_password_that_ends_while_it_is_worked_on_lets_nobody_in(
    session: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch, shut_out: Any
) -> None:
    """Argon2 takes its time, and whoever is shut out may be just signing in."""
    add_olga(session)
    person = find_named(session, "Olga")
    verify = sign_in._verify

    def slowly(stored: str, password: str) -> bool:
        is_right = verify(stored, password)
        with Session(engine) as other:
            if callable(shut_out):
                shut_out(other, "Olga", by=ROOT, now=START)
            else:
                with write_transaction(other):
                    store.set_password(other, person.id, sign_in.hash_password(shut_out))
            end_sessions(other, person.id)
        return is_right

    monkeypatch.setattr(sign_in, "_verify", slowly)
    with pytest.raises(AuthenticationError):
        sign_in_with_password(session, "Olga", PASSWORD, now=START)
    assert list_live_sessions(session, person.id, now=START) == []


def test_many_attempts_at_once_are_all_counted(engine: Engine) -> None:
    def attempt(_: int) -> None:
        with Session(engine) as session:
            count_attempt(session, "k" * 64, START)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(MOST_FAILURES)))
    with Session(engine) as session, pytest.raises(TooManyAttemptsError):
        count_attempt(session, "k" * 64, START)
