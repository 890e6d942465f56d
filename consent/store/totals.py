"""Acts added up by day: from the events of a day that is not counted yet, or from its totals.

A day is counted once, when it is over, into a table of some rows a day; what reads it stays fast
however many events there are. Events are then read by ranges of their ids, a day at a time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select

from consent.core.model import Control, EventName, Layer
from consent.core.times import MILLIS_PER_DAY, day_of
from consent.core.totals import ActTotal, Place
from consent.store.database import AnySession
from consent.store.events import EventFilter, conditions_of, kept
from consent.store.tables import ConsentEventRow, EventDayRow, EventTotalRow, RefusalTotalRow

_Event = ConsentEventRow
_Total = EventTotalRow
_EPOCH = dt.date(1970, 1, 1)

# A record is canonical, so its signals come after its choices, and `test` last among them.
_OF_A_TEST = '%"signals":{%"test":true}%'


def count_acts(session: AnySession, from_: int, to: int, site: str | None = None) -> list[Any]:
    """Add up the events of a period [from_, to) in milliseconds, by site and kind.

    What an inspector did with a test cookie is no visitor's act.
    """
    wanted = EventFilter(sites=None if site is None else (site,), from_=from_, to=to)
    columns: tuple[ColumnElement[Any], ...] = (
        _Event.site.expression,
        (_Event.at // MILLIS_PER_DAY).label("day"),
        _Event.notice.expression,
        _Event.language.expression,
        _Event.event.expression,
        _Event.control.expression,
        _Event.layer.expression,
        _Event.prev.is_(None).label("is_first"),
        _Event.choices.expression,
    )
    is_test = _Event.gpc & _Event.payload.like(_OF_A_TEST)
    query = kept(*columns, func.count()).where(*conditions_of(wanted), ~is_test).group_by(*columns)
    return [(row[0], _day(row[1]), *row[2:]) for row in session.execute(query)]


def list_acts(session: AnySession, site: str, from_: str, to: str) -> Iterator[ActTotal]:
    """Give the totals of a site in the counted days of [from_, to)."""
    query = select(
        _Total.day,
        _Total.notice,
        _Total.language,
        _Total.event,
        _Total.control,
        _Total.layer,
        _Total.is_first,
        _Total.choices,
        _Total.count,
    ).where(_Total.site == site, _Total.day >= from_, _Total.day < to)
    return (act_total(row) for row in session.execute(query))


def act_total(row: Sequence[Any]) -> ActTotal:
    """Return what a row of totals says; a site's name is left out of it."""
    day, notice, language, event, control, layer, is_first, choices, count = row
    return ActTotal(
        Place(day, notice, language),
        EventName(event),
        Control(control),
        Layer(layer),
        bool(is_first),
        json.loads(choices),
        int(count),
    )


def list_counted_refusals(
    session: AnySession, site: str, from_: str, to: str
) -> Iterator[ActTotal]:
    """Give the refusals of a site that keeps totals of them and no rows."""
    row = RefusalTotalRow
    query = select(row.day, row.notice, row.language, row.layer, row.count).where(
        row.site == site, row.day >= from_, row.day < to
    )
    for day, notice, language, layer, count in session.execute(query):
        place = Place(day, notice, language)
        yield ActTotal(
            place, EventName.REFUSED, Control.REFUSE_ALL, Layer(layer), True, {}, int(count)
        )


def last_counted_day(session: AnySession, before: str) -> str | None:
    """Return the last day before one that was counted; all since the first event were."""
    query = select(func.max(EventDayRow.day)).where(EventDayRow.day < before)
    return session.scalar(query)


def first_event_day(session: AnySession) -> str | None:
    """Return the day of the oldest event."""
    at = session.scalar(select(_Event.at).order_by(_Event.id).limit(1))
    return None if at is None else day_of(at)


def store_day(session: AnySession, day: str, totals: Sequence[Sequence[Any]], *, now: int) -> None:
    """Keep the totals of a day that is over, in place of any that were kept of it."""
    forget_days(session, day, day)
    names = ("site", "day", "notice", "language", "event", "control", "layer", "is_first",
             "choices", "count")  # fmt: skip
    if totals:
        session.execute(insert(_Total), [dict(zip(names, each, strict=True)) for each in totals])
    session.execute(insert(EventDayRow).values(day=day, counted_at=now))


def forget_days(session: AnySession, first: str, last: str = "99991231") -> None:
    """Drop the totals of some days, so that they are counted again."""
    session.execute(delete(_Total).where(_Total.day.between(first, last)))
    session.execute(delete(EventDayRow).where(EventDayRow.day.between(first, last)))


def _day(number: int) -> str:
    return (_EPOCH + dt.timedelta(days=int(number))).strftime("%Y%m%d")
