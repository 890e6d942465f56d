"""Read what a browser presents: its answer and its id, each only when genuine."""

from __future__ import annotations

from collections.abc import Sequence
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


def presented_of(
    keys: Keys, site_id: str, answers: Sequence[str], identities: Sequence[str]
) -> Presented:
    """Return the cookies that count where a browser presents several under one name.

    Hosts that share a choice may have kept one each from before they did. The newest answer that
    we signed counts; of one day, that which refuses more.
    """
    if max(len(answers), len(identities)) <= 1:
        return Presented(next(iter(answers), None), next(iter(identities), None))
    genuine = [value for value in identities if read_identity(keys, site_id, value)]
    return Presented(_newest(keys, site_id, answers), next(iter(genuine), None))


def _newest(keys: Keys, site_id: str, values: Sequence[str]) -> str | None:
    found = [(answer, value) for value in values if (answer := read_answer(keys, site_id, value))]
    ranked = [((answer.chosen_on, -sum(answer.choices.values())), value) for answer, value in found]
    return max(ranked)[1] if ranked else None


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
