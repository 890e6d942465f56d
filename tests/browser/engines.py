"""One visitor, the same in three engines: Chromium, Firefox and WebKit, as the shared tests need.

Playwright drives only a Chromium that is installed by the system; Debian's Firefox understands
Marionette, its own protocol, and WebKitGTK has a WebDriver. This is what the three have in common.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import Error as PlaywrightError
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.enclosure import Wall, program, running_screen

with warnings.catch_warnings():
    # mozinfo, which these need, writes "\\d" in a plain string.
    warnings.simplefilter("ignore", DeprecationWarning)
    from marionette_driver.by import By as FirefoxBy
    from marionette_driver.errors import MarionetteException
    from marionette_driver.keys import Keys as FirefoxKeys
    from marionette_driver.marionette import Marionette

PATIENCE = 10
PAUSE = 0.05
#: An engine that has not answered after this time hangs.
ANSWER_SECONDS = 40

# What Marionette's own preferences leave on of what a fresh Firefox does by itself.
QUIET_FIREFOX: dict[str, Any] = {
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.search.update": False,
    "browser.startup.page": 0,
    "intl.accept_languages": "en-GB, en",
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "toolkit.telemetry.enabled": False,
}


def eventually(holds: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something outside the page holds; fail with `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds} s still not: {what}")
        time.sleep(PAUSE)


class Visitor(ABC):
    """Somebody with nothing stored, in one tab of one engine. Elements are named by selectors."""

    #: What the engine raises when a question meets a page that is just being replaced.
    interruptions: tuple[type[Exception], ...]

    @abstractmethod
    def goto(self, url: str) -> None:
        """Open an address and wait until the page has loaded."""

    @abstractmethod
    def reload(self) -> None: ...

    @abstractmethod
    def click(self, selector: str) -> None:
        """Scroll to the one element and click on it, as a pointer does."""

    @abstractmethod
    def press_escape(self) -> None: ...

    @abstractmethod
    def evaluate(self, function: str) -> Any:
        """Return what a JavaScript function gives in the page, or what its promise gives."""

    @abstractmethod
    def cookies(self) -> dict[str, str]:
        """Return the cookies of the present page, those hidden from scripts included."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing of this visitor behind."""

    def text(self, selector: str) -> str:
        text: str = self.evaluate(f"() => document.querySelector('{selector}').innerText")
        return text

    def texts(self, selector: str) -> list[str]:
        texts: list[str] = self.evaluate(
            f"() => [...document.querySelectorAll('{selector}')].map(one => one.innerText)"
        )
        return texts

    def sees(self, selector: str) -> bool:
        """Say whether an element is drawn inside the window."""
        is_seen: bool = self.evaluate(
            f"""() => {{
                const box = document.querySelector('{selector}')?.getBoundingClientRect();
                return !!box && box.width > 0 && box.height > 0
                    && box.bottom > 0 && box.top < innerHeight;
            }}"""
        )
        return is_seen

    def wait_until(self, function: str) -> None:
        """Wait until a function gives true in the page; the page may be replaced meanwhile."""

        def holds() -> bool:
            with suppress(*self.interruptions):
                return bool(self.evaluate(function))
            return False

        eventually(holds, function)

    def wait_for(self, selector: str) -> None:
        self.wait_until(f"() => !!document.querySelector('{selector}')")

    def wait_without(self, selector: str) -> None:
        self.wait_until(f"() => !document.querySelector('{selector}')")

    def rest(self) -> None:
        """Wait until the page has loaded and has asked for nothing for half a second."""
        self.wait_until("() => document.readyState === 'complete'")
        self.evaluate(
            """() => new Promise((resolve) => {
                let timer = setTimeout(resolve, 500);
                new PerformanceObserver(() => {
                    clearTimeout(timer);
                    timer = setTimeout(resolve, 500);
                }).observe({ type: "resource" });
            })"""
        )

    def stored(self) -> list[str]:
        """Return the names of what the page's origin keeps on the device, cookies apart."""
        names: list[str] = self.evaluate(
            """async () => [
                ...Object.keys(localStorage),
                ...Object.keys(sessionStorage),
                ...(await indexedDB.databases()).map(one => one.name),
                ...(await caches.keys()),
                ...(await navigator.serviceWorker.getRegistrations()).map(one => one.scope),
            ]"""
        )
        return names


class ChromiumVisitor(Visitor):
    interruptions = (PlaywrightError,)

    def __init__(self, browser: PlaywrightBrowser) -> None:
        self._context = browser.new_context(locale="en-GB")
        self._context.set_default_timeout(PATIENCE * 1000)
        self._page = self._context.new_page()

    def goto(self, url: str) -> None:
        self._page.goto(url)

    def reload(self) -> None:
        self._page.reload()

    def click(self, selector: str) -> None:
        self._page.click(selector)

    def press_escape(self) -> None:
        self._page.keyboard.press("Escape")

    def evaluate(self, function: str) -> Any:
        return self._page.evaluate(function)

    def cookies(self) -> dict[str, str]:
        return {one["name"]: one["value"] for one in self._context.cookies(self._page.url)}

    def close(self) -> None:
        self._context.close()


class FirefoxVisitor(Visitor):
    interruptions = (MarionetteException,)

    def __init__(self, firefox: Marionette) -> None:
        self._firefox = firefox

    def goto(self, url: str) -> None:
        self._firefox.navigate(url)

    def reload(self) -> None:
        self._firefox.refresh()

    def click(self, selector: str) -> None:
        self._firefox.find_element(FirefoxBy.CSS_SELECTOR, selector).click()

    def press_escape(self) -> None:
        self._firefox.actions.sequence("key", "keyboard").send_keys(FirefoxKeys.ESCAPE).perform()

    def evaluate(self, function: str) -> Any:
        # Without a sandbox, a function sees what the page's own scripts see.
        return self._firefox.execute_script(f"return ({function})()", sandbox=None)

    def cookies(self) -> dict[str, str]:
        return {one["name"]: one["value"] for one in self._firefox.get_cookies()}

    def close(self) -> None:
        self._firefox.navigate("about:blank")
        with self._firefox.using_context("chrome"):
            self._firefox.execute_async_script(
                "Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, arguments[0])"
            )


class WebKitVisitor(Visitor):
    interruptions = (WebDriverException,)

    def __init__(self, driver: webdriver.Remote, service: Service) -> None:
        self._driver = driver
        self._service = service

    def goto(self, url: str) -> None:
        self._driver.get(url)

    def reload(self) -> None:
        self._driver.refresh()

    def click(self, selector: str) -> None:
        self._driver.find_element(By.CSS_SELECTOR, selector).click()

    def press_escape(self) -> None:
        webdriver.ActionChains(self._driver).send_keys(Keys.ESCAPE).perform()

    def evaluate(self, function: str) -> Any:
        return self._driver.execute_script(f"return ({function})()")

    def cookies(self) -> dict[str, str]:
        return {one["name"]: one["value"] for one in self._driver.get_cookies()}

    def close(self) -> None:
        try:
            self._driver.quit()
        finally:
            self._service.stop()


@contextmanager
def firefox_visitors(wall: Wall) -> Iterator[Callable[[], FirefoxVisitor]]:
    """Start one Firefox with a profile of its own, and give a maker of visitors in it.

    Names under localhost resolve by themselves and take no proxy.
    """
    binary = program("firefox-esr")
    proxy: dict[str, Any] = {"network.proxy.type": 1}
    for scheme in ("http", "ssl"):
        proxy |= {
            f"network.proxy.{scheme}": "127.0.0.1",
            f"network.proxy.{scheme}_port": wall.port,
        }
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # Only with this variable does a released Firefox heed Marionette's address for its
        # settings service; otherwise it asks Mozilla's, hundreds of times.
        patch.setenv("MOZ_REMOTE_SETTINGS_DEVTOOLS", "1")
        patch.setenv("HOME", folder)
        with warnings.catch_warnings():
            # Marionette drops a socket unclosed each time that Firefox does not listen yet.
            warnings.simplefilter("ignore", ResourceWarning)
            firefox = Marionette(
                bin=binary,
                headless=True,
                port=0,
                socket_timeout=ANSWER_SECONDS,
                startup_timeout=ANSWER_SECONDS,
                gecko_log=f"{folder}/firefox.log",
                workspace=folder,
                prefs=QUIET_FIREFOX | proxy,
            )
        try:
            firefox.start_session()
            yield lambda: FirefoxVisitor(firefox)
            firefox.quit()
        finally:
            firefox.cleanup()


@contextmanager
def webkit_visitors(wall: Wall) -> Iterator[Callable[[], WebKitVisitor]]:
    """Start a screen, and give a maker of visitors on it.

    Each is a browser with a driver of its own: WebDriver can't clear what WebKit stored, but under
    automation WebKit keeps it in memory only.
    """
    path = program("WebKitWebDriver")
    with running_screen() as screen, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DISPLAY": screen,
            "HOME": folder,
            "XDG_RUNTIME_DIR": folder,
            "LANGUAGE": "en_GB",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
        }

        def make() -> WebKitVisitor:
            options = Options()
            # Not as WebDriver's `proxy`: of that, WebKitGTK 2.50 reads past the end of `noProxy`,
            # crashes now and then before its first page, and leaves its driver waiting.
            for argument in (
                "--automation",
                f"--proxy=http://127.0.0.1:{wall.port}",
                "--ignore-host=localhost",
                "--ignore-host=*.localhost",
            ):
                options.add_argument(argument)
            service = Service(path, env=environment)
            service.start()
            try:
                config = ClientConfig(service.service_url, timeout=ANSWER_SECONDS)
                driver = webdriver.Remote(RemoteConnection(client_config=config), options=options)
            except BaseException:
                service.stop()
                raise
            return WebKitVisitor(driver, service)

        yield make
