"""Google Consent Mode v2: what its tags are told, in every state, and in which order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from consent.core.model import GoogleMode, Signals
from consent.core.signals import signals_document
from tests.browser.script_fixture import CATEGORIES, SCRIPT, Website, choice_cookie, day
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

ANALYTICS = {"id": "analytics", "label": "Statistics", "description": "Counts.", "gpc": False}
LAYER = "(self.dataLayer || []).map(entry => Array.from(entry))"
GOOGLE_TAG = (
    "self.dataLayer = self.dataLayer || []; function gtag() { dataLayer.push(arguments) } "
    "gtag('js', 1); gtag('config', 'G-1')"
)


def with_google(website: Website, *, analytics: bool = False, **signals: Any) -> tuple[str, ...]:
    """Switch the signals on, as the service serves them; return the site's categories."""
    document = signals_document(Signals(google=GoogleMode.BASIC, **signals))
    assert document is not None
    website.config["google"] = document["google"]["needs"]
    if not analytics:
        return CATEGORIES
    website.config["categories"].append(ANALYTICS)
    return (*CATEGORIES, "analytics")


def subsets(names: tuple[str, ...]) -> Iterator[set[str]]:
    for count in range(len(names) + 1):
        yield from (set(some) for some in itertools.combinations(names, count))


def expected(allowed: set[str]) -> dict[str, str]:
    """Return the signals by the table of the legal checklist, written out once more."""
    granted = {
        "ad_storage": "ads" in allowed,
        "ad_user_data": "ads" in allowed,
        "ad_personalization": {"ads", "personalisation"} <= allowed,
        "analytics_storage": "analytics" in allowed,
        "functionality_storage": "functional" in allowed,
        "personalization_storage": "personalisation" in allowed,
        "security_storage": True,
    }
    return {name: "granted" if is_granted else "denied" for name, is_granted in granted.items()}


DEFAULT = [
    ["consent", "default", {**expected(set()), "wait_for_update": 500}],
    ["set", "ads_data_redaction", True],
    ["set", "url_passthrough", False],
]


def update(allowed: set[str]) -> list[list[Any]]:
    return [
        ["consent", "update", expected(allowed)],
        ["set", "ads_data_redaction", "ads" not in allowed],
    ]


def choose_by_cookie(
    website: Website, page: Page, names: tuple[str, ...], allowed: set[str], ends: int = 180
) -> None:
    value = choice_cookie(*allowed, categories=names, chosen=day(-20), ends=day(ends))
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])


@pytest.mark.legal("SG-07", "SG-08")
@pytest.mark.parametrize("analytics", [False, True])
def test_every_combination_in_every_state_gives_the_signals_of_the_table(
    website: Website, new_page: NewPage, *, analytics: bool
) -> None:
    names = with_google(website, analytics=analytics)
    page = new_page()
    website.page()
    page.goto(website.url())
    assert page.evaluate(LAYER) == DEFAULT  # new
    for allowed in subsets(names):
        choose_by_cookie(website, page, names, allowed, ends=-1)
        page.goto(website.url())
        assert page.evaluate(LAYER) == DEFAULT  # expired
        for behaviour in (201, "down"):  # chosen before, whether the service answers now or not
            website.behaviour = behaviour
            choose_by_cookie(website, page, names, allowed)
            page.goto(website.url())
            assert page.evaluate(LAYER) == [*DEFAULT, *update(allowed)]
            page.evaluate("consent.withdraw()")
            told = page.evaluate(LAYER)[5:]
            assert told == (update(set()) if allowed else [])  # withdrawn
            if behaviour == 201:
                wait_until(page, "localStorage.getItem('consent-unsent') === null")
        page.evaluate("localStorage.clear()")


@pytest.mark.legal("SG-08")
def test_each_choice_on_the_page_is_told_at_once(website: Website, new_page: NewPage) -> None:
    names = with_google(website)
    website.behaviour = "down"
    page = new_page()
    page.goto(website.page())
    before: set[str] = set()
    for number, allowed in enumerate(subsets(names)):
        page.locator("#consent-control" if number else "#consent-choose").click()
        for name in names:
            page.locator(f"#consent-category-{name}").set_checked(name in allowed)
        told = len(page.evaluate(LAYER))
        page.locator("#consent-save").click()
        wait_until(page, "!document.querySelector('dialog')")
        # Refusing everything at first is an answer too: it takes the place of knowing nothing.
        assert page.evaluate(LAYER)[told:] == update(allowed), (before, allowed)
        before = allowed


@pytest.mark.legal("SG-07", "SG-09", "PB-05")
@pytest.mark.parametrize("placing", ["", "defer", "async"])
def test_the_default_comes_before_any_google_tag_and_no_tag_before_a_choice(
    website: Website, new_page: NewPage, placing: str
) -> None:
    with_google(website, analytics=True)
    tag = f'<script type="text/plain" data-consent="ads|analytics">{GOOGLE_TAG}</script>'
    script = f'<script src="{SCRIPT}" {placing}></script>'
    page = new_page()
    page.goto(website.page(head=tag, script=script))
    expect(page.locator("#consent-banner")).to_be_visible()
    assert page.evaluate(LAYER) == DEFAULT
    page.locator("#consent-choose").click()
    page.locator("#consent-category-analytics").check()
    page.locator("#consent-save").click()
    wait_until(page, f"{LAYER}.length === 7")
    assert page.evaluate(LAYER) == [
        *DEFAULT,
        *update({"analytics"}),
        ["js", 1],
        ["config", "G-1"],
    ]
    page.reload()
    wait_until(page, f"{LAYER}.length === 7")
    names = [entry[:2] for entry in page.evaluate(LAYER)]
    assert names[0] == ["consent", "default"]
    assert names.index(["consent", "update"]) < names.index(["js", 1])


@pytest.mark.legal("WD-06", "WD-04")
def test_a_tag_for_any_of_several_categories_is_stopped_with_the_one_it_ran_under(
    website: Website, new_page: NewPage
) -> None:
    names = with_google(website, analytics=True)
    tag = f'<script type="text/plain" data-consent="ads|analytics">{GOOGLE_TAG}</script>'
    page = new_page()
    website.page(head=tag)
    choose_by_cookie(website, page, names, {"analytics"})
    page.goto(website.url())
    wait_until(page, f"{LAYER}.length === 7")
    page.evaluate("self.stays = true")
    page.locator("#consent-control").click()
    page.locator("#consent-category-ads").check()
    page.locator("#consent-save").click()
    wait_until(page, f"{LAYER}.length === 9")
    assert page.evaluate("self.stays") is True
    page.locator("#consent-control").click()
    page.locator("#consent-category-ads").uncheck()
    with page.expect_event("load"):
        page.locator("#consent-save").click()
    assert page.evaluate("self.stays") is None


@pytest.mark.legal("SG-08", "WD-06")
def test_another_tab_tells_its_tags_of_a_withdrawal(website: Website, new_page: NewPage) -> None:
    names = with_google(website)
    first = new_page()
    choose_by_cookie(website, first, names, {"ads"})
    first.goto(website.page())
    expect(first.locator("#consent-control")).to_be_visible()
    second = first.context.new_page()
    second.goto(website.url())
    second.locator("#consent-withdraw-all").click()
    wait_until(first, f"{LAYER}.length === 7")
    assert first.evaluate(LAYER) == [*DEFAULT, *update({"ads"}), *update(set())]


@pytest.mark.legal("SG-01", "SG-07")
def test_under_a_privacy_signal_what_ads_allow_stays_denied(
    website: Website, new_page: NewPage
) -> None:
    with_google(website)
    page = new_page()
    page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
    )
    page.goto(website.page())
    page.locator("#consent-accept-all").click()
    wait_until(page, f"{LAYER}.length === 5")
    assert page.evaluate(LAYER) == [*DEFAULT, *update({"functional", "personalisation"})]


def test_personalised_ads_may_need_ads_alone(website: Website, new_page: NewPage) -> None:
    names = with_google(website, google_ads_alone=True)
    page = new_page()
    choose_by_cookie(website, page, names, {"ads"})
    page.goto(website.page())
    told = page.evaluate(LAYER)[3][2]
    assert told == {**expected({"ads"}), "ad_personalization": "granted"}


def test_a_site_that_says_nothing_of_google_gives_no_signal(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    page.goto(website.page())
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    assert page.evaluate("typeof self.dataLayer") == "undefined"
