"""Tools that answer banners for their users answer ours: by our rules, and by guessing alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.demo_fixture import Demo, running_demo
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser

NewContext = Callable[..., BrowserContext]

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
AUTOCONSENT = SCRIPTS / "node_modules" / "@duckduckgo" / "autoconsent"
CONSENT_O_MATIC = SCRIPTS / "node_modules" / "consent-o-matic-engine"
OWN = json.loads((SCRIPTS / "rules" / "autoconsent.json").read_text("utf-8"))
OWN_O_MATIC = json.loads((SCRIPTS / "rules" / "consent-o-matic.json").read_text("utf-8"))


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demo]:
    with running_demo(sqlite_url, tmp_path) as demo:
        yield demo


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context(locale="en-GB").new_page()


CONFIG = {
    "enabled": True,
    "autoAction": "optOut",
    "disabledCmps": [],
    "enablePrehide": True,
    "enableCosmeticRules": True,
    "enableGeneratedRules": True,
    "enableHeuristicDetection": True,
    "heuristicMode": "off",
    "detectRetries": 20,
    "isMainWorld": True,
    "prehideTimeout": 2000,
    "logs": {},
}


def install(page: Page, package: Path, rules: dict[str, Any], **config: Any) -> None:
    """Have a tool's content script on every page, with the part of its browser played here."""
    answer = {"type": "initResp", "config": {**CONFIG, **config}, "rules": rules}
    page.add_init_script(
        f"""
        self.told = [];
        self.autoconsentSendMessage = async (message) => {{
            told.push(message);
            if (message.type === "init")
                setTimeout(() => autoconsentReceiveMessage({json.dumps(answer)}));
            if (message.type === "eval")
                setTimeout(() => autoconsentReceiveMessage(
                    {{type: "evalResp", id: message.id, result: false}}));
        }};
        """
    )
    page.add_init_script((package / "dist" / "autoconsent.playwright.js").read_text("utf-8"))


def untagged(demo: Demo) -> str:
    """Return a page without tags: a yes there releases none, so that it is not loaded again."""
    return f"{demo.url}/privacy"


def outcome(page: Page) -> Any:
    """Return what the tool says it has done, once it has."""
    wait_until(page, "self.told.some((one) => one.type === 'autoconsentDone')")
    return page.evaluate("told.find((one) => one.type === 'autoconsentDone').cmp")


def assert_choice_recorded(page: Page, demo: Demo, event: str) -> None:
    expect(page.locator("#consent-banner")).to_have_count(0)
    wait_until(page, "/(?:^|; )consent=/.test(document.cookie)")
    assert [one["event"] for one in demo.events()] == [event]


def test_autoconsent_refuses_by_our_rule(page: Page, demo: Demo) -> None:
    install(page, AUTOCONSENT, {"autoconsent": [OWN]})
    page.goto(demo.url)
    assert outcome(page) == "consent"
    assert_choice_recorded(page, demo, "refused")


def test_autoconsent_accepts_by_our_rule_for_who_wants_that(page: Page, demo: Demo) -> None:
    install(page, AUTOCONSENT, {"autoconsent": [OWN]}, autoAction="optIn")
    page.goto(untagged(demo))
    assert outcome(page) == "consent"
    assert_choice_recorded(page, demo, "granted")


@pytest.mark.parametrize("path", ["/", "/nl/"])
def test_autoconsent_refuses_by_its_heuristics_alone(page: Page, demo: Demo, path: str) -> None:
    """No rule, ours or another: it finds the button by what it says."""
    install(page, AUTOCONSENT, {"autoconsent": []}, heuristicMode="reject")
    page.goto(f"{demo.url}{path}")
    assert outcome(page) == "HEURISTIC-REJECT"
    assert_choice_recorded(page, demo, "refused")


def test_autoconsent_leaves_who_has_chosen_alone(page: Page, demo: Demo) -> None:
    page.goto(untagged(demo))
    page.get_by_role("button", name="Accept all").click()
    wait_until(page, "/(?:^|; )consent=/.test(document.cookie)")
    install(page, AUTOCONSENT, {"autoconsent": [OWN]}, detectRetries=2)
    page.reload()
    wait_until(page, "self.told.some((one) => one.type === 'cmpDetected')")
    page.wait_for_timeout(1000)  # nothing to wait for: it is to do nothing
    assert not page.evaluate("told.some((one) => one.type === 'optOutResult')")
    assert [one["event"] for one in demo.events()] == ["granted"]


def test_consent_o_matic_refuses_by_our_rule(page: Page, demo: Demo) -> None:
    install(page, CONSENT_O_MATIC, {"autoconsent": [], "consentomatic": OWN_O_MATIC})
    page.goto(demo.url)
    assert "consent" in outcome(page)
    assert_choice_recorded(page, demo, "refused")
    assert demo.events()[0]["control"] == "save"


def test_consent_o_matic_allows_what_its_user_wants_and_nothing_else(
    page: Page, demo: Demo
) -> None:
    """Of its kinds, ours are A (functional), E (personalisation) and F (ads)."""
    install(
        page,
        CONSENT_O_MATIC,
        {"autoconsent": [], "consentomatic": OWN_O_MATIC},
        autoAction="optIn",
    )
    page.goto(untagged(demo))
    assert "consent" in outcome(page)
    assert_choice_recorded(page, demo, "granted")


def test_nothing_is_hidden_from_automation(page: Page, demo: Demo) -> None:
    """A driven browser says so, and sees the same banner."""
    page.goto(demo.url)
    assert page.evaluate("navigator.webdriver") is True
    expect(page.locator("#consent-banner")).to_be_visible()
