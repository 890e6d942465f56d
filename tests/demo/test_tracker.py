"""The stand-in trackers: they leave only declared cookies, and count who was contacted."""

from __future__ import annotations

import tomllib
from http.cookies import SimpleCookie

import pytest
from werkzeug.test import Client, TestResponse

from consent.bundled import bundled

from .conftest import TRACKER, Ask

PATHS = [
    "/embed/map",
    "/embed/video",
    "/embed/embed.css",
    "/embed/map.js",
    "/embed/video.js",
    "/viewed.js",
    "/ads.js",
    "/advert.svg",
    "/pixel.gif",
]
COOKIES = {"/embed/map": "map_view", "/embed/video": "video_quality", "/pixel.gif": "ads_id"}
DAYS = {"map_view": 30, "video_quality": 30, "ads_id": 90}


def cookies_of(response: TestResponse) -> SimpleCookie:
    cookies = SimpleCookie()
    for header in response.headers.getlist("Set-Cookie"):
        cookies.load(header)
    return cookies


def counted(get: Ask) -> object:
    return get("/log", TRACKER).get_json()["requests"]


@pytest.mark.parametrize("path", PATHS)
def test_a_tracker_leaves_only_its_declared_cookie(get: Ask, path: str) -> None:
    response = get(path, TRACKER)
    assert response.status_code == 200
    cookies = cookies_of(response)
    assert list(cookies) == ([COOKIES[path]] if path in COOKIES else [])
    for cookie in cookies.values():
        assert cookie["samesite"] == "None"
        assert cookie["secure"]
        assert cookie["httponly"]
        assert int(cookie["max-age"]) == DAYS[cookie.key] * 24 * 60 * 60


def test_every_cookie_and_item_of_the_demo_is_declared_with_its_lifetime() -> None:
    declared = tomllib.loads(bundled("sites/programme.toml").read_text("utf-8"))["trackers"]
    kept = {
        (tracker.get("name") or tracker["pattern"], tracker["kind"]): (
            tracker["lifetime"],
            tracker.get("http_only", False),
        )
        for tracker in declared
        if tracker["kind"] in ("cookie", "local_storage")
    }
    assert kept == {
        **{(name, "cookie"): (f"{days} days", True) for name, days in DAYS.items()},
        ("contact_form", "cookie"): ("session", True),
        ("viewed_programmes", "cookie"): ("90 days", False),
        ("viewed_programmes", "local_storage"): ("persistent", False),
        ("_study_ads_*", "cookie"): ("30 minutes", False),
    }


def test_the_pixel_knows_a_browser_again(client: Client) -> None:
    first = cookies_of(client.get("/pixel.gif", base_url=TRACKER))["ads_id"].value
    headers = {"Cookie": f"ads_id={first}"}
    again = Client(client.application, use_cookies=False)
    second = again.get("/pixel.gif", base_url=TRACKER, headers=headers)
    assert cookies_of(second)["ads_id"].value == first
    stranger = again.get("/pixel.gif", base_url=TRACKER)
    assert cookies_of(stranger)["ads_id"].value != first


def test_the_pixel_is_an_image_of_one_by_one(get: Ask) -> None:
    response = get("/pixel.gif", TRACKER)
    assert response.mimetype == "image/gif"
    assert response.data[:6] == b"GIF89a"
    assert response.data[6:10] == b"\x01\x00\x01\x00"


@pytest.mark.parametrize(
    ("path", "name", "seconds"),
    [
        ("/viewed.js", "viewed_programmes", "90 * 24 * 60 * 60"),
        ("/ads.js", "_study_ads_session", "30 * 60"),
    ],
)
def test_a_tag_names_the_first_party_item_it_keeps(
    get: Ask, path: str, name: str, seconds: str
) -> None:
    response = get(path, TRACKER)
    assert response.mimetype == "text/javascript"
    assert f'const NAME = "{name}";' in response.text
    assert f" = {seconds};" in response.text


def test_reading_the_website_contacts_no_tracker(get: Ask) -> None:
    for path in ("/", "/programme", "/admissions", "/visit", "/contact", "/nl/"):
        get(path)
    assert counted(get) == {}


def test_requests_are_counted_by_path_until_the_count_is_reset(client: Client, get: Ask) -> None:
    get("/pixel.gif", TRACKER)
    get("/pixel.gif?page=1", TRACKER)
    get("/embed/map", TRACKER)
    get("/elsewhere", TRACKER)
    get("/elsewhere/2", TRACKER)
    assert counted(get) == {"(unknown)": 2, "/embed/map": 1, "/pixel.gif": 2}
    assert client.delete("/log", base_url=TRACKER).status_code == 204
    assert counted(get) == {}


def test_looking_at_the_count_does_not_change_it(get: Ask) -> None:
    get("/", TRACKER)
    get("/favicon.ico", TRACKER)
    get("/log", TRACKER)
    assert counted(get) == {}


@pytest.mark.parametrize("path", PATHS)
def test_answers_are_neither_cached_nor_guessed_at(get: Ask, path: str) -> None:
    headers = get(path, TRACKER).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/embed/..%2fads.js", "/embed/map.html", "/..%2ftemplates"])
def test_no_other_file_can_be_asked_for(get: Ask, path: str) -> None:
    assert get(path, TRACKER).status_code == 404
