"""Global Privacy Control, the page's language and the page's group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import SCRIPT, TRACKER, Website, choice_cookie, texts
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


def signalling_page(
    new_page: NewPage, value: str = "true", name: str = "globalPrivacyControl"
) -> Page:
    page = new_page()
    page.add_init_script(
        f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})"
    )
    return page


@pytest.mark.legal("SG-01", "SG-04", "SG-05", "RR-11")
@pytest.mark.parametrize(
    ("name", "value"), [("globalPrivacyControl", "true"), ("doNotTrack", "'1'")]
)
def test_accepting_all_under_the_signal_leaves_ads_off_and_says_so(
    website: Website, new_page: NewPage, name: str, value: str
) -> None:
    page = signalling_page(new_page, value, name)
    tag = f'<script type="text/plain" data-consent="ads" src="{website.tag("ads")}"></script>'
    page.goto(website.page(tag))
    expect(page.locator("#consent-banner")).to_contain_text(website.config["texts"]["banner.gpc"])
    page.locator("#consent-accept-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    status = page.get_by_role("status")
    expect(status).to_have_text(website.config["texts"]["announce.saved_gpc"])
    expect(status).to_be_in_viewport()
    assert website.acts[0]["choices"] == {
        "functional": True,
        "personalisation": True,
        "ads": False,
    }
    assert page.evaluate("consent.state.gpc") is True
    assert website.paths(TRACKER) == []


@pytest.mark.legal("SG-01", "SG-05")
@pytest.mark.parametrize(("button", "ads"), [("accept-all", False), ("save", True)])
def test_only_saving_in_the_dialog_overrides_the_signal(
    website: Website, new_page: NewPage, button: str, *, ads: bool
) -> None:
    page = signalling_page(new_page)
    page.goto(website.page())
    page.locator("#consent-choose").click()
    expect(page.get_by_role("dialog")).to_contain_text(website.config["texts"]["banner.gpc"])
    page.locator("#consent-category-ads").check()
    page.locator("#consent-save, #consent-dialog-accept-all").and_(
        page.locator(f"[id$={button}]")
    ).click()
    wait_until(page, "document.cookie.includes('consent=')")
    assert website.acts[0]["choices"]["ads"] is ads


@pytest.mark.legal("SG-01", "SG-06", "RR-11")
def test_what_the_signal_refuses_needs_no_question(website: Website, new_page: NewPage) -> None:
    website.config["earlier"] = {"aaaaaaaaaaaaaaaa": ["ads"]}
    value = choice_cookie("functional", scope="aaaaaaaaaaaaaaaa")
    for page, shown in ((signalling_page(new_page), False), (new_page(), True)):
        page.context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])
        page.goto(website.page())
        expect(page.locator("#consent-banner, #consent-control")).to_be_visible()
        expect(page.locator("#consent-banner")).to_have_count(int(shown))
    assert website.acts == []


@pytest.mark.legal("SG-02", "SG-04")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("globalPrivacyControl", value) for value in ("false", "'1'", "1", "undefined")),
        *(("doNotTrack", value) for value in ("'0'", "'unspecified'", "'yes'", "true", "null")),
    ],
)
def test_only_the_exact_value_is_the_signal(
    website: Website, new_page: NewPage, name: str, value: str
) -> None:
    page = signalling_page(new_page, value, name)
    page.goto(website.page())
    expect(page.locator("#consent-banner")).not_to_contain_text("Global Privacy Control")
    assert page.evaluate("consent.state.gpc") is False


def test_an_embed_of_a_refused_category_is_offered_once_only(
    website: Website, new_page: NewPage
) -> None:
    page = signalling_page(new_page)
    frame = website.url("/embed", TRACKER)
    page.goto(website.page(f'<iframe data-consent="ads" data-src="{frame}" title="Film"></iframe>'))
    buttons = page.locator(".consent-embed").get_by_role("button")
    expect(buttons).to_have_text([website.config["texts"]["embed.load_once"]])


@pytest.mark.legal("BF-18", "AC-11")
@pytest.mark.parametrize("lang", ["nl-NL", "NL-be", "nl"])
def test_a_page_in_another_language_is_asked_in_it(
    website: Website, new_page: NewPage, lang: str
) -> None:
    page = new_page()
    page.goto(website.page(lang=lang))
    banner = page.locator("#consent-banner")
    expect(banner).to_contain_text(texts("nl")["banner.title"])
    expect(banner).to_have_attribute("lang", "nl")
    assert f"{website.config['api']}/notice?lang=nl" in website.paths()
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    assert website.acts[0]["notice_token"] == "token-nl"


@pytest.mark.parametrize(
    ("lang", "query"), [("en-GB", ""), ("fr", ""), ("", ""), ("nl", "?lang=en")]
)
def test_no_request_is_made_for_a_language_we_have_or_cannot_get(
    website: Website, new_page: NewPage, lang: str, query: str
) -> None:
    page = new_page()
    page.goto(website.page(lang=lang, script=f'<script src="{SCRIPT}{query}" async></script>'))
    expect(page.locator("#consent-banner")).to_contain_text(texts("en")["banner.title"])
    assert not [path for path in website.paths() if "/notice" in path]


@pytest.mark.legal("CO-04")
@pytest.mark.parametrize(
    ("head", "attribute", "group"),
    [
        ("", 'data-consent-page-group="admissions"', "admissions"),
        ('<meta name="consent-page-group" content="programme">', "", "programme"),
        ("", 'data-consent-page-group="/my/secret/page"', None),
        ("", "", None),
    ],
)
def test_a_page_group_is_sent_when_the_site_has_it(
    website: Website, new_page: NewPage, head: str, attribute: str, group: str | None
) -> None:
    page = new_page()
    script = f'<script src="{SCRIPT}" defer {attribute}></script>'
    page.goto(website.page(head=head, script=script))
    page.locator("#consent-refuse-all").click()
    wait_until(page, "document.cookie.includes('consent=')")
    (act,) = website.acts
    expected: dict[str, Any] = {} if group is None else {"page_group": group}
    assert {key: act[key] for key in act if key == "page_group"} == expected
