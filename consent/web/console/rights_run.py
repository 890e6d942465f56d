"""Run retention now: what would go, then the confirmation of just that, then how far it is."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import make_response, request, url_for
from flask.typing import ResponseReturnValue

from consent.core.ids import is_uuid
from consent.core.roles import Permission
from consent.errors import NotFoundError, NotPermittedError, RuleError
from consent.services.retention_runs import (
    PREVIEW_LASTS_MS,
    RunState,
    has_grown,
    key_of,
    plan_run,
    total_of,
)
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.disposal_records import list_disposals_between
from consent.web.console.frame import page
from consent.web.console.rights import may_run, runs
from consent.web.console.rights_words import due_lines
from consent.web.console.routing import RECORDED_BY_SERVICE, console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import say, visit
from consent.web.context import service

REFRESH_SECONDS = 5

_NUMBER = re.compile(r"[0-9]{1,18}")


@console_route("/sites/<site>/rights/run", permission=Permission.ERASE, look="retention:preview")
def rights_run(site: LiveSite) -> ResponseReturnValue:
    visit().note(site=site.id)
    return _preview()


@console_route(
    "/sites/<site>/rights/run",
    permission=Permission.ERASE,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def rights_run_begin(site: LiveSite) -> ResponseReturnValue:
    """Begin, unless materially more would go than was seen, or that was seen long ago."""
    plan = plan_run(db.session, service().now_ms())
    if not may_run(plan):
        raise NotPermittedError("a run is for all sites; your roles are not")
    if _is_old() or has_grown(_seen(), plan):
        return _preview(fault=visit().words("rights.run.changed")), HTTPStatus.CONFLICT
    try:
        run_id = runs().begin(db.session, site.id, visit().person.name, total_of(plan))
    except RuleError:
        say("rights.run.busy", kind="warning")
        return to(url_for("console.rights", site=site.id))
    return to(url_for("console.rights_run_state", site=site.id, run_id=run_id))


# Nothing about any visitor is shown here, and the page loads itself again: that the run was begun
# and how it ended is recorded by the service.
@console_route(
    "/sites/<site>/rights/runs/<run_id>",
    permission=Permission.READ_RETENTION,
    look=RECORDED_BY_SERVICE,
)
def rights_run_state(site: LiveSite, run_id: str) -> ResponseReturnValue:
    if not is_uuid(run_id):
        raise NotFoundError("there is no such run")
    run = runs().find(db.session, site.id, run_id)
    log_ids = [log.log_id for log in site.logs]
    disposals = list_disposals_between(db.session, log_ids, run.at, run.at)
    db.session.rollback()
    is_running = run.state is RunState.RUNNING
    refreshes = is_running and "still" not in request.args
    response = make_response(
        page(
            "rights_run_state.html",
            run=run,
            may_count=may_run(),  # the numbers are of all sites
            disposals=disposals,
            refreshes=refreshes,
            seconds=REFRESH_SECONDS,
        )
    )
    if refreshes:
        response.headers["Refresh"] = str(REFRESH_SECONDS)
    return response


def _preview(fault: str = "") -> str:
    words, now = visit().words, service().now_ms()
    plan = plan_run(db.session, now)
    is_allowed = may_run(plan)
    db.session.rollback()
    return page(
        "rights_run.html",
        is_allowed=is_allowed,
        due=due_lines(plan, words) if is_allowed else [],
        keys=[f"{key_of(due)} {due.count}" for due in plan] if is_allowed else [],
        total=total_of(plan),
        now=now,
        fault=fault,
    )


def _is_old() -> bool:
    at = _number(request.form.get("at", ""))
    return at is None or not 0 <= service().now_ms() - at <= PREVIEW_LASTS_MS


def _seen() -> dict[str, int]:
    """Return what the preview said, by site and kind."""
    seen = {}
    for line in request.form.getlist("seen"):
        key, _, written = line.rpartition(" ")
        count = _number(written)
        if count is not None:
            seen[key] = count
    return seen


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None
