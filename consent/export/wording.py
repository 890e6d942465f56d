"""The words of an evidence pack in one language, and how its pages write instants and numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import PurePosixPath

from markupsafe import Markup, escape

from consent.core.formats import duration
from consent.core.months import parse_month
from consent.core.texts import render
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.core.words import DEFAULT, LANGUAGES, Words, load_words

CATALOGUE = "evidence"
LINK = "statement.link"  # what leads to the page in a language, in that language


@dataclass(frozen=True, slots=True)
class Other:
    """The same file in another language: its name beside this one, and that language's text."""

    language: str
    name: str
    text: str


class Wording:
    """Texts by key; called with a key and the values its text names."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.language = words.language

    def __call__(self, key: str, **values: object) -> str:
        return self._words(key, **values)

    def count(self, key: str, count: int, **values: object) -> str:
        """Return the text `key.one` or `key.other`, with `{count}` written as people do."""
        form = "one" if count == 1 else "other"
        return self(f"{key}.{form}", count=self.number(count), **values)

    def marked(self, key: str, **values: object) -> Markup:
        """Return a text for a page; a value that is Markup stays so."""
        text = str(escape(self._words.texts[key]))
        return Markup(render(text, **{name: escape(value) for name, value in values.items()}))  # noqa: S704 -- escaped

    def list(self, words: list[str]) -> str:
        return self._words.list(words)

    def width(self, prefix: str) -> int:
        """Return the length of the longest text whose key begins so."""
        texts = self._words.texts
        return max(len(text) for key, text in texts.items() if key.startswith(prefix))

    def padded(self, prefix: str, name: str) -> str:
        """Return a text as wide as all whose keys begin so, for a column of plain text."""
        return self(f"{prefix}{name}").ljust(self.width(prefix))

    def number(self, value: int) -> str:
        return self._words.number(value)

    def days(self, amount: int) -> str:
        return duration(self.language, amount, "days")

    def months(self, amount: int) -> str:
        return duration(self.language, amount, "months")

    def instant(self, millis: int) -> str:
        """Return an instant to the second, "22 november 2026, 15:04:11 UTC"."""
        return f"{self._words.date(millis)}, {_moment(millis):%H:%M:%S} UTC"

    def minute(self, millis: int) -> str:
        return self._words.moment(millis)

    def month(self, month: str) -> str:
        """Return a month, which is given as "2026-11"."""
        return self._words.month(parse_month(month))

    def short_month(self, month: str) -> str:
        return self._words.short_month(parse_month(month))

    def limit(self, text: str) -> str:
        """Return where a period begins or ends, as exactly as it has to be told."""
        millis = parse_rfc3339(text)
        day = self._words.date(millis)
        if millis % MILLIS_PER_DAY == 0:
            return day
        rest = f",{millis % 1000:03d}" if millis % 1000 else ""
        return f"{day}, {_moment(millis):%H:%M:%S}{rest}"


class EnglishWording(Wording):
    """English has instants as ISO 8601 does: its readers are in many countries, and write days in
    as many ways.
    """

    def instant(self, millis: int) -> str:
        return f"{_moment(millis):%Y-%m-%d %H:%M:%S} UTC"

    def minute(self, millis: int) -> str:
        return f"{_moment(millis):%Y-%m-%d %H:%M} UTC"

    def month(self, month: str) -> str:
        return month

    def short_month(self, month: str) -> str:
        return month

    def limit(self, text: str) -> str:
        return text.removesuffix("T00:00:00.000Z").removesuffix(".000Z").replace("T", " ")


class PlainEnglishWording(EnglishWording):
    """As plain text it has bare digits."""

    def number(self, value: int) -> str:
        return str(value)


def wording_of(language: str, *, is_plain: bool = False) -> Wording:
    """Return the words of a language; `is_plain` is for a file that is no page."""
    words = load_words(CATALOGUE, language)
    if language != DEFAULT:
        return Wording(words)
    return PlainEnglishWording(words) if is_plain else EnglishWording(words)


def name_in(language: str, name: str) -> str:
    """Return what a file is called in a language: "README.md", or "README.nl.md" in Dutch."""
    if language == DEFAULT:
        return name
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}.{language}{path.suffix}"))


def others(language: str, name: str) -> list[Other]:
    """Return where a file is in the other languages."""
    return [
        Other(other, PurePosixPath(name_in(other, name)).name, load_words(CATALOGUE, other)(LINK))
        for other in LANGUAGES
        if other != language
    ]


def _moment(millis: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(millis // 1000, dt.UTC)
