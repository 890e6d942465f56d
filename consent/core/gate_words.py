"""What the gate knows of words: how to find phrases that steer, and names of pages for minors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from consent.core.catalogue import LANGUAGES, load_language
from consent.core.letters import folded, pieces


def steering_phrases(language: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield each rule broken by a phrase in `text`, with the phrase."""
    plain = pieces(language, text)
    for rule, phrase, sought in _steering(language):
        if sought in plain:
            yield rule, phrase


def speaks_of_withdrawal(language: str, text: str) -> bool:
    """Say whether a text has one of the language's words for taking consent back."""
    plain = folded(language, text)
    return any(folded(language, word) in plain for word in load_language(language).gate.withdrawal)


def is_for_minors(page_group: str) -> bool:
    """Say whether a group's name, in any language, means visitors under the age of consent."""
    return bool(_pages_for_minors().search(page_group))


@cache
def _steering(language: str) -> list[tuple[str, str, str]]:
    steering = load_language(language).gate.steering
    return [
        (rule, phrase, pieces(language, phrase))
        for rule, phrases in steering.items()
        for phrase in phrases
    ]


@cache
def _pages_for_minors() -> re.Pattern[str]:
    names = {re.escape(name) for tag in LANGUAGES for name in load_language(tag).gate.minors}
    return re.compile(rf"(?:^|-)(?:{'|'.join(sorted(names))})(?:-|$)")
