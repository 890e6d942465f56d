"""The access log: what people who sign in did, as a list, as a file, and proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from consent.core.actions import KINDS
from consent.core.ids import is_uuid
from consent.core.roles import Permission
from consent.core.times import day_of
from consent.services.access_log import FileFormat, prove_action, write_file
from consent.services.sites import LiveSite
from consent.store.action_lists import ActionPage, list_actions_page
from consent.store.database import db
from consent.store.people import list_people
from consent.web.console.access_log_filter import FIELDS, AskedFilter, read_filter
from consent.web.console.access_log_words import ShownAction, shown_action
from consent.web.console.frame import page
from consent.web.console.routing import console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import visit
from consent.web.context import service
from consent.web.downloads import proof_response, unsealed_response

MEDIA_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.JSONL: "application/jsonl",
}
_ONE, _ALL = "console.access_log", "console.access_log_all"


@dataclass(frozen=True, slots=True)
class Row:
    """One act in the list, and where its proof is."""

    act: ShownAction
    proof: str | None


@console_route(
    "/sites/<site>/access-log", permission=Permission.READ_ACCESS_LOG, look="access_log:list"
)
def access_log(site: LiveSite) -> ResponseReturnValue:
    return _list(site)


@console_route("/access-log", permission=Permission.READ_ACCESS_LOG, look="access_log:list")
def access_log_all() -> ResponseReturnValue:
    """Show everything, signing in and people as well; those of some sites see theirs instead."""
    elsewhere = _own_site()
    return _list(None) if elsewhere is None else to(url_for(_ONE, site=elsewhere.id))


@console_route(
    "/sites/<site>/access-log/file/<form>",
    permission=Permission.READ_ACCESS_LOG,
    look="access_log:file",
)
def access_log_file(site: LiveSite, form: str) -> ResponseReturnValue:
    return _file(site, form)


@console_route(
    "/access-log/file/<form>", permission=Permission.READ_ACCESS_LOG, look="access_log:file"
)
def access_log_file_all(form: str) -> ResponseReturnValue:
    elsewhere = _own_site()
    if elsewhere is None:
        return _file(None, form)
    return to(url_for("console.access_log_file", site=elsewhere.id, form=form))


@console_route(
    "/access-log/<action_id>/proof", permission=Permission.READ_ACCESS_LOG, look="access_log:proof"
)
def access_log_proof(action_id: str) -> ResponseReturnValue:
    """Hand out what proves one act to anybody: its record, and its place in the log."""
    proof = prove_action(db.session, action_id, person=visit().person)
    db.session.rollback()
    return unsealed_response() if proof is None else proof_response(proof, action_id)


def _own_site() -> LiveSite | None:
    """Return the first site whose access log the person may read; None for somebody of all."""
    current = visit()
    if current.sees_all(Permission.READ_ACCESS_LOG):
        return None
    found = current.sites(Permission.READ_ACCESS_LOG)
    if not found:
        raise NotFound
    return found[0]


def _list(site: LiveSite | None) -> ResponseReturnValue:
    current = visit()
    asked = read_filter(None if site is None else site.id, request.args)
    current.note(filter=asked.record())
    before = _place()
    found = ActionPage((), None)
    if not asked.faults:
        found = list_actions_page(db.session, asked.wanted, before)
    return page(
        "access_log.html",
        asked=asked,
        rows=[_row(shown_action(one, current.words)) for one in found.actions],
        kinds=tuple(KINDS),
        names=_names(site),
        here=_address(site),
        newest=_address(site, asked),
        older=None if found.older is None else _address(site, asked, before=found.older),
        is_first=before is None,
        is_narrowed=any(request.args.get(name) for name in FIELDS),
        files={form.value: _address(site, asked, form=form.value) for form in FileFormat},
        everything=url_for(_ALL) if current.sees_all(Permission.READ_ACCESS_LOG) else None,
        own_sites=current.sites(Permission.READ_ACCESS_LOG),
    )


def _row(act: ShownAction) -> Row:
    proof = None
    if act.leaf is not None:
        proof = url_for("console.access_log_proof", action_id=act.id)
    return Row(act, proof)


def _file(site: LiveSite | None, form: str) -> Response:
    """Stream the acts; taking them is recorded first, so that the file begins with it."""
    try:
        file_format = FileFormat(form)
    except ValueError as error:
        raise NotFound from error
    asked = read_filter(None if site is None else site.id, request.args)
    if asked.faults:
        raise BadRequest("The filter has a day or a kind that there is not.")
    visit().note(filter=asked.record(), format=file_format.value)
    body = stream_with_context(write_file(db.session, asked.wanted, file_format))
    response = Response(body, content_type=MEDIA_TYPES[file_format])
    name = f"access-log-{'all' if site is None else site.id}-{day_of(service().now_ms())}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _names(site: LiveSite | None) -> list[str]:
    """Return whose acts can be asked for: of those who are something on the site."""
    people = list_people(db.session)
    if site is not None:
        people = [one for one in people if {site.id, "*"} & set(one.grants)]
    return [one.name for one in people]


def _place() -> str | None:
    """Return where the page begins, from the address; anything but an id is refused."""
    before = request.args.get("before")
    if before and not is_uuid(before):
        raise BadRequest("A page begins at the id of an act.")
    return before or None


def _address(
    site: LiveSite | None,
    asked: AskedFilter | None = None,
    *,
    form: str | None = None,
    **more: Any,
) -> str:
    """Return where the list is, or with `form` the file of it, with the same filter."""
    given = {} if asked is None else {name: text for name, text in asked.given.items() if text}
    values: dict[str, Any] = {**given, **more}
    if form is not None:
        values["form"] = form
    if site is None:
        return url_for(_ALL if form is None else "console.access_log_file_all", **values)
    return url_for(_ONE if form is None else "console.access_log_file", site=site.id, **values)
