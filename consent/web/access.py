"""The page for whoever has a receipt and no cookie: present it, see all that it leads to.

It works without a script: the receipt is a file or a text of a plain form. What comes back is the
same page, which no address leads to, so that nothing of a receipt is ever in one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnprocessableEntity

from consent.core.ids import reference_code
from consent.errors import NotFoundError
from consent.services.accessing import Held, access_by_receipt
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.web.context import live_site, service
from consent.web.downloads import proof_response
from consent.web.frame import link, private, render_page, site_words
from consent.web.history_view import past_acts, shown_looks
from consent.web.limits import limit_writes
from consent.web.origins import require_form_origin
from consent.web.receipts import held_download
from consent.web.schemas import MAX_RECEIPT_LENGTH
from consent.web.script import requested_language
from consent.web.verify import styles_link

_FIELDS = frozenset({"receipt", "file", "as"})
_PAGE, _JSON, _PROOF = "page", "json", "proof."
_RECEIPT = "consent-receipt/v1\n"

blueprint = Blueprint("access", __name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was sent: the receipt's text, empty for none, and what to answer with."""

    receipt: str
    wanted: str


@blueprint.get("/sites/<site_id>/access")
def ask(site_id: str) -> ResponseReturnValue:
    return private(Response(_render(live_site(site_id)), mimetype="text/html"))


@blueprint.post("/sites/<site_id>/access")
@limit_writes
def show(site_id: str) -> ResponseReturnValue:
    site = live_site(site_id)
    require_form_origin(site)
    asked = _parse_form()
    if not asked.receipt.startswith(_RECEIPT):
        problem = "access.problem.unread" if asked.receipt else "access.problem.empty"
        return _refuse(site, problem, HTTPStatus.UNPROCESSABLE_ENTITY)
    running = service()
    now = running.now_ms()
    try:
        held = access_by_receipt(db.session, site, asked.receipt, keys=running.keys, now=now)
    except NotFoundError:
        return _refuse(site, "access.problem.nothing", HTTPStatus.NOT_FOUND)
    return private(_answer(site, asked, held, now))


def _answer(site: LiveSite, asked: _Asked, held: Held, now: int) -> Response:
    if asked.wanted == _JSON:
        return held_download(site, held, now)
    if asked.wanted.startswith(_PROOF):
        event_id = asked.wanted.removeprefix(_PROOF)
        if event_id not in held.proofs:
            raise NotFoundError("there is no such proof yet")
        return proof_response(held.proofs[event_id], event_id)
    return Response(_render(site, asked=asked, held=held), mimetype="text/html")


def _parse_form() -> _Asked:
    """Return what was sent; raise UnprocessableEntity for anything the page could not have sent."""
    sent, files = request.form, request.files
    if {*sent.keys(), *files.keys()} - _FIELDS or any(
        len(sent.getlist(name)) > 1 or len(files.getlist(name)) > 1 for name in _FIELDS
    ):
        raise UnprocessableEntity("The form has a field that is not of this page.")
    text = sent.get("receipt", "")
    if "file" in files and not text.strip():
        text = files["file"].read().decode("utf-8", "replace")
    return _Asked(_receipt_in(text), sent.get("as", _PAGE))


def _receipt_in(text: str) -> str:
    """Return the receipt in a text: the text itself, or what a file of ours has as its receipt.

    Browsers send the lines of a form with other ends than the receipt was signed with.
    """
    text = text.replace("\r\n", "\n").strip()
    if text.startswith("{"):
        text = _receipt_of(text).strip()
    return f"{text}\n"[:MAX_RECEIPT_LENGTH] if text else ""


def _receipt_of(text: str) -> str:
    """Return the receipt of the first act in a JSON file; the text itself when there is none."""
    try:
        found: Any = json.loads(text)
        acts = found.get("events") or [found]
        receipt = acts[0]["receipt"]
    except (ValueError, RecursionError, LookupError, AttributeError, TypeError):
        return text
    return receipt if isinstance(receipt, str) else text


def _refuse(site: LiveSite, problem: str, status: HTTPStatus) -> Response:
    return private(Response(_render(site, problem=problem), status, mimetype="text/html"))


def _render(
    site: LiveSite,
    *,
    asked: _Asked | None = None,
    held: Held | None = None,
    problem: str | None = None,
) -> str:
    words = site_words(site, requested_language(site))
    events = () if held is None else held.events
    subject = events[0].event.subject if events else None
    return render_page(
        site,
        "access.html",
        words,
        addresses={tag: link(site, "pages.access.ask", lang=tag) for tag in site.notice.languages},
        action=link(site, "pages.access.show", lang=words.language),
        verify=link(site, "pages.verify.show", lang=words.language),
        problem=None if problem is None else words(problem),
        receipt=None if asked is None or held is None else asked.receipt,
        code=None if subject is None else reference_code(subject),
        history=() if held is None else past_acts(site, events, words, held.ends, held.proofs),
        looks=() if held is None else shown_looks(held.looks, words),
        controller=site.notice.document["controller"]["name"],
        more_styles=styles_link(site),
        as_json=_JSON,
        as_proof=_PROOF,
    )
