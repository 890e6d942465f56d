"""Those who come to the website, and what they make of the banner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TypeVar

from consent.services.presenting import Presented


class Leaning(StrEnum):
    """What somebody makes of a question about cookies."""

    REFUSES = "refuses"
    ACCEPTS = "accepts"
    CHOOSES = "chooses"
    IGNORES = "ignores"


class Errand(StrEnum):
    """Why somebody comes."""

    READ = "read"
    CHANGE = "change"
    WITHDRAW = "withdraw"
    ERASE = "erase"


_Value = TypeVar("_Value")

_LEANINGS = ((Leaning.REFUSES, 31), (Leaning.ACCEPTS, 24), (Leaning.CHOOSES, 13),
             (Leaning.IGNORES, 32))  # fmt: skip
_PARTS = (
    (("functional",), 60),
    (("functional", "personalisation"), 30),
    (("personalisation",), 10),
)
_DAY_MS = 86_400_000


@dataclass(slots=True, eq=False)
class Person:
    """One browser of somebody, with the cookies it keeps."""

    language: str
    leaning: Leaning
    liked: tuple[str, ...]
    asks_for_privacy: bool
    page_group: str | None
    cookies: Presented = field(default_factory=Presented)

    def wishes(self, categories: tuple[str, ...]) -> Mapping[str, bool]:
        """Return what is answered to a question about these."""
        if self.leaning is Leaning.ACCEPTS:
            return dict.fromkeys(categories, True)
        if self.leaning is Leaning.CHOOSES:
            return {name: name in self.liked for name in categories}
        return dict.fromkeys(categories, False)


def somebody(dice: Random) -> Person:
    """Return somebody new."""
    leaning = _pick(dice, _LEANINGS)
    asks_for_privacy = dice.random() < 0.06  # noqa: PLR2004
    if asks_for_privacy and leaning is Leaning.ACCEPTS:
        leaning = Leaning.CHOOSES  # the signal leaves ads off
    return Person(
        language="nl" if dice.random() < 0.24 else "en",  # noqa: PLR2004
        leaning=leaning,
        liked=_pick(dice, _PARTS),
        asks_for_privacy=asks_for_privacy,
        page_group=dice.choice((None, None, "programme", "admissions", "contact")),
    )


def plans_of(person: Person, at: int, dice: Random) -> list[tuple[int, Errand]]:
    """Return when somebody who was here comes again, and why."""
    plans: list[tuple[int, Errand]] = []
    if person.leaning is Leaning.IGNORES:
        if dice.random() < 0.35:  # noqa: PLR2004
            person.leaning = dice.choice((Leaning.REFUSES, Leaning.CHOOSES, Leaning.IGNORES))
            plans.append((at + round(dice.uniform(0.1, 12) * _DAY_MS), Errand.READ))
        return plans
    if dice.random() < 0.24:  # noqa: PLR2004
        plans.append((at + round(dice.uniform(3, 320) * _DAY_MS), Errand.READ))
    if person.leaning is not Leaning.REFUSES:
        errand = dice.choices((None, Errand.WITHDRAW, Errand.CHANGE, Errand.ERASE), (88, 7, 4, 1))[
            0
        ]
        if errand is not None:
            plans.append((at + round(dice.expovariate(1 / 25) * _DAY_MS) + 60_000, errand))
    return plans


def _pick(dice: Random, weighted: Sequence[tuple[_Value, int]]) -> _Value:
    return dice.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]
