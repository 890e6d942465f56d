"""The people who may sign in: who they are, on which sites, and until when they are invited."""

from __future__ import annotations

from http import HTTPStatus

from flask import request, url_for
from flask.typing import ResponseReturnValue

from consent.core.ids import is_uuid
from consent.core.roles import ALL_SITES, Grants, Permission, Role
from consent.errors import NotFoundError, NotPermittedError
from consent.services.people import (
    Actor,
    Invitation,
    PersonError,
    give_roles,
    invitation_link,
    invite,
    may_manage,
    reset_sign_in,
    revoke,
)
from consent.services.sessions import end_sessions, list_live_sessions
from consent.store.database import db
from consent.store.people import Person, find_person, list_invited, list_people
from consent.web.console import guard
from consent.web.console.frame import page
from consent.web.console.routing import RECORDED_BY_SERVICE, console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import say, visit
from consent.web.context import service


@console_route("/people", permission=Permission.MANAGE_PEOPLE, look="person:list")
def people() -> ResponseReturnValue:
    current = visit()
    shown = [one for one in list_people(db.session) if current.manages(one)]
    return page("people.html", people=shown, invited=list_invited(db.session, service().now_ms()))


@console_route("/people/new", permission=Permission.MANAGE_PEOPLE, look="person:form")
def people_new() -> ResponseReturnValue:
    return new_page({})


@console_route(
    "/people/new",
    permission=Permission.MANAGE_PEOPLE,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def people_invite() -> ResponseReturnValue:
    """Invite somebody and show the link: this once, so without a redirect."""
    asked = _grants_in_form({})
    try:
        made = invite(
            db.session,
            request.form.get("name", "").strip(),
            asked,
            email=request.form.get("email"),
            by=Actor.of(visit().person),
            now=service().now_ms(),
        )
    except PersonError as error:
        return new_page(asked, error), HTTPStatus.UNPROCESSABLE_ENTITY
    return link_page(made)


@console_route("/people/<person_id>", permission=Permission.MANAGE_PEOPLE, look="person:show")
def people_one(person_id: str) -> ResponseReturnValue:
    person = _managed(person_id)
    visit().note(subject_id=person.id, name=person.name)
    return one_page(person, person.grants)


@console_route(
    "/people/<person_id>/roles",
    permission=Permission.MANAGE_PEOPLE,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def people_roles(person_id: str) -> ResponseReturnValue:
    person = _managed(person_id)
    asked = _grants_in_form(person.grants)
    try:
        give_roles(
            db.session,
            person.name,
            asked,
            by=Actor.of(visit().person),
            now=service().now_ms(),
        )
    except PersonError as error:
        return one_page(person, asked, error), HTTPStatus.UNPROCESSABLE_ENTITY
    say("people.roles_saved", name=person.name)
    return to(url_for("console.people"))


@console_route(
    "/people/<person_id>/reset",
    permission=Permission.MANAGE_PEOPLE,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def people_reset(person_id: str) -> ResponseReturnValue:
    """Take away all ways to sign in and show a new invitation, this once."""
    person = _managed(person_id)
    by, now = Actor.of(visit().person), service().now_ms()
    return link_page(reset_sign_in(db.session, person.name, by=by, now=now))


@console_route(
    "/people/<person_id>/sessions",
    permission=Permission.MANAGE_PEOPLE,
    look="person:sessions_end",
    methods=["POST"],
)
def people_sessions_end(person_id: str) -> ResponseReturnValue:
    person = _managed(person_id)
    if not may_manage(visit().person, person.grants):
        raise NotPermittedError("somebody else decides about this person as well")
    visit().note(subject_id=person.id, name=person.name)
    end_sessions(db.session, person.id)
    say("people.sessions_ended", name=person.name)
    return to(url_for("console.people"))


@console_route(
    "/people/<person_id>/revoke",
    permission=Permission.MANAGE_PEOPLE,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def people_revoke(person_id: str) -> ResponseReturnValue:
    person = _managed(person_id)
    revoke(db.session, person.name, by=Actor.of(visit().person), now=service().now_ms())
    say("people.access_ended", name=person.name)
    return to(url_for("console.people"))


def new_page(ticked: Grants, error: PersonError | None = None) -> str:
    return page(
        "person_new.html",
        ticked=ticked,
        fault=_fault(error),
        rows=_rows({}),
        roles=list(Role),
    )


def one_page(one: Person, ticked: Grants, error: PersonError | None = None) -> str:
    return page(
        "person.html",
        one=one,
        ticked=ticked,
        fault=_fault(error),
        rows=_rows(one.grants),
        roles=list(Role),
        sessions=list_live_sessions(db.session, one.id, service().now_ms()),
        whole=may_manage(visit().person, one.grants),
    )


def link_page(made: Invitation) -> str:
    link = invitation_link(guard.console_origin(), made.token)
    return page("invited.html", made=made, link=link)


def _fault(error: PersonError | None) -> str | None:
    """Return the key of the words for what was wrong."""
    return None if error is None else f"people.fault.{error.reason}"


def _managed(person_id: str) -> Person:
    """Return somebody about whom the person who asks may decide, at least in part."""
    person = find_person(db.session, person_id) if is_uuid(person_id) else None
    if person is None or person.revoked_at is not None or not visit().manages(person):
        raise NotFoundError("there is no such person")
    return person


def _rows(grants: Grants) -> list[str]:
    """Return the sites that the form offers: those to decide about, that exist or have a role."""
    known = {one.id for one in service().sites.all()} | set(grants)
    may = visit().person.may
    sites = sorted(site for site in known if site != ALL_SITES)
    return [one for one in (ALL_SITES, *sites) if may(Permission.MANAGE_PEOPLE, one)]


def _grants_in_form(before: Grants) -> dict[str, tuple[Role, ...]]:
    """Return the grants a form asks for; those of sites it cannot show stay as they are."""
    offered = _rows(before)
    kept = {site: tuple(roles) for site, roles in before.items() if site not in offered}
    given = {
        site: tuple(role for role in Role if f"{site} {role}" in request.form.getlist("grant"))
        for site in offered
    }
    return kept | {site: roles for site, roles in given.items() if roles}
