"""What a check has to say, and the lists of checks, one for each kind of thing looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from consent.core.certificates import HttpsCertificate

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
    found: str
    advice: str


@dataclass(frozen=True, slots=True)
class Finding:
    """An observation with the check that made it, and the certificate that it is about, if any."""

    group: str
    check: str
    level: Level
    found: str
    advice: str
    certificate: HttpsCertificate | None = None


def ok(found: str) -> Observation:
    return Observation(Level.OK, found, "")


def warning(found: str, advice: str) -> Observation:
    return Observation(Level.WARNING, found, advice)


def problem(found: str, advice: str) -> Observation:
    return Observation(Level.PROBLEM, found, advice)


def skipped(reason: str) -> Observation:
    return Observation(Level.SKIPPED, reason, "")


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
        return Finding(self.group, name, seen.level, seen.found, seen.advice)
