"""The first page: the sites a person may see, and how their logs stand."""

from __future__ import annotations

from dataclasses import dataclass

from flask.typing import ResponseReturnValue

from consent.services.log_status import LogStatus, log_statuses
from consent.store.database import db
from consent.web.console.frame import page
from consent.web.console.routing import Entry, console_route
from consent.web.console.visit import visit
from consent.web.console.words import ConsoleWords
from consent.web.context import service


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log in words; `kind` and `outside_kind` are those of a badge."""

    log_id: str
    kind: str
    state: str
    size: int
    waiting: int
    published_at: int | None
    outside_kind: str
    outside: str


@console_route("/", permission=Entry.SIGNED_IN)
def overview() -> ResponseReturnValue:
    current, now = visit(), service().now_ms()
    sites = current.sites()
    own = {log.log_id for site in sites for log in site.logs}
    logs = [
        _line(one, now, current.words) for one in log_statuses(db.session, now) if one.log_id in own
    ]
    return page("overview.html", own_sites=sites, logs=logs)


def _line(one: LogStatus, now: int, words: ConsoleWords) -> LogLine:
    kind, state = _state(one, now, words)
    outside_kind, outside = _outside(one, words)
    return LogLine(
        one.log_id, kind, state, one.size, one.pending, one.published_at, outside_kind, outside
    )


def _state(one: LogStatus, now: int, words: ConsoleWords) -> tuple[str, str]:
    if not one.is_ok:
        return "bad", words("overview.log.stopped", moment=words.moment(one.since))
    if one.is_late(now):
        return "warning", words("overview.log.late")
    return "good", words("overview.log.in_order")


def _outside(one: LogStatus, words: ConsoleWords) -> tuple[str, str]:
    anchored = one.anchored
    if anchored.unanchored_since is not None:
        moment = words.moment(anchored.unanchored_since)
        return "warning", words("overview.log.unanchored", moment=moment)
    if anchored.last_at is None:
        return "quiet", words("overview.log.nothing_to_anchor")
    return "good", words("overview.log.anchored", moment=words.moment(anchored.last_at))
