"""Counts over time on the overview of a site: the period that is asked for, charts and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.dates import format_date, format_interval, format_skeleton

from consent.core.aggregates import Row as CountedRow
from consent.core.catalogue import load_language
from consent.core.series import (
    Series,
    Span,
    SpanError,
    Width,
    answers,
    by_category,
    by_language,
    span_of,
)
from consent.core.times import parse_day
from consent.export.strips import Strips, strips_of
from consent.services.overview import NoticeInForce
from consent.services.sites import LiveSite
from consent.web.console.overview_words import shown_count
from consent.web.console.records_words import label_of
from consent.web.console.words import ConsoleWords

CHARTS = {"answers": answers, "categories": by_category, "languages": by_language}


@dataclass(frozen=True, slots=True)
class AskedSpan:
    """What the form says, as it was written, and the period it means; `fault` is a text's key."""

    given: Mapping[str, str]
    span: Span
    fault: str | None = None

    @property
    def first_day(self) -> str:
        """The first day as a field of the form has it."""
        return f"{parse_day(self.span.first)}"

    @property
    def last_day(self) -> str:
        return f"{parse_day(self.span.last)}" if self.span.columns else ""


@dataclass(frozen=True, slots=True)
class Row:
    """One column of a chart as a row of its table."""

    label: str
    counts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownChart:
    """A chart, and its table with the same numbers; `summary` says in a sentence what it shows."""

    id: str
    title: str
    about: str
    summary: str
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: tuple[str, ...]
    picture: Strips

    @property
    def is_empty(self) -> bool:
        return not any(strip.columns for strip in self.picture.strips)


@dataclass(frozen=True, slots=True)
class ShownMark:
    """Where another version of the notice came into force: the number in the chart, and which."""

    number: str
    version: int
    since: int


def read_span(given: Mapping[str, str], until: str) -> AskedSpan:
    """Return the period that a form asks for; the usual one where it asks for none there is."""
    fields = {name: given.get(name, "").strip() for name in ("from", "to", "by")}
    try:
        width = Width(fields["by"] or Width.WEEK)
    except ValueError:
        width = Width.WEEK
    fields["by"] = width.value
    try:
        span = span_of(fields["from"] or None, fields["to"] or None, width, until=until)
    except SpanError as error:
        usual = span_of(None, None, width, until=until)
        return AskedSpan(fields, usual, f"overview.fault.{error.fault.value}")
    return AskedSpan(fields, span)


def marks_of(notices: Sequence[NoticeInForce], span: Span) -> list[tuple[float, ShownMark]]:
    """Return where in the charts another version of the notice came into force."""
    placed = [(span.place_of(one.since), one) for one in notices[1:]]
    inside = [(place, one) for place, one in placed if place is not None]
    return [
        (place, ShownMark(str(number), one.version, one.since))
        for number, (place, one) in enumerate(inside, start=1)
    ]


def shown_charts(
    site: LiveSite,
    counted: Sequence[CountedRow],
    span: Span,
    marks: Sequence[tuple[float, ShownMark]],
    words: ConsoleWords,
) -> list[ShownChart]:
    """Return every chart of a period."""
    places = [(place, mark.number) for place, mark in marks]
    return [
        _shown(name, named_series(name, site, counted, span, words), span, places, words)
        for name in CHARTS
    ]


def named_series(
    chart: str, site: LiveSite, counted: Sequence[CountedRow], span: Span, words: ConsoleWords
) -> list[tuple[str, Series]]:
    """Return the series of a chart with their names in words, in the order of the notice."""
    series = CHARTS[chart](counted, span)
    if chart == "answers":
        return [(words(f"overview.answer.{one.name}"), one) for one in series]
    if chart == "languages":
        series.sort(key=lambda one: -one.total.least)
        return [(load_language(one.name).name, one) for one in series]
    order = list(site.notice.categories)
    series.sort(key=lambda one: order.index(one.name) if one.name in order else len(order))
    return [(label_of(site.notice, one.name, words.language), one) for one in series]


def column_label(span: Span, day: str, language: str, *, short: bool) -> str:
    """Return what a column stands for: a day, the week that begins on it, its month, or a part."""
    date, locale = parse_day(day), load_language(language).locale.replace("-", "_")
    if day == span.part:
        skeleton = "MMMd" if short else "yMMMd"
        last = parse_day(span.last_day(day))
        return str(format_interval(date, last, skeleton, locale=locale))
    if span.width is Width.MONTH:
        return str(format_skeleton("yMMM" if short else "yMMMM", date, locale=locale))
    if short:
        return str(format_skeleton("MMMd", date, locale=locale))
    return str(format_date(date, "medium", locale=locale))


def _shown(
    name: str,
    series: Sequence[tuple[str, Series]],
    span: Span,
    marks: Sequence[tuple[float, str]],
    words: ConsoleWords,
) -> ShownChart:
    def counted(one: Series) -> str:
        return shown_count(one.total, words)

    language = words.language
    short = [column_label(span, day, language, short=True) for day in span.columns]
    rows = tuple(
        Row(
            column_label(span, day, language, short=False),
            tuple(shown_count(one.cells[number], words) for _, one in series),
        )
        for number, day in enumerate(span.columns)
    )
    return ShownChart(
        id=name,
        title=words(f"overview.chart.{name}"),
        about=words(f"overview.chart_about.{name}"),
        summary="; ".join(f"{label}: {counted(one)}" for label, one in series),
        names=tuple(label for label, _ in series),
        rows=rows,
        totals=tuple(counted(one) for _, one in series),
        picture=strips_of(
            [(label, counted(one), one.cells) for label, one in series], short, marks
        ),
    )
