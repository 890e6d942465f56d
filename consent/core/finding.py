"""What the gate has to say about one place of a site's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """`rule` is a row of the legal checklist. An error stops publishing, a warning does not."""

    rule: str
    severity: Literal["error", "warning"]
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity} {self.rule} at {self.place}: {self.message}"


def error(rule: str, place: str, message: str) -> Finding:
    return Finding(rule, "error", place, message)


def warning(rule: str, place: str, message: str) -> Finding:
    return Finding(rule, "warning", place, message)
