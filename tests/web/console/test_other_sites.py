"""What belongs to one site is, at the address of another, as if it had never been there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from consent.core.model import Site
from consent.core.roles import Role
from tests.service import Clock
from tests.web.console.crawling import Found, crawl, match
from tests.web.console.living import live, make_export
from tests.web.console.people import CONSOLE, Browser, Console
from tests.web.console.test_permissions import routes
from tests.web.visitor import publish_now

ID = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9A-Z]{4}(-[0-9A-Z]{4}){2}"
)
UNKNOWN = {36: "0196d5f0-0000-7000-8000-000000000000", 64: "0a" * 32, 14: "7K2M-Q4XR-9TBC"}


@pytest.fixture
def found(console: Console, demo_site: Site, tmp_path: Path, clock: Clock) -> Found:
    """What the links of the programme's pages lead to; the library has nothing of it."""
    library = replace(
        demo_site,
        id="library",
        log_name="library",
        origins=("https://library.example",),
        service_url="https://library.example/consent",
        texts={"en": {"banner.title": "Cookies of the library"}},
    )
    code = live(console.app, tmp_path, clock, demo_site)
    make_export(console.app, tmp_path, clock)
    publish_now(console.app, library, clock.now)
    reader = console.person("Reader", {"programme": tuple(Role)})
    begin = ("/console/", f"/console/search?q={code}")
    return crawl(console.app, reader.client, CONSOLE, begin)


@pytest.fixture
def stranger(console: Console, found: Found) -> Browser:
    return console.person("Of the library", {"library": tuple(Role)})


def ids_of(console: Console, found: Found) -> dict[str, str]:
    """Return an id of the programme for each variable of an address that stands for one."""
    ids: dict[str, str] = {}
    for address in found.all.values():
        _, values = match(console.app, address) or ("", {})
        ids |= {name: value for name, value in values.items() if ID.fullmatch(value)}
    return ids


def spelt(answer_of: str, *ids: str) -> str:
    """Return a page without the ids that its address had."""
    for one in ids:
        answer_of = answer_of.replace(one, "ID")
    return answer_of


def test_no_address_shows_what_is_of_another_site(
    console: Console, found: Found, stranger: Browser
) -> None:
    ids = ids_of(console, found)
    assert {"record_id", "code", "disposal_id"} <= set(ids)
    seen = 0
    for rule, method in routes(console.app):
        named = rule.arguments & set(ids)
        if "site" not in rule.arguments or not named:
            continue
        values = dict.fromkeys(rule.arguments, "x") | ids | {"site": "library"}
        unknown = values | {name: UNKNOWN[len(ids[name])] for name in named}
        answers = []
        for each in (values, unknown):
            path = rule.rule
            for name in rule.arguments:
                path = re.sub(rf"<([a-z]+:)?{name}>", each[name], path)
            response = stranger.get(path, buffered=True) if method == "GET" else stranger.post(path)
            answers.append((response.status_code, spelt(response.text, *each.values())))
        assert answers[0] == answers[1], (rule.rule, method)
        assert answers[0][0] in (404, 422), (rule.rule, method)
        seen += 1
    assert seen >= 8


def test_every_refusal_is_a_page_that_no_other_may_frame(console: Console) -> None:
    somebody = console.person("Somebody", {"programme": tuple(Role)})
    asked = {
        404: somebody.get("/console/nothing"),
        403: somebody.post("/console/account/language", {"csrf": "wrong", "language": "nl"}),
        405: somebody.post("/console/people"),
        400: somebody.get("/console/sites/programme/records?before=nonsense"),
    }
    for status, response in asked.items():
        assert response.status_code == status
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"
