"""Declare a page of the console: who may see it, and what is written down about its being seen.

There is no other way to add one: a route without a declaration would be open to everybody, and a
test walks all routes.
"""

from __future__ import annotations

import functools
import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from consent.core.ids import uuid7
from consent.core.roles import Permission, permissions_on
from consent.errors import NotPermittedError
from consent.services.sessions import note_use
from consent.store.database import db, write_transaction
from consent.store.officers import record_action
from consent.web.console import guard
from consent.web.console.visit import Visit, visit
from consent.web.context import live_site, service

View = Callable[..., ResponseReturnValue]


class Entry(Enum):
    """For pages that no permission guards."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed in"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a route is declared to be."""

    permission: Permission | Entry
    look: str | None


NUL = "\0"

# A service that acts records the act itself, in the transaction that does it.
RECORDED_BY_SERVICE = ""

blueprint = Blueprint("console", __name__, url_prefix=guard.PREFIX)
declarations: dict[str, Declaration] = {}  # by endpoint


def console_route(
    rule: str,
    *,
    permission: Permission | Entry,
    look: str | None = None,
    methods: Sequence[str] = ("GET",),
    most_bytes: int | None = None,
) -> Callable[[View], View]:
    """Register a view for a path below /console and guard it.

    `permission` must be held on the `<site>` of the path, which the view gets as a LiveSite, or
    without one on any site. `look` names what is recorded when the page is shown, such as
    "records:list"; a view whose service records the act itself has RECORDED_BY_SERVICE. Only pages
    that no permission guards have none. `most_bytes` is for forms larger than those of visitors.
    The endpoint is the view's name.
    """
    if isinstance(permission, Permission) and look is None:
        raise ValueError(f"{rule} must say what is recorded")

    def register(view: View) -> View:
        endpoint = view.__name__

        @functools.wraps(view)
        def guarded(**values: Any) -> ResponseReturnValue:
            if most_bytes is not None:
                request.max_content_length = most_bytes
                request.max_form_memory_size = most_bytes
            return _answer(view, Declaration(permission, look), values)

        declarations[f"{blueprint.name}.{endpoint}"] = Declaration(permission, look)
        blueprint.add_url_rule(rule, endpoint, guarded, methods=list(methods))
        return view

    return register


def _answer(view: View, declared: Declaration, values: dict[str, Any]) -> ResponseReturnValue:
    current = visit()
    if request.method == "POST":
        guard.require_own_form()
    if declared.permission is Entry.EVERYONE:
        return view(**values)
    if current.signed_in is None:
        return ask_to_sign_in()
    if request.method == "POST":
        _require_csrf(current)
    _require_text(values)
    _require_permission(current, declared.permission, values)
    note_use(
        db.session,
        current.signed_in.session,
        None if current.site is None else current.site.id,
        service().now_ms(),
    )
    response = make_response(view(**values))
    if declared.look and not current.is_repeat:
        _record_look(current, current.look or declared.look)
    return response


def ask_to_sign_in() -> Response:
    """Send somebody to the sign-in page, and afterwards back to what he asked for."""
    target = None
    if request.method == "GET":
        target = request.full_path.removesuffix("?")
    address = url_for("console.sign_in", next=target)
    return make_response(redirect(address, HTTPStatus.SEE_OTHER))


def _require_text(values: dict[str, Any]) -> None:
    """Refuse a NUL: nobody writes one, and not every database stores it or looks for it."""
    if any(NUL in str(value) for value in values.values()):
        raise NotFound
    for given in (request.args, request.form):
        if any(NUL in value for _, value in given.items(multi=True)):
            raise BadRequest("what was sent has a character that is no text (NUL)")


def _require_csrf(current: Visit) -> None:
    if not hmac.compare_digest(request.form.get("csrf", "").encode(), current.csrf.encode()):
        raise Forbidden("this form is too old; load the page again")


def _require_permission(
    current: Visit, permission: Permission | Entry, values: dict[str, Any]
) -> None:
    """Refuse what is not permitted; a site on which somebody is nothing does not exist for him."""
    grants = current.person.grants
    if "site" in values:
        if not permissions_on(grants, values["site"]):
            raise NotFound
        current.site = values["site"] = live_site(values["site"])
    if isinstance(permission, Entry):
        return
    if not current.may(permission, None if current.site is None else current.site.id):
        raise NotPermittedError("your roles do not include this")


def _record_look(current: Visit, look: str) -> None:
    """Write down that a page is shown before it is: what cannot be recorded is not shown."""
    now = service().now_ms()
    site = {} if current.site is None else {"site": current.site.id}
    with write_transaction(db.session):
        record_action(
            db.session,
            officer=current.person.name,
            action=look,
            subject_id=current.subject_id or uuid7(now, os.urandom(10)),
            detail={**site, **current.detail, "by": "console"},
            now=now,
        )
