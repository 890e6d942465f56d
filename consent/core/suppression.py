"""Keep small counts out of a report, and keep them from being computed from what is in it.

A count below the minimum is not told. Every other number of a report is made from the counts that
are told, and from nothing else; so two days that differ in untold counts only give the same report.
The one exception is the month: its untold days are added up where their sum leaves each of them
open. That holds between reports too, because a month is told only when it is whole and over.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consent.core.totals import DECISIONS, Counts, Measure

DEFAULT_MINIMUM = 5
NO_MINIMUM = 1
LEAST_MINIMUM = 3  # "below 2, and not 0" would say that it is 1


class Known(StrEnum):
    """What a report says of a count."""

    EXACTLY = "exactly"
    BELOW = "below"  # more than 0 and less than the number
    AT_LEAST = "at_least"
    UNTOLD = "untold"  # it would tell another one


@dataclass(frozen=True, slots=True)
class Cell:
    """A count as it is told."""

    known: Known
    number: int = 0

    @property
    def is_exact(self) -> bool:
        return self.known is Known.EXACTLY

    @property
    def least(self) -> int:
        """What is certain at least."""
        return 1 if self.known is Known.BELOW else self.number

    def __str__(self) -> str:
        if self.known is Known.BELOW:
            return f"<{self.number}"
        if self.known is Known.AT_LEAST:
            return f">={self.number}"
        return "untold" if self.known is Known.UNTOLD else str(self.number)


UNTOLD = Cell(Known.UNTOLD)


def exactly(number: int) -> Cell:
    return Cell(Known.EXACTLY, number)


def is_small(count: int, minimum: int) -> bool:
    return 0 < count < minimum


@dataclass(frozen=True, slots=True)
class Cells:
    """A row as it is told: each measure, the displays that nobody answered, what was granted."""

    of: dict[Measure, Cell]
    ignored: Cell
    granted: dict[str, Cell]


def told_day(counts: Counts, minimum: int) -> Cells:
    """Return what is told of one place on one day."""
    return told([counts], minimum)


def told(days: Sequence[Counts], minimum: int) -> Cells:
    """Return what is told of one place: of a day, or of all days of a month together."""
    of = {measure: _pooled([day.of[measure] for day in days], minimum) for measure in Measure}
    if len(days) > 1 and any(_hides_displays(day, minimum) for day in days):
        told_days = [day for day in days if not _hides_displays(day, minimum)]
        shown = _pooled([day.of[Measure.DISPLAYS] for day in told_days], minimum)
        of[Measure.DISPLAYS] = Cell(Known.AT_LEAST, shown.least)
    ignored = _ignored(of, days, minimum)
    if ignored.known is Known.BELOW:
        of[Measure.DISPLAYS] = UNTOLD
    return Cells(of, ignored, _granted(of, days, minimum))


def total(cells: Iterable[Cell]) -> Cell:
    """Return the sum over what is told."""
    cells = list(cells)
    number = sum(cell.least for cell in cells)
    return Cell(Known.EXACTLY if all(cell.is_exact for cell in cells) else Known.AT_LEAST, number)


def _pooled(counts: Sequence[int], minimum: int) -> Cell:
    """Tell the sum of some days; the small ones are added only where their sum tells none of them.

    It would if each had to be 1, or each as large as a small count can be.
    """
    small = [count for count in counts if is_small(count, minimum)]
    shown = sum(counts) - sum(small)
    if not small:
        return exactly(shown)
    leaves_each_open = len(small) < sum(small) < len(small) * (minimum - 1)
    if sum(small) >= minimum and leaves_each_open:
        return exactly(shown + sum(small))
    if len(small) == 1 and not shown:
        return Cell(Known.BELOW, minimum)
    return Cell(Known.AT_LEAST, shown + len(small))


def _hides_displays(day: Counts, minimum: int) -> bool:
    """Say whether a day's displays, though many, would tell how few were ignored."""
    return told_day(day, minimum).of[Measure.DISPLAYS].known is Known.UNTOLD


def _ignored(of: dict[Measure, Cell], days: Sequence[Counts], minimum: int) -> Cell:
    """Tell the displays without a decision, from what is told of displays and decisions."""
    if not all(of[measure].is_exact for measure in (Measure.DISPLAYS, *DECISIONS)):
        return UNTOLD
    decisions = sum(of[measure].number for measure in DECISIONS)
    answers = _part(sum(day.answers for day in days), decisions, minimum)
    if of[Measure.WITHDRAWN].is_exact:
        withdrawn = of[Measure.WITHDRAWN].number
        answers += _part(sum(day.ended for day in days), withdrawn, minimum)
    ignored = max(0, of[Measure.DISPLAYS].number - answers)
    return Cell(Known.BELOW, minimum) if is_small(ignored, minimum) else exactly(ignored)


def _part(part: int, whole: int, minimum: int) -> int:
    """Return a part of a whole; where it, or the rest, is small, they are not told apart."""
    if is_small(whole - part, minimum):
        return whole
    return 0 if is_small(part, minimum) else part


def _granted(of: dict[Measure, Cell], days: Sequence[Counts], minimum: int) -> dict[str, Cell]:
    """Tell how often each category was granted: all of them, or none where one would tell more.

    Then it is told what follows from what is told anyway.
    """
    categories = sorted({category for day in days for category in day.categories})
    needed = (Measure.ACCEPTED, Measure.PARTLY, Measure.EMBEDS)
    untold = [] if len(days) == 1 else [day for day in days if _hides_granted(day, minimum)]
    is_open = (
        all(of[measure].is_exact for measure in needed)
        and _splits_well(days, categories, minimum)
        and (not untold or (len(untold) > 1 and _splits_well(untold, categories, minimum)))
    )
    if not is_open:
        return {category: _implied(category, of, days, minimum) for category in categories}
    accepted = of[Measure.ACCEPTED].number
    return {
        category: exactly(accepted + sum(day.granted[category] for day in days))
        for category in categories
    }


def _implied(category: str, of: dict[Measure, Cell], days: Sequence[Counts], minimum: int) -> Cell:
    """Return what is sure of a category that is not told: it is part of everything.

    Of a month, it was also allowed by those who allowed a part on the days that tell how many.
    """
    parts = 0
    if len(days) > 1:
        open_days = [day for day in days if not _hides_granted(day, minimum)]
        parts = sum(day.granted[category] for day in open_days)
    least = of[Measure.ACCEPTED].least + parts
    return Cell(Known.AT_LEAST, least) if least else UNTOLD


def _hides_granted(day: Counts, minimum: int) -> bool:
    return not all(cell.is_exact for cell in told_day(day, minimum).granted.values())


def _splits_well(days: Sequence[Counts], categories: Sequence[str], minimum: int) -> bool:
    """Say whether, of those who allowed a part, neither few allowed a category nor few did not."""
    whole = sum(day.of[Measure.PARTLY] + day.of[Measure.EMBEDS] for day in days)
    parts = [sum(day.granted[category] for day in days) for category in categories]
    return not any(is_small(n, minimum) for part in parts for n in (part, whole - part))
