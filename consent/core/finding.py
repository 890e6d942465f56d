"""What the gate has to say about one place of a site's configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from consent.core.sentence import Sentence, sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """`rule` is a row of the legal checklist. An error stops publishing, a warning does not.

    `said` is the message with its values apart; what earlier versions have kept is without it.
    """

    rule: str
    severity: Literal["error", "warning"]
    place: str
    message: str
    said: Sentence | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.severity} {self.rule} at {self.place}: {self.message}"


def error(rule: str, place: str, text: str | Sentence, **values: object) -> Finding:
    """Return what stops publishing; `{name}` in the text stands for a value of that name."""
    return _finding(rule, "error", place, text, values)


def warning(rule: str, place: str, text: str | Sentence, **values: object) -> Finding:
    return _finding(rule, "warning", place, text, values)


def _finding(
    rule: str,
    severity: Literal["error", "warning"],
    place: str,
    text: str | Sentence,
    values: dict[str, object],
) -> Finding:
    said = text if isinstance(text, Sentence) else sentence(text, **values)
    return Finding(rule, severity, place, str(said), said)
