"""The line before the banner's script: packed as the script unpacks it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from consent.core.catalogue import load_language
from consent.core.script_line import PLACES, TEXTS, packed

SOURCES = Path(__file__).parents[2] / "static" / "js" / "src"
WORDS = {key: f"text of {key}" for key in TEXTS}
CONFIG: dict[str, Any] = {
    "api": "/api",
    "preferences": "/preferences",
    "policy": "/policy",
    "privacy": "/privacy",
    "cookie": "consent",
    "first_party": True,
    "day": "2026-11-22",
    "scope": "a" * 16,
    "earlier": {},
    "token": "token",
    "language": "en",
    "languages": ["en", "nl"],
    "dir": "ltr",
    "providers": {"video.example": "Film Ltd", "*.video.example": "Film Ltd"},
    "groups": ["shop"],
    "theme": {"position": "bar", "css": ".consent-ui{}"},
    "days": {"consent": 180, "refusal": 365},
    "categories": [
        {"id": "functional", "label": "Functional", "description": "More", "gpc": False},
        {"id": "ads", "label": "Ads", "description": "Offers", "gpc": True},
    ],
    "trackers": [
        {"name": "_ads", "category": "ads", "kind": "cookie"},
        {"name": "shop", "category": "ads", "kind": "cookie", "path": "/shop"},
        {"name": "ads.*", "category": "ads", "kind": "local_storage", "path": "/shop"},
    ],
    "texts": WORDS,
}


def numbered(name: str) -> list[tuple[str, int]]:
    found = re.findall(
        r"^export const (\w+) = (\d+);$", (SOURCES / name).read_text("utf-8"), re.MULTILINE
    )
    return [(constant, int(place)) for constant, place in found]


def line_of(**changes: Any) -> dict[str, Any]:
    return dict(zip(PLACES, packed({**CONFIG, **changes}), strict=True))


def test_the_script_looks_for_each_text_where_it_is() -> None:
    """A wrong place would put "accept" on the button that refuses."""
    places = [(key.replace(".", "_").upper(), place) for place, key in enumerate(TEXTS)]
    assert numbered("texts.js") == places


def test_the_script_looks_for_each_part_of_its_configuration_where_it_is() -> None:
    assert numbered("config.js") == [(key.upper(), place) for place, key in enumerate(PLACES)]


def test_no_place_is_ever_given_to_another_text() -> None:
    """Scripts of last week, still in caches, go by these; add to the end."""
    assert [TEXTS.index(key) for key in ("banner.title", "button.accept_all")] == [0, 7]
    assert TEXTS.index("button.refuse_all") == 8
    assert TEXTS.index("announce.reload") == 27


def test_no_place_is_ever_given_to_another_part() -> None:
    """As with texts: a script that is still in a cache asks for today's configuration."""
    assert PLACES[:12] == (
        *("api", "preferences", "policy", "privacy", "cookie", "domain"),
        *("request", "served", "scope", "earlier", "days", "token"),
    )
    assert PLACES[12:22] == (
        *("language", "languages", "direction", "categories", "trackers", "providers"),
        *("groups", "google", "texts", "theme"),
    )


def test_every_text_of_the_script_has_a_place() -> None:
    prefixes = ("banner.", "button.", "dialog.", "control.", "embed.", "announce.")
    texts = load_language("en").texts
    assert {key for key in texts if key.startswith(prefixes)} == set(TEXTS)


def test_a_configuration_is_packed_without_its_keys() -> None:
    line = line_of()
    assert [line["domain"], line["request"], line["google"]] == ["", {}, 0]
    assert line["days"] == [365, 180]
    assert line["categories"] == [
        ["functional", "Functional", "More"],
        ["ads", "Ads", "Offers", 1],
    ]
    assert line["theme"] == ".consent-ui{}"


def test_a_service_on_another_domain_gets_no_cookies() -> None:
    assert line_of(first_party=False)["request"] == {"credentials": "omit"}


def test_a_service_on_another_host_of_the_site_gets_its_cookies() -> None:
    line = line_of(api="https://consent.shop.example/api/v1/sites/shop")
    assert line["request"] == {"credentials": "include"}


def test_what_only_some_sites_need_is_packed_for_them() -> None:
    line = line_of(domain="shop.example", google={"ad_storage": ["ads"]})
    assert line["domain"] == "shop.example"
    assert line["google"] == [("ad_storage", ["ads"])]


def test_names_with_wildcards_come_as_regular_expressions() -> None:
    """Scripts translate none; a cookie that a page cannot see comes by its name as well."""
    line = line_of()
    assert line["trackers"] == [
        ["^_ads$", "ads", "cookie"],
        ["^shop$", "ads", "cookie", "/shop", "shop"],
        [r"^ads\..*$", "ads", "localStorage", "/shop"],
    ]
    assert line["providers"] == [
        [r"^video\.example$", "Film Ltd"],
        [r"^.*\.video\.example$", "Film Ltd"],
    ]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, set()),
        ({"earlier": {"a" * 16: ["ads"]}}, {"banner.again"}),
        ({"categories": CONFIG["categories"]}, {"banner.gpc", "announce.saved_gpc"}),
    ],
)
def test_only_texts_that_can_be_shown_are_sent(changes: dict[str, object], shown: set[str]) -> None:
    line = line_of(**{"categories": [], **changes})
    texts = dict(zip(TEXTS, line["texts"], strict=True))
    sometimes = {"banner.again", "banner.gpc", "announce.saved_gpc"}
    assert {key for key in sometimes if texts[key]} == shown
    assert {key: texts[key] for key in TEXTS if key not in sometimes} == {
        key: WORDS[key] for key in TEXTS if key not in sometimes
    }
