"""What differs between two notices, in parts, with the reasons why people are asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.core.model import Category, Shape, Site
from consent.core.notice import Notice
from consent.core.notice_changes import GONE, NEW, SAME, asked_again, notice_changes, word_changes
from tests.make import make_notice, make_site


def with_category(site: Site, name: str, **changes: object) -> Site:
    categories: list[Category] = [
        replace(one, **changes) if one.id == name else one  # type: ignore[arg-type]
        for one in site.categories
    ]
    return replace(site, categories=tuple(categories))


def reasons(old: Notice, new: Notice) -> dict[str, list[str]]:
    found = asked_again(old, new, Shape.SAME_HOST)
    return {one.category: [reason.what for reason in one.reasons] for one in found}


def test_the_same_notice_differs_in_nothing() -> None:
    changes = notice_changes(make_notice(), make_notice())
    assert not any(getattr(changes, name) for name in changes.__slots__)


def test_each_category_asked_about_again_says_why() -> None:
    site = make_site()
    old = make_notice(site)
    purposes = with_category(site, "functional", purposes=("embedded_media",))
    assert reasons(old, make_notice(purposes)) == {"functional": ["purposes"]}
    data = with_category(site, "functional", data=("ip_address", "page_views"))
    assert reasons(old, make_notice(data)) == {"functional": ["data"]}
    moved = replace(
        site,
        providers=tuple(
            replace(one, country="US") if one.id == "campus-map" else one for one in site.providers
        ),
    )
    assert reasons(old, make_notice(moved)) == {"functional": ["country"]}
    gone = replace(site, trackers=tuple(one for one in site.trackers if one.name != "map_view"))
    assert reasons(old, make_notice(gone)) == {}
    controller = replace(site, controller=replace(site.controller, id="other"))
    assert set(reasons(old, make_notice(controller))) == {one.id for one in site.categories}
    fewer = replace(site, categories=site.categories[1:])
    assert reasons(make_notice(fewer), old) == {"functional": ["category"]}


def test_on_another_domain_any_change_asks_about_everything() -> None:
    site = make_site()
    new = make_notice(with_category(site, "functional", purposes=("embedded_media",)))
    asked = list(asked_again(make_notice(site), new, Shape.OTHER_DOMAIN))
    assert [one.category for one in asked] == [one.id for one in site.categories]
    assert asked[1].reasons[0].what == "domain"


def test_other_words_ask_nobody_and_are_told_by_language() -> None:
    site = make_site()
    named = replace(site, name={**site.name, "nl": "Een andere naam"})
    changes = notice_changes(make_notice(site), make_notice(named))
    assert changes.asked == ()
    assert list(changes.texts) == ["nl"]
    assert "site.name" in [one.key for one in changes.texts["nl"]]


def test_entries_are_new_gone_or_changed() -> None:
    site = make_site()
    first, *rest = site.trackers
    other = replace(first, name="Other map")
    longer = replace(rest[0], http_only=not rest[0].http_only)
    changed = replace(site, trackers=(other, longer, *rest[1:]))
    changes = notice_changes(make_notice(site), make_notice(changed))
    told = {one.name: one.kind for one in changes.trackers}
    assert told == {"Other map": NEW, first.name: GONE, rest[0].name: SAME}


@pytest.mark.parametrize(
    ("before", "after", "gone", "new"),
    [
        ("We use cookies.", "We use few cookies.", "", "few "),
        ("Yes", "No", "Yes", "No"),
        ("", "New", "", "New"),
        ("我们使用小甜饼", "我们不使用小甜饼", "", "不"),
    ],
)
def test_texts_are_compared_word_by_word(before: str, after: str, gone: str, new: str) -> None:
    pieces = list(word_changes(before, after))
    assert "".join(one.text for one in pieces if one.kind != NEW) == before
    assert "".join(one.text for one in pieces if one.kind != GONE) == after
    assert "".join(one.text for one in pieces if one.kind == GONE) == gone
    assert "".join(one.text for one in pieces if one.kind == NEW) == new
