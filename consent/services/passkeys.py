"""Sign in with a passkey (WebAuthn), which is both steps at once: the device asks who is there.

A challenge says itself when it was made, signed, so that showing the sign-in page stores nothing;
that it was answered is stored, so that it counts once. It is signed for one purpose: signing in, or
a passkey for one person, or for one invitation.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from consent.audit.signed import Keyring
from consent.errors import AuthenticationError, NotFoundError, RuleError
from consent.services.sessions import MINUTE_MS, digest_of
from consent.services.sign_in import admit
from consent.store import passkeys as store
from consent.store.database import AnySession, write_transaction
from consent.store.officers import record_action
from consent.store.passkeys import Passkey
from consent.store.people import Person, find_person, hold_person
from consent.store.sessions import use_challenge

CHALLENGE_MS = 10 * MINUTE_MS
MOST_PASSKEYS = 20
LONGEST_NAME = 80

_MEANING = "passkey challenge"
_SIGN_IN = "sign in"
_NONCE_BYTES, _TIME_BYTES, _MAC_BYTES = 16, 8, 16


@dataclass(frozen=True, slots=True)
class Party:
    """The console as authenticators know it."""

    origin: str
    keyring: Keyring

    @property
    def id(self) -> str:
        return urlsplit(self.origin).hostname or ""


def registration_options(
    session: AnySession, party: Party, person: Person, now: int, *, purpose: str | None = None
) -> str:
    """Return, as JSON, what a browser needs to make a passkey for this person."""
    known = store.list_passkeys(session, person.id)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.id,
        user_name=person.name,
        user_id=person.id.encode(),
        challenge=_new_challenge(party, purpose or _adding_to(person), now),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known
        ],
    )
    return options_to_json(options)


def add_passkey(
    session: AnySession, party: Party, person: Person, credential: str, name: str, *, now: int
) -> Passkey:
    """Store the passkey a browser made; raise RuleError when it is not as it should be."""
    passkey = made_passkey(party, person, credential, name, now=now)
    with write_transaction(session):
        keep_passkey(session, person, passkey, credential, now=now)
    return passkey


def made_passkey(
    party: Party,
    person: Person,
    credential: str,
    name: str,
    *,
    purpose: str | None = None,
    now: int,
) -> Passkey:
    """Return the passkey a browser made, which is not stored yet.

    Raises RuleError unless it was made here, for this purpose, by a device that asked who is there.
    """
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=_answered_challenge(
                party, purpose or _adding_to(person), credential, now
            ),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise RuleError("the browser's answer cannot be used") from error
    return Passkey(
        id=bytes_to_base64url(verified.credential_id),
        person_id=person.id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        name=name.strip()[:LONGEST_NAME] or party.id,
        created_at=now,
        used_at=None,
    )


def keep_passkey(
    session: AnySession, person: Person, passkey: Passkey, credential: str, *, now: int
) -> None:
    """Store a passkey within a transaction; raise RuleError when it cannot be one more."""
    hold_person(session, person.id)
    if len(store.list_passkeys(session, person.id)) >= MOST_PASSKEYS:
        raise RuleError(f"nobody needs more than {MOST_PASSKEYS} passkeys")
    if store.find_passkey(session, passkey.id) is not None:
        raise RuleError("this passkey is known already")
    _use_challenge(session, credential, now)
    store.insert_passkey(session, passkey)
    _record(session, person, "account:passkey_added", passkey.name, now)


def is_last_way_in(person: Person, passkeys: int, *, has_provider: bool) -> bool:
    """Say whether somebody with one passkey less could not sign in any more.

    `has_provider` says whether there is single sign-on now; who came in by it before cannot
    without.
    """
    return passkeys == 1 and not person.has_password and not (has_provider and person.has_provider)


def remove_passkey(
    session: AnySession, person: Person, credential_id: str, *, has_provider: bool, now: int
) -> None:
    """Forget a passkey; raise NotFoundError when the person has no such one.

    Raises RuleError for the last way to sign in.
    """
    with write_transaction(session):
        hold_person(session, person.id)  # two at once would each leave the other's passkey
        mine = store.list_passkeys(session, person.id)
        is_mine = credential_id in {one.id for one in mine}
        if is_mine and is_last_way_in(person, len(mine), has_provider=has_provider):
            raise RuleError("this is the last way to sign in")
        found = store.find_passkey(session, credential_id) if credential_id.isascii() else None
        if found is None or not store.delete_passkey(session, person.id, credential_id):
            raise NotFoundError("there is no such passkey")
        _record(session, person, "account:passkey_removed", found.name, now)


def sign_in_options(party: Party, now: int) -> str:
    """Return, as JSON, what a browser needs to sign in with any passkey it has for the console."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=_new_challenge(party, _SIGN_IN, now),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def sign_in_with_passkey(session: AnySession, party: Party, credential: str, *, now: int) -> str:
    """Return the id of a new session; raise AuthenticationError, in the same words always."""
    try:
        passkey = store.find_passkey(session, _id_in(credential))
        person = None if passkey is None else find_person(session, passkey.person_id)
        if passkey is None or person is None or person.revoked_at is not None:
            raise AuthenticationError("this passkey is not known here")
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=_answered_challenge(party, _SIGN_IN, credential, now),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
        with write_transaction(session):
            _use_challenge(session, credential, now)
            store.note_passkey_use(session, passkey.id, verified.new_sign_count, now)
    except (WebAuthnException, ValueError, KeyError, TypeError, RuleError, IntegrityError) as error:
        raise AuthenticationError("this passkey is not known here") from error
    return admit(session, person, "passkey", now=now)


def _adding_to(person: Person) -> str:
    return f"add to {person.id}"


def _new_challenge(party: Party, purpose: str, now: int) -> bytes:
    body = os.urandom(_NONCE_BYTES) + now.to_bytes(_TIME_BYTES, "big")
    return body + _mac(list(party.keyring.derived(_MEANING).values())[-1], body, purpose)


def _answered_challenge(party: Party, purpose: str, credential: str, now: int) -> bytes:
    """Return the challenge that was answered, if it is ours, for this purpose and not too old."""
    challenge = _challenge_in(credential)
    body, mac = challenge[:-_MAC_BYTES], challenge[-_MAC_BYTES:]
    made_at = int.from_bytes(body[_NONCE_BYTES:], "big")
    is_ours = len(body) == _NONCE_BYTES + _TIME_BYTES and any(
        hmac.compare_digest(mac, _mac(key, body, purpose))
        for key in party.keyring.derived(_MEANING).values()
    )
    if not is_ours or not 0 <= now - made_at < CHALLENGE_MS:
        raise ValueError("the challenge is not one of ours, or too old")
    return challenge


def _id_in(credential: str) -> str:
    """Return which passkey a browser used, spelled as we do."""
    return bytes_to_base64url(base64url_to_bytes(json.loads(credential)["id"]))


def _challenge_in(credential: str) -> bytes:
    client = json.loads(credential)["response"]["clientDataJSON"]
    challenge = json.loads(base64url_to_bytes(client))["challenge"]
    return base64url_to_bytes(challenge)


def _use_challenge(session: AnySession, credential: str, now: int) -> None:
    key = digest_of(_challenge_in(credential).hex())
    if not use_challenge(session, key, now=now, expires_at=now + CHALLENGE_MS):
        raise RuleError("this challenge was answered before")


def _mac(key: bytes, body: bytes, purpose: str) -> bytes:
    return hmac.digest(key, body + purpose.encode(), hashlib.sha256)[:_MAC_BYTES]


def _record(session: AnySession, person: Person, action: str, name: str, now: int) -> None:
    record_action(
        session,
        officer=person.name,
        action=action,
        subject_id=person.id,
        detail={"passkey": name},
        now=now,
    )
