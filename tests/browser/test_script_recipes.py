"""Recipes for other companies' tags: each vendor's own call sequence, on a stub that notes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.script_fixture import CATEGORIES, ROOT, SCRIPT, Website, choice_cookie
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

RECIPES = ROOT / "static" / "js" / "recipes"
OURS = f'<script src="{SCRIPT}"></script>'
ALL = (*CATEGORIES, "analytics")


def recipe(name: str, gate: str = "") -> str:
    return f'<script {gate} src="/recipes/{name}.js"></script>'


def waiting(category: str) -> str:
    return f'type="text/plain" data-consent="{category}"'


def visit(
    website: Website, new_page: NewPage, name: str, head: str, allowed: tuple[str, ...] | None
) -> Page:
    """Open a page with a recipe, new or with a choice made before."""
    website.pages[f"/recipes/{name}.js"] = (RECIPES / f"{name}.js").read_text("utf-8")
    website.config["categories"].append(
        {"id": "analytics", "label": "Statistics", "description": "Counts.", "gpc": False}
    )
    page = new_page()
    if allowed is not None:
        value = choice_cookie(*allowed, categories=ALL)
        page.context.add_cookies([{"name": "consent", "value": value, "url": website.url()}])
    page.goto(website.page(head=head, script=""))
    expect(page.locator("#consent-banner, #consent-control").first).to_be_visible()
    return page


def told(page: Page, queue: str) -> Any:
    return page.evaluate(f"JSON.parse(JSON.stringify({queue}.map(one => one?.length === undefined"
                         " || typeof one === 'string' ? one : Array.from(one))))")  # fmt: skip


def accept(page: Page) -> None:
    page.locator("#consent-accept-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)


UET = [["consent", "default", {"ad_storage": "denied"}]]


def uet(value: str) -> list[Any]:
    return ["consent", "update", {"ad_storage": value}]


@pytest.mark.legal("SG-11", "SG-09", "WD-06")
@pytest.mark.parametrize("is_first", [False, True])
def test_microsoft_uet(website: Website, new_page: NewPage, *, is_first: bool) -> None:
    """`consent default` before the tag, `update` when known; the tag reads the list from its start.

    The tag tells `asc=G` or `asc=D` by the last of them.
    """
    tag = f"<script {waiting('ads')}>uetq = {{queue: uetq, push(...all) {{ queue.push(...all) }}}};"
    tag = tag.replace("{ queue", "{ this.queue") + " self.tagRan = uetq.queue.length</script>"
    parts = (recipe("microsoft-uet"), OURS) if is_first else (OURS, recipe("microsoft-uet"))
    page = visit(website, new_page, "microsoft-uet", "".join(parts) + tag, None)
    start = ["consent", "default", {"ad_storage": "denied"}, *uet("denied")]
    assert page.evaluate("uetq") == start
    assert page.evaluate("self.tagRan") is None
    accept(page)
    wait_until(page, "self.tagRan")
    assert page.evaluate("uetq.queue") == [*start, *uet("granted")]
    assert page.evaluate("tagRan") == len(start) + 3  # granted before the tag ran
    page.evaluate(
        "addEventListener('pagehide', () => sessionStorage.last = uetq.queue.at(-1).ad_storage)"
    )
    with page.expect_event("load"):
        page.locator("#consent-withdraw-all").click()
    assert page.evaluate("sessionStorage.last") == "denied"
    assert page.evaluate("uetq.at(-1)") == {"ad_storage": "denied"}


@pytest.mark.parametrize(
    ("allowed", "ads", "analytics"),
    [
        (None, "denied", "denied"),
        (("analytics",), "denied", "granted"),
        (("ads",), "granted", "denied"),
        (ALL, "granted", "granted"),
    ],
)
def test_microsoft_clarity(
    website: Website,
    new_page: NewPage,
    allowed: tuple[str, ...] | None,
    ads: str,
    analytics: str,
) -> None:
    """`consentv2` with both kinds of storage, on every page and at every change."""
    head = recipe("microsoft-clarity") + OURS
    page = visit(website, new_page, "microsoft-clarity", head, allowed)
    first = ["consentv2", {"ad_Storage": ads, "analytics_Storage": analytics}]
    assert told(page, "clarity.q") == [first]
    page.evaluate("consent.withdraw()")
    refused = ["consentv2", {"ad_Storage": "denied", "analytics_Storage": "denied"}]
    assert told(page, "clarity.q") == [first, refused]


@pytest.mark.legal("WD-06")
@pytest.mark.parametrize("is_first", [False, True])
def test_matomo(website: Website, new_page: NewPage, *, is_first: bool) -> None:
    """`requireConsent` before `trackPageView`, then `setConsentGiven` and `forgetConsentGiven`."""
    parts = (recipe("matomo"), OURS) if is_first else (OURS, recipe("matomo"))
    code = "<script>_paq.push(['trackPageView'])</script>"
    page = visit(website, new_page, "matomo", "".join(parts) + code, None)
    assert page.evaluate("_paq") == [["requireConsent"], ["trackPageView"]]
    accept(page)
    assert page.evaluate("_paq[2]") == ["setConsentGiven"]
    page.locator("#consent-withdraw-all").click()
    wait_until(page, "_paq.length === 4")
    assert page.evaluate("_paq[3]") == ["forgetConsentGiven"]


def test_matomo_on_a_later_page(website: Website, new_page: NewPage) -> None:
    code = "<script>_paq.push(['trackPageView'])</script>"
    page = visit(website, new_page, "matomo", OURS + recipe("matomo") + code, ("analytics",))
    assert page.evaluate("_paq") == [["requireConsent"], ["setConsentGiven"], ["trackPageView"]]


@pytest.mark.legal("WD-06")
def test_meta_pixel(website: Website, new_page: NewPage) -> None:
    """`revoke` before `init` on every page; `grant` with consent."""
    gate = waiting("ads")
    stub = "self.fbq = (...call) => (fbq.queue = fbq.queue || []).push(call)"
    rest = "fbq('init', '1'); fbq('track', 'PageView')"
    page = visit(
        website,
        new_page,
        "meta-pixel",
        f"{OURS}<script {gate}>{stub}</script>{recipe('meta-pixel', gate)}"
        f"<script {gate}>{rest}</script>",
        None,
    )
    assert page.evaluate("typeof fbq") == "undefined"
    accept(page)
    wait_until(page, "self.fbq?.queue?.length === 4")
    sequence = [["consent", "revoke"], ["consent", "grant"], ["init", "1"], ["track", "PageView"]]
    assert page.evaluate("fbq.queue") == sequence
    page.evaluate("addEventListener('pagehide', () => sessionStorage.last = fbq.queue.at(-1))")
    with page.expect_event("load"):
        page.locator("#consent-withdraw-all").click()
    assert page.evaluate("sessionStorage.last") == "consent,revoke"
    assert page.evaluate("typeof fbq") == "undefined"


@pytest.mark.legal("PB-01", "WD-06")
def test_piwik_pro(website: Website, new_page: NewPage) -> None:
    """`setComplianceSettings` with 1 or 0 for each kind of consent, and nothing before a choice."""
    gate = waiting("analytics")
    stub = "self.ppms = {cm: {api: (...call) => (ppms.queue = ppms.queue || []).push(call)}}"
    head = f"{OURS}<script {gate}>{stub}</script>{recipe('piwik-pro', gate)}"
    page = visit(website, new_page, "piwik-pro", head, ("analytics", "ads"))
    wait_until(page, "self.ppms?.queue")

    def settings(ads: int, analytics: int) -> dict[str, Any]:
        kinds = {
            "analytics": analytics,
            "ab_testing_and_personalization": 0,
            "conversion_tracking": ads,
            "remarketing": ads,
        }
        return {"consents": {kind: {"status": status} for kind, status in kinds.items()}}

    assert page.evaluate("ppms.queue.map(call => call.slice(0, 2))") == [
        ["setComplianceSettings", settings(1, 1)]
    ]
    last = "JSON.stringify(ppms.queue.at(-1)[1])"
    page.evaluate(f"addEventListener('pagehide', () => sessionStorage.last = {last})")
    with page.expect_event("load"):
        page.locator("#consent-withdraw-all").click()
    assert page.evaluate("JSON.parse(sessionStorage.last)") == settings(0, 0)
    assert page.evaluate("typeof ppms") == "undefined"


def test_google_tag_manager(website: Website, new_page: NewPage) -> None:
    """An event for triggers beside Consent Mode, which the script speaks itself."""
    head = OURS + recipe("google-tag-manager")
    page = visit(website, new_page, "google-tag-manager", head, ("functional",))
    assert page.evaluate("dataLayer") == [{"event": "consent_known", "consent": ["functional"]}]
    page.evaluate("consent.withdraw()")
    assert page.evaluate("dataLayer[1]") == {"event": "consent_known", "consent": []}
