"""Ask for each page of the console as a browser does, and take the time of the whole answer."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from flask.testing import FlaskClient

from bench.console.filling import CONSOLE, Filled
from consent.core.ids import reference_code
from consent.core.roles import ALL_SITES, Role
from consent.core.times import MILLIS_PER_DAY, rfc3339
from consent.services.people import Actor, invite
from consent.services.sign_in import admit
from consent.store.database import db
from consent.store.events import EventFilter
from consent.store.record_lists import Place, list_page

COOKIE = "__Host-consent-console"
SITE = "/console/sites/programme"


@dataclass(frozen=True, slots=True)
class Asked:
    """A page, and what the address is."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Timed:
    """How long a page took, in milliseconds: the first time, then the middle and the worst.

    `own` is the middle of the processor time of this program, without that of the database.
    """

    name: str
    first: float
    median: float
    worst: float
    own: float
    times: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(filled: Filled, times: int, tell: Callable[[str], None]) -> list[Timed]:
    """Return the time of each page that this version has."""
    client = _signed_in(filled)
    timed = []
    for asked in _pages(filled):
        one = _time(client, asked, times)
        if one is not None:
            tell(f"{one.name}: {one.median:.0f} ms, at worst {one.worst:.0f} ms")
            timed.append(one)
    return timed


def _time(client: FlaskClient, asked: Asked, times: int) -> Timed | None:
    taken, own = [], []
    for _ in range(times + 1):
        began, busy = time.perf_counter(), time.process_time()
        response = client.get(asked.path, base_url=CONSOLE, follow_redirects=True)
        size = len(response.get_data())
        taken.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - busy) * 1000)
        if response.status_code == HTTPStatus.NOT_FOUND:  # this version has no such page
            return None
        assert response.status_code == HTTPStatus.OK, (asked.path, response.status)
        assert size > 0
    again = taken[1:]
    middle = statistics.median(again)
    return Timed(asked.name, taken[0], middle, max(again), statistics.median(own[1:]), times)


def _signed_in(filled: Filled) -> FlaskClient:
    with filled.app.app_context():
        by = Actor("bench", None)
        made = invite(db.session, "Bench", {ALL_SITES: tuple(Role)}, by=by, now=filled.now)
        secret = admit(db.session, made.person, "password", now=filled.now)
        db.session.remove()
    client = filled.app.test_client()
    client.set_cookie(COOKIE, secret, domain="console.university.example", secure=True)
    return client


def _pages(filled: Filled) -> Iterator[Asked]:
    code, record, notice, deep = _known(filled)
    records = f"{SITE}/records"
    far = rfc3339(filled.now - 200 * MILLIS_PER_DAY)[:10]
    near = rfc3339(filled.now - 199 * MILLIS_PER_DAY)[:10]
    yield Asked("overview of all sites", "/console/")
    yield Asked("overview of a site", SITE)
    yield Asked("search by code, with the proof it leads to", f"/console/search?q={code}")
    yield Asked("proof of a record", f"{records}/{record}")
    yield Asked("records", records)
    yield Asked("records, in the middle of the list", f"{records}?before={deep}")
    yield Asked("records of one day, 200 days ago", f"{records}?from={far}&to={near}")
    for name, value in (
        ("event", "partly_granted"),
        ("event", "renewed"),
        ("category", "ads"),
        ("language", "nl"),
        ("notice", notice),
    ):
        shown = "in force" if name == "notice" else value
        yield Asked(f"records, {name} {shown}", f"{records}?{name}={value}")
    yield Asked("records, event renewed, from the middle", f"{records}?event=renewed&before={deep}")
    yield Asked("exports", f"{SITE}/exports")
    yield Asked("notices", f"{SITE}/notices")
    yield Asked("rights and retention, with the preview", f"{SITE}/rights")
    yield Asked("access log", f"{SITE}/access-log")
    yield Asked("settings", f"{SITE}/settings")


def _known(filled: Filled) -> tuple[str, str, str, str]:
    """Return a visitor's code, a sealed record, the notice in force, and an id in the middle."""
    with filled.app.app_context():
        page = list_page(db.session, "programme", EventFilter(), rows=200)
        middle = filled.now - 180 * MILLIS_PER_DAY
        before = list_page(
            db.session, "programme", EventFilter(), Place(_id_at(middle)), rows=1
        ).events[0]
        db.session.remove()
    stored = next(one for one in page.events if one.event.subject)
    subject = stored.event.subject or ""
    return reference_code(subject), stored.event.id, stored.event.notice, before.event.id


def _id_at(at: int) -> str:
    digits = f"{at:012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"
