"""A real browser for every test below, kept from anything outside this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.auto_fixture import auto_config
from tests.browser.enclosure import Wall, standing_wall
from tests.browser.engine_chromium import ChromiumVisitor
from tests.browser.engine_firefox import firefox_visitors
from tests.browser.engine_webkit import webkit_visitors
from tests.browser.engines import PLAIN, NewVisitor, Settings, Visitor
from tests.browser.script_fixture import Website, running_website

# Only loopback names resolve, so that a request to any third party fails at once.
RESOLVER_RULES = (
    "MAP shop.test 127.0.0.1, MAP other.test 127.0.0.1, "
    "EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost, MAP * ~NOTFOUND"
)
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    f"--host-resolver-rules={RESOLVER_RULES}",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            chromium_sandbox=os.geteuid() != 0,
            args=FLAGS,
        )
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Make browser contexts (visitors with nothing stored), closed after the test."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(chromium.new_context(**options))
        contexts[-1].set_default_timeout(20_000)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def new_page(new_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Make a page of a visitor of its own; options are those of a browser context."""
    return lambda **options: new_context(**options).new_page()


@pytest.fixture
def website() -> Iterator[Website]:
    """A website with the built script, and a stand-in for the service, for the script's tests."""
    with running_website() as site:
        yield site


@pytest.fixture
def automatic(website: Website) -> None:
    """Have the website use the automatic blocker."""
    website.auto = auto_config()


@pytest.fixture(scope="session")
def wall() -> Iterator[Wall]:
    with standing_wall() as wall:
        yield wall


@pytest.fixture(scope="session")
def new_chromium_visitor(chromium: Browser) -> NewVisitor:
    return lambda settings: ChromiumVisitor(chromium, settings)


@pytest.fixture(scope="session")
def new_firefox_visitor(wall: Wall) -> Iterator[NewVisitor]:
    with firefox_visitors(wall) as make:
        yield make


@pytest.fixture(scope="session")
def new_webkit_visitor(wall: Wall) -> Iterator[NewVisitor]:
    with webkit_visitors(wall) as make:
        yield make


# One group for each engine: a worker that runs one of its tests runs all, and starts it once.
@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.xdist_group(name))
        for name in ("chromium", "firefox", "webkit")
    ]
)
def new_visitor(request: pytest.FixtureRequest, wall: Wall) -> Iterator[NewVisitor]:
    """Make somebody new in each engine in turn, who contacts nothing outside this machine."""
    make: NewVisitor = request.getfixturevalue(f"new_{request.param}_visitor")
    with ExitStack() as stack:

        def enter(settings: Settings) -> Visitor:
            visitor = make(settings)
            stack.callback(visitor.close)
            return visitor

        yield enter
    assert wall.met == []


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    return new_visitor(PLAIN)
