"""What the self-check found, in the reader's language where that is known.

Words that others said in English, such as an operating system, stay so within a sentence, and are
marked as English for who has it read aloud.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from consent.core.sentence import Sentence, parse_sentence
from consent.core.texts import render
from consent.core.words import DEFAULT, load_words
from consent.web.console.words import ConsoleWords

_CATALOGUE = "doctor"
_CODE = re.compile("`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence as a page tells it; `tag` is its language."""

    html: Markup
    tag: str


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """A finding of the self-check as a page tells it."""

    level: str
    found: Told
    advice: Told


def told_findings(
    findings: Iterable[Mapping[str, Any]], words: ConsoleWords
) -> tuple[ToldFinding, ...]:
    """Return what a page tells of findings; earlier versions kept them in English only."""
    return tuple(
        ToldFinding(one["level"], _told(one, "found", words), _told(one, "advice", words))
        for one in findings
    )


def told(english: str, record: Any, language: str) -> Told:
    """Return a sentence in a language, or else in English; `record` has its values apart."""
    if language != DEFAULT and record is not None:
        texts, said = load_words(_CATALOGUE, language).texts, parse_sentence(record)
        if said.text in texts:  # an earlier version may have said it otherwise
            return Told(_filled(said, texts), language)
    return Told(_marked(english), DEFAULT)


def _told(finding: Mapping[str, Any], part: str, words: ConsoleWords) -> Told:
    return told(finding[part], finding.get("said", {}).get(part), words.language)


def with_told(text: str, words: ConsoleWords, **parts: Told) -> Markup:
    """Return a text of the page, with what is told in its places."""
    shown = {
        name: one.html if one.tag == words.language else _in_english(one.html)
        for name, one in parts.items()
    }
    return _with(escape(text), shown)


def _filled(said: Sentence, texts: Mapping[str, str]) -> Markup:
    values = {name: _part(value, texts) for name, value in said.values.items()}
    return _with(_marked(texts[said.text]), values)


def _with(text: Markup, values: Mapping[str, Markup]) -> Markup:
    return Markup(render(str(text), **values))  # noqa: S704 -- each of them is escaped


def _part(value: str | Sentence, texts: Mapping[str, str]) -> Markup:
    if isinstance(value, str):
        return escape(value)
    return _filled(value, texts) if value.text in texts else _in_english(escape(str(value)))


def _in_english(text: Markup) -> Markup:
    return Markup('<span lang="{}">{}</span>').format(DEFAULT, text)


def _marked(text: str) -> Markup:
    """Return a text in which what people type is marked."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 -- escaped
