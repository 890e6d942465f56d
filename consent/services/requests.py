"""What visitors asked for: when, by which way, and what came of it. Nothing says who it was."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from consent.core.erasure import Ground, Result
from consent.core.retention import ERASED_WITHIN_MS, DisposalClass
from consent.core.roles import BY_SUBJECT
from consent.errors import NotFoundError
from consent.services.accessing import ACCESS
from consent.services.disposals import logs_of
from consent.services.erasing import ERASE
from consent.services.sites import LiveSite
from consent.store import requests as store
from consent.store.database import AnySession
from consent.store.disposal_records import StoredDisposal, list_disposals_between
from consent.store.officers import OfficerAction, list_actions

KINDS = (ERASE, ACCESS)


class State(StrEnum):
    """How far a request is."""

    WAITING = "waiting"  # hidden from everybody, and not removed yet
    REMOVED = "removed"
    LOCKED = "locked"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `records` is how many it was about, where an officer acted; `due` by when what
    still waits is removed.
    """

    id: str
    action_id: str
    at: int
    is_erasure: bool
    officer: str | None  # None: the visitor alone
    records: int | None
    ground: Ground | None
    state: State

    @property
    def due(self) -> int:
        return self.at + ERASED_WITHIN_MS


def list_requests(
    session: AnySession, site: LiveSite, *, before: str | None = None, limit: int
) -> list[Request]:
    """Return the requests about a site, newest first, from behind an action on."""
    actions = store.list_site_actions(session, site.id, KINDS, before=before, limit=limit)
    waiting = store.waiting_erasures(session, site.id)
    return [_request(action, waiting) for action in actions]


def find_request(session: AnySession, site: LiveSite, request_id: str) -> Request:
    """Return a request by its name; raise NotFoundError for none on this site."""
    for action in list_actions(session, request_id):
        is_answered = action.detail.get("found") is not False
        if action.action in KINDS and action.detail.get("site") == site.id and is_answered:
            return _request(action, store.waiting_erasures(session, site.id))
    raise NotFoundError("there is no such request")


def disposals_after(session: AnySession, site: LiveSite, request: Request) -> list[StoredDisposal]:
    """Return the erasures that were removed within the time of a request: it is among them.

    Which one of them it was in, nothing tells.
    """
    told = list_disposals_between(session, logs_of(site), request.at, request.due)
    return [one for one in told if one.disposal.reason is DisposalClass.ERASURE]


def _request(action: OfficerAction, waiting: Container[int]) -> Request:
    is_erasure = action.action == ERASE
    ground = action.detail.get("ground")
    return Request(
        id=action.subject_id,
        action_id=action.id,
        at=action.at,
        is_erasure=is_erasure,
        officer=None if action.officer == BY_SUBJECT else action.officer,
        records=action.detail.get("records"),
        ground=None if ground is None else Ground(ground),
        state=_state(action, is_erasure=is_erasure, waits=action.at in waiting),
    )


def _state(action: OfficerAction, *, is_erasure: bool, waits: bool) -> State:
    if not is_erasure:
        return State.ANSWERED
    if action.detail.get("result") == Result.LOCKED.value:
        return State.LOCKED
    return State.WAITING if waits else State.REMOVED
