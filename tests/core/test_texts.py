"""Catalogues are complete and equal in every language, and the language shown is well chosen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.core.countries import COUNTRIES, EUROPEAN_ECONOMIC_AREA, TRANSFER_BASES
from consent.core.model import Control, EventName, Kind, Layer, Role
from consent.core.texts import (
    LANGUAGES,
    SITE_PLACEHOLDERS,
    format_date,
    join_words,
    lifetime_text,
    load_catalogue,
    parse_accept_language,
    pick_language,
    placeholders,
    render,
    render_some,
)
from consent.errors import NotFoundError

_SCRIPT_KEYS = """
banner.title banner.intro banner.withdraw banner.gpc banner.again banner.policy banner.privacy
button.accept_all button.refuse_all button.choose button.save button.close button.withdraw_all
dialog.title dialog.intro dialog.necessary_label dialog.necessary_text dialog.details
control.label embed.blocked embed.load_once embed.allow_always announce.saved announce.saved_gpc
announce.withdrawn announce.kept announce.reload
"""
SCRIPT_KEYS = _SCRIPT_KEYS.split()


@pytest.mark.legal("BF-18")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_no_blank_text(language: str) -> None:
    catalogue = load_catalogue(language)
    assert catalogue.keys() == load_catalogue("en").keys()
    assert [key for key, text in catalogue.items() if not text.strip()] == []


@pytest.mark.legal("BF-18")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_placeholders(language: str) -> None:
    english = load_catalogue("en")
    for key, text in load_catalogue(language).items():
        assert placeholders(text) == placeholders(english[key]), key
        assert not set(re.sub(r"\{[a-z_]+\}", "", text)) & set("{}"), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_script_shows_is_there(language: str) -> None:
    catalogue = load_catalogue(language)
    assert set(SCRIPT_KEYS) <= catalogue.keys()
    shown_later = {
        key: placeholders(catalogue[key]) - SITE_PLACEHOLDERS
        for key in SCRIPT_KEYS
        if placeholders(catalogue[key]) - SITE_PLACEHOLDERS
    }
    assert shown_later == {
        "banner.intro": {"controller"},
        "banner.policy": {"recipients"},
        "embed.blocked": {"provider", "category"},
        "embed.allow_always": {"category"},
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_closed_list_has_its_words(language: str) -> None:
    keys = load_catalogue(language).keys()
    assert {f"kind.{kind}" for kind in Kind} <= keys
    assert {f"role.{role}" for role in Role} <= keys
    assert {f"event.{event}" for event in EventName} <= keys
    assert {f"act.{control}" for control in Control} <= keys
    assert {f"layer.{layer}" for layer in Layer} <= keys
    assert {f"transfer.{basis}" for basis in TRANSFER_BASES} <= keys
    assert {f"country.{code.lower()}" for code in EUROPEAN_ECONOMIC_AREA} <= keys
    assert {key for key in keys if key.startswith("country.")} <= {
        f"country.{code.lower()}" for code in COUNTRIES
    }


def test_dutch_does_not_call_functional_what_is_exempt_there() -> None:
    assert load_catalogue("nl")["category.functional.label"] == "Voorkeuren"
    for key, text in load_catalogue("nl").items():
        assert "functionele cookies" not in text.lower(), key


def test_a_language_not_offered_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no texts in 'xx'; there are: en, nl"):
        load_catalogue("xx")


def test_a_text_is_filled_in_once() -> None:
    assert render("{a} and {b}", a="{b}", b=1) == "{b} and 1"


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match="needs a value for: b, c"):
        render("{a} {b} {c}", a=1)


def test_some_values_leave_the_rest() -> None:
    assert render_some("{a} {b}", {"a": 1}) == "1 {b}"


@pytest.mark.parametrize(
    ("words", "joined"),
    [([], ""), (["a"], "a"), (["a", "b"], "a en b"), (["a", "b", "c"], "a, b en c")],
)
def test_words_are_joined_as_a_language_does(words: list[str], joined: str) -> None:
    assert join_words(load_catalogue("nl"), words) == joined


def test_dates_are_written_out() -> None:
    assert format_date("en", 2026, 11, 22) == "22 November 2026"
    assert format_date("nl", 2027, 3, 1) == "1 maart 2027"


@pytest.mark.parametrize(
    ("kind", "amount", "unit", "english", "dutch"),
    [
        ("cookie", 1, "days", "1 day", "1 dag"),
        ("cookie", 180, "days", "180 days", "180 dagen"),
        ("cookie", 2, "hours", "2 hours", "2 uur"),
        ("cookie", 0, "session", "Until you close the browser", "Tot u de browser sluit"),
        ("pixel", 0, "session", "Only while the page is open", "Alleen zolang de pagina open is"),
    ],
)
def test_lifetimes_are_said_in_words(
    kind: str, amount: int, unit: str, english: str, dutch: str
) -> None:
    assert lifetime_text(load_catalogue("en"), kind, amount, unit) == english
    assert lifetime_text(load_catalogue("nl"), kind, amount, unit) == dutch


@pytest.mark.parametrize(
    ("wanted", "picked"),
    [
        (["nl"], "nl"),
        (["NL-be"], "nl"),
        (["fr", "nl-Latn-x-be"], "nl"),
        (["zh-Hant"], "zh-Hant"),
        (["fr"], "en"),
        (["*"], "en"),
        ([], "en"),
        (["", "-", "nl"], "nl"),
    ],
)
def test_the_language_offered_that_serves_best_is_picked(wanted: list[str], picked: str) -> None:
    assert pick_language(wanted, ["en", "nl", "zh-Hant"], "en") == picked


def test_a_single_letter_is_cut_with_what_follows_it() -> None:
    assert pick_language(["nl-x-be"], ["nl-x", "nl"], "en") == "nl"


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("nl", ["nl"]),
        ("en;q=0.5, nl", ["nl", "en"]),
        ("en;q=0.5,nl;q=0.5, de ; q=0.9", ["de", "en", "nl"]),
        ("nl;q=0, en;q=0.001", ["en"]),
        ("*;q=0.1, nl-BE;Q=1.000", ["nl-BE", "*"]),
        ("nl;q=2, en;q=0.5000, de;level=1, f_r, ;, fy;q=", []),
        ("", []),
        (",".join(["nl"] * 40), ["nl"] * 32),
    ],
)
def test_accepted_languages_are_read_by_weight(header: str, ranges: list[str]) -> None:
    assert parse_accept_language(header) == ranges


@settings(deadline=None)
@given(st.text() | st.text(alphabet="enlq=0.1;, -*\t"))
def test_no_header_is_too_strange(header: str) -> None:
    ranges = parse_accept_language(header)
    assert all(re.fullmatch(r"[A-Za-z0-9*-]+", tag) for tag in ranges)
    assert pick_language(ranges, LANGUAGES, "en") in LANGUAGES


@settings(deadline=None)
@given(st.lists(st.text()), st.lists(st.text(min_size=1)))
def test_what_is_picked_is_offered_or_the_default(wanted: list[str], offered: list[str]) -> None:
    assert pick_language(wanted, offered, "default") in [*offered, "default"]
