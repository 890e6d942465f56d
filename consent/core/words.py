"""The words of one catalogue in one language, and how that language writes days and numbers.

Pages that are not for visitors, and mail, have catalogues of their own below `consent/locales`, in
fewer languages than the banner: a folder for each language, a file for each area.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent

from consent.core.formats import format_date, join_words
from consent.core.months import Month
from consent.core.texts import render

LANGUAGES: Mapping[str, str] = {"en": "English", "nl": "Nederlands"}
DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Words:
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

    def month(self, month: Month) -> str:
        """Return a month as people write it, "October 2026"."""
        day = dt.date(month.year, month.number, 1)
        return str(format_skeleton("yMMMM", day, locale=self.language))

    def short_month(self, month: Month) -> str:
        """Return a month as it stands over a column, "Oct 2026"."""
        day = dt.date(month.year, month.number, 1)
        return str(format_skeleton("yMMM", day, locale=self.language))

    def list(self, words: Sequence[str]) -> str:
        """Return "a", "a and b" or "a, b and c"."""
        return join_words(self.language, words)

    def has(self, key: str) -> bool:
        return key in self.texts


@cache
def load_words(catalogue: str, language: str) -> Words:
    """Return the words of a catalogue in one of LANGUAGES."""
    texts: dict[str, str] = {}
    for file in files("consent").joinpath("locales", catalogue, language).iterdir():
        if file.name.endswith(".json"):
            texts |= json.loads(file.read_text("utf-8"))
    return Words(language, MappingProxyType(texts))


def _moment(millis: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(millis / 1000, dt.UTC)
