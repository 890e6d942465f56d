"""The three values visitors' browsers hold for us, each signed for its own meaning and site."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from consent.audit.signed import Keyring
from consent.core.answer import Answer, parse_answer
from consent.core.model import ShownNotice
from consent.core.times import add_days, day_of
from consent.errors import NoticeTokenError, TokenError

NOTICE_TOKEN_DAYS = 30

_ID_BYTES = 16
_REAL, _TEST = "answer", "test answer"  # the salt tells an inspector's answer from a visitor's
_HINT = 2  # hexadecimal digits of a digest: to find it by, not to know it by
_NOTICE = re.compile(
    r"1\.(?P<key>[0-9a-f]{8})\.(?P<language>[a-z0-9-]{2,16})\.(?P<day>[0-9]{8})"
    rf"\.(?P<notice>[0-9a-f]{{{_HINT}}})(?P<build>[0-9a-f]{{{_HINT}}})\.[A-Za-z0-9_-]{{22}}"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a site can have shown: the digests that begin in a way, the likeliest first."""

    notices: Callable[[str], Iterable[str]]
    builds: Callable[[str], Iterable[str]]


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
    """Return the notice token: the same for everyone who is given the same bytes that day.

    Every visitor loads it, so the two digests it is signed for are only hinted at.
    """
    return _spell_notice(keyring, shown)


def open_notice(keyring: Keyring, site: str, token: str, now: int, known: Shown) -> ShownNotice:
    """Return what a notice token vouches for.

    Raises NoticeTokenError unless we issued it for this site, at most 30 days ago.
    """
    match = _NOTICE.fullmatch(token)
    if match is None:
        raise NoticeTokenError("the notice_token has another form")
    shown = _signed_for(keyring, site, match, known)
    today = day_of(now)
    if shown.day > today or add_days(shown.day, NOTICE_TOKEN_DAYS) < today:
        raise NoticeTokenError(
            f"the notice_token is from another time; it counts {NOTICE_TOKEN_DAYS} days"
        )
    return shown


def _signed_for(keyring: Keyring, site: str, match: re.Match[str], known: Shown) -> ShownNotice:
    """Return the one thing a site can have shown that a token was signed for."""
    for notice in known.notices(match["notice"]):
        for build in known.builds(match["build"]):
            shown = ShownNotice(site, notice, build, match["language"], match["day"])
            try:
                token = _spell_notice(keyring, shown, key_id=match["key"])
            except TokenError as error:
                raise NoticeTokenError("the notice_token was not issued for this site") from error
            if hmac.compare_digest(token, match[0]):
                return shown
    raise NoticeTokenError("the notice_token was not issued for this site")


def _spell_notice(keyring: Keyring, shown: ShownNotice, *, key_id: str | None = None) -> str:
    hints = shown.notice[:_HINT] + shown.build[:_HINT]
    body = f"{shown.language}.{shown.day}.{hints}"
    digests = shown.notice + shown.build
    return keyring.sign_briefly(_salt("notice", shown.site), body, digests, key_id=key_id)


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
