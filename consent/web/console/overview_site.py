"""How one site stands: its light and the reasons, its checks, its numbers and its keys."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from consent.core.aggregates import Row, closed_until
from consent.core.catalogue import load_language
from consent.core.checks import CheckKind, next_check
from consent.core.roles import Permission
from consent.core.series import Width, span_of
from consent.core.suppression import Cell, exactly, total
from consent.core.times import end_of_day, parse_day
from consent.core.totals import DECISIONS, Measure
from consent.export.csv import safe_text
from consent.services.aggregating import counted_until, report_counted, report_spanned
from consent.services.checking import ask_for_checks
from consent.services.displays import late_acts
from consent.services.overview import SiteState, keys_of_log, site_states
from consent.services.proposals import waiting_for
from consent.services.sites import LiveSite
from consent.services.versions import list_versions
from consent.store.database import db
from consent.web.console.frame import page
from consent.web.console.overview_charts import (
    CHARTS,
    AskedSpan,
    column_label,
    marks_of,
    named_series,
    read_span,
    shown_charts,
)
from consent.web.console.overview_findings import told_findings
from consent.web.console.overview_keys import certificate_lines, key_lines
from consent.web.console.overview_words import (
    outside,
    shown_check,
    shown_count,
    shown_state,
)
from consent.web.console.routing import console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import say, visit
from consent.web.console.words import ConsoleWords
from consent.web.context import service


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the last 30 days, with what it is."""

    name: str
    count: str
    about: str


@dataclass(frozen=True, slots=True)
class HostLine:
    """A host that nobody declared, how often it was tried lately, and when last (ms)."""

    name: str
    count: int
    last: int


@console_route("/sites/<site>", permission=Permission.READ_OVERVIEW, look="overview:show")
def overview_site(site: LiveSite) -> ResponseReturnValue:
    current, now = visit(), service().now_ms()
    words, state = current.words, _state(site, now)
    asked = _asked(now)
    counted = _counted(site, asked)
    current.note(filter=_filter(asked))
    marks = marks_of(state.notices, asked.span)
    return page(
        "overview_site.html",
        state=state,
        shown=shown_state(state, waiting_for(db.session, site.id, current.person), words),
        version=list_versions(db.session, site.id)[-1],
        hosts=_hosts(state),
        findings=told_findings(state.findings, words),
        checks=[shown_check(kind, state.checks[kind], state, words) for kind in CheckKind],
        next_check=next_check(now),
        outside=None if state.log is None else outside(state.log, words),
        notice_languages=[load_language(one).name for one in site.notice.languages],
        figures=_figures(site, now),
        keys=key_lines(keys_of_log(db.session, site.logs[-1].log_id), words),
        certificates=certificate_lines(state, words),
        asked=asked,
        widths=[width.value for width in Width],
        first=end_of_day(asked.span.first) - 1,
        last=end_of_day(asked.span.last) - 1,
        is_counted=counted_until(db.session, now) is not None,
        minimum=service().report_minimum,
        part=_part(asked, words),
        marks=[mark for _, mark in marks],
        charts=shown_charts(site, counted, asked.span, marks, words) if asked.span.columns else [],
    )


@console_route(
    "/sites/<site>/overview.csv", permission=Permission.READ_OVERVIEW, look="overview:csv"
)
def overview_csv(site: LiveSite) -> ResponseReturnValue:
    """Give the table of one chart."""
    chart = request.args.get("chart", "")
    if chart not in CHARTS:
        raise NotFound
    asked = _asked(service().now_ms())
    visit().note(filter=_filter(asked), chart=chart)
    text = _csv_of(chart, site, _counted(site, asked), asked)
    span = asked.span
    name = f"consent-{site.id}-{chart}-{span.first}-{span.last}-{span.width.value}.csv"
    response = Response(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@console_route(
    "/sites/<site>/check",
    permission=Permission.READ_OVERVIEW,
    look="checks:ask",
    methods=["POST"],
)
def overview_check(site: LiveSite) -> ResponseReturnValue:
    """Ask for the checks of the day now; a thread makes them, and the page says how far it is."""
    by = visit().person.name
    if ask_for_checks(db.session, by=by, now=service().now_ms()):
        service().wake_checking()
        say("overview.check.asked")
    else:
        say("overview.check.waiting", kind="warning")
    return to(url_for("console.overview_site", site=site.id, _anchor="checks"))


def _state(site: LiveSite, now: int) -> SiteState:
    (state,) = site_states(
        db.session,
        [site],
        every_site=service().sites.all(),
        roots=service().log.stamp_roots,
        console=service().set_up.console_origin,
        now=now,
    )
    return state


def _hosts(state: SiteState) -> list[HostLine]:
    return [HostLine(one.name, one.count, end_of_day(one.last_day) - 1) for one in state.undeclared]


def _asked(now: int) -> AskedSpan:
    """Return the period that is asked for, up to the last day that was counted."""
    return read_span(request.args, counted_until(db.session, now) or closed_until(now))


def _counted(site: LiveSite, asked: AskedSpan) -> list[Row]:
    minimum = service().report_minimum
    return report_spanned(db.session, site.id, asked.span, minimum=minimum)


def _part(asked: AskedSpan, words: ConsoleWords) -> str | None:
    """Say of a last column that it is a part only."""
    part = asked.span.part
    if part is None:
        return None
    days = column_label(asked.span, part, words.language, short=False)
    return words(f"overview.part.{asked.span.width.value}", days=days)


def _filter(asked: AskedSpan) -> dict[str, str]:
    span = asked.span
    return {"from": span.first, "to": span.last, "by": span.width.value}


def _figures(site: LiveSite, now: int) -> list[Figure]:
    """Return what became of the displays of the last 30 days that are counted."""
    words, minimum = visit().words, service().report_minimum
    until = counted_until(db.session, now)
    span = span_of(None, None, Width.DAY, until=until or closed_until(now))
    (period,) = span.periods
    report = report_counted(db.session, site.id, period, minimum=minimum)
    acts = [report.totals[measure] for measure in Measure if measure is not Measure.DISPLAYS]
    counts: dict[str, Cell] = {
        "shown": report.totals[Measure.DISPLAYS],
        "chosen": total(report.totals[measure] for measure in DECISIONS),
        "ignored": report.totals["ignored"],
        "recorded": total(acts),
        "late": late_acts(db.session, site.id, period, minimum=minimum),
    }
    if until is None:
        counts = dict.fromkeys(counts, exactly(0))
    return [
        Figure(words(f"overview.figure.{name}"), shown_count(cell, words),
               words(f"overview.figure_about.{name}"))
        for name, cell in counts.items()
    ]  # fmt: skip


def _csv_of(chart: str, site: LiveSite, counted: Sequence[Row], asked: AskedSpan) -> str:
    """Return a chart's table as RFC 4180 text; counts read as in `consent report`."""
    words, span = visit().words, asked.span
    series = named_series(chart, site, counted, span, words)
    text = io.StringIO()
    writer = csv.writer(text)
    days = [words("overview.csv.first_day"), words("overview.csv.last_day")]
    writer.writerow([*days, *(safe_text(label) for label, _ in series)])
    for number, day in enumerate(span.columns):
        days = [str(parse_day(one)) for one in (day, span.last_day(day))]
        writer.writerow([*days, *(str(one.cells[number]) for _, one in series)])
    return text.getvalue()
