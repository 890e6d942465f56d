"""Start the browser that is at hand, with no way out to any network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from consent.errors import ConsentError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

# What the browser is called on PATH, as Debian, Fedora, Alpine and its makers name it.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIMEOUT_MS = 10_000

_START_TIMEOUT_MS = 60_000
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # what is not answered below reaches nobody
)


class BrowserUnavailableError(ConsentError):
    """Nothing can be drawn here and now; the message says why and what would help."""


def find_browser(wanted: str | None = None) -> str | None:
    """Return the path of a browser that can draw: the one wanted, else the first on PATH."""
    names = (wanted,) if wanted else BROWSERS
    return next((path for name in names if (path := shutil.which(name)) is not None), None)


@contextmanager
def open_browser(executable: str | None) -> Iterator[Browser]:
    """Start a browser; every fault of its own becomes one sentence."""
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise BrowserUnavailableError(
            "drawing needs the extra: `pip install 'consent[pictures]'`"
        ) from error
    path = find_browser(executable)
    if path is None:
        absent = f"no browser {executable}" if executable else "no browser here"
        raise BrowserUnavailableError(
            f"there is {absent}; install Chromium or name one in CONSENT_BROWSER"
        )
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=path,
                chromium_sandbox=os.geteuid() != 0,  # Chromium has none for root
                args=list(_FLAGS),
                timeout=_START_TIMEOUT_MS,
            )
            try:
                yield browser
            finally:
                browser.close()
    except Error as error:
        raise BrowserUnavailableError(
            f"the browser {path} could not draw ({error.message.splitlines()[0]})"
        ) from error


def answer_only(page: Page, answers: dict[str, tuple[str, bytes | str]]) -> None:
    """Answer these addresses of a page, each with its type and body; refuse every other one."""

    def answer(route: Route) -> None:
        known = answers.get(route.request.url)
        if known is None:
            route.abort()
        else:
            route.fulfill(content_type=f"{known[0]}; charset=utf-8", body=known[1])

    page.route("**/*", answer)
