"""Rights and retention: what is kept how long, what was asked for, and what was removed."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from flask import current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from consent.core.ids import is_uuid
from consent.core.retention import DisposalClass, next_disposal
from consent.core.roles import Permission
from consent.errors import NotFoundError
from consent.services.disposals import PAGE_ROWS, check_disposal, get_of_site, list_of_site
from consent.services.requests import disposals_after, find_request, list_requests
from consent.services.retention import Due
from consent.services.retention_runs import EXTENSION, RetentionRuns, plan_run, total_of
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.requests import count_restricted, waiting_erasures
from consent.web.console.frame import page
from consent.web.console.rights_words import due_lines, locked_reason, rule_lines, stays_at_erasure
from consent.web.console.routing import console_route
from consent.web.console.visit import visit
from consent.web.context import service
from consent.web.downloads import download

FEW = 5
PROOF_SUFFIX = ".tlog-proof"


@console_route("/sites/<site>/rights", permission=Permission.READ_RETENTION, look="retention:list")
def rights(site: LiveSite) -> ResponseReturnValue:
    return rights_page(site)


@console_route(
    "/sites/<site>/rights/requests", permission=Permission.READ_RETENTION, look="request:list"
)
def rights_requests(site: LiveSite) -> ResponseReturnValue:
    found = list_requests(db.session, site, before=_before(), limit=PAGE_ROWS + 1)
    db.session.rollback()
    shown, further = found[:PAGE_ROWS], found[PAGE_ROWS:]
    older = shown[-1].action_id if further else None
    return page("rights_requests.html", requests=shown, older=older, is_first=_before() is None)


@console_route(
    "/sites/<site>/rights/requests/<request_id>",
    permission=Permission.READ_RETENTION,
    look="request:show",
)
def rights_request(site: LiveSite, request_id: str) -> ResponseReturnValue:
    one = find_request(db.session, site, _id(request_id))
    disposals = disposals_after(db.session, site, one) if one.is_erasure else []
    db.session.rollback()
    words = visit().words
    return page(
        "rights_request.html",
        one=one,
        disposals=disposals,
        stays=list(stays_at_erasure(site, words)),
        reason=locked_reason(site, words),
    )


@console_route(
    "/sites/<site>/rights/disposals", permission=Permission.READ_RETENTION, look="disposal:list"
)
def rights_disposals(site: LiveSite) -> ResponseReturnValue:
    found = list_of_site(db.session, site, before=_before(), limit=PAGE_ROWS + 1)
    db.session.rollback()
    shown, further = found[:PAGE_ROWS], found[PAGE_ROWS:]
    older = shown[-1].disposal.id if further else None
    return page("rights_disposals.html", disposals=shown, older=older, is_first=_before() is None)


@console_route(
    "/sites/<site>/rights/disposals/<disposal_id>",
    permission=Permission.READ_RETENTION,
    look="disposal:show",
)
def rights_disposal(site: LiveSite, disposal_id: str) -> ResponseReturnValue:
    stored = get_of_site(db.session, site, _id(disposal_id))
    check = check_disposal(db.session, stored, outside=service().log.witnesses)
    db.session.rollback()
    return page("rights_disposal.html", stored=stored, check=check, now=service().now_ms())


@console_route(
    "/sites/<site>/rights/disposals/<disposal_id>/proof",
    permission=Permission.READ_RETENTION,
    look="disposal:proof",
)
def rights_proof(site: LiveSite, disposal_id: str) -> ResponseReturnValue:
    """Hand out the proof of a disposal: it names nobody and opens no other entry."""
    stored = get_of_site(db.session, site, _id(disposal_id))
    check = check_disposal(db.session, stored, outside=service().log.witnesses)
    db.session.rollback()
    if not check.proof:
        raise NotFoundError("the published log does not have this disposal yet")
    return download(check.proof, "text/plain", f"disposal-{stored.disposal.id}{PROOF_SUFFIX}")


def rights_page(
    site: LiveSite, *, code: str = "", fault: str = "", status: HTTPStatus = HTTPStatus.OK
) -> ResponseReturnValue:
    """Return the first page of the area; `fault` says why a code led to nothing."""
    words, now = visit().words, service().now_ms()
    plan = plan_run(db.session, now)
    own = [due for due in plan if due.site == site.id]
    shown = page(
        "rights.html",
        code=code,
        fault=fault,
        rules=rule_lines(db.session, site, words),
        due=due_lines(own, words),
        total=total_of(own),
        waiting=_waiting_longer(site, own),
        restricted=count_restricted(db.session, site.id),
        next_at=next_disposal(now),
        now=now,
        may_run=may_run(plan),
        run=runs().last_of(db.session, site.id),
        requests=list_requests(db.session, site, limit=FEW),
        disposals=list_of_site(db.session, site, limit=FEW),
        log_is_shared=_log_is_shared(site),
    )
    db.session.rollback()
    return shown, status


def _waiting_longer(site: LiveSite, own: list[Due]) -> int:
    """Return how many erased records wait, beyond those that a run would take now."""
    taken = sum(due.count for due in own if due.reason is DisposalClass.ERASURE)
    return sum(waiting_erasures(db.session, site.id).values()) - taken


def may_run(plan: Sequence[Due] = ()) -> bool:
    """Say whether the person may erase wherever a run removes records: it is for all sites."""
    of_records = {due.site for due in plan if due.reason is not DisposalClass.RETENTION_ACTION}
    sites = {site.id for site in service().sites.all()} | of_records
    return all(visit().may(Permission.ERASE, one) for one in sites)


def runs() -> RetentionRuns:
    found: RetentionRuns = current_app.extensions[EXTENSION]
    return found


def _log_is_shared(site: LiveSite) -> bool:
    own = {log.log_id for log in site.logs}
    others = [one for one in service().sites.all() if one.id != site.id]
    return any(log.log_id in own for one in others for log in one.logs)


def _before() -> str | None:
    asked = request.args.get("before")
    if asked and not is_uuid(asked):
        raise BadRequest("A page begins behind an id.")
    return asked or None


def _id(text: str) -> str:
    if not is_uuid(text):
        raise NotFoundError("there is nothing under this address")
    return text
