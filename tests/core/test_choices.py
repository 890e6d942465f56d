"""Which acts fit their notice and control, and what they are called."""

from __future__ import annotations

from typing import Any

import pytest

from consent.core.choices import (
    check_control,
    name_event,
    ordered_choices,
    signal_mattered,
)
from consent.core.model import Control, EventName, Layer, Submission
from consent.errors import (
    ContradictoryControlError,
    IncompleteChoicesError,
    UnknownCategoryError,
)
from tests.make_events import make_event

CATEGORIES = ("functional", "personalisation", "ads")
ALL = dict.fromkeys(CATEGORIES, True)
NONE = dict.fromkeys(CATEGORIES, False)
SCOPE = "a" * 64
NOW = 1_800_000_000_000


def submit(control: str, choices: dict[str, bool], layer: str = "banner") -> Submission:
    return Submission(
        submission_id="0b8f5c1e-7f0e-4b7e-9a51-2f3f1f1c9a10",
        control=Control(control),
        layer=Layer(layer),
        choices=choices,
        page_group=None,
    )


def check(submission: Submission, **context: Any) -> None:
    check_control(submission, **{"held": {}, "gpc": False, "gpc_categories": ("ads",), **context})


@pytest.mark.legal("SL-01", "RP-17")
def test_every_category_needs_an_answer_of_its_own() -> None:
    with pytest.raises(IncompleteChoicesError, match="personalisation, ads"):
        ordered_choices({"functional": True}, CATEGORIES)


@pytest.mark.legal("SL-05")
@pytest.mark.parametrize("category", ["necessary", "analytics"])
def test_a_category_that_is_not_in_the_notice_is_refused(category: str) -> None:
    with pytest.raises(UnknownCategoryError, match=category):
        ordered_choices({**ALL, category: True}, CATEGORIES)


def test_choices_take_the_order_of_the_notice() -> None:
    assert list(ordered_choices(dict(reversed(ALL.items())), CATEGORIES)) == list(CATEGORIES)


@pytest.mark.parametrize(
    ("control", "choices"),
    [
        ("accept_all", ALL),
        ("refuse_all", NONE),
        ("withdraw_all", NONE),
        ("save", {**NONE, "ads": True}),
        ("embed", {**NONE, "functional": True}),
    ],
)
def test_a_control_with_the_choices_it_means_is_taken(
    control: str, choices: dict[str, bool]
) -> None:
    check(submit(control, choices))


@pytest.mark.parametrize(
    ("control", "choices"),
    [
        ("accept_all", {**ALL, "ads": False}),
        ("refuse_all", {**NONE, "ads": True}),
        ("withdraw_all", {**NONE, "ads": True}),
        ("embed", NONE),
    ],
)
def test_a_control_that_disagrees_with_the_choices_is_refused(
    control: str, choices: dict[str, bool]
) -> None:
    with pytest.raises(ContradictoryControlError):
        check(submit(control, choices))


def test_an_embed_takes_nothing_back() -> None:
    with pytest.raises(ContradictoryControlError, match="ads"):
        check(submit("embed", {**NONE, "functional": True}), held={**NONE, "ads": True})


@pytest.mark.legal("RE-06")
def test_after_a_change_of_scope_unchanged_answers_stand_beside_accept_and_refuse() -> None:
    held = {"functional": False, "personalisation": True}
    check(
        submit("accept_all", {"functional": False, "personalisation": True, "ads": True}), held=held
    )
    check(
        submit("refuse_all", {"functional": False, "personalisation": True, "ads": False}),
        held=held,
    )
    check(submit("refuse_all", NONE), held=held)
    with pytest.raises(ContradictoryControlError):
        check(submit("withdraw_all", {**NONE, "personalisation": True}), held=held)


@pytest.mark.legal("SG-01")
def test_with_gpc_accepting_all_leaves_ads_off() -> None:
    check(submit("accept_all", {**ALL, "ads": False}), gpc=True)
    with pytest.raises(ContradictoryControlError, match="Global Privacy Control"):
        check(submit("accept_all", ALL), gpc=True)


@pytest.mark.legal("SG-05")
@pytest.mark.parametrize("layer", ["dialog", "page"])
def test_with_gpc_only_saving_on_the_second_layer_or_the_page_may_allow_ads(layer: str) -> None:
    check(submit("save", ALL, layer), gpc=True)
    with pytest.raises(ContradictoryControlError):
        check(submit("save", ALL, "banner"), gpc=True)


def test_an_embed_may_keep_ads_that_were_allowed_despite_gpc() -> None:
    check(submit("embed", {**ALL, "personalisation": False}), gpc=True, held={**NONE, "ads": True})


@pytest.mark.legal("SG-05")
@pytest.mark.parametrize(
    ("control", "choices", "gpc", "mattered"),
    [
        ("accept_all", {**ALL, "ads": False}, True, True),
        ("save", ALL, True, True),
        ("save", {**ALL, "ads": False}, True, False),
        ("refuse_all", NONE, True, False),
        ("accept_all", ALL, False, False),
    ],
)
def test_the_signal_is_recorded_only_when_it_mattered(
    control: str, choices: dict[str, bool], *, gpc: bool, mattered: bool
) -> None:
    submission = submit(control, choices, "dialog")
    assert signal_mattered(submission, gpc=gpc, gpc_categories=("ads",)) is mattered


def test_a_site_without_ads_has_no_use_for_the_signal() -> None:
    assert not signal_mattered(submit("accept_all", ALL), gpc=True, gpc_categories=())


def grant(**overrides: Any) -> Any:
    defaults = {
        "event": EventName.GRANTED,
        "choices": ALL,
        "scope": SCOPE,
        "valid_until": NOW + 1,
        "subject": "b" * 64,
    }
    return make_event(**{**defaults, **overrides})


@pytest.mark.legal("RP-10", "SL-04")
@pytest.mark.parametrize(
    ("choices", "previous", "expected"),
    [
        (ALL, None, EventName.GRANTED),
        ({**ALL, "ads": False}, None, EventName.PARTLY_GRANTED),
        (NONE, None, EventName.REFUSED),
        (NONE, grant(), EventName.WITHDRAWN),
        (NONE, grant(valid_until=NOW), EventName.REFUSED),
        (NONE, grant(event=EventName.WITHDRAWN, choices=NONE), EventName.REFUSED),
        (ALL, grant(), EventName.GRANTED),
        (ALL, grant(valid_until=NOW), EventName.RENEWED),
        (ALL, grant(scope="c" * 64), EventName.RENEWED),
        ({**NONE, "ads": True}, grant(event=EventName.RENEWED), EventName.PARTLY_GRANTED),
        (ALL, grant(event=EventName.WITHDRAWN, choices=NONE), EventName.GRANTED),
    ],
)
def test_an_act_is_named_after_what_came_before_it(
    choices: dict[str, bool], previous: Any, expected: EventName
) -> None:
    assert name_event(choices, previous=previous, scope=SCOPE, now=NOW) is expected
