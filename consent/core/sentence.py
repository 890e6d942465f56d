"""A sentence with its values apart, so that it can be said in another language too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.core.texts import render


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English text, and what stands in its places: `{name}`, by name."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return render(self.text, **self.values)


def sentence(text: str, **values: object) -> Sentence:
    return Sentence(text, {name: str(value) for name, value in values.items()})
