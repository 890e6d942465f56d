"""What an officer does for a visitor who has written: hand out everything, or erase it.

The code comes and goes in forms: no address has it, so no log of addresses and no history of a
browser keeps it longer than the records are kept.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import request, url_for
from flask.typing import ResponseReturnValue

from consent.core.erasure import CONFIRMED_LETTERS, Ground, confirms
from consent.core.ids import parse_reference_code
from consent.core.model import ErasureMode
from consent.core.retention import ERASED_WITHIN_MS
from consent.core.roles import Permission
from consent.errors import NotFoundError, RuleError
from consent.services.accessing import ACCESS, access_by_code
from consent.services.erasing import erase_found, find_by_code
from consent.services.looks import new_look
from consent.services.sites import LiveSite
from consent.services.timelines import Timeline, timeline_of_code
from consent.store.database import db, write_transaction
from consent.store.officers import record_action
from consent.web.console.frame import page
from consent.web.console.rights import rights_page
from consent.web.console.rights_words import locked_reason, stays_at_erasure
from consent.web.console.routing import RECORDED_BY_SERVICE, console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import say, visit
from consent.web.context import service
from consent.web.downloads import download
from consent.web.held import held_body

LOOK = "subject:preview"


@console_route(
    "/sites/<site>/rights/subject",
    permission=Permission.ERASE,
    look=LOOK,
    methods=["POST"],
)
def rights_subject(site: LiveSite) -> ResponseReturnValue:
    """Show what is recorded under a code, what would go at an erasure and what would stay."""
    code = _code()
    look = new_look(service().now_ms())
    try:
        timeline = _timeline(site, code, look)
    except _NothingFoundError as error:
        visit().note(found=False)
        return rights_page(site, code=code, fault=visit().words(error.key), status=error.status)
    visit().note(subject_id=look, found=True)
    return _preview(site, timeline)


@console_route(
    "/sites/<site>/rights/erase",
    permission=Permission.ERASE,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def rights_erase(site: LiveSite) -> ResponseReturnValue:
    """Erase, if that is what was seen; otherwise show it again and say why."""
    code = _code()
    look = new_look(service().now_ms())
    try:
        timeline = _timeline(site, code, look)
    except _NothingFoundError as error:
        _record_look(site, look)
        return rights_page(site, code=code, fault=visit().words(error.key), status=error.status)
    faults = _faults(code, timeline)
    if faults:
        _record_look(site, look)
        return _preview(site, timeline, faults), HTTPStatus.UNPROCESSABLE_ENTITY
    request_id = new_look(service().now_ms())
    erase_found(
        db.session,
        find_by_code(db.session, site.id, code),
        officer=visit().officer(Permission.ERASE),
        now=service().now_ms(),
        ground=Ground(request.form["ground"]),
        request_id=request_id,
    )
    say("rights.erased")
    return to(url_for("console.rights_request", site=site.id, request_id=request_id))


@console_route(
    "/sites/<site>/rights/access",
    permission=Permission.EXPORT,
    look=ACCESS,
    methods=["POST"],
)
def rights_access(site: LiveSite) -> ResponseReturnValue:
    """Hand out everything that is held under a code as one file, as the visitor gets it alone."""
    code, now = _code(), service().now_ms()
    look = new_look(now)
    try:
        held = access_by_code(db.session, site, code, look=look)
    except (NotFoundError, RuleError) as error:
        visit().look = LOOK  # nothing was handed out
        visit().note(found=False)
        missed = _missed(code, error)
        return rights_page(site, code=code, fault=visit().words(missed.key), status=missed.status)
    visit().note(subject_id=look, found=True)
    spoken = held.events[0].event.language
    language = spoken if spoken in site.notice.languages else site.notice.default_language
    body = held_body(site, service().keys, held, language=language, now=now)
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    return download(text, "application/json", f"consent-data-{site.id}.json")


class _NothingFoundError(Exception):
    """A code led to nothing; `key` is the text that says why."""

    def __init__(self, key: str, status: HTTPStatus) -> None:
        super().__init__(key)
        self.key = key
        self.status = status


def _code() -> str:
    return request.form.get("code", "").strip()[:80]


def _timeline(site: LiveSite, code: str, look: str) -> Timeline:
    try:
        return timeline_of_code(db.session, site.id, code, look=look)
    except (NotFoundError, RuleError) as error:
        raise _missed(code, error) from error


def _missed(code: str, error: Exception) -> _NothingFoundError:
    if isinstance(error, RuleError):
        return _NothingFoundError("rights.code.shared", HTTPStatus.CONFLICT)
    try:
        parse_reference_code(code)
    except ValueError:
        return _NothingFoundError("rights.code.unreadable", HTTPStatus.UNPROCESSABLE_ENTITY)
    return _NothingFoundError("rights.code.unknown", HTTPStatus.NOT_FOUND)


def _faults(code: str, timeline: Timeline) -> dict[str, str]:
    """Return what keeps an erasure from being done now, by the field it stands at."""
    words, given = visit().words, request.form
    faults = {}
    if given.get("seen") != _seen(timeline):
        faults["seen"] = words("rights.fault.seen")
    if given.get("ground") not in set(Ground):
        faults["ground"] = words("rights.fault.ground")
    if not confirms(code, given.get("confirm", "").strip()[:80]):
        faults["confirm"] = words("rights.fault.confirm", count=CONFIRMED_LETTERS)
    return faults


def _preview(site: LiveSite, timeline: Timeline, faults: dict[str, str] | None = None) -> str:
    words, now = visit().words, service().now_ms()
    is_locked = site.deployment.erasure is ErasureMode.UNLINK
    return page(
        "rights_subject.html",
        timeline=timeline,
        count=len(timeline.events) + timeline.left_out,
        first=timeline.events[0].event.at,
        counts_now=timeline.counts(now),
        seen=_seen(timeline),
        grounds=list(Ground),
        ground=request.form.get("ground", ""),
        letters=CONFIRMED_LETTERS,
        faults=faults or {},
        is_locked=is_locked,
        reason=locked_reason(site, words),
        ends=max(timeline.ends.values()),
        gone_by=now + ERASED_WITHIN_MS,
        stays=list(stays_at_erasure(site, words)),
    )


def _seen(timeline: Timeline) -> str:
    """Return what a preview was of: with any further choice of the visitor it is another one."""
    return f"{len(timeline.events) + timeline.left_out} {timeline.latest.event.at}"


def _record_look(site: LiveSite, look: str) -> None:
    """Write down that records were shown where an erasure was not done."""
    current = visit()
    with write_transaction(db.session):
        record_action(
            db.session,
            officer=current.person.name,
            action=LOOK,
            subject_id=look,
            detail={"site": site.id, "by": "console"},
            now=service().now_ms(),
        )
