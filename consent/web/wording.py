"""The words of a page in one language: a notice's own texts, over those of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from consent.core import words
from consent.core.catalogue import load_catalogue, load_language
from consent.core.formats import duration, format_date, join_words
from consent.core.notice import Notice
from consent.core.texts import render_some
from consent.core.times import parse_day

_BUTTONS = ("accept_all", "refuse_all", "choose", "withdraw_all")


@dataclass(frozen=True, slots=True)
class Words(words.Words):
    """Texts by key, in any language of the banner."""

    @property
    def direction(self) -> str:
        return load_language(self.language).direction

    def lasting(self, key: str, days: int) -> str:
        """Return a text that names an amount of days; old notices have it as a bare number."""
        amount = duration(self.language, days, "days")
        return self(key, duration=amount, days=days, backup_days=days)

    def day(self, day: str) -> str:
        """Return a day written YYYYMMDD as people write it."""
        return format_date(self.language, parse_day(day))


def words_of(notice: Notice, language: str) -> Words:
    """Return the words for the pages of a site.

    A notice published by an earlier version of the service lacks the texts that came later; those
    are taken from the catalogue, with the notice's own names of its buttons. So are all texts of
    a language the notice no longer has, in which an archived policy may be.
    """
    is_own = language in notice.languages
    own = notice.texts(language) if is_own else {}
    catalogue = load_catalogue(language)
    texts = {**catalogue, **own}
    values = {name: texts[f"button.{name}"] for name in _BUTTONS}
    values["control"] = texts["control.label"]
    spoken = language if is_own else notice.default_language
    labels = [one["label"] for one in notice.category_texts(spoken) if one["gpc"]]
    values["gpc"] = join_words(language, labels)
    added = {key: render_some(catalogue[key], values) for key in catalogue.keys() - own.keys()}
    return Words(language, {**added, **own})


def plain_words(language: str) -> Words:
    """Return the catalogue's words, for pages that belong to no site."""
    return Words(language, load_catalogue(language))
