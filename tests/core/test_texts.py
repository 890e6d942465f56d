"""Texts are filled in once, and the language shown is well chosen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.core.catalogue import LANGUAGES
from consent.core.texts import parse_accept_language, pick_language, render, render_some


def test_a_text_is_filled_in_once() -> None:
    assert render("{a} and {b}", a="{b}", b=1) == "{b} and 1"


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match="needs a value for: b, c"):
        render("{a} {b} {c}", a=1)


def test_some_values_leave_the_rest() -> None:
    assert render_some("{a} {b}", {"a": 1}) == "1 {b}"


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
