"""What an act is answered with: the same for a repeat, since it comes from what was stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.audit.receipts import make_receipt, sign_receipt
from consent.audit.tokens import sign_answer, sign_identity
from consent.core.answer import SCOPE_DIGITS, Answer
from consent.core.choices import is_granting
from consent.core.model import Choices, EventName
from consent.core.times import day_of
from consent.services.keys import Keys
from consent.services.log_keys import receipt_signer
from consent.services.presenting import Identity
from consent.services.sites import LiveSite
from consent.store.events import StoredEvent


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an act led to. Instants are in milliseconds.

    `stored` and `receipt` are None where only a daily total was kept (count mode). A cookie value
    of None means: leave the cookie alone; an empty one means: delete it. `shown_on` is the day
    (YYYYMMDD) on which what was shown was handed out, of a new act.
    """

    event: EventName
    choices: Choices
    notice: str
    decided_at: int
    valid_until: int
    stored: StoredEvent | None
    receipt: str | None
    answer_cookie: str | None
    identity_cookie: str | None
    is_repeat: bool
    shown_on: str | None = field(default=None, compare=False)  # no part of the answer


def answer_event(
    site: LiveSite,
    keys: Keys,
    stored: StoredEvent,
    *,
    identity: Identity | None,
    replaced: bool,
    is_repeat: bool,
) -> Recorded:
    """Return the answer to an act that was stored.

    `replaced` says that a later act of this browser followed: a late repeat of the earlier one
    must not bring its cookies back.
    """
    event = stored.event
    answer = Answer(
        event.scope[:SCOPE_DIGITS],
        event.choices,
        day_of(event.at),
        day_of(event.valid_until - 1),
        event.test,
    )
    return Recorded(
        event=event.event,
        choices=event.choices,
        notice=event.notice,
        decided_at=event.at,
        valid_until=event.valid_until,
        stored=stored,
        receipt=sign_stored(site, keys, stored),
        answer_cookie=None if replaced else sign_answer(keys.keyring, site.id, answer),
        identity_cookie=None if replaced else _identity_cookie(site, keys, event.choices, identity),
        is_repeat=is_repeat,
    )


def answer_count(
    site: LiveSite, keys: Keys, remembered: Mapping[str, Any], *, is_repeat: bool
) -> Recorded:
    """Return the answer to a refusal of which only a daily total is kept."""
    decided_at, valid_until = remembered["decided_at"], remembered["valid_until"]
    answer = Answer(
        remembered["scope"][:SCOPE_DIGITS],
        remembered["choices"],
        day_of(decided_at),
        day_of(valid_until - 1),
        bool(remembered.get("test")),
    )
    return Recorded(
        event=EventName.REFUSED,
        choices=remembered["choices"],
        notice=remembered["notice"],
        decided_at=decided_at,
        valid_until=valid_until,
        stored=None,
        receipt=None,
        answer_cookie=sign_answer(keys.keyring, site.id, answer),
        identity_cookie="",
        is_repeat=is_repeat,
    )


def sign_stored(site: LiveSite, keys: Keys, stored: StoredEvent) -> str:
    """Return the signed receipt of a stored event; the same each time it is asked for."""
    event = stored.event
    log = site.log_at(event.at)
    signer = receipt_signer(log.origin, log.receipt_keys, keys, event.at)
    return sign_receipt(signer, make_receipt(log.origin, event.id, stored.entry, event.at))


def _identity_cookie(
    site: LiveSite, keys: Keys, choices: Choices, identity: Identity | None
) -> str | None:
    if not is_granting(choices):
        return ""
    if identity is None:
        return None
    return sign_identity(keys.keyring, site.id, identity.bits)
