"""Decide whether an act fits the notice shown and the control pressed, and what it is called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from consent.core.model import Choices, ConsentEvent, Control, EventName, Layer, Submission
from consent.errors import (
    ContradictoryControlError,
    IncompleteChoicesError,
    UnknownCategoryError,
)

GRANTS = frozenset({EventName.GRANTED, EventName.PARTLY_GRANTED, EventName.RENEWED})


def is_granting(choices: Choices) -> bool:
    """Say whether anything at all is allowed."""
    return any(choices.values())


def ordered_choices(choices: Choices, categories: Sequence[str]) -> dict[str, bool]:
    """Return one answer per category of the notice, in its order.

    Raises UnknownCategoryError or IncompleteChoicesError unless they match one to one.
    """
    for category in choices:
        if category not in categories:
            raise UnknownCategoryError(category)
    missing = [category for category in categories if category not in choices]
    if missing:
        raise IncompleteChoicesError(missing)
    return {category: choices[category] for category in categories}


def check_control(
    submission: Submission,
    *,
    held: Mapping[str, bool],
    gpc: bool,
    gpc_categories: Collection[str],
) -> None:
    """Raise ContradictoryControlError unless the choices are what the control says.

    `held` has the answers that still stand and were not asked again (after a change of scope), or
    all answers in force for an embed. While Global Privacy Control is on, accepting everything
    leaves its categories off, and only saving on the second layer or the page may allow them.
    """
    control, choices = submission.control, submission.choices
    if gpc and not (control is Control.SAVE and submission.layer is not Layer.BANNER):
        forced = [name for name in gpc_categories if choices.get(name) and not held.get(name)]
        if forced:
            reason = f"Global Privacy Control is on; {', '.join(forced)} needs a choice of its own"
            raise ContradictoryControlError(control, reason)
    if control is Control.ACCEPT_ALL:
        refused = [name for name, allowed in choices.items() if not allowed]
        _refuse_others(control, refused, held, gpc_categories if gpc else (), standing=False)
    elif control in (Control.REFUSE_ALL, Control.WITHDRAW_ALL):
        allowed_anyway = [name for name, allowed in choices.items() if allowed]
        may_stand = held if control is Control.REFUSE_ALL else {}
        _refuse_others(control, allowed_anyway, may_stand, (), standing=True)
    elif control is Control.EMBED:
        _check_embed(choices, held)


def _refuse_others(
    control: Control,
    names: Sequence[str],
    held: Mapping[str, bool],
    exempt: Collection[str],
    *,
    standing: bool,
) -> None:
    """Refuse every answer that neither stands from before nor is exempt."""
    for name in names:
        if name not in exempt and held.get(name) is not standing:
            answer = "allowed" if standing else "refused"
            raise ContradictoryControlError(control, f"{name!r} is {answer}")


def _check_embed(choices: Choices, held: Mapping[str, bool]) -> None:
    """An embed allows its own category; it takes nothing back."""
    if not is_granting(choices):
        raise ContradictoryControlError(Control.EMBED, "nothing is allowed")
    for name, allowed in held.items():
        if allowed and not choices.get(name):
            raise ContradictoryControlError(Control.EMBED, f"it takes {name!r} back")


def signal_mattered(submission: Submission, *, gpc: bool, gpc_categories: Collection[str]) -> bool:
    """Say whether Global Privacy Control changed this act, or was overridden by it."""
    if not gpc or not gpc_categories:
        return False
    overridden = any(submission.choices.get(category) for category in gpc_categories)
    return overridden or submission.control is Control.ACCEPT_ALL


def is_live_grant(event: ConsentEvent | None, now: int) -> bool:
    """Say whether an event is a grant that still counts."""
    return event is not None and event.event in GRANTS and event.valid_until > now


def name_event(
    choices: Choices, *, previous: ConsentEvent | None, scope: str, now: int
) -> EventName:
    """Return what an act is, given the latest event of this subject before it."""
    if not is_granting(choices):
        return EventName.WITHDRAWN if is_live_grant(previous, now) else EventName.REFUSED
    if previous is not None and previous.event in GRANTS:
        is_over = previous.valid_until <= now or previous.scope != scope
        if is_over:
            return EventName.RENEWED
    return EventName.GRANTED if all(choices.values()) else EventName.PARTLY_GRANTED
