"""The words of the documents in one language, and how that language writes days and lists.

What the cookie policy already tells visitors is told in the policy's own words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.core.catalogue import load_catalogue
from consent.core.documents.facts import Facts
from consent.core.documents.model import Line
from consent.core.formats import country_name, duration, format_date, join_words
from consent.core.texts import render
from consent.core.words import Words, load_words


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """Texts by key. `values` are those that any text may name."""

    language: str
    texts: Mapping[str, str]
    policy: Mapping[str, str]
    values: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return render(self.texts[key], **{**self.values, **values})

    def line(self, key: str, **values: object) -> Line:
        return Line(self(key, **values))

    def blank(self, key: str) -> Line:
        """Return what is left for the controller to write."""
        return Line(self(key), is_blank=True)

    def of_policy(self, key: str, **values: object) -> Line:
        """Return a sentence of the cookie policy's catalogue."""
        return Line(render(self.policy[f"policy.{key}"], **{**self.values, **values}))

    def join(self, words: Sequence[str]) -> str:
        return join_words(self.language, words)

    def days(self, amount: int) -> str:
        return duration(self.language, amount, "days")

    def months(self, amount: int) -> str:
        return duration(self.language, amount, "months")

    def years(self, amount: int) -> str:
        return duration(self.language, amount, "years")

    def country(self, code: str) -> str:
        return country_name(self.language, code)

    def date(self, millis: int) -> str:
        """Return the UTC day of an instant as people write it."""
        return format_date(self.language, dt.datetime.fromtimestamp(millis / 1000, dt.UTC).date())


def words_for(facts: Facts, language: str) -> DocumentWords:
    """Return the words of one of LANGUAGES, with what the site is called and who answers for it."""
    controller = facts.notice.document["controller"]
    return DocumentWords(
        language,
        own_words(language).texts,
        load_catalogue(language),
        {
            "site": facts.notice.site_name(told_language(facts, language)),
            "hosts": join_words(language, list(facts.deployment.origins)),
            "pages": facts.site_address,
            "controller": controller["name"],
            "address": controller["address"],
            "email": controller["email"],
            "dpo": controller["dpo_name"],
            "dpo_email": controller["dpo_email"],
            "authority": controller["authority_name"],
            "authority_url": controller["authority_url"],
        },
    )


def told_language(facts: Facts, language: str) -> str:
    """Return the language in which a notice tells its own words, if it lacks the one asked for."""
    return language if language in facts.notice.languages else facts.notice.default_language


def own_words(language: str) -> Words:
    """Return the words of the documents alone."""
    return load_words("documents", language)
