"""The first page: how each site stands, and the logs that prove it."""

from __future__ import annotations

from dataclasses import dataclass

from flask.typing import ResponseReturnValue

from consent.core.roles import Permission
from consent.services.log_status import LogStatus, log_statuses
from consent.services.overview import site_states
from consent.services.proposals import waiting_for
from consent.store.database import db
from consent.web.console.frame import page
from consent.web.console.overview_words import outside, shown_state
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
    readable = current.sites(Permission.READ_OVERVIEW)
    own = {log.log_id for site in sites for log in site.logs}
    logs = [
        _line(one, now, current.words) for one in log_statuses(db.session, now) if one.log_id in own
    ]
    states = site_states(
        db.session,
        readable,
        every_site=service().sites.all(),
        roots=service().log.stamp_roots,
        console=service().set_up.console_origin,
        now=now,
    )
    return page(
        "overview.html",
        own_sites=sites,
        states=[
            shown_state(
                state, waiting_for(db.session, state.site.id, current.person), current.words
            )
            for state in states
        ],
        others=[site for site in sites if site not in readable],
        logs=logs,
    )


def _line(one: LogStatus, now: int, words: ConsoleWords) -> LogLine:
    kind, state = _state(one, now, words)
    outside_kind, text = outside(one, words)
    return LogLine(
        one.log_id, kind, state, one.size, one.pending, one.published_at, outside_kind, text
    )


def _state(one: LogStatus, now: int, words: ConsoleWords) -> tuple[str, str]:
    if not one.is_ok:
        return "bad", words("overview.log.stopped", moment=words.moment(one.since))
    if one.is_late(now):
        return "warning", words("overview.log.late")
    return "good", words("overview.log.in_order")
