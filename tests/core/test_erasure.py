"""The last letters of a code, typed once more as people write them."""

from __future__ import annotations

import pytest

from consent.core.erasure import confirms


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("9TBC", True),
        ("9tbc", True),
        ("9 T-b c", True),
        ("9TBD", False),
        ("TBC", False),
        ("R9TBC", False),
        ("", False),
        ("7K2M-Q4XR-9TBC", False),
        ("9TB!", False),
    ],
)
def test_the_last_four_letters_confirm_a_code(*, letters: str, expected: bool) -> None:
    assert confirms("7k2m q4xr 9tbc", letters) is expected


def test_letters_that_are_taken_for_each_other_confirm_too() -> None:
    assert confirms("7K2M-Q4XR-01BC", "olbc")


def test_what_is_no_code_is_confirmed_by_nothing() -> None:
    assert not confirms("7K2M-9TBC", "9TBC")
