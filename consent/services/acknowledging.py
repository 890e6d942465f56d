"""What the preference page knows of the act it has just recorded.

The page answers an act by sending the browser on to itself. What it then says of the act travels
in the address: signed, for ten minutes, without any choice and without the visitor's id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from consent.core.choices import GRANTS
from consent.core.ids import reference_code
from consent.core.model import Control, EventName
from consent.errors import TokenError
from consent.services.answering import Recorded
from consent.services.erasing import Erased
from consent.services.keys import Keys
from consent.services.presenting import Presented
from consent.services.sites import LiveSite, get_notice
from consent.services.standing import find_held_event
from consent.store.database import AnySession
from consent.store.events import StoredEvent, find_event

VALID_SECONDS = 600

_CONTROLS = "|".join(control.value for control in Control)
_BODY = re.compile(
    r"(?P<event>[0-9a-f-]{36}|-)"
    rf"\.(?P<control>{_CONTROLS})"
    r"\.(?P<at>[0-9]{1,12})"
    r"\.(?P<removed>[0-9]{1,3})"
)
_ERASURE = re.compile(
    r"(?P<by>[0-9]{1,12})\.(?P<at>[0-9]{1,12})\.(?P<removed>[0-9]{1,3})(?P<locked>\.locked)?"
)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One act, as its address tells of it. `event_id` is None where only a total was kept."""

    event_id: str | None
    control: Control
    at: int
    removed: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One act, and what the page says of it.

    `at` is when the act was made, in milliseconds, to the second above; `code` is the reference
    code after a withdrawal, when it is shown for the last time; `left_hosts` are other sites whose
    cookies only they, or the visitor, can delete.
    """

    control: Control
    at: int
    event: EventName
    stored: StoredEvent | None
    removed: int
    code: str | None
    left_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AcknowledgedErasure:
    """An erasure, and what the page says of it: `removed` counts the cookies deleted.

    `is_locked` says that the records are locked away until `removed_by`.
    """

    at: int
    removed_by: int
    is_locked: bool
    removed: int
    left_hosts: tuple[str, ...]


def sign_acknowledgement(
    keys: Keys, site: LiveSite, recorded: Recorded, control: Control, *, removed: int, now: int
) -> str:
    """Return the value that lets the page tell of an act for ten minutes."""
    event_id = "-" if recorded.stored is None else recorded.stored.event.id
    body = f"{event_id}.{control.value}.{now // 1000}.{removed}"
    return keys.keyring.sign(_salt(site.id), body)


def find_acknowledged(
    session: AnySession, site: LiveSite, value: str, *, keys: Keys, now: int
) -> Acknowledged | None:
    """Return the act that a value in an address tells of, None unless we signed it just now."""
    acknowledgement = _open(keys, site.id, value, now)
    if acknowledgement is None:
        return None
    control, removed = acknowledgement.control, acknowledgement.removed
    if acknowledgement.event_id is None:
        return Acknowledged(control, acknowledgement.at, EventName.REFUSED, None, removed, None, ())
    stored = find_event(session, acknowledgement.event_id)
    if stored is None or stored.event.site != site.id:
        return None
    event = stored.event
    is_withdrawn = event.event is EventName.WITHDRAWN and event.subject is not None
    return Acknowledged(
        control=control,
        at=acknowledgement.at,
        event=event.event,
        stored=stored,
        removed=removed,
        code=reference_code(event.subject) if is_withdrawn and event.subject else None,
        left_hosts=_left_hosts(session, stored),
    )


def sign_erasure(keys: Keys, site: LiveSite, erased: Erased, *, removed: int, now: int) -> str:
    """Return the value that lets the page tell of an erasure for ten minutes."""
    body = f"{erased.hidden.removed_by // 1000}.{now // 1000}.{removed}"
    if erased.hidden.is_locked:
        body += ".locked"
    return keys.keyring.sign(_salt(site.id, "erasure"), body)


def find_erasure(site: LiveSite, value: str, *, keys: Keys, now: int) -> AcknowledgedErasure | None:
    """Return the erasure that a value in an address tells of, None unless we signed it just now."""
    try:
        match = _ERASURE.fullmatch(keys.keyring.unsign(_salt(site.id, "erasure"), value))
    except TokenError:
        return None
    if match is None or not 0 <= now // 1000 - int(match["at"]) <= VALID_SECONDS:
        return None
    left_hosts = tuple(site.notice.third_party_hosts())
    return AcknowledgedErasure(
        at=_end_of_second(match["at"]),
        removed_by=int(match["by"]) * 1000,
        is_locked=match["locked"] is not None,
        removed=int(match["removed"]),
        left_hosts=left_hosts,
    )


def find_receipt_event(
    session: AnySession,
    site: LiveSite,
    event_id: str,
    *,
    presented: Presented,
    act: str,
    keys: Keys,
    now: int,
) -> StoredEvent:
    """Return an event to its holder, or one that nobody holds to whoever recorded it just now.

    Nobody holds a refusal, nor a withdrawal once it is made. Raises NotFoundError, without a
    hint, to anyone else.
    """
    acknowledgement = _open(keys, site.id, act, now)
    if acknowledgement is not None and acknowledgement.event_id == event_id:
        stored = find_event(session, event_id)
        if stored is not None and stored.event.site == site.id and not _is_held(stored):
            return stored
    return find_held_event(session, site, presented, event_id, keys=keys)


def _is_held(stored: StoredEvent) -> bool:
    return stored.event.subject is not None and stored.event.event is not EventName.WITHDRAWN


def _salt(site_id: str, meaning: str = "act") -> str:
    return f"consent.{meaning}.{site_id}"


def _open(keys: Keys, site_id: str, value: str, now: int) -> Acknowledgement | None:
    try:
        match = _BODY.fullmatch(keys.keyring.unsign(_salt(site_id), value))
    except TokenError:
        return None
    if match is None or not 0 <= now // 1000 - int(match["at"]) <= VALID_SECONDS:
        return None
    event_id = None if match["event"] == "-" else match["event"]
    return Acknowledgement(
        event_id,
        Control(match["control"]),
        _end_of_second(match["at"]),
        int(match["removed"]),
    )


def _end_of_second(seconds: str) -> int:
    return int(seconds) * 1000 + 999


def _left_hosts(session: AnySession, stored: StoredEvent) -> tuple[str, ...]:
    """Return the other sites that could place cookies before this act, and no longer may."""
    previous = find_event(session, stored.event.prev) if stored.event.prev else None
    if previous is None or previous.event.event not in GRANTS:
        return ()
    notice = get_notice(session, previous.event.notice)
    hosts: set[str] = set()
    for category, was_allowed in previous.event.choices.items():
        if was_allowed and not stored.event.choices.get(category, False):
            hosts.update(notice.third_party_hosts(category))
    return tuple(sorted(hosts))
