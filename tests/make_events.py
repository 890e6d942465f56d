"""Consent events with plain defaults: Alice allows everything on the programme's site."""

from __future__ import annotations

import hmac
import os
from typing import Any

from consent.audit.records import consent_record
from consent.core.ids import uuid7
from consent.core.model import ConsentEvent, Control, EventName, Layer
from consent.core.times import parse_rfc3339
from consent.store import recording
from consent.store.database import AnySession

ALICE = "a1" * 32
BOB = "b0" * 32
NOTICE = "0a" * 32
SCOPE = "5c" * 32
BUILD = "bd" * 32
NOON = parse_rfc3339("2026-03-15T12:00:00Z")
HALF_A_YEAR = 180 * 86_400_000


def make_event(**overrides: Any) -> ConsentEvent:
    """Return an event; `at` also takes RFC 3339 text, and the id follows from it."""
    at = overrides.get("at", NOON)
    at = parse_rfc3339(at) if isinstance(at, str) else at
    values: dict[str, Any] = {
        "id": uuid7(at, os.urandom(10)),
        "site": "programme",
        "event": EventName.GRANTED,
        "choices": {"functional": True, "personalisation": True, "ads": True},
        "control": Control.ACCEPT_ALL,
        "layer": Layer.BANNER,
        "language": "en",
        "notice": NOTICE,
        "scope": SCOPE,
        "build": BUILD,
        "valid_until": at + HALF_A_YEAR,
        "page_group": None,
        "prev": None,
        "subject": ALICE,
        "gpc": False,
    }
    return ConsentEvent(**(values | overrides | {"at": at}))


def make_refusal(**overrides: Any) -> ConsentEvent:
    """Return a refusal of everything: it has no subject."""
    values: dict[str, Any] = {
        "event": EventName.REFUSED,
        "choices": {"functional": False, "personalisation": False, "ads": False},
        "control": Control.REFUSE_ALL,
        "subject": None,
    }
    return make_event(**(values | overrides))


def insert_event(session: AnySession, event: ConsentEvent, *, log_id: str = "university/1") -> None:
    """Store an event as an act does, and commit."""
    salt = os.urandom(64)
    record = consent_record(event)
    entry = hmac.digest(salt, record, "sha256")
    recording.insert_event(session, event, record=record, salt=salt, entry=entry, log_id=log_id)
    session.commit()
