"""What a check has to say, and the lists of checks, one for each kind of thing looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from consent.core.certificates import HttpsCertificate
from consent.core.sentence import Sentence, sentence
from consent.core.texts import placeholders

Subject = TypeVar("Subject")


class Level(StrEnum):
    """How bad it is. `skipped` means that nobody looked, with the reason why."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Observation:
    """One sentence on what was found and one on what to do, which is empty when all is well."""

    level: Level
    found: Sentence
    advice: Sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """An observation with the check that made it, and the certificate that it is about, if any.

    `found` and `advice` are in English, `seen` has them with their values apart.
    """

    group: str
    check: str
    seen: Observation
    certificate: HttpsCertificate | None = None

    @property
    def level(self) -> Level:
        return self.seen.level

    @property
    def found(self) -> str:
        return str(self.seen.found)

    @property
    def advice(self) -> str:
        return str(self.seen.advice)


# In each of these, `{name}` in a text stands for a value of that name.


def ok(found: str, /, **values: object) -> Observation:
    return _observation(Level.OK, found, "", values)


def warning(found: str, advice: str | Sentence, /, **values: object) -> Observation:
    return _observation(Level.WARNING, found, advice, values)


def problem(found: str, advice: str | Sentence, /, **values: object) -> Observation:
    return _observation(Level.PROBLEM, found, advice, values)


def skipped(reason: str, /, **values: object) -> Observation:
    return _observation(Level.SKIPPED, reason, "", values)


def _observation(
    level: Level, found: str, advice: str | Sentence, values: Mapping[str, object]
) -> Observation:
    return Observation(level, _said(found, values), _said(advice, values))


def _said(text: str | Sentence, values: Mapping[str, object]) -> Sentence:
    """Return a text with those of the values that it names."""
    if isinstance(text, Sentence):
        return text
    return sentence(text, **{name: values[name] for name in placeholders(text)})


class Checks(Generic[Subject]):
    """The checks of one group, in the order in which they were added."""

    def __init__(self, group: str) -> None:
        self.group = group
        self._checks: list[tuple[str, Callable[[Subject], Iterable[Observation]]]] = []

    def add(
        self, name: str
    ) -> Callable[
        [Callable[[Subject], Iterable[Observation]]], Callable[[Subject], Iterable[Observation]]
    ]:
        """Add the decorated function, which yields what it observes about a subject."""

        def remember(
            check: Callable[[Subject], Iterable[Observation]],
        ) -> Callable[[Subject], Iterable[Observation]]:
            self._checks.append((name, check))
            return check

        return remember

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self._checks)

    def run(self, subject: Subject) -> Iterator[Finding]:
        """Yield what every check finds about a subject."""
        for name, check in self._checks:
            for seen in check(subject):
                yield self.finding(name, seen)

    def finding(self, name: str, seen: Observation) -> Finding:
        return Finding(self.group, name, seen)
