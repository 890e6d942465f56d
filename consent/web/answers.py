"""Values of the services as the JSON the API answers with."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from consent.core.limits import SUBMISSION_DAYS
from consent.core.model import Status
from consent.core.script_line import packed
from consent.core.times import parse_day, rfc3339
from consent.services.answering import Recorded, sign_stored
from consent.services.builds import script_build
from consent.services.erasing import Erased
from consent.services.keys import Keys
from consent.services.sites import LiveSite
from consent.services.standing import Standing
from consent.store.events import StoredEvent
from consent.web.context import Service
from consent.web.script import notice_token, script_config

KEPT_IN_LOG = (
    "In the log, as long as it is kept, to show that it is whole: 32 bytes for each record, which "
    "open to nothing without it and lead to nobody, and a daily note of how many were removed."
)
KEPT_CODE = f"For {SUBMISSION_DAYS} days a code by which a repeated message is recognised."
KEPT_IN_BACKUPS = "Copies in backups, which serve to repair the service after a failure,"


def answer_body(site: LiveSite, recorded: Recorded, *, proof: str | None = None) -> dict[str, Any]:
    """Return the answer to an act; the signed choice is in it only where cookies are not ours."""
    stored = recorded.stored
    body: dict[str, Any] = {
        "id": None if stored is None else stored.event.id,
        "event": recorded.event.value,
        "choices": dict(recorded.choices),
        "decided_at": rfc3339(recorded.decided_at),
        "valid_until": rfc3339(recorded.valid_until),
        "notice_hash": recorded.notice,
        "receipt": recorded.receipt,
        "opening": None if stored is None else _opening(stored),
        "proof_url": None if stored is None else proof_url(site, stored.event.id),
        "proof": proof,
    }
    if not site.deployment.sets_cookies and recorded.answer_cookie is not None:
        body["cookie"] = recorded.answer_cookie
    return body


def stored_body(
    site: LiveSite, keys: Keys, stored: StoredEvent, *, proof: str | None = None
) -> dict[str, Any]:
    """Return a stored event as its holder sees it: all of it, with receipt, opening and proof."""
    event = stored.event
    return {
        "id": event.id,
        "event": event.event.value,
        "choices": dict(event.choices),
        "decided_at": rfc3339(event.at),
        "valid_until": rfc3339(event.valid_until),
        "notice_hash": event.notice,
        "receipt": sign_stored(site, keys, stored),
        "opening": _opening(stored),
        "proof_url": proof_url(site, event.id),
        "proof": proof,
    }


def proof_url(site: LiveSite, event_id: str) -> str:
    return f"{site.deployment.service_url}/api/v1/sites/{site.id}/consents/{event_id}/proof"


def state_body(site: LiveSite, standing: Standing) -> dict[str, Any]:
    """Return what holds now; the exact instant where an event is known, else the day."""
    state = standing.state
    if state.answer is None:
        return {
            "status": state.status.value,
            "choices": None,
            "decided_at": None,
            "valid_until": None,
            "notice_hash": None,
        }
    latest = standing.latest
    is_known = latest is not None and latest.event.valid_until == state.answer.valid_until
    decided = state.status is Status.DECIDED
    return {
        "status": state.status.value,
        "choices": None if state.choices is None else dict(state.choices),
        "decided_at": rfc3339(latest.event.at)
        if latest is not None and is_known
        else parse_day(state.answer.chosen_on).isoformat(),
        "valid_until": rfc3339(state.answer.valid_until),
        "notice_hash": latest.event.notice
        if latest is not None and is_known
        else (site.notice.hash if decided else None),
    }


def notice_body(running: Service, site: LiveSite, language: str) -> dict[str, Any]:
    """Return the notice in force in one language, with its token and the script's configuration."""
    config = script_config(running, site, language)
    return {
        "v": 1,
        "site": site.id,
        "notice_hash": site.notice.hash,
        "scope_hash": site.notice.scope,
        "language": language,
        "languages": list(site.notice.languages),
        "categories": config["categories"],
        "texts": config["texts"],
        "notice_token": notice_token(running, site, language, script_build()),
        "config": packed(config),
    }


def erased_body(site: LiveSite, erased: Erased) -> dict[str, Any]:
    """Return what an erasure led to, with what stays, why and until when."""
    return {
        "erased": erased.hidden.count,
        "kept": " ".join(_kept(site, erased)),
        "removed_by": rfc3339(erased.hidden.removed_by),
    }


def _kept(site: LiveSite, erased: Erased) -> Iterator[str]:
    deployment = site.deployment
    if erased.hidden.is_locked:
        reason = deployment.erasure_reason[site.notice.default_language]
        until = rfc3339(erased.hidden.removed_by)
        yield f"Until {until} the records, seen by nobody but who checks the proof: {reason}"
    yield KEPT_IN_LOG
    yield KEPT_CODE
    days = deployment.backup_days
    end = "until those expire" if days is None else f"for at most {days} days"
    yield f"{KEPT_IN_BACKUPS} {end}."


def _opening(stored: StoredEvent) -> dict[str, str]:
    return {"record": stored.payload, "salt": base64.b64encode(stored.salt).decode()}
