"""How far a recorded act reaches under the notices that came after it."""

from __future__ import annotations

from dataclasses import replace

from consent.core.model import Choices, ConsentEvent
from consent.core.notice import Notice
from consent.services.timelines_reach import Version, reaches_of
from tests.make import make_notice, make_site
from tests.make_events import NOON, make_event, make_refusal

SITE = make_site()
NOTICE = make_notice(SITE)
ALL = {"functional": True, "personalisation": True, "ads": True}

MORE_DATA = make_notice(
    replace(
        SITE,
        categories=tuple(
            replace(one, data=(*one.data, "device")) if one.id == "ads" else one
            for one in SITE.categories
        ),
    )
)
FEWER = make_notice(replace(SITE, categories=SITE.categories[1:]))


def published(notice: Notice, after: int, *, takes_earlier: bool = True) -> Version:
    return Version(NOON + after, notice, takes_earlier)


def held(event: ConsentEvent, *versions: Version, until: int | None = None) -> list[Choices]:
    end = event.valid_until if until is None else until
    return [one.held for one in reaches_of(event, NOTICE, versions, end)]


def granted() -> ConsentEvent:
    return make_event(notice=NOTICE.hash, scope=NOTICE.scope, at=NOON)


def test_what_a_later_notice_asks_anew_is_held_no_more() -> None:
    assert held(granted(), published(NOTICE, -1)) == [ALL]
    later = (published(NOTICE, -1), published(MORE_DATA, 1), published(NOTICE, 2))
    rest = {"functional": True, "personalisation": True}
    assert held(granted(), *later) == [ALL, rest, ALL]
    assert held(granted(), *later, until=NOON + 1) == [ALL]
    reach = reaches_of(granted(), NOTICE, later[:2], NOON + 9)[-1]
    assert (reach.since, reach.open) == (NOON + 1, ("ads",))


def test_a_category_that_is_gone_is_held_no_more_and_nothing_is_open() -> None:
    reach = reaches_of(granted(), NOTICE, [published(FEWER, 1)], NOON + 9)[-1]
    assert reach.held == {name: True for name in ALL if name in FEWER.categories}
    assert reach.open == ()


def test_from_another_domain_everything_is_asked_anew() -> None:
    assert held(granted(), published(MORE_DATA, 1, takes_earlier=False)) == [ALL, {}]


def test_a_refusal_upon_a_notice_that_was_replaced_leaves_open_what_is_asked_anew() -> None:
    refused = make_refusal(notice=NOTICE.hash, scope=NOTICE.scope, at=NOON)
    refusals = dict.fromkeys(ALL, False)
    found = held(refused, published(NOTICE, -2), published(MORE_DATA, -1))
    assert found == [refusals, {"functional": False, "personalisation": False}]
