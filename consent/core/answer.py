"""The answer a browser keeps: which choices, for which scope, from which day to which.

    scope16.functional-1_personalisation-0_ads-0.20261122.20270521

It holds no identifier: two people who refuse on one day keep identical bytes. It counts to the
end of its last day, UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from consent.core.model import Choices
from consent.core.times import day_of, end_of_day, parse_day
from consent.errors import TokenError

SCOPE_DIGITS = 16

_FORM = re.compile(
    r"(?P<scope>[0-9a-f]{16})"
    r"\.(?P<choices>[a-z][a-z0-9]{0,23}-[01](?:_[a-z][a-z0-9]{0,23}-[01]){0,15})"
    r"\.(?P<chosen>[0-9]{8})\.(?P<ends>[0-9]{8})"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Choices with the scope they were given for and their first and last day (YYYYMMDD).

    `is_test`: an inspector's, which the operator has made (AE-14); acts upon it are no statistics.
    """

    scope16: str
    choices: Choices
    chosen_on: str
    ends_on: str
    is_test: bool = False

    @property
    def text(self) -> str:
        choices = "_".join(f"{name}-{int(allowed)}" for name, allowed in self.choices.items())
        return f"{self.scope16}.{choices}.{self.chosen_on}.{self.ends_on}"

    @property
    def valid_until(self) -> int:
        """The first instant, in milliseconds, at which the answer no longer counts."""
        return end_of_day(self.ends_on)

    def is_from_the_future(self, now: int) -> bool:
        return self.chosen_on > day_of(now)


def parse_answer(text: str) -> Answer:
    """Return the answer in the text of a cookie; raise TokenError on any other spelling."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise TokenError("the choice cookie has another form")
    pairs = [pair.split("-") for pair in match["choices"].split("_")]
    choices = {name: digit == "1" for name, digit in pairs}
    try:
        in_order = parse_day(match["chosen"]) <= parse_day(match["ends"])
    except ValueError as error:
        raise TokenError("the choice cookie has a day that does not exist") from error
    if len(choices) != len(pairs) or not in_order:
        raise TokenError("the choice cookie contradicts itself")
    return Answer(match["scope"], choices, match["chosen"], match["ends"])
