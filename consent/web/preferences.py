"""The preference page: what holds now, one form to change it, one press to withdraw or erase all.

It needs no script to its last button. Looking at it sets no cookie and changes nothing.
"""

from __future__ import annotations

import uuid
from http import HTTPStatus

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnprocessableEntity

from consent.core.ids import is_uuid
from consent.core.model import Choices, Control
from consent.errors import (
    ConsentError,
    NotFoundError,
    NoticeSupersededError,
    NoticeTokenError,
    StoreUnavailableError,
    SubmissionConflictError,
)
from consent.services.accessing import find_ends
from consent.services.acknowledging import (
    Acknowledged,
    find_acknowledged,
    find_erasure,
    sign_acknowledgement,
    sign_erasure,
)
from consent.services.builds import page_build
from consent.services.choosing import PageForm, record_form
from consent.services.erasing import ErasureAct, erase
from consent.services.looks import told_looks
from consent.services.presenting import state_of
from consent.services.proving import provable
from consent.services.removing import Removal, cookies_to_remove
from consent.services.sites import LiveSite
from consent.services.standing import Standing, find_standing
from consent.store.database import db
from consent.web.context import dnt_is_on, gpc_is_on, live_site, presented, service
from consent.web.cookies import apply_cookies, apply_erasure
from consent.web.frame import link, private, render_page, site_words
from consent.web.limits import limit_writes
from consent.web.metrics import ERASED, note_act, writing
from consent.web.origins import require_form_origin
from consent.web.problems import add_headers, problem_of
from consent.web.script import notice_token, requested_language
from consent.web.standing_view import FormState, Log, page_context

MAX_FIELD = 512

_FIELDS = frozenset({"submission_id", "notice_token", "control", "allow"})
_ERASE = "erase"
_CONTROLS = (Control.REFUSE_ALL, Control.ACCEPT_ALL, Control.SAVE, Control.WITHDRAW_ALL)

# What the page says when an act was not recorded, and how the answer differs from a fresh page.
_SHOWN_AGAIN: tuple[tuple[type[ConsentError], str], ...] = (
    (NoticeSupersededError, "page.problem.superseded"),
    (NoticeTokenError, "page.problem.outdated"),
    (SubmissionConflictError, "page.problem.repeated"),
    (StoreUnavailableError, "page.problem.busy"),
)

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/sites/<site_id>/preferences")
def show(site_id: str) -> ResponseReturnValue:
    site = live_site(site_id)
    running = service()
    now = running.now_ms()
    standing = find_standing(db.session, site, presented(site), keys=running.keys, now=now)
    act = request.args.get("act", "")
    acknowledged = find_acknowledged(db.session, site, act, keys=running.keys, now=now)
    erasure = find_erasure(site, request.args.get("erased", ""), keys=running.keys, now=now)
    form = _fresh_form(site, requested_language(site))
    body = _render(
        site,
        standing,
        form,
        act=act if acknowledged else "",
        acknowledged=acknowledged,
        erasure=erasure,
    )
    return private(Response(body, mimetype="text/html"))


@blueprint.post("/sites/<site_id>/preferences")
@limit_writes
def choose(site_id: str) -> ResponseReturnValue:
    site = live_site(site_id)
    require_form_origin(site)
    form = _parse_form(site)
    try:
        return private(_erase(site, form) if form.erases else _record(site, form))
    except tuple(kind for kind, _ in _SHOWN_AGAIN) as error:
        message = next(key for kind, key in _SHOWN_AGAIN if isinstance(error, kind))
        return _show_again(site, form, error, message)


def _record(site: LiveSite, form: PageForm) -> Response:
    running = service()
    now = running.now_ms()
    with writing(site.id) as note:
        recorded = record_form(
            db.session,
            site,
            form,
            presented(site),
            gpc=gpc_is_on(),
            dnt=dnt_is_on(),
            keys=running.keys,
            now=now,
        )
        note_act(note, recorded)
    removals = _removals(site, recorded.choices)
    removed = sum(removal.was_seen for removal in removals)
    act = sign_acknowledgement(running.keys, site, recorded, form.control, removed=removed, now=now)
    response = _see_page(site, act=act)
    apply_cookies(response, site.deployment, recorded, now)
    return _remove_cookies(response, site, removals)


def _erase(site: LiveSite, form: PageForm) -> Response:
    running = service()
    now = running.now_ms()
    act = ErasureAct(form.submission_id, form.token, presented(site))
    try:
        with writing(site.id) as note:
            erased = erase(db.session, site, act, keys=running.keys, now=now)
            note(ERASED)
    except NotFoundError as error:
        return _show_again(site, form, error, "page.erase.nothing")
    removals = _removals(site, dict.fromkeys(site.notice.categories, False))
    removed = sum(removal.was_seen for removal in removals)
    told = sign_erasure(running.keys, site, erased, removed=removed, now=now)
    response = _see_page(site, erased=told)
    apply_erasure(response, site.deployment, erased, now)
    return _remove_cookies(response, site, removals)


def _see_page(site: LiveSite, **told: str) -> Response:
    """Send the browser on to the page, which tells of the act."""
    response = Response(status=HTTPStatus.SEE_OTHER)
    language = requested_language(site)
    response.location = link(site, "pages.preferences.show", lang=language, **told)
    return response


def _parse_form(site: LiveSite) -> PageForm:
    """Return the form; raise UnprocessableEntity for anything the page could not have sent."""
    if not _is_choosable(site):
        raise UnprocessableEntity("There is nothing to choose on this page.")
    sent = request.form
    unknown = sorted(sent.keys() - _FIELDS)
    if unknown or request.files:
        raise UnprocessableEntity("The form has a field that is not of this page.")
    single = {name: sent.getlist(name) for name in ("submission_id", "notice_token", "control")}
    if any(len(values) != 1 for values in single.values()):
        raise UnprocessableEntity("The form must have each field once, and one button.")
    submission_id, token, control = (values[0] for values in single.values())
    ticked = tuple(sent.getlist("allow"))
    if not is_uuid(submission_id) or not 0 < len(token) <= MAX_FIELD:
        raise UnprocessableEntity("The form's submission_id or notice_token is malformed.")
    if control not in (*_CONTROLS, _ERASE) or len(set(ticked)) != len(ticked):
        raise UnprocessableEntity("The form has a button or a tick that is not of this page.")
    if control == _ERASE:
        return PageForm(submission_id, token, Control.WITHDRAW_ALL, (), erases=True)
    return PageForm(submission_id, token, Control(control), ticked)


def _is_choosable(site: LiveSite) -> bool:
    """Say whether the page has a form: there is a choice, and its cookies would be kept."""
    return bool(site.notice.categories) and site.deployment.sets_cookies


def _fresh_form(site: LiveSite, language: str) -> FormState:
    token = notice_token(service(), site, language, page_build())
    return FormState(language, str(uuid.uuid4()), token, ticked=None)


def _show_again(site: LiveSite, sent: PageForm, error: ConsentError, message: str) -> Response:
    """Return the page with what went wrong; what can be tried again is kept as it was."""
    running = service()
    language = requested_language(site)
    form = _fresh_form(site, language)
    if isinstance(error, StoreUnavailableError):
        form = FormState(language, sent.submission_id, sent.token, ticked=sent.ticked)
    elif isinstance(error, SubmissionConflictError):
        form = FormState(language, form.submission_id, form.token, ticked=sent.ticked)
    # From the cookies alone: the database may be what failed.
    state = state_of(running.keys, site, presented(site), running.now_ms())
    problem = problem_of(error)
    body = _render(site, Standing(state, ()), form, problem=message)
    response = Response(body, problem.status, mimetype="text/html")
    return private(add_headers(response, problem, error))


def _render(
    site: LiveSite,
    standing: Standing,
    form: FormState,
    *,
    acknowledged: Acknowledged | None = None,
    **told: object,
) -> str:
    words = site_words(site, form.language)
    act = told.get("act", "")
    kept = {"act": act} if act else {}
    addresses = {
        language: link(site, "pages.preferences.show", lang=language, **kept)
        for language in site.notice.languages
    }
    context = page_context(
        site,
        standing,
        form,
        words,
        gpc=gpc_is_on() or dnt_is_on(),
        can_choose=_is_choosable(site),
        log=_log_of(standing, acknowledged),
        acknowledged=acknowledged,
        **told,  # type: ignore[arg-type]
    )
    return render_page(site, "preferences.html", words, addresses=addresses, **context)


def _log_of(standing: Standing, acknowledged: Acknowledged | None) -> Log:
    """Return what the log knows of the acts on the page; it is not asked where there is none."""
    events = [*standing.history]
    if acknowledged is not None and acknowledged.stored is not None:
        events.append(acknowledged.stored)
    if not events:
        return Log()
    ids = {stored.event.id for stored in events}
    looks = told_looks(db.session, [stored.event.id for stored in standing.history])
    return Log(provable(db.session, ids), find_ends(db.session, standing.history), looks)


def _visitors_path(site: LiveSite) -> str:
    """Return this page's path as the browser knows it, by which it decides what to send."""
    return link(site, "pages.preferences.choose")


def _removals(site: LiveSite, choices: Choices) -> list[Removal]:
    return cookies_to_remove(site, choices, sent=tuple(request.cookies), path=_visitors_path(site))


def _remove_cookies(response: Response, site: LiveSite, removals: list[Removal]) -> Response:
    for removal in removals:
        response.set_cookie(
            removal.name,
            "",
            max_age=0,
            path=removal.path,
            domain=removal.domain,
            secure=site.deployment.is_secure,
        )
    return response
