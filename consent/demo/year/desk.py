"""The officers of the year: who there is, what they look at, and what they are asked for.

They come through the console's own pages, so that their looks are recorded as anybody's are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from consent.core.ids import reference_code
from consent.core.roles import ALL_SITES, Role
from consent.core.times import MILLIS_PER_DAY, day_of, parse_day, parse_rfc3339
from consent.demo.year.filling import Place
from consent.errors import ConsentError
from consent.export.purposes import Purpose
from consent.services.erasing import erase_found, find_by_code
from consent.services.export_jobs import Order, order_export
from consent.services.export_worker import ExportWorker
from consent.services.officers import operator
from consent.services.people import Actor, accept_invitation, invite
from consent.services.sign_in import admit
from consent.store.events import EventFilter
from consent.store.officers import Officer
from consent.store.people import Person
from consent.store.record_lists import list_page

PEOPLE = {
    "Ines Bakker": Role.AUDITOR,
    "Tom de Wit": Role.OFFICER,
    "Sara Lund": Role.PUBLISHER,
    "Joris Maes": Role.ADMINISTRATOR,
}
COOKIE = "consent-console"  # without HTTPS, which a demonstration does not have

_MONDAY, _THURSDAY = 0, 3
_READING_MS = 40_000  # a page is looked at for a while


@dataclass
class Desk:
    """The office where the console is used. A day there begins with `morning`."""

    app: Flask
    origin: str
    site: str
    place: Place
    exporter: ExportWorker
    dice: Random
    _people: dict[str, Person] = field(default_factory=dict)

    def morning(self, at: int) -> None:
        """Do what a working day brings; nothing happens on most."""
        with self.place.open_session() as session:
            if not self._people:
                self._invite(session)
            today = parse_day(day_of(at))
            if today.weekday() == _MONDAY:
                self._as(session, "Tom de Wit", self._look_around)
            if today.day <= 7 and today.weekday() == _THURSDAY:  # noqa: PLR2004 -- the first one
                self._as(session, "Ines Bakker", self._audit)
                self._as(session, "Joris Maes", lambda client: self._open(client, "people"))
            chance = self.dice.random()
            if chance < 0.07:  # noqa: PLR2004
                self._as(session, "Tom de Wit", self._prove)
            elif chance < 0.095:  # noqa: PLR2004
                self._erase(session)
            if today.day == 1 or (today.day <= 3 and today.weekday() == _MONDAY):  # noqa: PLR2004
                self._export(session, today.month)

    def _invite(self, session: Session) -> None:
        by = Actor(operator("demo").name, None)
        for name, role in PEOPLE.items():
            now = self._tick()
            made = invite(session, name, {ALL_SITES: (role,)}, by=by, now=now)
            password = secrets.token_urlsafe(24)  # which nobody knows
            accept_invitation(session, made.token, password, now=self._tick())
            self._people[name] = made.person

    def _as(self, session: Session, name: str, work: Callable[[FlaskClient], object]) -> None:
        """Sign somebody in, have the work done, and sign out again."""
        secret = admit(session, self._people[name], "password", now=self._tick())
        client = self.app.test_client()
        host = self.origin.partition("://")[2].partition(":")[0]
        client.set_cookie(COOKIE, secret, domain=host)
        work(client)

    def _open(self, client: FlaskClient, path: str, **query: str) -> str:
        """Open a page of the console as somebody who is signed in; return where it is."""
        self._tick()
        response = client.get(
            f"/console/{path}", base_url=self.origin, query_string=query, follow_redirects=True
        )
        if response.status_code != 200:  # noqa: PLR2004
            raise ConsentError(f"the console answered {response.status} for {path}")
        return response.request.path

    def _look_around(self, client: FlaskClient) -> None:
        self._open(client, "")
        self._open(client, f"sites/{self.site}/records")

    def _audit(self, client: FlaskClient) -> None:
        self._open(client, "")
        self._open(client, f"sites/{self.site}/records", event="withdrawn")
        self._open(client, f"sites/{self.site}/records")

    def _prove(self, client: FlaskClient) -> None:
        """Answer a visitor who reads a code out."""
        code = self._code()
        if code is None:
            return
        self._open(client, "")
        self._open(client, "search", q=code)

    def _erase(self, session: Session) -> None:
        """Erase for a visitor who has written."""
        code = self._code()
        if code is not None:
            found = find_by_code(session, self.site, code)
            erase_found(session, found, officer=self._officer("Tom de Wit"), now=self._tick())

    def _export(self, session: Session, month: int) -> None:
        """Take the month before along, for the file."""
        now = self._tick()
        end = parse_rfc3339(f"{day_of(now)[:4]}-{month:02d}-01")
        first = parse_day(day_of(end - MILLIS_PER_DAY)).replace(day=1)
        wanted = EventFilter(sites=(self.site,), from_=parse_rfc3339(first.isoformat()), to=end)
        order = Order(wanted, "csv", Purpose.AUDIT, f"{first:%B %Y}")
        order_export(session, order, officer=self._officer("Tom de Wit"), now=now)
        self.exporter.run_once()

    def _officer(self, name: str) -> Officer:
        person = self._people[name]
        return Officer(person.id, person.name, (self.site,), person.created_at, None)

    def _code(self) -> str | None:
        """Return the code of somebody who allowed something lately."""
        with self.place.open_session() as session:
            found = list_page(session, self.site, EventFilter(), rows=50)
        subjects = [one.event.subject for one in found.events if one.event.subject]
        return reference_code(self.dice.choice(subjects)) if subjects else None

    def _tick(self) -> int:
        self.place.clock.at += _READING_MS
        return self.place.clock.at
