"""The second step after a password: one-time codes (TOTP, RFC 6238), and codes for recovery."""

from __future__ import annotations

import hmac
import re
import secrets

import pyotp

from consent.audit.signed import Keyring
from consent.errors import AuthenticationError, RuleError
from consent.services.secrets_kept import decrypt, encrypt, is_newest
from consent.services.sessions import digest_of
from consent.services.sign_in import admit, count_attempt, forgive
from consent.store import people as store
from consent.store.database import AnySession, write_transaction
from consent.store.officers import record_action
from consent.store.people import Person

RECOVERY_CODES = 10

_MEANING = "officer totp"
_STEP_SECONDS = 30
_STEPS_OFF = 1  # a telephone's clock may be off by half a minute
_SECRET = re.compile(r"[A-Z2-7]{32}")  # 160 bits in base 32
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_totp_secret() -> str:
    return pyotp.random_base32()


def is_totp_secret(text: str) -> bool:
    return _SECRET.fullmatch(text) is not None


def provisioning_uri(secret: str, name: str, issuer: str) -> str:
    """Return what an authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def turn_on(
    session: AnySession, person: Person, secret: str, code: str, *, keyring: Keyring, now: int
) -> list[str]:
    """Ask this person for codes from now on; return the recovery codes, which are shown once.

    Raises RuleError unless the code shows that the app works.
    """
    if not is_totp_secret(secret):
        raise RuleError("this is not a secret of ours")
    step = _step_of(secret, code, now)
    if step is None:
        raise RuleError("the code does not fit")
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    with write_transaction(session):
        store.set_totp(session, person.id, encrypt(keyring, _MEANING, secret), step)
        store.delete_recovery_codes(session, person.id)
        store.insert_recovery_codes(
            session, person.id, [_recovery_hash(person.id, one) for one in codes]
        )
        _record(session, person, "account:totp_on", now)
    return codes


def turn_off(session: AnySession, person: Person, *, now: int) -> None:
    """Ask for no codes any more."""
    with write_transaction(session):
        store.set_totp(session, person.id, None)
        store.delete_recovery_codes(session, person.id)
        _record(session, person, "account:totp_off", now)


def complete_sign_in(
    session: AnySession, person: Person, code: str, *, keyring: Keyring, now: int
) -> str:
    """Return the id of a new, complete session for who gives the right code.

    Raises AuthenticationError for a wrong one, or one used before; TooManyAttemptsError when there
    were too many.
    """
    key = digest_of(f"code:{person.id}")
    count_attempt(session, key, now)
    if not _use_code(session, person, code, keyring, now):
        raise AuthenticationError("the code is not right")
    forgive(session, key)
    return admit(session, person, "password", now=now)


def _use_code(session: AnySession, person: Person, code: str, keyring: Keyring, now: int) -> bool:
    sealed, _ = store.totp_of(session, person.id)
    if sealed is None:
        return False
    secret = decrypt(keyring, _MEANING, sealed)
    step = _step_of(secret, code, now)
    with write_transaction(session):
        if step is None:
            return store.use_recovery_code(session, person.id, _recovery_hash(person.id, code))
        if not store.set_totp_step(session, person.id, step):
            return False
        if not is_newest(keyring, sealed):
            store.set_totp(session, person.id, encrypt(keyring, _MEANING, secret), step)
    return True


def _step_of(secret: str, code: str, now: int) -> int | None:
    """Return the half minute whose code this is, among those that count now."""
    totp = pyotp.TOTP(secret)
    given = "".join(code.split())
    current = now // 1000 // _STEP_SECONDS
    found = None
    for step in range(current - _STEPS_OFF, current + _STEPS_OFF + 1):
        if hmac.compare_digest(totp.at(step * _STEP_SECONDS).encode(), given.encode()):
            found = step
    return found


def _new_recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _recovery_hash(person_id: str, code: str) -> str:
    letters = "".join(letter for letter in code.upper() if letter in _ALPHABET)
    return digest_of(f"{person_id}:{letters}")


def _record(session: AnySession, person: Person, action: str, now: int) -> None:
    record_action(
        session,
        officer=person.name,
        action=action,
        subject_id=person.id,
        detail={"name": person.name},
        now=now,
    )
