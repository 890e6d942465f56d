"""Make the aggregate report, and count each day once when it is over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain

from consent.core.aggregates import (
    AggregateReport,
    Period,
    Row,
    Step,
    closed_until,
    instants_of,
    report_of,
)
from consent.core.ids import uuid7
from consent.core.series import Span
from consent.core.times import add_days
from consent.core.totals import ActTotal, tally
from consent.errors import NotPermittedError
from consent.services.officers import require_sites
from consent.store import totals as store
from consent.store.database import AnySession, write_transaction
from consent.store.displays import list_displays
from consent.store.officers import Officer, record_action
from consent.store.totals import act_total


def make_report(
    session: AnySession, site: str, period: Period, *, officer: Officer, minimum: int, now: int
) -> AggregateReport:
    """Return what was shown and answered on a site, with small counts kept out of it.

    That the officer looks is written down first. Raises NotPermittedError for a site that is not
    the officer's, RuleError for one that there is not.
    """
    if not officer.may_see((site,)):
        raise NotPermittedError("this officer may not see this site")
    require_sites(session, [site])
    counted = store.last_counted_day(session, closed_until(now))
    uncounted = period.from_ if counted is None else max(period.from_, add_days(counted, 1))
    acts = chain(
        store.list_acts(session, site, period.from_, min(uncounted, period.to)),
        _acts_of_events(session, site, Period(uncounted, period.to, period.step)),
        store.list_counted_refusals(session, site, period.from_, period.to),
    )
    displays = list_displays(session, site, period.from_, period.to)
    report = report_of(site, period, tally(acts, displays), minimum)
    _record_look(session, report, officer, now)
    return report


def counted_until(session: AnySession, now: int) -> str | None:
    """Return the first day (YYYYMMDD) that is not counted yet; None where no day is."""
    last = store.last_counted_day(session, closed_until(now))
    session.rollback()
    return None if last is None else add_days(last, 1)


def report_spanned(session: AnySession, site: str, span: Span, *, minimum: int) -> list[Row]:
    """Return the rows of a span that is counted: of whole months, and of days that are none."""
    reports = [report_counted(session, site, one, minimum=minimum) for one in span.periods]
    return [row for report in reports for row in report.rows]


def report_counted(
    session: AnySession, site: str, period: Period, *, minimum: int
) -> AggregateReport:
    """Return the report of days that are counted, from their totals and without any event."""
    acts = chain(
        store.list_acts(session, site, period.from_, period.to),
        store.list_counted_refusals(session, site, period.from_, period.to),
    )
    displays = list_displays(session, site, period.from_, period.to)
    report = report_of(site, period, tally(acts, displays), minimum)
    session.rollback()
    return report


def count_days(session: AnySession, now: int) -> int:
    """Count each day that is over and was not counted yet; return how many.

    Totals of days that are not over come from a clock that was wrong, and are dropped.
    """
    today = closed_until(now)
    with write_transaction(session):
        store.forget_days(session, today)
    last = store.last_counted_day(session, today)
    day = store.first_event_day(session) if last is None else add_days(last, 1)
    days = 0
    while day is not None and day < today:
        _count_day(session, day, now)
        day, days = add_days(day, 1), days + 1
    session.rollback()
    return days


def _record_look(session: AnySession, report: AggregateReport, officer: Officer, now: int) -> None:
    period = report.period
    with write_transaction(session):
        record_action(
            session,
            officer=officer.name,
            action="report:show",
            subject_id=uuid7(now, os.urandom(10)),
            detail={
                "site": report.site,
                "from": period.from_,
                "to": period.to,
                "step": period.step.value,
            },
            now=now,
        )


def _count_day(session: AnySession, day: str, now: int) -> None:
    """Read first, then write: nobody who writes waits for the reading."""
    totals = store.count_acts(session, *instants_of(Period(day, add_days(day, 1), Step.DAY)))
    with write_transaction(session):
        store.store_day(session, day, totals, now=now)


def _acts_of_events(session: AnySession, site: str, period: Period) -> Iterator[ActTotal]:
    if period.from_ < period.to:
        for _, *total in store.count_acts(session, *instants_of(period), site):
            yield act_total(total)
