"""Begin, find, list and end the sessions of people who signed in.

A session's id is 256 random bits that only its cookie holds; the database has their SHA-256. It is
drawn anew at each sign-in, so that an id planted before is worth nothing after.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.store import sessions as store
from consent.store.database import AnySession, write_transaction
from consent.store.people import Person, find_person

MINUTE_MS = 60_000
IDLE_MS = 30 * MINUTE_MS
LONGEST_MS = 12 * 60 * MINUTE_MS
SECOND_STEP_MS = 10 * MINUTE_MS  # how long a right password waits for its code
FRESH_MS = 15 * MINUTE_MS  # how long after signing in the ways to sign in can be changed

# A page view notes that a session is used; once a minute is enough, and spares a commit.
_NOTED_EVERY_MS = MINUTE_MS


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that counts, and whose it is."""

    session: store.OfficerSession
    person: Person
    csrf: str


def digest_of(secret: str) -> str:
    """Return what is stored for something that only its bearer holds."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def csrf_token(secret: str) -> str:
    """Return the token of a session's forms; it needs no place in the database."""
    return hmac.digest(secret.encode(), b"csrf", hashlib.sha256).hex()


def begin_session(
    session: AnySession, person_id: str, means: str, *, is_complete: bool = True, now: int
) -> str:
    """Begin a session within a transaction and return its id, which is stored nowhere.

    Those that ended by themselves go at the same time.
    """
    store.delete_sessions_before(session, seen=now - IDLE_MS, created=now - LONGEST_MS)
    secret = new_secret()
    store.insert_session(
        session,
        store.OfficerSession(
            key=digest_of(secret),
            person_id=person_id,
            means=means,
            is_complete=is_complete,
            site=None,
            messages=None,
            created_at=now,
            seen_at=now,
        ),
    )
    return secret


def find_signed_in(
    session: AnySession, secret: str, now: int, *, is_complete: bool = True
) -> SignedIn | None:
    """Return whose session an id is; None when it ended, or its owner has no access any more."""
    found = store.find_session(session, digest_of(secret))
    if found is None or found.is_complete != is_complete or not _counts(found, now):
        return None
    person = find_person(session, found.person_id)
    if person is None or person.revoked_at is not None:
        return None
    return SignedIn(found, person, csrf_token(secret))


def note_use(
    session: AnySession, signed_in: store.OfficerSession, site: str | None, now: int
) -> None:
    """Note that a session is used, and on which site, if that was not noted just now."""
    site = site or signed_in.site
    if now - signed_in.seen_at < _NOTED_EVERY_MS and site == signed_in.site:
        return
    with write_transaction(session):
        store.note_use(session, signed_in.key, now, site)


def list_live_sessions(session: AnySession, person_id: str, now: int) -> list[store.OfficerSession]:
    """Return where somebody is signed in now, the newest first."""
    found = store.list_sessions(session, person_id)
    return [one for one in found if one.is_complete and _counts(one, now)]


def end_session(session: AnySession, key: str, *, of: str) -> None:
    """End one session of a person; one of somebody else stays."""
    with write_transaction(session):
        found = store.find_session(session, key)
        if found is not None and found.person_id == of:
            store.delete_session(session, key)


def end_sessions(session: AnySession, person_id: str, *, but: str = "") -> None:
    """End all sessions of a person, except the one with the key `but`."""
    with write_transaction(session):
        store.delete_sessions_of(session, person_id, but=but)


def leave_message(session: AnySession, key: str, message: Mapping[str, Any]) -> None:
    """Keep something to say on the next page."""
    with write_transaction(session):
        found = store.find_session(session, key)
        if found is not None:
            kept = json.loads(found.messages) if found.messages else []
            store.set_messages(session, key, json.dumps([*kept, dict(message)]))


def take_messages(session: AnySession, signed_in: store.OfficerSession) -> list[dict[str, Any]]:
    """Return what was kept to be said, and forget it."""
    if not signed_in.messages:
        return []
    with write_transaction(session):
        store.set_messages(session, signed_in.key, None)
    messages: list[dict[str, Any]] = json.loads(signed_in.messages)
    return messages


def is_fresh(signed_in: store.OfficerSession, now: int) -> bool:
    """Say whether somebody signed in just now, so that it is still he who sits there."""
    return now - signed_in.created_at < FRESH_MS


def _counts(signed_in: store.OfficerSession, now: int) -> bool:
    if not signed_in.is_complete:
        return now - signed_in.created_at < SECOND_STEP_MS
    return now - signed_in.seen_at < IDLE_MS and now - signed_in.created_at < LONGEST_MS
