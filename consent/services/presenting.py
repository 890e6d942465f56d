"""Read what a browser presents: its answer and its id, each only when genuine."""

from __future__ import annotations

from dataclasses import dataclass

from consent.audit.tokens import open_answer, open_identity
from consent.core.answer import Answer
from consent.core.state import ConsentState, consent_state
from consent.errors import TokenError
from consent.services.keys import Keys
from consent.services.sites import LiveSite


@dataclass(frozen=True, slots=True)
class Presented:
    """The raw values of a browser's two cookies, None where absent."""

    answer: str | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """An id cookie that verified, and the pseudonym that records carry for it."""

    bits: bytes
    subject: str


def read_answer(keys: Keys, site_id: str, value: str | None) -> Answer | None:
    """Return the answer in a choice cookie, None unless we signed it for this site."""
    try:
        return None if value is None else open_answer(keys.keyring, site_id, value)
    except TokenError:
        return None


def read_identity(keys: Keys, site_id: str, value: str | None) -> Identity | None:
    """Return the id in an id cookie, None unless we signed it for this site."""
    try:
        bits = None if value is None else open_identity(keys.keyring, site_id, value)
    except TokenError:
        return None
    return None if bits is None else Identity(bits, keys.pseudonyms.subject_of(site_id, bits))


def state_of(keys: Keys, site: LiveSite, presented: Presented, now: int) -> ConsentState:
    """Return what holds now for the browser that presents these cookies."""
    return consent_state(read_answer(keys, site.id, presented.answer), site.scope, now)
