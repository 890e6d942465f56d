"""What officers did, by the page, newest first: each page is found by an index, from where the one
before ended.

What is of several or all sites stands under ALL_SITES, and is in the list of each site as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from sqlalchemy import ColumnElement, select

from consent.core.actions import KINDS
from consent.core.roles import ALL_SITES
from consent.store.database import AnySession
from consent.store.events import first_id_of
from consent.store.sealed_actions import StoredAction, stored_action
from consent.store.tables import LogIndexRow, LogPendingRow, OfficerActionRow

PAGE_ROWS = 50

_Action = OfficerActionRow


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """Which actions are meant. Without a site all are, those about people as well.

    `from_` is the first instant and `to` the one behind the last, in milliseconds.
    """

    site: str | None = None
    officer: str | None = None
    kind: str | None = None
    from_: int | None = None
    to: int | None = None


@dataclass(frozen=True, slots=True)
class ListedAction:
    """An action, and where it is sealed: its leaf, or without one whether it waits."""

    action: StoredAction
    log_id: str | None
    leaf: int | None
    waits: bool


@dataclass(frozen=True, slots=True)
class ActionPage:
    """Some actions, newest first. `older` is the id behind which the next page begins."""

    actions: tuple[ListedAction, ...]
    older: str | None


def list_actions_page(
    session: AnySession, wanted: ActionFilter, before: str | None = None, *, rows: int = PAGE_ROWS
) -> ActionPage:
    """Return a page of the actions that a filter matches; the first one, or that behind an id."""
    ids: list[str] = []
    for conditions in _parts(wanted):
        query = select(_Action.id).where(*conditions, *_range(wanted, before))
        ids += session.scalars(query.order_by(_Action.id.desc()).limit(rows + 1))
    ids = sorted(ids, reverse=True)[: rows + 1]
    found = _list(session, ids[:rows])
    return ActionPage(found, ids[rows - 1] if len(ids) > rows else None)


def stream_actions(
    session: AnySession, wanted: ActionFilter, *, rows: int
) -> Iterator[ListedAction]:
    """Give all actions that a filter matches, newest first, a page at a time."""
    before: str | None = None
    while True:
        page = list_actions_page(session, wanted, before, rows=rows)
        session.rollback()
        yield from page.actions
        if page.older is None:
            return
        before = page.older


def find_action(session: AnySession, action_id: str) -> ListedAction | None:
    found = _list(session, [action_id])
    return found[0] if found else None


def _parts(wanted: ActionFilter) -> Iterator[Sequence[ColumnElement[bool]]]:
    """Give the conditions of several queries, each of which one index answers in order."""
    sites: Sequence[str | None] = [None] if wanted.site is None else [wanted.site, ALL_SITES]
    actions: Sequence[str | None] = [None] if wanted.kind is None else KINDS[wanted.kind]
    for site, action in product(sites, actions):
        conditions = {_Action.site: site, _Action.action: action, _Action.officer: wanted.officer}
        yield [column == value for column, value in conditions.items() if value is not None]


def _range(wanted: ActionFilter, before: str | None) -> list[ColumnElement[bool]]:
    """Ids are made at the instant they are stored with, so that a period is a range of them."""
    bounds: list[ColumnElement[bool]] = []
    if wanted.from_ is not None:
        bounds.append(_Action.id >= first_id_of(wanted.from_))
    if wanted.to is not None:
        bounds.append(_Action.id < first_id_of(wanted.to))
    if before is not None:
        bounds.append(_Action.id < before)
    return bounds


def _list(session: AnySession, ids: Sequence[str]) -> tuple[ListedAction, ...]:
    if not ids:
        return ()
    query = (
        select(_Action, LogIndexRow.log_id, LogIndexRow.leaf_index, LogPendingRow.event_id)
        .outerjoin(LogIndexRow, LogIndexRow.event_id == _Action.id)
        .outerjoin(LogPendingRow, LogPendingRow.event_id == _Action.id)
        .where(_Action.id.in_(ids))
        .order_by(_Action.id.desc())
    )
    return tuple(
        ListedAction(stored_action(row), log_id, leaf, waiting is not None)
        for row, log_id, leaf, waiting in session.execute(query)
    )
