"""The public API: record an act, say what holds, show or erase a browser's own history."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from consent.core.ids import is_uuid, reference_code
from consent.core.model import Control, Layer, Submission
from consent.errors import NotFoundError
from consent.services.accessing import Held, access_by_cookie, access_by_receipt
from consent.services.answering import Recorded
from consent.services.displays import count_if_late
from consent.services.erasing import ErasureAct
from consent.services.erasing import erase as erase_records
from consent.services.looks import told_looks
from consent.services.proving import find_for_officer, prove
from consent.services.recording import Act, record_consent
from consent.services.sealing_wait import wait_until_published
from consent.services.sites import LiveSite
from consent.services.standing import find_by_receipt, find_held_event, find_history, find_standing
from consent.store.database import db
from consent.store.events import StoredEvent
from consent.web import schemas
from consent.web.answers import answer_body, erased_body, notice_body, state_body, stored_body
from consent.web.audit import SECURITY_SCHEME, signed_in_officer
from consent.web.context import dnt_is_on, gpc_is_on, live_site, presented, service
from consent.web.cookies import apply_cookies, apply_erasure
from consent.web.downloads import proof_response, unsealed_response
from consent.web.held import held_body, looks_body
from consent.web.limits import limit_writes
from consent.web.metrics import ERASED, note_act, writing
from consent.web.origins import require_own_origin
from consent.web.parsing import StrictBlueprint
from consent.web.script import requested_language

MAX_HEADER_LENGTH = 512
blueprint = StrictBlueprint(
    "consents",
    __name__,
    url_prefix="/api/v1/sites/<site_id>",
    description="Record, read and withdraw a visitor's choices.",
)

_ACT_HEADERS = [
    {
        "in": "header",
        "name": name,
        "required": True,
        "schema": {"type": "string", "maxLength": MAX_HEADER_LENGTH},
    }
    for name in ("Submission-Id", "Notice-Token")
]
_PROBLEM = {"schema": schemas.ProblemSchema, "content_type": "application/problem+json"}
_TEXT = {"type": "string"}
_UNSEALED = {"description": "Recorded, and not in the published log yet."}


def _documented(*statuses: int) -> Any:
    """Add the problems a route can answer with to its documentation."""

    def add(view: Any) -> Any:
        for status in statuses:
            view = blueprint.alt_response(status, **_PROBLEM)(view)
        return view

    return add


@blueprint.post("/consents")
@blueprint.arguments(schemas.SubmissionSchema)
@blueprint.response(HTTPStatus.CREATED, schemas.AnswerSchema)
@blueprint.alt_response(HTTPStatus.OK, schema=schemas.AnswerSchema, description="A repeated act.")
@_documented(400, 403, 404, 409, 413, 415, 422, 429, 503)
@limit_writes
def record(submitted: tuple[Submission, str], site_id: str) -> ResponseReturnValue:
    """Record one act of a visitor."""
    submission, token = submitted
    return _record(live_site(site_id), submission, token)


@blueprint.get("/consents")
@blueprint.response(HTTPStatus.OK, schemas.HistorySchema)
@_documented(404)
def history(site_id: str) -> ResponseReturnValue:
    """Show the holder of an id cookie everything recorded under it."""
    site = live_site(site_id)
    events = find_history(db.session, site, presented(site), keys=service().keys)
    return _history_response(site, events)


@blueprint.post("/consents/lookup")
@blueprint.arguments(schemas.LookupSchema)
@blueprint.response(HTTPStatus.OK, schemas.HistorySchema)
@_documented(400, 403, 404, 413, 415, 422, 429)
@limit_writes
def lookup(given: dict[str, str], site_id: str) -> ResponseReturnValue:
    """Show the holder of a receipt everything it gives access to."""
    site = live_site(site_id)
    require_own_origin(site)
    events = find_by_receipt(db.session, site, given["receipt"], keys=service().keys)
    return _history_response(site, events)


@blueprint.get("/consents/current")
@blueprint.response(HTTPStatus.OK, schemas.StateSchema)
@_documented(404)
def current(site_id: str) -> ResponseReturnValue:
    """Say what holds now for this browser."""
    site = live_site(site_id)
    running = service()
    standing = find_standing(
        db.session, site, presented(site), keys=running.keys, now=running.now_ms()
    )
    return _private(jsonify(state_body(site, standing)))


@blueprint.delete("/consents")
@blueprint.doc(parameters=_ACT_HEADERS)
@blueprint.response(HTTPStatus.ACCEPTED, schemas.ErasedSchema)
@_documented(403, 404, 409, 422, 429, 503)
@limit_writes
def erase(site_id: str) -> ResponseReturnValue:
    """Withdraw everything and erase all that is recorded under this browser's id."""
    site = live_site(site_id)
    submission_id, token = _act_headers()
    require_own_origin(site)
    running = service()
    now = running.now_ms()
    act = ErasureAct(submission_id, token, presented(site))
    with writing(site.id) as note:
        erased = erase_records(db.session, site, act, keys=running.keys, now=now)
        note(ERASED)
    response = jsonify(erased_body(site, erased))
    response.status_code = HTTPStatus.ACCEPTED
    return _private(apply_erasure(response, site.deployment, erased, now))


@blueprint.delete("/consents/current")
@blueprint.doc(parameters=_ACT_HEADERS)
@blueprint.response(HTTPStatus.CREATED, schemas.AnswerSchema)
@blueprint.alt_response(HTTPStatus.OK, schema=schemas.AnswerSchema, description="A repeated act.")
@_documented(403, 404, 409, 422, 429, 503)
@limit_writes
def withdraw(site_id: str) -> ResponseReturnValue:
    """Withdraw everything."""
    site = live_site(site_id)
    submission_id, token = _act_headers()
    submission = Submission(
        submission_id=submission_id,
        control=Control.WITHDRAW_ALL,
        layer=Layer.PAGE,
        choices=dict.fromkeys(site.notice.categories, False),
        page_group=None,
    )
    return _record(site, submission, token)


@blueprint.get("/consents/access")
@blueprint.response(HTTPStatus.OK, schemas.HeldSchema)
@_documented(404, 429, 503)
@limit_writes
def access(site_id: str) -> ResponseReturnValue:
    """Give the holder of an id cookie everything that is held under it, in one document."""
    site = live_site(site_id)
    running = service()
    now = running.now_ms()
    held = access_by_cookie(db.session, site, presented(site), keys=running.keys, now=now)
    return _held_response(site, held, now)


@blueprint.post("/consents/access")
@blueprint.arguments(schemas.LookupSchema)
@blueprint.response(HTTPStatus.OK, schemas.HeldSchema)
@_documented(400, 403, 404, 413, 415, 422, 429, 503)
@limit_writes
def access_with_receipt(given: dict[str, str], site_id: str) -> ResponseReturnValue:
    """Give the holder of a receipt everything that it gives access to, in one document."""
    site = live_site(site_id)
    require_own_origin(site)
    running = service()
    now = running.now_ms()
    held = access_by_receipt(db.session, site, given["receipt"], keys=running.keys, now=now)
    return _held_response(site, held, now)


@blueprint.get("/consents/<event_id>/proof")
@blueprint.doc(security=[{}, {SECURITY_SCHEME: []}])
@blueprint.arguments(schemas.ProofQuerySchema, location="query")
@blueprint.response(HTTPStatus.OK, _TEXT, content_type="text/plain", description="C2SP tlog-proof.")
@blueprint.alt_response(HTTPStatus.ACCEPTED, schema=_TEXT, content_type="text/plain", **_UNSEALED)
@_documented(401, 403, 404, 422, 503)
def proof(query: dict[str, int], site_id: str, event_id: str) -> ResponseReturnValue:
    """Prove that a record is in the log, to the holder of its id cookie or to an officer."""
    site = live_site(site_id)
    _require_event_id(event_id)
    if request.authorization is None:
        keys = service().keys
        stored = find_held_event(db.session, site, presented(site), event_id, keys=keys)
    else:
        now = service().now_ms()
        officer = signed_in_officer()
        stored = find_for_officer(db.session, site.id, event_id, officer=officer, now=now)
    return _proof_response(stored, bare=bool(query.get("bare")))


@blueprint.post("/consents/<event_id>/proof")
@blueprint.arguments(schemas.ProofQuerySchema, location="query")
@blueprint.arguments(schemas.LookupSchema)
@blueprint.response(HTTPStatus.OK, _TEXT, content_type="text/plain", description="C2SP tlog-proof.")
@blueprint.alt_response(HTTPStatus.ACCEPTED, schema=_TEXT, content_type="text/plain", **_UNSEALED)
@_documented(400, 403, 404, 413, 415, 422, 429)
@limit_writes
def proof_with_receipt(
    query: dict[str, int], given: dict[str, str], site_id: str, event_id: str
) -> ResponseReturnValue:
    """Prove that a record is in the log, to the holder of a receipt that gives access to it."""
    site = live_site(site_id)
    require_own_origin(site)
    _require_event_id(event_id)
    events = find_by_receipt(db.session, site, given["receipt"], keys=service().keys)
    for stored in events:
        if stored.event.id == event_id:
            return _proof_response(stored, bare=bool(query.get("bare")))
    raise NotFoundError("there is nothing here for this receipt")


@blueprint.get("/notice")
@blueprint.arguments(schemas.NoticeQuerySchema, location="query")
@blueprint.response(HTTPStatus.OK, schemas.NoticeSchema)
@_documented(404, 422)
def notice(_query: dict[str, str], site_id: str) -> ResponseReturnValue:
    """Give the notice in force, in one language, with a token for acts upon it."""
    site = live_site(site_id)
    response = jsonify(notice_body(service(), site, requested_language(site)))
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    response.headers["Vary"] = "Accept-Language"
    return response


def _act_headers() -> tuple[str, str]:
    submission_id = request.headers.get("Submission-Id", "")
    token = request.headers.get("Notice-Token", "")
    if not is_uuid(submission_id) or not 0 < len(token) <= MAX_HEADER_LENGTH:
        raise schemas.header_error()
    return submission_id, token


def _record(site: LiveSite, submission: Submission, token: str) -> ResponseReturnValue:
    require_own_origin(site)
    running = service()
    now = running.now_ms()
    act = Act(submission, token, presented(site), gpc=gpc_is_on(), dnt=dnt_is_on())
    with writing(site.id) as note:
        recorded = record_consent(db.session, site, act, keys=running.keys, now=now)
        note_act(note, recorded)
    count_if_late(site.id, recorded, counts=running.displays, now=now)
    response = jsonify(answer_body(site, recorded, proof=_awaited_proof(recorded)))
    response.status_code = HTTPStatus.OK if recorded.is_repeat else HTTPStatus.CREATED
    return _private(apply_cookies(response, site.deployment, recorded, now))


def _awaited_proof(recorded: Recorded) -> str | None:
    """Return the proof of an act where the operator has acts wait for it, and it came in time."""
    serving, stored = service().log, recorded.stored
    if stored is None or not serving.receipt_proofs:
        return None
    wait_until_published(db.session, stored.event.id, wake=serving.wake)
    return prove(db.session, stored)


def _history_response(site: LiveSite, events: list[StoredEvent]) -> Response:
    subject = events[0].event.subject
    code = None if subject is None else reference_code(subject)
    keys = service().keys
    bodies = [stored_body(site, keys, stored, proof=prove(db.session, stored)) for stored in events]
    looks = looks_body(told_looks(db.session, [stored.event.id for stored in events]))
    return _private(jsonify({"reference_code": code, "events": bodies, "looks": looks}))


def _held_response(site: LiveSite, held: Held, now: int) -> Response:
    language = requested_language(site)
    body = held_body(site, service().keys, held, language=language, now=now)
    return _private(jsonify(body))


def _require_event_id(event_id: str) -> None:
    if not is_uuid(event_id):
        raise NotFoundError("there is nothing here for this browser")


def _proof_response(stored: StoredEvent, *, bare: bool) -> Response:
    text = prove(db.session, stored, bare=bare)
    if text is None:
        return _private(unsealed_response())
    return _private(proof_response(text, stored.event.id))


def _private(response: Response) -> Response:
    """Keep an answer that depends on the visitor out of every cache."""
    response.headers["Cache-Control"] = "private, no-store"
    return response
