"""People who are signed in to the console, each in a browser of his own that runs no script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consent.core.roles import ALL_SITES, Role
from consent.services.people import Actor, invite
from consent.services.sessions import csrf_token
from consent.services.sign_in import admit
from consent.store.database import db
from tests.service import Clock

CONSOLE = "https://console.example"
COOKIE = "__Host-consent-console"
COMMAND_LINE = Actor("command line: test", None)

Grants = Mapping[str, tuple[Role, ...]]


class Browser:
    """A browser on the console's host; signed in once it has a session."""

    def __init__(self, app: Flask, secret: str | None = None) -> None:
        self.client: FlaskClient = app.test_client()
        self.csrf = ""
        if secret is not None:
            self.csrf = csrf_token(secret)
            self.client.set_cookie(COOKIE, secret, domain="console.example", secure=True)

    @property
    def cookie(self) -> str | None:
        found = self.client.get_cookie(COOKIE, domain="console.example")
        return None if found is None else found.value

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, base_url=CONSOLE, **options)

    def page(self, path: str) -> BeautifulSoup:
        """Return a page that is there."""
        response = self.get(path)
        assert response.status_code == 200, response.text
        return BeautifulSoup(response.text, "html.parser")

    def post(
        self, path: str, data: Mapping[str, Any] | None = None, **options: Any
    ) -> TestResponse:
        """Send a form as the console's own pages do: with Origin and the session's token."""
        headers = {"Origin": CONSOLE} | options.pop("headers", {})
        form = {"csrf": self.csrf} | dict(data or {})
        return self.client.post(path, base_url=CONSOLE, data=form, headers=headers, **options)


class Console:
    """The console of an application, and those who work with it."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        self.app = app
        self.clock = clock

    def stranger(self) -> Browser:
        return Browser(self.app)

    def invite(self, name: str, grants: Grants, **more: Any) -> str:
        """Return the path of an invitation for a new person."""
        with self.app.app_context():
            made = invite(
                db.session, name, grants, by=COMMAND_LINE, now=self.clock.now_ms(), **more
            )
            db.session.remove()
        return f"/console/invitation/{made.token}"

    def person(self, name: str, grants: Grants, *, language: str = "en", **more: Any) -> Browser:
        """Return the browser of a new person who is signed in."""
        from consent.store.people import set_language

        with self.app.app_context():
            now = self.clock.now_ms()
            made = invite(db.session, name, grants, by=COMMAND_LINE, now=now, **more)
            set_language(db.session, made.person.id, language)
            db.session.commit()
            secret = admit(db.session, made.person, "password", now=now)
            db.session.remove()
        return Browser(self.app, secret)

    def as_role(self, role: Role, site: str = ALL_SITES, **more: Any) -> Browser:
        return self.person(f"{role.value} {site}", {site: (role,)}, **more)

    @property
    def auditor(self) -> Browser:
        return self.as_role(Role.AUDITOR)

    @property
    def officer(self) -> Browser:
        return self.as_role(Role.OFFICER)

    @property
    def publisher(self) -> Browser:
        return self.as_role(Role.PUBLISHER)

    @property
    def administrator(self) -> Browser:
        return self.as_role(Role.ADMINISTRATOR)


def secret_in(response: TestResponse) -> str | None:
    """Return the session id that an answer sets."""
    for line in response.headers.getlist("Set-Cookie"):
        found = re.match(rf"{re.escape(COOKIE)}=([^;]+);", line)
        if found:
            return found[1]
    return None
