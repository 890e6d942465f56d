"""What the gate found, in the reader's language where that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consent.core.finding import Finding
from consent.core.texts import render
from consent.core.words import DEFAULT, load_words
from consent.web.console.words import ConsoleWords

_CATALOGUE = "gate"


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as a page tells it; `tag` is the language of its text."""

    rule: str
    severity: str
    place: str
    text: str
    tag: str


def shown_findings(
    found: Sequence[Finding] | None, words: ConsoleWords
) -> tuple[ShownFinding, ...] | None:
    """Return what a page tells of findings; None where it is not known what was found."""
    return None if found is None else tuple(_shown(one, words.language) for one in found)


def _shown(one: Finding, language: str) -> ShownFinding:
    text, tag = one.message, DEFAULT
    if language != DEFAULT and one.said is not None:
        spoken = load_words(_CATALOGUE, language).texts.get(one.said.text)
        if spoken is not None:  # an earlier version of the gate may have said it otherwise
            text, tag = render(spoken, **one.said.values), language
    return ShownFinding(one.rule, one.severity, one.place, text, tag)
