"""A page that shows the banner is counted once; one that shows none asks for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from consent.store.tables import DisplayTotalRow
from tests.browser.demo_fixture import Demo, running_demo
from tests.browser.waiting import settle
from tests.service import displays_of, engine_session

pytestmark = [pytest.mark.browser, pytest.mark.legal("AE-09")]

DISPLAYS = ("POST", "/consent/api/v1/sites/programme/displays")


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demo]:
    with running_demo(sqlite_url, tmp_path) as demo:
        yield demo


def counted(demo: Demo) -> int:
    """Return how many displays are stored, once what is in memory is."""
    displays_of(demo.app).flush()
    with engine_session(demo.app) as session:
        return session.scalar(select(func.sum(DisplayTotalRow.count))) or 0


def test_a_display_is_counted_once_per_page_view_and_not_after_a_choice(
    new_page: Callable[..., Page], demo: Demo
) -> None:
    page = new_page()
    page.context.add_cookies([{"name": "session", "value": "of-the-site", "url": demo.url}])
    for number, path in enumerate(("/", "/programme"), start=1):
        with page.expect_response(lambda answer: answer.url.endswith("/displays")) as told:
            page.goto(demo.url + path)
        assert told.value.status == 204
        assert "cookie" not in told.value.request.all_headers()
        expect(page.locator("#consent-banner")).to_be_visible()
        assert counted(demo) == number
    assert [cookie["name"] for cookie in page.context.cookies()] == ["session"]

    with page.expect_response(lambda answer: answer.url.endswith("/consents")):
        page.locator("#consent-refuse-all").click()
    expect(page.locator("#consent-banner")).to_be_hidden()
    page.goto(demo.url)
    expect(page.locator("#consent-control")).to_be_visible()
    settle(page)
    expect(page.locator("#consent-banner")).to_be_hidden()
    assert demo.service_requests.count(DISPLAYS) == 2
    assert counted(demo) == 2


def test_a_page_is_none_the_worse_where_displays_cannot_be_told(
    new_page: Callable[..., Page], demo: Demo
) -> None:
    page = new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.route("**/displays", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/displays")):
        page.goto(demo.url)
    with page.expect_response(lambda answer: answer.url.endswith("/consents")):
        page.locator("#consent-refuse-all").click()
    expect(page.locator("#consent-banner")).to_be_hidden()
    assert faults == []
    assert [event["event"] for event in demo.events()] == ["refused"]
