"""Every page of the programme's website: whole, reachable, and loading nothing unasked."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from werkzeug.test import Client, TestResponse

from consent.bundled import bundled
from consent.demo.site import create_site, demo_site, policies_of

from .conftest import PORT, SITE, TRACKER, Ask, service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TAGGED = ["/", "/programme", "/admissions", "/visit", "/contact", "/contact/thanks", "/nl/"]
PAGES = [*TAGGED, "/privacy"]
CATEGORIES = {"functional", "personalisation", "ads"}
ADS = ["tracker.localhost:*/ads.js"]
VIEWED = "tracker.localhost:*/viewed.js"


@pytest.fixture(scope="module")
def site() -> WSGIApplication:
    """One demonstration for all: pages keep nothing of who asks for them."""
    return create_site(service, PORT, bundled("sites/programme"))


def parsed(page: str) -> BeautifulSoup:
    return BeautifulSoup(page, "html.parser")


def attribute(tag: Tag, name: str) -> str:
    value = tag[name]
    assert isinstance(value, str)
    return value


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_the_structure_that_assistive_technology_needs(get: Ask, path: str) -> None:
    response = get(path)
    assert response.status_code == 200
    page = parsed(response.text)
    assert page.html is not None
    assert page.html["lang"] == ("nl" if path == "/nl/" else "en")
    assert page.title is not None
    assert page.title.text.endswith("Biomedical Sciences: Communication")
    assert page.select_one("meta[name=description]")
    for landmark in ("h1", "main", "body > header", "body > footer", "nav", "a.skip"):
        assert len(page.select(landmark)) == 1, landmark
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    for tag in page.select("[aria-labelledby], [aria-describedby]"):
        named = f"{tag.get('aria-labelledby', '')} {tag.get('aria-describedby', '')}"
        assert set(named.split()) <= set(ids)
    assert all(tag.get("alt") is not None for tag in page.select("img"))
    assert all(tag.get("title") for tag in page.select("iframe"))
    assert not page.select("[style], [onclick], [onload], style, font, center")


@pytest.mark.parametrize("path", PAGES)
def test_headings_skip_no_level(get: Ask, path: str) -> None:
    levels = [int(tag.name[1]) for tag in parsed(get(path).text).select("h1, h2, h3, h4, h5, h6")]
    assert levels[0] == 1
    for above, level in pairwise(levels):
        assert level <= above + 1


def test_all_pages_have_different_titles(get: Ask) -> None:
    titles = [parsed(get(path).text).title for path in PAGES]
    assert len({title.text for title in titles if title}) == len(PAGES)


@pytest.mark.legal("PB-01", "PB-11")
@pytest.mark.parametrize("path", PAGES)
def test_what_would_contact_another_host_waits_for_an_answer(get: Ask, path: str) -> None:
    page = parsed(get(path).text)
    for tag in page.select("script, iframe, img, source, video, audio, link, form, object, embed"):
        for name in ("src", "srcset", "href", "action", "data"):
            address = str(tag.get(name, ""))
            if not urlsplit(address).netloc:
                continue
            assert tag.name == "script"
            assert tag["type"] == "text/plain"
            assert tag["data-consent"] in CATEGORIES
            assert address.startswith(f"{TRACKER}/")
    for tag in page.select("[data-src]"):
        assert tag["data-consent"] in CATEGORIES
        assert tag.get("src") is None


@pytest.mark.parametrize("path", PAGES)
def test_no_page_or_style_names_a_host_outside_this_machine(get: Ask, path: str) -> None:
    texts = [get(path).text]
    texts += [get(name).text for name in ("/static/site.css", "/static/panel.css")]
    texts += [get(name).text for name in ("/static/log.js", "/static/img/network.svg")]
    for text in texts:
        for address in re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'<>]*", text):
            assert address.startswith((TRACKER, SITE, "http://www.w3.org/2000/svg")), address


@pytest.mark.parametrize("path", TAGGED)
def test_a_page_carries_each_gated_part_as_the_service_documents_it(get: Ask, path: str) -> None:
    page = parsed(get(path).text)
    banner = page.select('script[src^="/consent/sites/programme/banner.js"]')
    assert len(banner) == 1
    assert banner[0].has_attr("defer")
    assert banner[0]["data-consent-page-group"]
    gated = page.select('script[type="text/plain"]')
    assert [(tag["data-consent"], tag.get("src")) for tag in gated] == [
        ("personalisation", f"{TRACKER}/viewed.js"),
        ("ads", None),
        ("ads", f"{TRACKER}/ads.js"),
    ]
    pixel = page.select_one("img[data-consent=ads]")
    assert pixel is not None
    assert pixel["data-src"] == f"{TRACKER}/pixel.gif"
    assert pixel["alt"] == ""


@pytest.mark.parametrize("path", TAGGED)
def test_the_group_of_a_page_is_one_that_the_site_declares(get: Ask, path: str) -> None:
    declared = tomllib.loads(bundled("sites/programme.toml").read_text("utf-8"))["page_groups"]
    for tag in parsed(get(path).text).select("[data-consent-page-group]"):
        assert tag["data-consent-page-group"] in declared


def test_the_privacy_notice_carries_no_tags(get: Ask) -> None:
    page = parsed(get("/privacy").text)
    assert page.select("script[src^='/consent/']")
    assert not page.select("[data-consent], [data-consent-page-group]")


def test_the_visit_page_embeds_a_map_and_a_lecture(get: Ask) -> None:
    frames = parsed(get("/visit").text).select("iframe[data-consent=functional]")
    assert [frame["data-src"] for frame in frames] == [
        f"{TRACKER}/embed/map",
        f"{TRACKER}/embed/video",
    ]


@pytest.mark.parametrize("path", TAGGED)
def test_the_policy_allows_the_pages_own_parts_and_one_inline_tag(
    site: WSGIApplication, path: str
) -> None:
    response = ask_with(site, answer("1"), path)
    first, second = response.headers["Content-Security-Policy"].split(", ")
    policy = {name: set(sources) for name, *sources in map(str.split, first.split(";"))}
    inline = parsed(response.text).select("script:not([src])")
    assert len(inline) == 1
    scripts = {"'self'", *declared("ads.js", "advert.svg", "viewed.js")}
    pictures = scripts | declared("pixel.gif")
    assert policy == {
        "default-src": {"'none'"},
        "script-src": scripts | {f"'nonce-{inline[0]['nonce']}'"},
        "style-src": {"'self'"},
        "img-src": pictures,
        "connect-src": pictures,
        "frame-src": declared("embed/map", "embed/video"),
        "object-src": {"'none'"},
        "base-uri": {"'none'"},
        "form-action": {"'self'"},
        "frame-ancestors": {"'none'"},
    }
    # What has the page's nonce still comes from hosts that are declared.
    inside = {"'unsafe-inline'", "'unsafe-eval'", "'wasm-unsafe-eval'"}
    assert second.split()[0] == "script-src"
    assert set(second.split()[1:]) == scripts | inside
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["Cache-Control"] == "no-store"


def declared(*paths: str) -> set[str]:
    """Return how a policy writes addresses of the tracker: each, and what lies below it."""
    return {f"tracker.localhost:*/{path}{end}" for path in paths for end in ("", "/")}


def answer(functional: str, personalisation: str = "1", ads: str = "1") -> str:
    """Return the choice cookie of somebody who answered so, for a Cookie header."""
    scope = policies_of(demo_site(bundled("sites/programme.toml"), PORT))["scope"]
    choices = f"functional-{functional}_personalisation-{personalisation}_ads-{ads}"
    return f"consent=1.0a1b2c3d.{scope}.{choices}.20260101.20991231.sig"


def ask_with(site: WSGIApplication, cookie: str, path: str = "/") -> TestResponse:
    visitor = Client(site, use_cookies=False)
    return visitor.get(path, base_url=SITE, headers={"Cookie": cookie}, buffered=True)


@pytest.mark.parametrize(
    ("cookie", "scripts"),
    [
        ("", set()),
        (answer("0", "0", "0"), set()),
        (answer("0", "0", "1"), set(ADS)),
        (answer("0", "1", "0"), {VIEWED}),
        (answer("1", "1", "1"), {*ADS, VIEWED}),
    ],
)
def test_a_page_may_load_what_its_visitor_allows_and_nothing_else(
    site: WSGIApplication, cookie: str, scripts: set[str]
) -> None:
    response = ask_with(site, cookie)
    assert response.headers["Vary"] == "Cookie"
    policy = response.headers["Content-Security-Policy"]
    found = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert set(found.split()) & {*ADS, VIEWED} == scripts
    # One frame may load on a click, without an answer.
    assert "frame-src tracker.localhost:*/embed/map" in policy


def test_a_nonce_is_used_once(get: Ask) -> None:
    nonces = {get("/").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(nonces) == 3


@pytest.mark.legal("WD-01")
@pytest.mark.parametrize("path", [*PAGES, "/missing"])
def test_every_page_leads_to_the_preferences_even_without_javascript(get: Ask, path: str) -> None:
    page = parsed(get(path).text)
    assert len(page.select("footer [data-consent-control]")) == 1
    assert page.select_one('footer a[href^="/consent/sites/programme/preferences"]')
    assert page.select_one('footer a[href^="/consent/sites/programme/policy"]')
    assert page.select_one('noscript a[href^="/consent/sites/programme/preferences"]')


@pytest.mark.legal("PB-01")
@pytest.mark.parametrize("path", [*PAGES, "/missing", "/static/site.css"])
def test_looking_around_sets_no_cookie(get: Ask, path: str) -> None:
    assert "Set-Cookie" not in get(path).headers


@pytest.mark.parametrize("path", PAGES)
def test_every_link_and_file_of_the_site_is_there(get: Ask, path: str) -> None:
    for tag in parsed(get(path).text).select("a[href^='/'], link[href^='/'], script[src^='/']"):
        address = attribute(tag, "src" if tag.name == "script" else "href")
        assert get(address).status_code == 200, address


def test_fragments_lead_to_something_on_the_page(get: Ask) -> None:
    for path in PAGES:
        page = parsed(get(path).text)
        for tag in page.select("a[href^='#']"):
            assert page.select(attribute(tag, "href")), path


def test_a_missing_page_says_so_and_records_no_page_group(get: Ask) -> None:
    response = get("/<script>alert(1)</script>")
    assert response.status_code == 404
    page = parsed(response.text)
    assert page.h1 is not None
    assert page.h1.text == "Page not found"
    assert "alert(1)" not in response.text
    assert not page.select("[data-consent-page-group], [data-consent]")


def test_the_components_are_listed_with_their_study_load(get: Ask) -> None:
    rows = parsed(get("/programme").text).select("tbody tr")
    loads = {str(row.th.contents[0]): row.td.text for row in rows if row.th and row.td}
    assert loads == {
        "SCS Fundamentals": "19",
        "Scientific Narration and Visualization": "4",
        "SCS project proposal": "3",
        "SCS internship or internships, JRP2": "at least 23",
        "Elective area": "variable",
    }


def test_the_dutch_page_says_that_teaching_is_in_english(get: Ask) -> None:
    response = get("/nl/")
    assert "volledig in het Engels" in response.text
    for tag in parsed(response.text).select("main a[href], nav a[href]"):
        assert tag.get("hreflang") == "en"
