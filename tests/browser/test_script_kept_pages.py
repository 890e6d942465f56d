"""Pages kept for the way back, and pages made before anybody asks to see them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import FLAGS
from tests.browser.script_fixture import CATEGORIES, SCRIPT, Website, choice_cookie
from tests.browser.waiting import wait_until

pytestmark = pytest.mark.browser

NONE = dict.fromkeys(CATEGORIES, False)
NOTE = '<script type="text/plain" data-consent="ads">(self.ran = self.ran || []).push(1)</script>'


def eventually(holds: Callable[[], object]) -> None:
    """Wait for something that only the server sees."""
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def keeping_browser(chromium: Browser) -> Iterator[Browser]:
    """A browser that keeps pages for the way back, which Playwright switches off otherwise."""
    browser = chromium.browser_type.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        chromium_sandbox=os.geteuid() != 0,
        args=FLAGS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


# What a page left at once is to do in a tenth of a second happens after the way back.
LEFT_AT_ONCE = """<script>
  self.setTimeout = new Proxy(setTimeout, {
    apply: (timer, self, [call, delay, ...rest]) => delay === 100
      ? addEventListener('pageshow', event => event.persisted && timer(call, delay, ...rest))
      : timer(call, delay, ...rest),
  });
</script>"""


@pytest.mark.legal("PB-14", "WD-04")
@pytest.mark.parametrize("left", ["", LEFT_AT_ONCE], ids=["left later", "left at once"])
def test_a_page_kept_for_the_way_back_notices_a_withdrawal(
    website: Website, keeping_browser: Browser, left: str
) -> None:
    context = keeping_browser.new_context()
    page = context.new_page()
    cookie = {"name": "consent", "value": choice_cookie("ads"), "url": website.url()}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto(website.page(f"{left}<main>Text{NOTE}</main>"))
    wait_until(page, "self.ran?.length === 1")
    page.evaluate("addEventListener('pageshow', event => fetch('/kept/' + event.persisted))")
    website.page(path="/next")
    page.goto(website.url("/next"))
    page.locator("#consent-withdraw-all").click()
    wait_until(page, "document.cookie.includes('ads-0')")
    # Playwright's own way back waits for a load of the kept page, which may end unseen before it
    # looks; so it is the website that sees the page come back, and be loaded a second time.
    page.evaluate("setTimeout(() => history.back())")
    eventually(lambda: "/kept/true" in website.paths() and website.paths().count("/") == 2)
    # It ran a tag that is refused now: it is loaded anew, and the tag stays blocked.
    wait_until(page, "document.readyState === 'complete' && !self.ran")
    assert page.evaluate("consent.state.choices") == NONE
    context.close()


FIRST = """
  document.cookie = 'consent=%s';
  const rules = document.createElement('script');
  rules.type = 'speculationrules';
  rules.textContent = JSON.stringify(
    {prerender: [{source: 'list', urls: ['/next'], eagerness: 'immediate'}]});
  document.head.append(rules);
  const go = answer => answer.ok ? location.href = '/next' : setTimeout(wait, 50);
  const wait = () => fetch('/go').then(go);
  wait();
"""
SECOND = """
  const say = what => fetch('/said/' + what + (document.prerendering ? '-unseen' : '-seen'));
  say(consent.allows('ads') ? 'allows' : 'waits');
  document.addEventListener('consent:ready', () => say('ready'));
"""


@pytest.fixture
def unwatched(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Open an address without a debugger, which would rule out pages made beforehand."""
    running: list[subprocess.Popen[bytes]] = []

    def visit(url: str) -> None:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        flags = ["--headless=new", f"--user-data-dir={tmp_path}", *sandbox, *FLAGS]
        quiet = subprocess.DEVNULL
        running.append(subprocess.Popen([chromium, *flags, url], stdout=quiet, stderr=quiet))

    yield visit
    for process in running:
        process.terminate()
        process.wait(20)


@pytest.mark.legal("PB-14", "PB-02")
def test_a_page_made_beforehand_waits_until_it_is_seen(
    website: Website, unwatched: Callable[[str], None]
) -> None:
    website.pages["/second.js"] = SECOND
    website.pages["/first.js"] = FIRST % choice_cookie("ads")
    gated = '<script type="text/plain" data-consent="ads" src="/said/tag"></script>'
    website.page(
        f"<main>Text{gated}</main>",
        path="/next",
        script=f'<script src="{SCRIPT}"></script><script src="/second.js"></script>',
    )
    unwatched(website.page(script='<script src="/first.js" defer></script>'))

    def said() -> list[str]:
        return [path for path in website.paths() if path.startswith("/said/")]

    eventually(lambda: said() == ["/said/waits-unseen"])
    website.pages["/go"] = "now"
    eventually(lambda: len(said()) == 3)
    assert set(said()) == {"/said/waits-unseen", "/said/ready-seen", "/said/tag"}
    assert website.paths().count("/next") == 1
    assert website.acts == []
