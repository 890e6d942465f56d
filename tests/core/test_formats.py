"""Days, amounts of time, lists and countries are written as each language writes them."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from consent.core.catalogue import LANGUAGES, load_catalogue
from consent.core.countries import COUNTRIES
from consent.core.formats import country_name, duration, format_date, join_words, lifetime_text
from consent.core.limits import DAYS_PER_UNIT


@pytest.mark.parametrize(
    ("language", "two", "three"),
    [
        ("en", "a and b", "a, b and c"),
        ("nl", "a en b", "a, b en c"),
        ("zh", "a和b", "a、b和c"),
        ("ar", "a وb", "a وb وc"),
    ],
)
def test_words_are_joined_as_a_language_does(language: str, two: str, three: str) -> None:
    assert join_words(language, []) == ""
    assert join_words(language, ["a"]) == "a"
    assert join_words(language, ["a", "b"]) == two
    assert join_words(language, ["a", "b", "c"]) == three


def test_dates_are_written_out() -> None:
    assert format_date("en", dt.date(2026, 11, 22)) == "22 November 2026"
    assert format_date("nl", dt.date(2027, 3, 1)) == "1 maart 2027"
    assert format_date("zh", dt.date(2026, 11, 22)) == "2026年11月22日"


@pytest.mark.parametrize(
    ("kind", "amount", "unit", "english", "dutch"),
    [
        ("cookie", 1, "days", "1 day", "1 dag"),
        ("cookie", 180, "days", "180 days", "180 dagen"),
        ("cookie", 2, "hours", "2 hours", "2 uur"),
        ("cookie", 24, "months", "24 months", "24 maanden"),
        ("cookie", 0, "session", "Until you close the browser", "Tot u de browser sluit"),
        ("pixel", 0, "session", "Only while the page is open", "Alleen zolang de pagina open is"),
    ],
)
def test_lifetimes_are_said_in_words(
    kind: str, amount: int, unit: str, english: str, dutch: str
) -> None:
    assert lifetime_text("en", load_catalogue("en"), kind, amount, unit) == english
    assert lifetime_text("nl", load_catalogue("nl"), kind, amount, unit) == dutch


@pytest.mark.parametrize(
    ("language", "one", "two", "five", "many"),
    [
        ("pl", "1 dzień", "2 dni", "5 dni", "180 dni"),
        ("sl", "1 dan", "2 dneva", "5 dni", "180 dni"),
        ("uk", "1 день", "2 дні", "5 днів", "180 днів"),
        ("ar", "يوم", "يومان", "5 أيام", "180 يومًا"),
        ("lt", "1 diena", "2 dienos", "5 dienos", "180 dienų"),
        ("ro", "1 zi", "2 zile", "5 zile", "180 de zile"),
        ("mt", "1 jum", "2 ijiem", "5 ijiem", "180 jum"),
        ("sv", "1 dag", "2 dagar", "5 dagar", "180 dagar"),
        ("zh", "1天", "2天", "5天", "180天"),
    ],
)
def test_amounts_have_the_right_plural(
    language: str, one: str, two: str, five: str, many: str
) -> None:
    assert [duration(language, days, "days") for days in (1, 2, 5, 180)] == [one, two, five, many]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_amount_is_in_words_of_the_language(language: str) -> None:
    """Babel answers with "180 duration-day" or "180 d" where its data lack a form."""
    for unit in DAYS_PER_UNIT:
        for amount in (1, 2, 5, 11, 21, 180, 400):
            text = duration(language, amount, unit)
            letters = re.sub(r"[\d\s.,]", "", text)
            assert len(letters) > (0 if language == "zh" else 1), text
            assert "duration" not in text
            assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_and_month_has_a_name(language: str) -> None:
    nameless = [code for code in COUNTRIES if country_name(language, code) == code]
    assert nameless == []
    months = {format_date(language, dt.date(2026, month, 22)) for month in range(1, 13)}
    assert len(months) == 12


def test_names_of_countries_are_those_of_the_languages_own_country() -> None:
    assert country_name("pt", "RO") == "Roménia"
    assert country_name("nl", "US") == "Verenigde Staten"
    assert country_name("en", "XX") == "XX"
