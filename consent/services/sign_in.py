"""Let people in with a password, slowly for those who guess.

A wrong name gets the same answer as a wrong password, after the same work. Attempts are counted by
name, whether or not anybody has it, and over all names; nothing is known of where they came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from consent.errors import AuthenticationError, RuleError, TooManyAttemptsError
from consent.services.sessions import MINUTE_MS, begin_session, digest_of
from consent.store import people as store
from consent.store.database import AnySession, lock_subject, write_transaction
from consent.store.officers import record_action
from consent.store.people import Failures, Person

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
WINDOW_MS = 15 * MINUTE_MS
MOST_FAILURES = 10  # of one name in a window
MOST_FAILURES_OF_ALL = 300

_ALL = "all"
_WRONG = "the name or the password is not right"

_hasher = PasswordHasher()


def change_password(
    session: AnySession, person: Person, current: str, new: str, *, now: int
) -> None:
    """Replace a password, or give a first one to who has signed in otherwise.

    Raises AuthenticationError for a wrong current one, RuleError for a new one that does not do.
    """
    check_password(new, person.name)
    if person.has_password:
        check_credentials(session, person.name, current, now=now)
    with write_transaction(session):
        store.set_password(session, person.id, hash_password(new))
        record_action(
            session,
            officer=person.name,
            action="account:password",
            subject_id=person.id,
            detail={"name": person.name},
            now=now,
        )


def check_password(password: str, name: str) -> None:
    """Raise RuleError for a password that is too short, too long, or the name itself.

    No mixture of signs is asked for (NIST SP 800-63B, 3.1.1.2): length is what helps.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise RuleError(f"a password needs {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if password.casefold() == name.casefold() or len(set(password)) == 1:
        raise RuleError("this password is too easy to guess")


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def sign_in_with_password(session: AnySession, name: str, password: str, *, now: int) -> str:
    """Return the id of a new session; it is complete unless a one-time code is due.

    Raises AuthenticationError in the same words whatever is wrong, TooManyAttemptsError when there
    were too many failures lately.
    """
    person, verified = check_credentials(session, name, password, now=now)
    with write_transaction(session):
        # Working on the password takes a while, in which it may have been changed or taken away.
        store.hold_person(session, person.id)
        current = store.find_person(session, person.id)
        stored = store.password_hash_of(session, person.id)
        if current is None or current.revoked_at is not None or stored != verified:
            raise AuthenticationError(_WRONG)
        if _hasher.check_needs_rehash(verified):
            store.set_password(session, current.id, hash_password(password))
        return _begin(session, current, "password", is_complete=not current.has_totp, now=now)


def check_credentials(
    session: AnySession, name: str, password: str, *, now: int
) -> tuple[Person, str]:
    """Return whose name and password these are, and the hash that says so.

    The attempt is counted until it has succeeded.
    """
    name = name if name.isprintable() else ""
    key = _key_of(name)
    count_attempt(session, key, now)
    of_nothing = _hash_of_nothing()
    person = store.find_person_by_name(session, name)
    stored = None if person is None else store.password_hash_of(session, person.id)
    session.rollback()  # hold no snapshot while the password is worked on
    is_right = _verify(stored or of_nothing, password)
    if person is None or stored is None or person.revoked_at is not None or not is_right:
        raise AuthenticationError(_WRONG)
    forgive(session, key)
    return person, stored


def admit(
    session: AnySession, person: Person, means: str, *, is_complete: bool = True, now: int
) -> str:
    """Begin a session of somebody who has shown who he is, and record it; return its id."""
    with write_transaction(session):
        return _begin(session, person, means, is_complete=is_complete, now=now)


def _begin(session: AnySession, person: Person, means: str, *, is_complete: bool, now: int) -> str:
    if is_complete:
        record_sign_in(session, person, means, now)
    return begin_session(session, person.id, means, is_complete=is_complete, now=now)


def record_sign_in(session: AnySession, person: Person, means: str, now: int) -> None:
    record_action(
        session,
        officer=person.name,
        action="session:begin",
        subject_id=person.id,
        detail={"means": means},
        now=now,
    )


def count_attempt(session: AnySession, key: str, now: int) -> None:
    """Count an attempt before it is looked at, so that many at once gain nothing.

    Raises TooManyAttemptsError, without counting, when there were too many.
    """
    with _counting(session):
        store.delete_failures_before(session, now - WINDOW_MS)
        for one, most in ((key, MOST_FAILURES), (_ALL, MOST_FAILURES_OF_ALL)):
            known = store.find_failures(session, one) or Failures(0, now)
            if known.count >= most:
                raise TooManyAttemptsError((known.since + WINDOW_MS - now) // 1000 + 1)
            store.store_failures(session, one, Failures(known.count + 1, known.since))


def forgive(session: AnySession, key: str) -> None:
    """Take an attempt that succeeded out of the counts."""
    with _counting(session):
        store.delete_failures(session, key)
        known = store.find_failures(session, _ALL)
        if known is not None and known.count > 0:
            store.store_failures(session, _ALL, Failures(known.count - 1, known.since))


@contextmanager
def _counting(session: AnySession) -> Iterator[None]:
    """Begin a transaction in which nobody else counts."""
    with write_transaction(session):
        lock_subject(session, digest_of(_ALL))
        yield


def _key_of(name: str) -> str:
    return digest_of(f"name:{name}")


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _hash_of_nothing() -> str:
    """Return a hash to work on where nobody has the name, or no password."""
    return _hasher.hash("")
