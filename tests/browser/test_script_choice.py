"""No choice is lost: outages, repeats, blocked storage, two tabs, and notices that moved on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.script_fixture import (
    CATEGORIES,
    NEWER_SCOPE,
    SCOPE,
    TRACKER,
    Website,
    choice_cookie,
    day,
    script_config,
)
from tests.browser.waiting import settle, wait_for, wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

DAY_MS = 86_400_000
NONE = dict.fromkeys(CATEGORIES, False)
ALL = dict.fromkeys(CATEGORIES, True)


def set_cookie(website: Website, context: BrowserContext, value: str) -> None:
    context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])


def tag_page(website: Website) -> str:
    return website.page(
        f'<main><script type="text/plain" data-consent="ads" src="{website.tag("ads")}"></script>'
        "Text</main>"
    )


def unsent(page: Page) -> Any:
    return json.loads(page.evaluate("localStorage.getItem('consent-unsent')") or "null")


def keep_unsent(page: Page, **changes: Any) -> None:
    act = {
        "submission_id": "5e9a2ab0-3fd6-4b8e-8d5f-6a1d5f5b7c11",
        "notice_token": "token-en",
        "control": "refuse_all",
        "layer": "banner",
        "choices": NONE,
        "at": int(time.time() * 1000),
        "seen": "",
        "scope": SCOPE,
        **changes,
    }
    page.add_init_script(
        "localStorage.getItem('set') || localStorage.setItem('consent-unsent', "
        f"{json.dumps(json.dumps(act))}); localStorage.setItem('set', 1)"
    )


@pytest.mark.legal("PB-06")
@pytest.mark.parametrize("trouble", [503, 429, "down"])
@pytest.mark.parametrize("button", ["refuse", "accept"])
def test_a_choice_outlives_an_outage(
    website: Website, new_page: NewPage, trouble: int | str, button: str
) -> None:
    website.behaviour = trouble
    page = new_page()
    page.goto(tag_page(website))
    page.locator(f"#consent-{button}-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.kept"])
    kept = unsent(page)
    assert kept["choices"] == (ALL if button == "accept" else NONE)
    page.reload()
    expect(page.locator("#consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_have_count(0)
    website.behaviour = 201
    page.reload()
    wait_until(page, "document.cookie.includes('consent=')")
    wait_until(page, "!localStorage.getItem('consent-unsent')")
    expect(page.locator("#consent-banner")).to_have_count(0)
    assert {act["submission_id"] for act in website.acts} == {kept["submission_id"]}
    assert len({json.dumps(act) for act in website.acts}) == 1
    assert (website.paths(TRACKER) != []) == (button == "accept")


def test_an_outage_never_undoes_a_saved_refusal(website: Website, new_page: NewPage) -> None:
    website.behaviour = "down"
    page = new_page()
    set_cookie(website, page.context, choice_cookie())
    page.goto(tag_page(website))
    expect(page.locator("#consent-control")).to_be_visible()
    settle(page)
    expect(page.locator("#consent-banner")).to_have_count(0)
    assert website.paths(TRACKER) == []


def test_an_unsent_act_is_dropped_when_a_later_choice_was_made(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    keep_unsent(page, choices=ALL, control="accept_all")
    set_cookie(website, page.context, choice_cookie())
    page.goto(tag_page(website))
    expect(page.locator("#consent-control")).to_be_visible()
    settle(page)
    assert website.acts == []
    assert unsent(page) is None
    assert website.paths(TRACKER) == []


def test_an_unsent_act_stands_against_the_cookie_it_was_made_with(
    website: Website, new_page: NewPage
) -> None:
    page = new_page()
    cookie = choice_cookie(*CATEGORIES)
    keep_unsent(page, seen=cookie, control="withdraw_all")
    set_cookie(website, page.context, cookie)
    page.goto(tag_page(website))
    wait_until(page, "document.cookie.includes('ads-0')")
    assert website.paths(TRACKER) == []
    assert len(website.acts) == 1


def test_an_unsent_act_is_dropped_after_thirty_days(website: Website, new_page: NewPage) -> None:
    page = new_page()
    keep_unsent(page, at=int(time.time() * 1000) - 30 * DAY_MS - 1000)
    page.goto(tag_page(website))
    expect(page.locator("#consent-banner")).to_be_visible()
    settle(page)
    assert website.acts == []
    assert unsent(page) is None


@pytest.mark.parametrize("rubbish", ["{", '"text"', "[]", '{"choices":{}}'])
def test_rubbish_in_storage_harms_nothing(
    website: Website, new_page: NewPage, rubbish: str
) -> None:
    page = new_page()
    page.add_init_script(f"localStorage.setItem('consent-unsent', {json.dumps(rubbish)})")
    page.goto(website.page())
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('consent=')")


def test_a_definite_no_drops_the_act_and_asks_again_on_the_next_page(
    website: Website, new_page: NewPage
) -> None:
    website.behaviour = 422
    page = new_page()
    page.goto(website.page())
    page.locator("#consent-accept-all").click()
    wait_until(page, "!localStorage.getItem('consent-unsent')")
    expect(page.locator("#consent-banner")).to_have_count(0)
    page.reload()
    expect(page.locator("#consent-banner")).to_be_visible()


def test_a_refusal_counts_here_whatever_the_service_makes_of_it(
    website: Website, new_page: NewPage
) -> None:
    website.behaviour = 422
    page = new_page()
    page.goto(website.page())
    page.locator("#consent-refuse-all").click()
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.kept"])
    page.reload()
    expect(page.locator("#consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_have_count(0)


def test_an_old_token_is_replaced_and_the_act_sent_again(
    website: Website, new_page: NewPage
) -> None:
    website.behaviour = "new_token"
    website.newer["en"] = {**script_config(), "token": "token-of-today"}
    page = new_page()
    page.goto(website.page())
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    first, second = website.acts
    assert first.pop("notice_token") == "token-en"
    assert second.pop("notice_token") == "token-of-today"
    assert first == second
    expect(page.get_by_role("status")).to_have_text(website.config["texts"]["announce.saved"])


@pytest.mark.legal("RE-07")
def test_a_superseded_notice_is_asked_again_with_the_new_text(
    website: Website, new_page: NewPage
) -> None:
    website.behaviour = 409
    newer = {**script_config(), "scope": NEWER_SCOPE, "token": "newer"}
    newer["texts"] = {**newer["texts"], "banner.title": "Cookies: a new question"}
    website.newer["en"] = newer
    page = new_page()
    page.goto(website.page())
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_contain_text("a new question")
    assert unsent(page) is None
    assert page.evaluate("consent.allows('ads')") is False
    website.behaviour = 201
    page.locator("#consent-accept-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    expect(page.locator("#consent-banner")).to_have_count(0)
    assert website.acts[-1]["notice_token"] == "newer"
    # Our copy of the script is still the old one: it asks the service, not the visitor.
    page.reload()
    expect(page.locator("#consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_have_count(0)
    assert page.evaluate("consent.allows('ads')") is True


@pytest.mark.parametrize("blocked", ["localStorage", "everything"])
def test_it_works_for_the_page_with_storage_blocked(
    website: Website, new_page: NewPage, blocked: str
) -> None:
    page = new_page()
    names = ["localStorage", "sessionStorage"] if blocked == "everything" else ["localStorage"]
    for name in names:
        page.add_init_script(
            f"Object.defineProperty(window, '{name}', {{get() {{ throw new Error('blocked') }}}})"
        )
    if blocked == "everything":
        website.behaviour = "down"
        page.add_init_script(
            "Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}})"
        )
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(tag_page(website))
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    wait_until(page, "self.ran && ran.length === 1")
    settle(page)
    assert page.evaluate("consent.allows('ads')") is True
    assert errors == []


@pytest.mark.parametrize(
    "value",
    [
        "rubbish",
        choice_cookie(*CATEGORIES).replace("1.k1", "2.k1"),
        choice_cookie(*CATEGORIES, chosen=day(3)),
        choice_cookie(*CATEGORIES, chosen=day(-181), ends=day(-1)),
        choice_cookie(*CATEGORIES, scope="cccccccccccccccc"),
    ],
    ids=["rubbish", "version", "future", "expired", "scope"],
)
@pytest.mark.legal("RE-04", "CT-08")
def test_a_cookie_that_does_not_count_leaves_the_visitor_undecided(
    website: Website, new_page: NewPage, value: str
) -> None:
    page = new_page()
    set_cookie(website, page.context, value)
    page.goto(tag_page(website))
    expect(page.locator("#consent-banner")).to_be_visible()
    settle(page)
    assert website.paths(TRACKER) == []


@pytest.mark.legal("RE-02", "RE-04")
def test_an_answer_counts_on_its_last_day(website: Website, new_page: NewPage) -> None:
    page = new_page()
    set_cookie(website, page.context, choice_cookie("ads", chosen=day(-180), ends=day()))
    page.goto(tag_page(website))
    wait_until(page, "self.ran && ran.length === 1")
    expect(page.locator("#consent-banner")).to_have_count(0)


def test_another_tab_notices_a_choice(website: Website, new_page: NewPage) -> None:
    first = new_page()
    first.goto(tag_page(website))
    second = first.context.new_page()
    second.goto(website.url())
    expect(first.locator("#consent-banner")).to_be_visible()
    second.locator("#consent-accept-all").click()
    expect(first.locator("#consent-banner")).to_have_count(0)
    wait_until(first, "self.ran && ran.length === 1")
    loads = website.paths().count("/")
    second.locator("#consent-control").click()
    second.locator("#consent-dialog-refuse-all").click()
    expect(first.locator("#consent-withdraw-all")).to_be_hidden()
    wait_until(first, "!self.ran")
    # Both tabs ran the refused tag, so both load again.
    wait_until(second, "!self.ran")
    settle(first)
    settle(second)
    assert website.paths().count("/") == loads + 2


def test_a_page_from_the_back_button_notices_a_choice(website: Website, new_page: NewPage) -> None:
    page = new_page()
    page.goto(website.page())
    expect(page.locator("#consent-banner")).to_be_visible()
    website.page(path="/next")
    page.goto(website.url("/next"))
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    page.go_back()
    expect(page.locator("#consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_have_count(0)


def test_the_last_of_two_quick_choices_wins(website: Website, new_page: NewPage) -> None:
    website.delay_seconds = 60
    page = new_page()
    page.goto(website.page())
    page.locator("#consent-accept-all").click()
    wait_for(page, lambda: website.acts, "the first choice is sent")
    website.behaviour = "down"
    page.locator("#consent-withdraw-all").click()
    # Gone before the first answer, whose cookie then says the opposite of the last choice.
    page.goto("about:blank")
    website.delay_seconds = 0
    wait_for(page, lambda: page.context.cookies(website.url()), "the first choice is answered")
    assert page.context.cookies(website.url())[0]["value"] == choice_cookie(*CATEGORIES)
    website.behaviour = 201
    page.goto(website.url())
    wait_until(page, "document.cookie.includes('ads-0')")
    wait_until(page, "!localStorage.getItem('consent-unsent')")
    assert [act["control"] for act in website.acts][:2] == ["accept_all", "withdraw_all"]
    assert page.evaluate("consent.state.choices") == NONE


def test_the_other_domain_shape_keeps_the_cookie_itself(
    website: Website, new_page: NewPage
) -> None:
    website.config["first_party"] = False
    website.config["api"] = website.url("/consent/api/v1/sites/programme", "consent.localhost")
    page = new_page()
    page.goto(website.page())
    page.locator("#consent-accept-all").click()
    wait_until(page, "document.cookie.includes('consent=1.k1.')")
    (cookie,) = page.context.cookies()
    assert cookie["value"] == choice_cookie(*CATEGORIES)
    assert cookie["domain"] == "localhost"
    assert cookie["sameSite"] == "Lax"
    # To the end of its last day.
    assert 180 <= (cookie["expires"] - time.time()) / 86_400 <= 181
    assert all("Cookie" not in seen.headers for seen in website.seen if seen.method == "POST")
    page.reload()
    expect(page.locator("#consent-control")).to_be_visible()
    expect(page.locator("#consent-banner")).to_have_count(0)
