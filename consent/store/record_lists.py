"""Records by the page, and whose a reference code is: what officers look up.

A page is found from where the one before ended, by the index of site and id, newest first. What a
narrow filter has to pass over is limited: a page then ends early and says how far it looked, so
that it takes as long at ten million records as at ten thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from consent.store.database import AnySession
from consent.store.events import (
    ID_SLACK_MS,
    EventFilter,
    StoredEvent,
    conditions_of,
    first_id_of,
    kept,
    list_events,
    site_beside_its_index,
)
from consent.store.tables import ConsentEventRow

PAGE_ROWS = 50
ROWS_PASSED = 100_000

_Event = ConsentEventRow


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind a record, towards older ones or back to newer ones."""

    id: str
    goes_back: bool = False


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records, newest first. `older` and `newer` are where the pages beside it begin.

    `is_cut` says that it ended for having looked long enough, at `older` or `newer`.
    """

    events: tuple[StoredEvent, ...]
    older: Place | None
    newer: Place | None
    is_cut: bool = False


def list_page(
    session: AnySession,
    site: str,
    wanted: EventFilter,
    place: Place | None = None,
    *,
    rows: int = PAGE_ROWS,
    passed: int = ROWS_PASSED,
) -> RecordPage:
    """Return a page of a site's records that a filter matches; hidden ones are in none."""
    goes_back = place is not None and place.goes_back
    edge = _edge(session, site, wanted, place, passed)
    bounds = [*_behind(place), *([] if edge is None else [_reaches(edge, goes_back=goes_back)])]
    order = _Event.id.asc() if goes_back else _Event.id.desc()
    query = kept(_Event.id).where(_Event.site == site, *conditions_of(wanted), *bounds)
    ids = list(session.scalars(query.order_by(order).limit(rows + 1)))
    has_more = len(ids) > rows
    events = tuple(reversed(list_events(session, ids[:rows])))
    is_cut = edge is not None and not has_more
    end = edge if is_cut else (ids[rows - 1] if has_more else None)
    return _page(events, place, end, is_cut=is_cut)


def list_ids_of_code(
    session: AnySession, sites: Sequence[str], digits: str, limit: int = 2
) -> list[tuple[str, str]]:
    """Return the sites and subjects, of these sites, whose code has these hexadecimal digits."""
    query = kept(_Event.site, _Event.subject).where(
        _Event.subject >= digits, _Event.subject < f"{digits}g", site_beside_its_index().in_(sites)
    )
    found = session.execute(query.distinct().order_by(_Event.subject, _Event.site).limit(limit))
    return [(site, subject) for site, subject in found if subject is not None]


def _edge(
    session: AnySession, site: str, wanted: EventFilter, place: Place | None, passed: int
) -> str | None:
    """Return the id of the last record to look at; None when all that is left is few."""
    goes_back = place is not None and place.goes_back
    order = _Event.id.asc() if goes_back else _Event.id.desc()
    query = select(_Event.id).where(_Event.site == site, *_behind(place), *_id_range(wanted))
    return session.scalar(query.order_by(order).offset(passed - 1).limit(1))


def _page(
    events: tuple[StoredEvent, ...], place: Place | None, end: str | None, *, is_cut: bool
) -> RecordPage:
    """Return a page with its neighbours; `end` is where what comes in its direction begins."""
    if place is not None and place.goes_back:
        newer = None if end is None else Place(end, goes_back=True)
        older = Place(events[-1].event.id) if events else None
        return RecordPage(events, older, newer, is_cut)
    older = None if end is None else Place(end)
    newer = None
    if place is not None:
        newer = Place(events[0].event.id if events else place.id, goes_back=True)
    return RecordPage(events, older, newer, is_cut)


def _behind(place: Place | None) -> list[ColumnElement[bool]]:
    if place is None:
        return []
    return [_Event.id > place.id if place.goes_back else _Event.id < place.id]


def _reaches(edge: str, *, goes_back: bool) -> ColumnElement[bool]:
    return _Event.id <= edge if goes_back else _Event.id >= edge


def _id_range(wanted: EventFilter) -> list[ColumnElement[bool]]:
    """The period as a range of ids, so that the index alone answers."""
    bounds: list[ColumnElement[bool]] = []
    if wanted.from_ is not None:
        bounds.append(_Event.id >= first_id_of(wanted.from_ - ID_SLACK_MS))
    if wanted.to is not None:
        bounds.append(_Event.id < first_id_of(wanted.to + ID_SLACK_MS))
    return bounds
