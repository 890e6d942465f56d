"""Wait for a page to come into a state, also under a Content-Security-Policy.

Playwright's own `wait_for_function` asks again by `eval` within the page, which a strict policy
refuses; so it works only where the state is there at the first look.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Error, Page

PAUSE_MS = 20
SECONDS = 30.0


def wait_until(page: Page, expression: str) -> None:
    """Return when an expression of JavaScript, or what it promises, is true; fail after 30 s."""
    deadline = time.monotonic() + SECONDS
    while not _holds(page, expression):
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not become true in {page.url}: {expression}")
        page.wait_for_timeout(PAUSE_MS)


def _holds(page: Page, expression: str) -> bool:
    try:
        return bool(page.evaluate(f"(async () => Boolean(await ({expression})))()"))
    except Error as error:  # the page is on its way to another one
        if "context was destroyed" in error.message or "navigation" in error.message:
            return False
        raise


def wait_until_saved(page: Page, spelled: str = "") -> None:
    """Return when the service has answered the last act here, and the page has taken note of it.

    `spelled` is a part of the choice cookie then. After it, nothing of the act is on its way.
    """
    wait_until(page, f"/(?:^|; )consent=[^;]*{spelled}/.test(document.cookie)")
    wait_until(page, "localStorage.getItem('consent-unsent') === null")


def wait_for(page: Page, holds: Callable[[], object], what: str) -> None:
    """Return when something holds that the page itself cannot see; fail with `what` after 30 s."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {SECONDS} s still not: {what}")
        page.wait_for_timeout(PAUSE_MS)


def settle(page: Page) -> None:
    """Return when a page is loaded and nothing has arrived for half a second.

    Chromium never reports the end of a `keepalive` request, so its own notion of an idle network is
    of no use after an act.
    """
    page.wait_for_load_state("load")
    wait_until(
        page,
        """new Promise((resolve) => {
            const done = () => resolve(true);
            let timer = setTimeout(done, 500);
            new PerformanceObserver(() => {
                clearTimeout(timer);
                timer = setTimeout(done, 500);
            }).observe({ type: "resource" });
        })""",
    )
