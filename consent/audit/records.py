"""The bytes of a record: the keys of the design in canonical form, absent where there is none."""

from __future__ import annotations

from typing import Any

from consent.core.canonical import record_bytes
from consent.core.model import ConsentEvent
from consent.core.retention import Disposal

RECORD_VERSION = 1


def consent_record(event: ConsentEvent) -> bytes:
    """Return the record of a consent event (RFC 8785 form); stored and hashed verbatim."""
    record: dict[str, Any] = {
        "v": RECORD_VERSION,
        "type": "consent",
        "id": event.id,
        "at": event.at,
        "site": event.site,
        "event": event.event.value,
        "choices": dict(event.choices),
        "control": event.control.value,
        "layer": event.layer.value,
        "language": event.language,
        "notice": event.notice,
        "scope": event.scope,
        "build": event.build,
        "valid_until": event.valid_until,
    }
    optional = {"page_group": event.page_group, "prev": event.prev, "subject": event.subject}
    record |= {key: value for key, value in optional.items() if value is not None}
    if event.gpc:
        record["signals"] = {"gpc": True}
    return record_bytes(record)


def disposal_record(disposal: Disposal) -> bytes:
    """Return the record of a disposal: how many went and why; nothing of what they were."""
    return record_bytes(
        {
            "v": RECORD_VERSION,
            "type": "disposal",
            "id": disposal.id,
            "at": disposal.at,
            "reason": disposal.reason.value,
            "policy": disposal.policy,
            "role": disposal.role.value,
            "count": disposal.count,
        }
    )
