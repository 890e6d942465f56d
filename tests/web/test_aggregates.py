"""Officers get totals of their own sites, with small counts kept out, as JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent.core.model import Site
from consent.core.totals import Place
from consent.services.officers import add_officer
from consent.store.database import db, write_transaction
from consent.store.displays import add_displays
from tests.make_events import NOTICE, insert_event, make_event, make_refusal
from tests.service import Clock
from tests.web.visitor import ORIGIN

pytestmark = pytest.mark.legal("AE-09")

MARCH = {"site": "programme", "from": "2026-03-01", "to": "2026-04-01"}
NUMBERS = {
    "displays": 40,
    "ignored": "untold",
    "accepted": 6,
    "partly": 0,
    "refused": "<5",
    "withdrawn": 0,
    "embeds": 0,
}
GRANTED = {"ads": 6, "functional": 6, "personalisation": 6}


@pytest.fixture
def office(service_app: Flask, clock: Clock) -> Callable[..., TestResponse]:
    """Return what asks for a report as Olga, who sees the programme's site."""
    with service_app.app_context():
        token = add_officer(db.session, "Olga", ["programme"], by="cli:root", now=clock.now)
        for minute in range(6):
            insert_event(db.session, make_event(at=f"2026-03-10T12:0{minute}:00Z"))
        insert_event(db.session, make_refusal(at="2026-03-10T13:00:00Z"))
        insert_event(db.session, make_refusal(at="2026-11-22T00:00:00Z"))  # today
        with write_transaction(db.session):
            add_displays(db.session, {("programme", Place("20260310", NOTICE, "en")): 40})
        db.session.remove()

    def get(token: str | None = token, **query: Any) -> TestResponse:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return service_app.test_client().get(
            "/consent/api/v1/audit/report", base_url=ORIGIN, headers=headers, query_string=query
        )

    return get


def test_a_report_by_day(office: Callable[..., TestResponse]) -> None:
    answer = office(**MARCH)
    assert answer.status_code == 200, answer.text
    assert answer.get_json() == {
        "site": "programme",
        "from": "2026-03-01",
        "to": "2026-04-01",
        "by": "day",
        "minimum": 5,
        "rows": [
            {
                "period": "2026-03-10",
                "notice": NOTICE,
                "language": "en",
                **NUMBERS,
                "granted": GRANTED,
            }
        ],
        "totals": {**NUMBERS, "ignored": ">=0", "refused": ">=1", "granted": GRANTED},
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_report_by_month_as_csv(office: Callable[..., TestResponse]) -> None:
    answer = office(**MARCH, by="month", format="csv")
    assert answer.content_type.startswith("text/csv")
    assert "consent-programme-20260301-20260401-month.csv" in answer.headers["Content-Disposition"]
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    granted = {f"granted_{name}": str(count) for name, count in GRANTED.items()}
    assert row == {
        "period": "2026-03",
        "notice": NOTICE,
        "language": "en",
        **{name: str(value) for name, value in NUMBERS.items()},
        **granted,
    }


def test_today_is_not_told(office: Callable[..., TestResponse]) -> None:
    answer = office(site="programme")
    assert (answer.get_json()["to"], answer.get_json()["rows"]) == ("2026-11-22", [])


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"site": "programme", "from": "2026-3-1"},
        {"site": "programme", "from": "2026-02-30"},
        {"site": "programme", "from": "2026-04-01", "to": "2026-03-01"},
        {"site": "programme", "by": "hour"},
        {"site": "programme", "by": "month", "from": "2026-03-02", "to": "2026-05-01"},
        {"site": "programme", "format": "xml"},
        {"site": "programme", "who": "everybody"},
    ],
)
def test_what_makes_no_report_is_a_problem(
    office: Callable[..., TestResponse], query: dict[str, str]
) -> None:
    answer = office(**query)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"


def test_nobody_but_an_officer_of_the_site_gets_it(office: Callable[..., TestResponse]) -> None:
    assert office(token=None, **MARCH).status_code == 401
    assert office(token="cnst_" + "a" * 43, **MARCH).status_code == 401
    assert office(site="library").status_code == 403


def test_the_operator_sets_the_least_count_that_is_told(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    app = serve(demo_site, CONSENT_REPORT_MINIMUM="1")
    with app.app_context():
        token = add_officer(db.session, "Olga", ["*"], by="cli:root", now=clock.now)
        insert_event(db.session, make_refusal(at="2026-03-10T13:00:00Z"))
        db.session.remove()
    answer = app.test_client().get(
        "/consent/api/v1/audit/report",
        base_url=ORIGIN,
        headers={"Authorization": f"Bearer {token}"},
        query_string=MARCH,
    )
    assert answer.get_json()["totals"]["refused"] == 1
