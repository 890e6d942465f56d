"""The three values visitors' browsers hold for us, each signed for its own meaning and site."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import replace

from consent.audit.signed import Keyring
from consent.core.answer import Answer, parse_answer
from consent.core.model import ShownNotice
from consent.core.times import add_days, day_of
from consent.errors import NoticeTokenError, TokenError

NOTICE_TOKEN_DAYS = 30

_ID_BYTES = 16
_REAL, _TEST = "answer", "test answer"  # the salt tells an inspector's answer from a visitor's
_NOTICE = re.compile(
    r"(?P<language>[a-z0-9-]{2,16})\.(?P<day>[0-9]{8})"
    r"\.(?P<notice>[A-Za-z0-9_-]{43})\.(?P<build>[A-Za-z0-9_-]{43})"
)


def _salt(meaning: str, site: str) -> str:
    return f"consent.{meaning}.{site}"


def sign_answer(keyring: Keyring, site: str, answer: Answer) -> str:
    """Return the value of the choice cookie."""
    return keyring.sign(_salt(_TEST if answer.is_test else _REAL, site), answer.text)


def open_answer(keyring: Keyring, site: str, value: str) -> Answer:
    """Return the answer in a choice cookie; raise TokenError unless we signed it."""
    try:
        return parse_answer(keyring.unsign(_salt(_REAL, site), value))
    except TokenError as error:
        try:
            body = keyring.unsign(_salt(_TEST, site), value)
        except TokenError:
            raise error from None
        return replace(parse_answer(body), is_test=True)


def sign_notice(keyring: Keyring, shown: ShownNotice) -> str:
    """Return the notice token: the same for everyone who is given the same bytes that day."""
    body = ".".join((shown.language, shown.day, _shorten(shown.notice), _shorten(shown.build)))
    return keyring.sign(_salt("notice", shown.site), body)


def open_notice(keyring: Keyring, site: str, token: str, now: int) -> ShownNotice:
    """Return what a notice token vouches for.

    Raises NoticeTokenError unless we issued it for this site, at most 30 days ago.
    """
    try:
        match = _NOTICE.fullmatch(keyring.unsign(_salt("notice", site), token))
    except TokenError as error:
        raise NoticeTokenError("the notice_token was not issued for this site") from error
    if match is None:
        raise NoticeTokenError("the notice_token has another form")
    today = day_of(now)
    if match["day"] > today or add_days(match["day"], NOTICE_TOKEN_DAYS) < today:
        raise NoticeTokenError(
            f"the notice_token is from another time; it counts {NOTICE_TOKEN_DAYS} days"
        )
    return ShownNotice(
        site, _lengthen(match["notice"]), _lengthen(match["build"]), match["language"], match["day"]
    )


def sign_identity(keyring: Keyring, site: str, identity: bytes) -> str:
    """Return the value of the id cookie, from 128 random-looking bits."""
    body = base64.urlsafe_b64encode(identity).decode().rstrip("=")
    return keyring.sign(_salt("identity", site), body)


def open_identity(keyring: Keyring, site: str, value: str) -> bytes:
    """Return the 128 bits in an id cookie; raise TokenError unless we signed it."""
    body = keyring.unsign(_salt("identity", site), value)
    try:
        identity = base64.urlsafe_b64decode(body + "==")
    except binascii.Error as error:
        raise TokenError("the id cookie has another form") from error
    if len(identity) != _ID_BYTES:
        raise TokenError("the id cookie has another length")
    return identity


class Pseudonyms:
    """Keyed hashes that stand for a visitor's browser; without the key they lead nowhere."""

    def __init__(self, key: bytes) -> None:
        self._identity_key = hmac.digest(key, b"consent identity v1", hashlib.sha256)
        self._subject_key = hmac.digest(key, b"consent subject v1", hashlib.sha256)
        self._submission_key = hmac.digest(key, b"consent submission v1", hashlib.sha256)

    def identity_for(self, site: str, submission_id: str) -> bytes:
        """Return the 128-bit id that a first grant gets; a repeated act gets the same."""
        message = f"{site}\0{submission_id}".encode()
        return hmac.digest(self._identity_key, message, hashlib.sha256)[:_ID_BYTES]

    def subject_of(self, site: str, identity: bytes) -> str:
        """Return the keyed hash that records carry for an id, 64 hexadecimal digits."""
        return hmac.digest(
            self._subject_key, site.encode() + b"\0" + identity, hashlib.sha256
        ).hex()

    def submission_key(self, site: str, submission_id: str) -> str:
        """Return the keyed hash under which a submission is remembered."""
        message = f"{site}\0{submission_id}".encode()
        return hmac.digest(self._submission_key, message, hashlib.sha256).hex()


def _shorten(digest: str) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def _lengthen(short: str) -> str:
    return base64.urlsafe_b64decode(short + "=").hex()
