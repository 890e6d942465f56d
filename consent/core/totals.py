"""What is counted of a day: displays of the banner, and acts by what they were.

Totals are about nobody: they hold no identifier, and no act can be told apart in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from consent.core.model import Choices, Control, EventName, Layer


class Measure(StrEnum):
    """What a report counts; each act is exactly one of those after the displays."""

    DISPLAYS = "displays"
    ACCEPTED = "accepted"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EMBEDS = "embeds"


DECISIONS = (Measure.ACCEPTED, Measure.PARTLY, Measure.REFUSED)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a count belongs: the UTC day (YYYYMMDD), the notice that was shown and its language."""

    day: str
    notice: str
    language: str


@dataclass(frozen=True, slots=True)
class ActTotal:
    """How many acts of one kind there were. `is_first`: none was known before it."""

    place: Place
    event: EventName
    control: Control
    layer: Layer
    is_first: bool
    choices: Choices
    count: int

    @property
    def measure(self) -> Measure:
        if self.control is Control.EMBED:
            return Measure.EMBEDS
        if self.event is EventName.WITHDRAWN:
            return Measure.WITHDRAWN
        if not any(self.choices.values()):
            return Measure.REFUSED
        return Measure.ACCEPTED if all(self.choices.values()) else Measure.PARTLY

    @property
    def answers_banner(self) -> bool:
        """Whether the banner was there and this ended it.

        Who goes from the banner to the dialog has no choice yet, or one that has to be renewed.
        """
        if self.control is Control.EMBED:
            return False
        is_open = self.is_first or self.event is EventName.RENEWED
        return self.layer is Layer.BANNER or (self.layer is Layer.DIALOG and is_open)


@dataclass(slots=True)
class Counts:
    """What was counted at one place.

    `answers` are the decisions, `ended` the withdrawals that answered a banner. `granted` has for
    each category the acts that allowed it and not everything.
    """

    of: Counter[Measure] = field(default_factory=Counter)
    answers: int = 0
    ended: int = 0
    granted: Counter[str] = field(default_factory=Counter)
    categories: set[str] = field(default_factory=set)

    def add(self, total: ActTotal) -> None:
        measure = total.measure
        self.of[measure] += total.count
        self.categories.update(total.choices)
        if total.answers_banner and measure in DECISIONS:
            self.answers += total.count
        elif total.answers_banner and measure is Measure.WITHDRAWN:
            self.ended += total.count
        if measure in (Measure.PARTLY, Measure.EMBEDS):
            for category, allowed in total.choices.items():
                self.granted[category] += total.count if allowed else 0


def tally(acts: Iterable[ActTotal], displays: Iterable[tuple[Place, int]]) -> dict[Place, Counts]:
    """Return what was counted at each place."""
    places: dict[Place, Counts] = {}
    for act in acts:
        places.setdefault(act.place, Counts()).add(act)
    for place, count in displays:
        places.setdefault(place, Counts()).of[Measure.DISPLAYS] += count
    return places
