"""All that is held of one person, as the one document that is handed out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consent.core.ids import reference_code
from consent.core.notice import recipient_ids
from consent.core.times import rfc3339
from consent.services.accessing import Held
from consent.services.keys import Keys
from consent.services.looks import Look
from consent.services.sites import LiveSite
from consent.store.events import StoredEvent
from consent.web.answers import stored_body

_ABOUT = ("log", "rights", "contact")  # the sections of the policy about these records


def held_body(site: LiveSite, keys: Keys, held: Held, *, language: str, now: int) -> dict[str, Any]:
    """Return all that is held of a person as one document, in the words of the site's policy."""
    subject = held.events[0].event.subject
    notice = site.notice.document
    sections = held.policy["languages"][language]["sections"]
    return {
        "v": 1,
        "made_at": rfc3339(now),
        "site": site.id,
        "language": language,
        "controller": dict(notice["controller"]),
        "about": [dict(one) for one in sections if one["id"] in _ABOUT],
        "reference_code": None if subject is None else reference_code(subject),
        "events": [_held_event(site, keys, held, stored) for stored in held.events],
        "recipients": _recipients(held),
        "looks": looks_body(held.looks),
        "notices": {name: notice.document for name, notice in held.notices.items()},
    }


def looks_body(looks: Sequence[Look]) -> list[dict[str, Any]]:
    """Return who of the controller had to do with the records: in which role, when, and what."""
    return [{"at": rfc3339(one.at), "by": "officer", "what": one.kind.value} for one in looks]


def _held_event(site: LiveSite, keys: Keys, held: Held, stored: StoredEvent) -> dict[str, Any]:
    event = stored.event
    return {
        **stored_body(site, keys, stored, proof=held.proofs.get(event.id)),
        "control": event.control.value,
        "layer": event.layer.value,
        "language": event.language,
        "kept_until": rfc3339(held.ends[event.id]),
    }


def _recipients(held: Held) -> list[dict[str, Any]]:
    """Return who received data in a category that this person ever allowed."""
    found: dict[str, dict[str, Any]] = {}
    for stored in held.events:
        document = held.notices[stored.event.notice].document
        providers = {one["id"]: one for one in document["providers"]}
        for category, allowed in stored.event.choices.items():
            for provider_id in sorted(recipient_ids(document, category)) if allowed else ():
                provider = providers[provider_id]
                one = found.setdefault(
                    provider_id,
                    {key: provider[key] for key in ("name", "role", "country")}
                    | {"privacy_url": provider["privacy_url"], "categories": []},
                )
                if category not in one["categories"]:
                    one["categories"].append(category)
    return list(found.values())
