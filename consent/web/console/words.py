"""The console's words in one language, and how that language writes days and numbers.

The catalogue has one file per area, `consent/locales/console/<language>/<area>.json`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from babel.numbers import format_decimal, format_percent

from consent.core.formats import format_date
from consent.core.texts import parse_accept_language, pick_language, render

LANGUAGES: Mapping[str, str] = {"en": "English", "nl": "Nederlands"}
DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class ConsoleWords:
    """Texts by key; called with a key and the values its text names."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return render(self.texts[key], **values)

    def count(self, key: str, count: int, **values: object) -> str:
        """Return the text `key.one` or `key.other`, with `{count}` written as people do."""
        form = "one" if count == 1 else "other"
        return self(f"{key}.{form}", count=self.number(count), **values)

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.language)

    def percent(self, share: float) -> str:
        """Return a share of 1 as "37%"."""
        return format_percent(share, locale=self.language)

    def date(self, millis: int) -> str:
        """Return the UTC day of an instant, "22 November 2026"."""
        return format_date(self.language, _moment(millis).date())

    def moment(self, millis: int) -> str:
        """Return an instant to the minute, "22 November 2026, 15:04 UTC"."""
        return f"{self.date(millis)}, {_moment(millis):%H:%M} UTC"

    def has(self, key: str) -> bool:
        return key in self.texts


@cache
def console_words(language: str) -> ConsoleWords:
    """Return the words of one of LANGUAGES."""
    texts: dict[str, str] = {}
    for file in files("consent").joinpath("locales", "console", language).iterdir():
        if file.name.endswith(".json"):
            texts |= json.loads(file.read_text("utf-8"))
    return ConsoleWords(language, MappingProxyType(texts))


def language_for(own: str | None, accept_language: str) -> str:
    """Return the language somebody chose, or else the one the browser asks for."""
    if own is not None and own in LANGUAGES:
        return own
    return pick_language(parse_accept_language(accept_language), list(LANGUAGES), DEFAULT)


def _moment(millis: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(millis / 1000, dt.UTC)
