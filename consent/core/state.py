"""What holds now for one browser, from the answer it keeps and the scopes that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.core.answer import SCOPE_DIGITS, Answer
from consent.core.choices import is_granting
from consent.core.model import Choices, Status
from consent.core.times import add_days, day_of


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope in force, and for each earlier one still alive what to ask again.

    `earlier` maps 16 digits of an earlier scope to the categories that changed since.
    """

    hash: str
    categories: tuple[str, ...]
    earlier: Mapping[str, Sequence[str]]

    @property
    def hash16(self) -> str:
        return self.hash[:SCOPE_DIGITS]


@dataclass(frozen=True, slots=True)
class ConsentState:
    """What holds now: with no status but `decided`, something is still to be asked.

    `choices` has the answers that count now, None where none does; `held` only those that were
    given for an earlier scope and are not asked again.
    """

    status: Status
    choices: Choices | None
    held: Choices
    answer: Answer | None


_UNDECIDED = ConsentState(Status.UNDECIDED, None, {}, None)


def consent_state(answer: Answer | None, scope: Scope, now: int) -> ConsentState:
    """Return the state of a browser that keeps `answer` (None: nothing, or nothing genuine)."""
    if answer is None or answer.is_from_the_future(now):
        return _UNDECIDED
    if answer.valid_until <= now:
        return ConsentState(Status.EXPIRED, None, {}, answer)
    if answer.scope16 == scope.hash16 and answer.choices.keys() == set(scope.categories):
        # The order may be that of an earlier version: it is in no digest, and asks nobody again.
        choices = {category: answer.choices[category] for category in scope.categories}
        return ConsentState(Status.DECIDED, choices, {}, answer)
    if answer.scope16 not in scope.earlier:
        return _UNDECIDED
    changed = scope.earlier[answer.scope16]
    held = {
        category: answer.choices[category]
        for category in scope.categories
        if category in answer.choices and category not in changed
    }
    choices = {category: held.get(category, False) for category in scope.categories}
    return ConsentState(Status.RENEWAL_NEEDED, choices, held, answer)


def last_day(
    choices: Choices, state: ConsentState, *, now: int, consent_days: int, refusal_days: int
) -> str:
    """Return the last day (YYYYMMDD) on which a new answer counts.

    Grants that were carried over from an earlier scope without being asked again keep the day
    they had: no act extended them.
    """
    days = consent_days if is_granting(choices) else refusal_days
    ends_on = add_days(day_of(now), days)
    carried = any(allowed and choices.get(name) for name, allowed in state.held.items())
    if carried and state.answer is not None:
        return min(ends_on, state.answer.ends_on)
    return ends_on
