"""How each language writes days, amounts of time, lists and names of countries.

From the Common Locale Data Repository, through Babel: a translator need not write twelve months,
fifty countries and up to six plurals of "day".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache

from babel import Locale
from babel.dates import format_date as format_cldr_date
from babel.lists import format_list
from babel.units import format_unit

from consent.core.catalogue import load_language
from consent.core.texts import render


def join_words(language: str, words: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c" as the language writes lists."""
    return format_list(list(words), "standard", _locale(language))


def format_date(language: str, day: dt.date) -> str:
    """Return a day as people write it, "22 November 2026"."""
    return format_cldr_date(day, "long", _locale(language))


def duration(language: str, amount: int, unit: str) -> str:
    """Return an amount of time with its unit in the right plural, "1 day" or "180 days"."""
    name = unit.removesuffix("s")
    own = load_language(language).durations.get(name)
    if own is not None:
        form = _locale(language).plural_form(amount)
        return render(own.get(form, own["other"]), count=amount)
    return _cldr_duration(_locale(language), amount, f"duration-{name}")


def lifetime_text(
    language: str, texts: Mapping[str, str], kind: str, amount: int, unit: str
) -> str:
    """Return how long a tracker stays, "1 day" or "Until you close the browser"."""
    if kind in ("pixel", "script", "embed"):
        return texts["lifetime.page"]
    return duration(language, amount, unit) if amount else texts[f"lifetime.{unit}"]


def country_name(language: str, code: str) -> str:
    """Return the name of a country by its ISO 3166-1 code; the code itself for one unknown."""
    return str(_locale(language).territories.get(code, code))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(load_language(language).locale, sep="-")


def _cldr_duration(locale: Locale, amount: int, unit: str) -> str:
    """Return the long form; where it equals the short one, Babel's data has the short one only.

    Babel then answers with the unit's identifier, "180 duration-day".
    """
    text = format_unit(amount, unit, "long", locale=locale)
    return format_unit(amount, unit, "short", locale=locale) if unit in text else text
