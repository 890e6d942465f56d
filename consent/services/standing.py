"""What this browser has agreed to now, and its own history for whoever holds its id."""

from __future__ import annotations

from dataclasses import dataclass, replace

from consent.audit.receipts import Receipt, open_receipt
from consent.core.choices import is_granting, is_live_grant
from consent.core.ids import reference_code
from consent.core.model import Status
from consent.core.state import ConsentState
from consent.errors import NotFoundError, RecordFormatError
from consent.services.keys import Keys
from consent.services.log_keys import receipt_verifiers
from consent.services.presenting import Presented, read_identity, state_of
from consent.services.sites import LiveSite
from consent.store.database import AnySession
from consent.store.events import StoredEvent, find_event, list_of_subject


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one browser and the events of its id, newest first."""

    state: ConsentState
    history: tuple[StoredEvent, ...]

    @property
    def latest(self) -> StoredEvent | None:
        return self.history[0] if self.history else None

    @property
    def code(self) -> str | None:
        """The reference code to read out, None where records carry no pseudonym."""
        subject = self.latest.event.subject if self.latest else None
        return None if subject is None else reference_code(subject)


def find_standing(
    session: AnySession, site: LiveSite, presented: Presented, *, keys: Keys, now: int
) -> Standing:
    """Return what holds now for a browser, and its history when it holds an id."""
    state = state_of(keys, site, presented, now)
    identity = read_identity(keys, site.id, presented.identity)
    if identity is None or not site.deployment.sets_cookies:
        return Standing(state, ())
    history = tuple(reversed(list_of_subject(session, identity.subject)))
    latest = history[0].event if history else None
    if is_granting(state.choices or {}) and not is_live_grant(latest, now):
        state = replace(state, status=Status.UNDECIDED, choices=None, answer=None, held={})
    return Standing(state, history)


def find_history(
    session: AnySession, site: LiveSite, presented: Presented, *, keys: Keys
) -> list[StoredEvent]:
    """Return all events of the id a browser holds, newest first.

    Raises NotFoundError, without a hint, when it holds none or nothing is known of it.
    """
    identity = read_identity(keys, site.id, presented.identity)
    events = [] if identity is None else list_of_subject(session, identity.subject)
    if not events:
        raise NotFoundError("there is nothing here for this browser")
    return events[::-1]


def find_by_receipt(
    session: AnySession, site: LiveSite, note: str, *, keys: Keys
) -> list[StoredEvent]:
    """Return what a receipt gives access to: its event and all others of the same id.

    Raises NotFoundError, without a hint, unless the receipt is genuine and its event is there.
    """
    receipt = _open_receipt(site, note, keys)
    stored = None if receipt is None else find_event(session, receipt.record_id)
    if (
        receipt is None
        or stored is None
        or stored.entry != receipt.entry
        or stored.event.site != site.id
    ):
        raise NotFoundError("there is nothing here for this receipt")
    if stored.event.subject is None:
        return [stored]
    return list_of_subject(session, stored.event.subject)[::-1]


def _open_receipt(site: LiveSite, note: str, keys: Keys) -> Receipt | None:
    """Return the receipt in a note that any log and key of a site has signed."""
    for log in {one.log_id: one for one in reversed(site.logs)}.values():
        for verifier in receipt_verifiers(log.origin, log.receipt_keys, keys):
            try:
                receipt = open_receipt(verifier, note)
            except RecordFormatError:
                continue
            return receipt if receipt.origin == log.origin else None
    return None


def find_held_event(
    session: AnySession, site: LiveSite, presented: Presented, event_id: str, *, keys: Keys
) -> StoredEvent:
    """Return one event to the browser whose id it carries; raise NotFoundError to any other."""
    identity = read_identity(keys, site.id, presented.identity)
    stored = find_event(session, event_id)
    if (
        identity is None
        or stored is None
        or stored.event.site != site.id
        or stored.event.subject != identity.subject
    ):
        raise NotFoundError("there is nothing here for this browser")
    return stored
