"""The month of a site as a message: plain text, HTML for mail, and JSON for programs.

The HTML loads nothing from anywhere and needs no script; what cannot show it has the text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from consent.core.monthly_report import (
    Figure,
    Host,
    LogMonth,
    MonthlyReport,
    Point,
    Publication,
    Removal,
)
from consent.core.suppression import Cell, Known
from consent.core.times import rfc3339
from consent.core.words import Words
from consent.export.pages import render_page

WIDTH = 76
CHECKPOINT_FILE = "checkpoint.txt"
GOOD = "good"

_SHOWN_HOSTS = 8
_SHOWN_CHANGES = 5
_LONGEST_CHANGE = 110
_NUMBER_WIDTH = 12
_SHARED = ("accepted", "partly", "refused")


def subject_of(report: MonthlyReport, words: Words) -> str:
    """Return what the message is about, and whether it needs anybody."""
    key = f"mail.subject.{_weight(report)}"
    return words(key, name=report.site_name, month=words.month(report.month))


def checkpoints_of(report: MonthlyReport) -> Iterator[tuple[str, str]]:
    """Yield each checkpoint with the name of its file; that of the log in force comes first."""
    for log in sorted(report.logs, key=lambda log: not log.is_in_force):
        if log.head is not None:
            name = f"checkpoint-{log.log_id.replace('/', '-')}.txt"
            yield CHECKPOINT_FILE if log.is_in_force else name, log.head.note


def report_html(report: MonthlyReport, words: Words) -> str:
    """Return the report as a page that opens by itself."""
    return render_page(
        "monthly.html",
        report=report,
        t=words,
        weight=_weight(report),
        points=[(point.weight.value, _point(point, words)) for point in report.points],
        figures=[_figure_row(one, words) for one in (*report.figures, *report.granted)],
        about=_about_cells(report, words),
        shares=_shares(report),
        share_text=_share_text(report, words),
        publications=[_publication(one, words) for one in report.publications],
        hosts=[_host(one, words) for one in _some(report.hosts)],
        logs=[(log, _log_rows(log, report, words)) for log in report.logs],
        acts=_acts(report, words),
        checkpoint_file=CHECKPOINT_FILE,
    )


def report_text(report: MonthlyReport, words: Words) -> str:
    """Return the report as plain text."""
    return "\n".join(_lines(report, words)) + "\n"


def report_json(report: MonthlyReport) -> dict[str, Any]:
    """Return the report as a document: a count is a number, or text where it is not told."""
    return {
        "month": str(report.month),
        "site": report.site,
        "name": report.site_name,
        "controller": report.controller,
        "made_at": rfc3339(report.made_at),
        "minimum": report.minimum,
        "state": _weight(report),
        "points": [
            {"weight": point.weight.value, "name": point.name, **point.values}
            for point in report.points
        ],
        "counts": {one.name: _figure_json(one) for one in report.figures},
        "granted": {one.name: _figure_json(one) for one in report.granted},
        "publications": [
            {
                "at": rfc3339(one.at),
                "notice": one.notice,
                "asks_again": list(one.asks_again),
                "changes": list(one.changes),
            }
            for one in report.publications
        ],
        "undeclared_hosts": {host.name: host.count for host in report.hosts},
        "checked_at": None if report.check is None else rfc3339(report.check.at),
        "logs": [_log_json(log) for log in report.logs],
        "acts": dict(report.acts),
        "expiries": [
            {"kind": one.kind, "name": one.name, "at": rfc3339(one.at)} for one in report.expiries
        ],
    }


def cell_text(cell: Cell, words: Words) -> str:
    """Return a count as it is told."""
    if cell.is_exact:
        return words.number(cell.number)
    if cell.known is Known.UNTOLD:
        return words("cell.untold")
    return words(f"cell.{cell.known.value}", count=words.number(cell.number))


def _lines(report: MonthlyReport, words: Words) -> Iterator[str]:
    title = words("title", month=words.month(report.month))
    yield from (title, "=" * len(title), "")
    yield f"{report.site_name}, {report.controller}"
    yield report.address
    yield from _verdict_lines(report, words)
    yield from _answer_lines(report, words)
    yield from _notice_lines(report, words)
    yield from _host_lines(report, words)
    for log in report.logs:
        yield from _head(words("log", log=log.log_id))
        for name, text in _log_rows(log, report, words):
            yield from _wrapped(f"{name}: {text}", "* ")
    yield from _head(words("acts"))
    acts = [f"* {name}: {count}" for name, count in _acts(report, words)]
    yield from acts or [words("acts.none")]
    yield from _head(words("checkpoint"))
    yield from _checkpoint_lines(report, words)
    if report.console is not None:
        yield from ("", f"{words('console')}: {report.console}")
    made = words("made", moment=words.moment(report.made_at), controller=report.controller)
    yield from ("", *_wrapped(made))


def _verdict_lines(report: MonthlyReport, words: Words) -> Iterator[str]:
    yield from _head(words(f"verdict.{_weight(report)}"))
    for point in report.points:
        yield from _wrapped(_point(point, words), "* ")
    if not report.points:
        yield from _wrapped(words("verdict.good.text"))


def _answer_lines(report: MonthlyReport, words: Words) -> Iterator[str]:
    yield from _head(words("answers"))
    yield from _table(report, words)
    for text in (_share_text(report, words), _about_cells(report, words)):
        if text:
            yield from ("", *_wrapped(text))


def _notice_lines(report: MonthlyReport, words: Words) -> Iterator[str]:
    yield from _head(words("notices"))
    for one in report.publications:
        date, text, changes = _publication(one, words)
        yield from _wrapped(f"{date}: {text}", "* ")
        yield from (f"    {change}" for change in changes)
    if not report.publications:
        yield words("notices.none")


def _host_lines(report: MonthlyReport, words: Words) -> Iterator[str]:
    yield from _head(words("hosts"))
    for host in _some(report.hosts):
        yield "* {}: {}".format(*_host(host, words))
    if not report.hosts:
        yield words("hosts.none")


def _head(text: str) -> tuple[str, str, str, str]:
    return "", "", text, "-" * len(text)


def _wrapped(text: str, mark: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(report: MonthlyReport, words: Words) -> Iterator[str]:
    rows = [_figure_row(one, words) for one in (*report.figures, *report.granted)]
    first = max(len(name) for name, *_ in rows)
    months = [words.short_month(one) for one in (report.month, report.month.plus(-1))]
    for name, *cells in [("", *months, words("column.change")), *rows]:
        numbers = "".join(cell.rjust(_NUMBER_WIDTH) for cell in cells)
        yield f"{name.ljust(first)}{numbers}".rstrip()


def _checkpoint_lines(report: MonthlyReport, words: Words) -> Iterator[str]:
    if not report.heads:
        yield words("checkpoint.none")
        return
    for log in report.logs:
        if log.head is None:
            continue
        keep = words("checkpoint.keep", file=CHECKPOINT_FILE, size=words.number(log.head.size))
        yield from (*_wrapped(keep), "", *log.head.note.rstrip("\n").split("\n"), "")
    yield from _wrapped(words("checkpoint.check"))
    yield from ("", "  consent verify EXPORT --checkpoint message.eml", "")
    yield from _wrapped(words("checkpoint.result"))


def _weight(report: MonthlyReport) -> str:
    return GOOD if report.weight is None else report.weight.value


def _point(point: Point, words: Words) -> str:
    return words(f"point.{point.name}", **point.values)


def _figure_row(figure: Figure, words: Words) -> tuple[str, str, str, str]:
    name = (
        words("figure.category", label=figure.label)
        if figure.label
        else words(f"figure.{figure.name}")
    )
    change = ""
    if figure.change is not None:
        sign = "+" if figure.change > 0 else "−" if figure.change < 0 else "±"
        change = f"{sign}{words.percent(abs(figure.change))}"
    return name, cell_text(figure.now, words), cell_text(figure.before, words), change


def _about_cells(report: MonthlyReport, words: Words) -> str:
    """Return what unusual cells mean; empty where there are none."""
    figures = (*report.figures, *report.granted)
    if all(cell.is_exact for one in figures for cell in (one.now, one.before)):
        return ""
    return words("cell.about", count=words.number(report.minimum))


def _shares(report: MonthlyReport) -> dict[str, float]:
    """Return the parts of all decisions; empty where one of them is not told exactly."""
    cells = {one.name: one.now for one in report.figures if one.name in _SHARED}
    total = sum(cell.number for cell in cells.values())
    if not total or not all(cell.is_exact for cell in cells.values()):
        return {}
    return {name: cells[name].number / total for name in _SHARED}


def _share_text(report: MonthlyReport, words: Words) -> str:
    shares = _shares(report)
    return words("share", **{k: words.percent(v) for k, v in shares.items()}) if shares else ""


def _publication(one: Publication, words: Words) -> tuple[str, str, list[str]]:
    """Return the day, what happened, and the changes as far as a page has room for them."""
    changes = [textwrap.shorten(line, _LONGEST_CHANGE) for line in one.changes[:_SHOWN_CHANGES]]
    more = len(one.changes) - _SHOWN_CHANGES
    if more > 0:
        changes.append(words.count("notices.more", more))
    return words.date(one.at), _publication_text(one, words), changes


def _publication_text(one: Publication, words: Words) -> str:
    if one.is_first:
        return words("notices.first")
    if one.asks_again:
        return words("notices.again", categories=words.list(list(one.asks_again)))
    return words("notices.nobody" if one.changes else "notices.same")


def _host(host: Host, words: Words) -> tuple[str, str]:
    return host.name, words.count("hosts.times", host.count)


def _some(hosts: Sequence[Host]) -> Sequence[Host]:
    return hosts[:_SHOWN_HOSTS]


def _log_rows(log: LogMonth, report: MonthlyReport, words: Words) -> list[tuple[str, str]]:
    is_ok = log.status == "ok"
    state = (
        words("log.state.ok")
        if is_ok
        else words("log.state.stopped", moment=words.moment(log.since))
    )
    return [
        (words("log.state"), state if log.is_in_force or not is_ok else words("log.superseded")),
        (words("log.entries"), words.number(log.size)),
        (words("log.check"), _check_text(report, words)),
        (words("log.outside"), _outside_text(log, words)),
        (words("log.removed"), _removed_text(log, words)),
    ]


def _check_text(report: MonthlyReport, words: Words) -> str:
    if report.check is None:
        return words("log.check.none")
    key = "log.check.ok" if report.check.is_ok else "log.check.failed"
    return words(key, moment=words.moment(report.check.at))


def _outside_text(log: LogMonth, words: Words) -> str:
    if log.vouched_at is None:
        return words("log.outside.none")
    return words(
        "log.outside.last",
        date=words.date(log.vouched_at),
        stamps=words.count("log.stamps", log.stamps),
        cosignatures=words.count("log.cosignatures", log.cosignatures),
    )


def _removed_text(log: LogMonth, words: Words) -> str:
    texts = [_removal_text(one, words) for one in log.removals]
    return "; ".join(texts) if texts else words("log.removed.none")


def _removal_text(one: Removal, words: Words) -> str:
    records = words.count("log.records", one.records)
    key = f"log.removed.{one.reason}"
    if words.has(key):
        return words(key, records=records)
    return words("log.unnamed", records=records, reason=one.reason)


def _acts(report: MonthlyReport, words: Words) -> list[tuple[str, str]]:
    if not any(report.acts.values()):
        return []
    return [(words(f"acts.{name}"), words.number(n)) for name, n in report.acts.items()]


def _figure_json(figure: Figure) -> dict[str, int | str]:
    return {"count": _cell_json(figure.now), "month_before": _cell_json(figure.before)}


def _cell_json(cell: Cell) -> int | str:
    return cell.number if cell.is_exact else str(cell)


def _log_json(log: LogMonth) -> dict[str, Any]:
    return {
        "log": log.log_id,
        "origin": log.origin,
        "in_force": log.is_in_force,
        "status": log.status,
        "entries": log.size,
        "vouched_at": None if log.vouched_at is None else rfc3339(log.vouched_at),
        "unanchored_since": None if log.unanchored_since is None else rfc3339(log.unanchored_since),
        "time_stamps": log.stamps,
        "cosignatures": log.cosignatures,
        "removed": {one.reason: one.records for one in log.removals},
        "checkpoint": None if log.head is None else log.head.note,
    }
