"""A visitor who reads pages and presses their buttons, with a browser that runs no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from consent.core.model import Site
from consent.services.publishing import propose, publish
from consent.store.database import db
from consent.store.events import EventFilter, StoredEvent, stream_events
from consent.store.tables import RefusalTotalRow
from consent.web.context import EXTENSION
from tests.service import engine_session

ORIGIN = "https://site.example"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"  # what a browser asks for when it opens a page
PREFERENCES = "/consent/sites/programme/preferences"
POLICY = "/consent/sites/programme/policy"


@dataclass
class Visitor:
    """A browser of its own. `headers` go with every request."""

    app: Flask
    origin: str = ORIGIN
    headers: dict[str, str] = field(default_factory=lambda: {"Accept": HTML})
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str = PREFERENCES, **headers: str) -> TestResponse:
        sent = {**self.headers, **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self.client.get(path, base_url=self.origin, headers=sent)

    def read(self, path: str = PREFERENCES, **headers: str) -> BeautifulSoup:
        response = self.get(path, **headers)
        assert response.status_code == 200, response.text
        return soup(response)

    def press(
        self,
        button: str,
        *ticks: str,
        page: BeautifulSoup | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Set the boxes to `ticks` on a page, press a button; return the bare answer."""
        form = form_with(page or self.read(), button)
        return self.send(
            {**hidden_fields(form), "control": button, "allow": list(ticks)},
            path=str(form["action"]),
            headers=headers,
        )

    def choose(self, button: str, *ticks: str, page: BeautifulSoup | None = None) -> BeautifulSoup:
        """Press a button as `press` does, and read the page the browser is sent on to."""
        response = self.press(button, *ticks, page=page)
        assert response.status_code == 303, response.text
        return self.read(str(response.location))

    def send(
        self,
        fields: Mapping[str, str | Sequence[str]],
        *,
        path: str = PREFERENCES,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        sent = {**self.headers, **({"Origin": self.origin} if headers is None else headers)}
        return self.client.post(path, base_url=self.origin, data=fields, headers=sent)

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name, self.origin.partition("://")[2])
        return None if found is None else found.value


def soup(response: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(response.text, "html.parser")


def form_with(page: BeautifulSoup, button: str) -> Tag:
    """Return the form that has a button; fails when the page has no such button."""
    found = page.select_one(f'form:has(button[value="{button}"])')
    assert found is not None, f"there is no button {button!r}"
    return found


def hidden_fields(form: Tag) -> dict[str, str]:
    return {str(one["name"]): str(one["value"]) for one in form.select('input[type="hidden"]')}


def ticked(page: BeautifulSoup) -> list[str]:
    return [str(one["value"]) for one in page.select('input[name="allow"][checked]')]


def words(page: BeautifulSoup | Tag) -> str:
    """Return what is read on a page, on one line."""
    return " ".join(page.get_text(" ").split())


def events_of(app: Flask) -> list[StoredEvent]:
    """Return every event stored, oldest first."""
    with engine_session(app) as session:
        return list(stream_events(session, EventFilter()))


def counted_refusals(app: Flask) -> int:
    with engine_session(app) as session:
        return session.scalar(select(func.sum(RefusalTotalRow.count))) or 0


def publish_now(app: Flask, site: Site, now: int) -> None:
    """Publish a site and have the running service notice at once."""
    with app.app_context():
        assert publish(db.session, propose(db.session, site), now=now)
        db.session.remove()
    directory: Any = app.extensions[EXTENSION].sites
    directory._looked_at = float("-inf")
