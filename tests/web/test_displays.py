"""The script tells when it shows the banner: which notice, and nothing about to whom."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from consent.core.model import Site
from consent.store.tables import DisplayTotalRow
from tests.service import Clock, displays_of, engine_session
from tests.web.visitor import ORIGIN, Visitor

API = "/consent/api/v1/sites/programme"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

pytestmark = pytest.mark.legal("AE-09")


def token_of(app: Flask, language: str = "en") -> str:
    answer = app.test_client().get(f"{API}/notice?lang={language}", base_url=ORIGIN)
    token: str = answer.get_json()["notice_token"]
    return token


def send(app: Flask, token: str, **headers: str) -> TestResponse:
    given = {"User-Agent": BROWSER, "Origin": ORIGIN} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return app.test_client().post(
        f"{API}/displays", base_url=ORIGIN, data=token, content_type="text/plain", headers=given
    )


def totals(app: Flask) -> list[tuple[str, str, int]]:
    """Return what is stored, by day and language."""
    displays_of(app).flush()
    row = DisplayTotalRow
    with engine_session(app) as session:
        found = session.execute(select(row.day, row.language, row.count).order_by(row.day))
        return [(day, language, count) for day, language, count in found]


@pytest.mark.legal("RR-01")
def test_a_display_is_counted_and_nothing_else_of_it_is_kept(
    service_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    cookies = "consent-id=abc; __Host-consent-id=abc"
    answer = send(service_app, token_of(service_app), Cookie=cookies)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Set-Cookie" not in answer.headers
    send(service_app, token_of(service_app))
    displays_of(service_app).flush()
    with engine_session(service_app) as session:
        (row,) = [tuple(row) for row in session.execute(select(DisplayTotalRow.__table__))]
    assert (*row[:2], len(row[2]), *row[3:]) == ("programme", "20261122", 64, "en", 2)
    assert "Firefox" not in caplog.text


def test_displays_add_up_by_day_and_language(service_app: Flask, clock: Clock) -> None:
    english, dutch = token_of(service_app), token_of(service_app, "nl")
    send(service_app, english)
    assert totals(service_app) == [("20261122", "en", 1)]
    send(service_app, english)
    clock.pass_days(1)
    send(service_app, dutch)
    assert totals(service_app) == [("20261122", "en", 2), ("20261123", "nl", 1)]


def test_crawlers_are_answered_and_not_counted(service_app: Flask) -> None:
    assert send(service_app, token_of(service_app), User_Agent=CRAWLER).status_code == 204
    assert totals(service_app) == []


@pytest.mark.parametrize("token", ["", "nonsense", "1.00000000.en.20261122.aaaaaaaa.aaaa", "ß"])
def test_what_is_no_token_of_ours_is_refused(service_app: Flask, token: str) -> None:
    answer = send(service_app, token)
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"
    assert totals(service_app) == []


def test_an_old_token_counts_no_more(service_app: Flask, clock: Clock) -> None:
    token = token_of(service_app)
    clock.pass_days(31)
    assert send(service_app, token).status_code == 403


def test_a_body_that_is_longer_than_any_token_is_not_read(service_app: Flask) -> None:
    assert send(service_app, "a" * 10_000).status_code == 413


def test_another_sites_page_is_refused(service_app: Flask) -> None:
    token = token_of(service_app)
    assert send(service_app, token, Origin="https://evil.example").status_code == 403
    assert totals(service_app) == []


def test_the_sites_own_pages_may_ask_from_another_host(service_app: Flask) -> None:
    answer = send(service_app, token_of(service_app))
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_site_that_is_none_has_no_displays(service_app: Flask) -> None:
    answer = service_app.test_client().post(
        "/consent/api/v1/sites/nowhere/displays", base_url=ORIGIN, data="x"
    )
    assert answer.status_code == 404


def test_displays_are_limited_and_use_up_no_choices(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    app = serve(demo_site, CONSENT_WRITES_PER_MINUTE="1")
    token = token_of(app)
    codes = [send(app, token).status_code for _ in range(11)]
    assert codes == [204] * 10 + [429]
    assert Visitor(app).press("refuse_all").status_code == 303


def test_the_page_for_visitors_without_scripts_is_no_display(
    service_app: Flask, alice: Visitor
) -> None:
    alice.read()
    assert totals(service_app) == []
