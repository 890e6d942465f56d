"""A sentence with its values apart, so that it can be said in another language too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.core.texts import placeholders, render


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English text, and what stands in its places: `{name}`, by name.

    What stands in a place is a name or a number, or again words to be said in another language.
    """

    text: str
    values: Mapping[str, str | Sentence] = field(default_factory=dict)

    def __str__(self) -> str:
        return render(self.text, **self.values)

    def as_record(self) -> list[Any]:
        """Return it as JSON can keep it."""
        values = {
            name: value.as_record() if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        return [self.text, values]


def sentence(text: str, **values: object) -> Sentence:
    return Sentence(
        text,
        {
            name: value if isinstance(value, Sentence) else str(value)
            for name, value in values.items()
        },
    )


def words_of_others(text: str) -> Sentence:
    """Return English words that are not our own, such as those of an operating system."""
    return sentence("{words}", words=text) if placeholders(text) else Sentence(text)


def parse_sentence(record: Any) -> Sentence:
    """Return what `as_record` kept; raise KeyError, TypeError or ValueError for anything else."""
    text, values = record
    if not isinstance(text, str):
        raise TypeError(text)
    parsed = {
        str(name): value if isinstance(value, str) else parse_sentence(value)
        for name, value in values.items()
    }
    if missing := placeholders(text) - parsed.keys():
        raise ValueError(missing)
    return Sentence(text, parsed)
