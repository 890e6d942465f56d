"""The console answers on its own host only, and only to forms of its own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from consent.core.model import Site
from consent.core.roles import Role
from tests.web.console.people import CONSOLE, Console
from tests.web.console.test_permissions import OPEN, address, routes
from tests.web.visitor import ORIGIN

PATHS = ("/console", "/console/", "/console/sign-in", "/console/people", "/console/nothing")


def test_there_is_no_console_on_any_other_host(console: Console) -> None:
    client = console.stranger().client
    for origin in (ORIGIN, f"{CONSOLE}:8443", "https://evil.example", "https://console"):
        for path in PATHS:
            response = client.get(path, base_url=origin)
            assert response.status_code == 404, (origin, path)
            assert "Set-Cookie" not in response.headers
    for path in PATHS:
        assert client.get(f"/consent{path}", base_url=ORIGIN).status_code == 404


def test_without_the_setting_there_is_none(serve: Callable[..., Flask], demo_site: Site) -> None:
    client = serve(demo_site).test_client()
    for path in PATHS:
        assert client.get(path, base_url=CONSOLE).status_code == 404


def test_a_console_configured_onto_a_website_answers_nowhere(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    client = serve(demo_site, CONSENT_CONSOLE_ORIGIN=f"{ORIGIN}:8443").test_client()
    assert client.get("/console/sign-in", base_url=f"{ORIGIN}:8443").status_code == 404


def test_the_port_a_browser_leaves_out_may_be_named(console: Console) -> None:
    client = console.stranger().client
    named = client.get("/console/sign-in", headers={"Host": "console.example:443"})
    assert named.status_code == 200


def posts(console: Console) -> list[str]:
    return [address(rule) for rule, method in routes(console.app) if method == "POST"]


FROM_ELSEWHERE: tuple[dict[str, str], ...] = (
    {"Origin": ORIGIN},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://console.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {},
)


def test_no_form_is_taken_from_elsewhere(console: Console) -> None:
    everything = console.person("Everything", {"*": tuple(Role)})
    form = {"csrf": everything.csrf}
    for path in posts(console):
        for headers in FROM_ELSEWHERE:
            response = everything.client.post(path, base_url=CONSOLE, data=form, headers=headers)
            assert response.status_code == 403, (path, headers)
    assert everything.get("/console/account").status_code == 200


def test_no_form_is_taken_without_the_sessions_own_token(console: Console) -> None:
    everything = console.person("Everything", {"*": tuple(Role)})
    other = console.person("Other", {"*": tuple(Role)})
    open_paths = {address(rule) for rule, _ in routes(console.app) if rule.endpoint in OPEN}
    for path in set(posts(console)) - open_paths:
        for wrong in ("", "0" * 64, "täuschung", other.csrf):
            assert everything.post(path, {"csrf": wrong}).status_code == 403, path
    assert everything.get("/console/account").status_code == 200


def test_a_browser_that_sends_no_origin_may_say_where_it_is(console: Console) -> None:
    officer = console.officer
    response = officer.client.post(
        "/console/account/language",
        base_url=CONSOLE,
        data={"csrf": officer.csrf, "language": "nl"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code == 303


def test_a_nul_is_no_text(console: Console) -> None:
    olga, site = console.officer, "/console/sites/programme"
    assert olga.get(f"{site}/exports/a%00b").status_code == 404
    assert olga.get("/console/access-log/a%00b/proof").status_code == 404
    answer = olga.get(f"{site}/access-log?officer=a%00b")
    assert (answer.status_code, "(NUL)" in answer.text) == (400, True)
    order = {"from": "", "to": "", "purpose": "audit", "form": "csv", "reference": "a\0b"}
    answer = olga.post(f"{site}/exports", order)
    assert (answer.status_code, "(NUL)" in answer.text) == (400, True)


def test_every_answer_is_guarded_by_its_headers(console: Console) -> None:
    everything = console.person("Everything", {"*": tuple(Role)})
    for rule, method in routes(console.app):
        if method != "GET" or rule.endpoint == "console.asset":
            continue
        headers = everything.get(address(rule)).headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        if headers["Content-Type"].startswith("text/html"):
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_an_unexpected_error_shows_a_number_and_nothing_else(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise LookupError("a secret of the code")

    monkeypatch.setattr("consent.web.console.people.list_people", fail)
    response = console.administrator.get("/console/people")
    assert response.status_code == 500
    assert "Traceback" not in response.text
    assert "secret of the code" not in response.text
    assert "LookupError" not in response.text
    assert "Number of this incident" in response.text
    assert "a secret of the code" in caplog.text


def test_errors_are_pages_in_the_consoles_frame(console: Console) -> None:
    officer = console.officer
    missing = officer.get("/console/nothing")
    assert missing.status_code == 404
    assert "Sign out" in missing.text
    refused = officer.get("/console/people")
    assert refused.status_code == 403
    assert "Not permitted" in refused.text
    method = officer.post("/console/people")
    assert method.status_code == 405
    assert set(method.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_assets_are_served_to_everybody_and_kept(console: Console) -> None:
    stranger = console.stranger()
    link = stranger.page("/console/sign-in").select_one("link[rel=stylesheet]")
    assert link
    response = stranger.get(str(link["href"]))
    assert (response.status_code, response.mimetype) == (200, "text/css")
    assert "immutable" in response.headers["Cache-Control"]
    for path in ("/console/assets/0/console.css", "/console/assets/0/pages.css",
                 "/console/assets/0/console.py", "/console/assets/0/nothing"):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
