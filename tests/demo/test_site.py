"""Which host and path reaches which part of the demonstration."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client

from consent.demo.site import host_name, origin_of

from .conftest import PORT, SITE, TRACKER, Ask


@pytest.mark.parametrize(
    "path",
    [
        "/consent",
        "/consent/",
        "/consent/sites/programme/banner.js",
        "/consent/api/v1/sites/programme/notice",
        "/.well-known/gpc.json",
    ],
)
def test_the_service_gets_its_own_paths_unchanged(get: Ask, path: str) -> None:
    assert get(path).text == f"service {path}"


@pytest.mark.parametrize("path", ["/consents", "/consent-policy", "/.well-knownish", "/x/consent/"])
def test_a_path_that_only_looks_like_the_services_stays_with_the_website(
    get: Ask, path: str
) -> None:
    response = get(path)
    assert response.status_code == 404
    assert "Page not found" in response.text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "shop.localhost:8000"]
)
def test_names_of_this_machine_reach_the_website(client: Client, host: str) -> None:
    response = client.get("/", headers={"Host": host})
    assert response.status_code == 200
    assert "<h1>" in response.text


@pytest.mark.parametrize(
    "host", ["example.org", "localhost.example.org", "evil-localhost", "10.0.0.1", "a b", ""]
)
@pytest.mark.parametrize("path", ["/", "/consent/sites/programme/banner.js"])
def test_other_names_reach_nothing(client: Client, host: str, path: str) -> None:
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 421
    assert response.mimetype == "text/plain"


def test_the_tracker_host_serves_neither_website_nor_service(get: Ask) -> None:
    assert get("/programme", TRACKER).status_code == 404
    assert get("/consent/sites/programme/banner.js", TRACKER).status_code == 404


def test_the_console_has_a_host_of_its_own(get: Ask) -> None:
    console = f"http://console.localhost:{PORT}"
    assert get("/console/people", console).text == "service /console/people"
    for path in ("/", "/programme", "/console", "/consent/sites/programme/banner.js"):
        response = get(path, console)
        assert (response.status_code, response.location) == (303, "/console/"), path
    assert get("/console/", SITE).status_code == 404


def test_the_website_serves_no_tracker(get: Ask) -> None:
    assert get("/pixel.gif", SITE).status_code == 404
    assert get("/embed/map", SITE).status_code == 404


def test_the_working_directory_does_not_matter(
    get: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not Path("sites").exists()
    assert get("/visit").status_code == 200
    assert get("/static/site.css").status_code == 200
    assert get("/embed/map", TRACKER).status_code == 200


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:8000", "localhost"),
        ("Tracker.Localhost.", "tracker.localhost"),
        ("[::1]", "[::1]"),
        ("localhost:99999999", ""),
        ("localhost@example.org", ""),
        ("localhost/x", ""),
    ],
)
def test_host_headers_are_read_whole_or_not_at_all(header: str, name: str) -> None:
    assert host_name(header) == name


def test_an_origin_leaves_out_the_default_port() -> None:
    assert origin_of("tracker.localhost", 80) == "http://tracker.localhost"
    assert origin_of("tracker.localhost", 8000) == "http://tracker.localhost:8000"
