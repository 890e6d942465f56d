"""Who asks for a page of the console, in which words, and what is noted about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Response, g, request

from consent.core.roles import ALL_SITES, Permission, permissions_on
from consent.services import sessions
from consent.services.sessions import SignedIn, find_signed_in, leave_message
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.officers import Officer
from consent.store.people import Person
from consent.web.console import guard
from consent.web.console.words import ConsoleWords, console_words, language_for
from consent.web.context import service


@dataclass(slots=True)
class Visit:
    """One request. `signed_in` is None on the few pages that anybody may see.

    A page that loads itself anew to tell how far something is, and shows nothing of visitors, says
    `is_repeat`: that look was written down when the page was opened. `look` is what is recorded
    where something else came of it than the page is declared to do.
    """

    words: ConsoleWords
    signed_in: SignedIn | None
    site: LiveSite | None = None
    subject_id: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    is_repeat: bool = False
    look: str | None = None

    @property
    def person(self) -> Person:
        return self._signed_in.person

    @property
    def csrf(self) -> str:
        return self._signed_in.csrf

    @property
    def session_key(self) -> str:
        return self._signed_in.session.key

    @property
    def _signed_in(self) -> SignedIn:
        if self.signed_in is None:
            raise LookupError("this page is for everyone: nobody is signed in")
        return self.signed_in

    def may(self, permission: Permission, site: str | None = None) -> bool:
        """Say whether the person may do something on a site; without one, on any site."""
        if site is not None:
            return self.person.may(permission, site)
        return any(self.person.may(permission, one) for one in self.person.grants)

    def sites(self, permission: Permission | None = None) -> list[LiveSite]:
        """Return the sites on which the person may do something, or has any role, by id."""
        found = sorted(service().sites.all(), key=lambda one: one.id)
        if permission is not None:
            return [one for one in found if self.person.may(permission, one.id)]
        return [one for one in found if permissions_on(self.person.grants, one.id)]

    def manages(self, other: Person) -> bool:
        """Say whether the person decides about somebody, on one of his sites at least."""
        return any(self.may(Permission.MANAGE_PEOPLE, site) for site in other.grants)

    def officer(self, permission: Permission) -> Officer:
        """Return the person as services know those who act, on the sites of this permission."""
        return self.person.acting_with(permission)

    def sees_all(self, permission: Permission) -> bool:
        return self.person.may(permission, ALL_SITES)

    def note(self, *, subject_id: str | None = None, **detail: Any) -> None:
        """Say more about this look than the page and its site: what was looked for, and found.

        Nothing that points to a visitor belongs here: it would outlive the erasure.
        """
        self.subject_id = subject_id or self.subject_id
        self.detail |= detail


def visit() -> Visit:
    """Return what is known of this request; it is looked up once."""
    if "console_visit" not in g:
        signed_in = find_visitor()
        own = None if signed_in is None else signed_in.person.language
        language = language_for(own, request.headers.get("Accept-Language", ""))
        g.console_visit = Visit(console_words(language), signed_in)
    found: Visit = g.console_visit
    return found


def say(key: str, *, kind: str = "done", **values: Any) -> None:
    """Have the next page say a text of the catalogue; `kind` is done, warning or error."""
    leave_message(db.session, visit().session_key, {"key": key, "kind": kind, "values": values})


def find_visitor(*, is_complete: bool = True) -> SignedIn | None:
    """Return who is signed in, by the cookie."""
    secret = request.cookies.get(cookie_name())
    if not secret:
        return None
    now = service().now_ms()
    return find_signed_in(db.session, secret, now, is_complete=is_complete)


def is_fresh() -> bool:
    """Say whether the person signed in just now, as changing the ways to sign in asks for."""
    current = visit()
    return current.signed_in is not None and sessions.is_fresh(
        current.signed_in.session, service().now_ms()
    )


def cookie_name() -> str:
    return "__Host-consent-console" if guard.is_secure() else "consent-console"


def give_cookie(response: Response, secret: str) -> Response:
    """Let a browser hold a session's id until it is closed; the server ends it earlier."""
    response.set_cookie(
        cookie_name(),
        secret,
        path="/",
        secure=guard.is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def take_cookie(response: Response) -> Response:
    response.delete_cookie(
        cookie_name(), path="/", secure=guard.is_secure(), httponly=True, samesite="Strict"
    )
    return response
