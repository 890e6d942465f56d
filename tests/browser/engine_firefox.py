"""A visitor in Firefox, by Marionette: a tab of its own in one Firefox, cleared after each."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.browser.enclosure import Wall, program
from tests.browser.engines import ANSWER_SECONDS, NewVisitor, Settings, Visitor

with warnings.catch_warnings():
    # mozinfo, which these need, writes "\\d" in a plain string.
    warnings.simplefilter("ignore", DeprecationWarning)
    from marionette_driver.by import By
    from marionette_driver.errors import MarionetteException
    from marionette_driver.keys import Keys
    from marionette_driver.marionette import Marionette

# What Marionette's own preferences leave on of what a fresh Firefox does by itself.
QUIET: dict[str, Any] = {
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
KEYS = {"Tab": Keys.TAB, "Escape": Keys.ESCAPE, "Enter": Keys.ENTER}
# The window itself can't be made as narrow as a telephone.
SET_SIZE = """
    const { style } = gBrowser.selectedBrowser;
    for (const [name, pixels] of Object.entries({ width: arguments[0], height: arguments[1] })) {
        for (const limit of ["", "min-", "max-"]) style.setProperty(limit + name, pixels + "px");
    }
"""
CLEAR = "Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, arguments[0])"


class FirefoxVisitor(Visitor):
    interruptions = (MarionetteException,)
    has_gpc = True

    def __init__(self, firefox: Marionette, settings: Settings) -> None:
        self._firefox = firefox
        self._settings = settings
        self._own = firefox.current_window_handle
        self._tabs: list[str] = []
        firefox.set_prefs(
            {
                "layout.css.prefers-color-scheme.content-override": 0 if settings.is_dark else 1,
                "privacy.globalprivacycontrol.enabled": settings.asks_for_privacy,
                "privacy.globalprivacycontrol.functionality.enabled": True,
            }
        )
        self.open_tab()

    def goto(self, url: str) -> None:
        self._firefox.navigate(url)

    def reload(self) -> None:
        self._firefox.refresh()

    def click(self, selector: str) -> None:
        self._firefox.find_element(By.CSS_SELECTOR, selector).click()

    def press(self, key: str, *, is_shifted: bool = False) -> None:
        actions = self._firefox.actions.sequence("key", "keyboard")
        if is_shifted:
            actions.key_down(Keys.SHIFT)
        actions.send_keys(KEYS.get(key, key))
        if is_shifted:
            actions.key_up(Keys.SHIFT)
        actions.perform()

    def set_window(self, width: int, height: int) -> None:
        self._in_browser(SET_SIZE, width, height)
        self.wait_until(f"() => innerWidth === {width} && innerHeight === {height}")

    def open_tab(self) -> None:
        self._tabs.append(self._firefox.open(type="tab", focus=True)["handle"])
        self.turn_to(-1)
        self._in_browser(
            "gBrowser.selectedBrowser.browsingContext.allowJavascript = arguments[0]",
            self._settings.runs_scripts,
        )

    def turn_to(self, tab: int) -> None:
        self._firefox.switch_to_window(self._tabs[tab])

    def evaluate(self, function: str) -> Any:
        # Without a sandbox, a function sees what the page's own scripts see.
        return self._firefox.execute_script(f"return ({function})()", sandbox=None)

    def cookies(self) -> dict[str, str]:
        return {one["name"]: one["value"] for one in self._firefox.get_cookies()}

    def close(self) -> None:
        for tab in self._tabs:
            self._firefox.switch_to_window(tab)
            self._firefox.close()
        self._firefox.switch_to_window(self._own)
        with self._firefox.using_context("chrome"):
            self._firefox.execute_async_script(CLEAR)

    def _in_browser(self, script: str, *values: object) -> None:
        """Run a script with the rights of the browser itself."""
        with self._firefox.using_context("chrome"):
            self._firefox.execute_script(script, list(values))


@contextmanager
def firefox_visitors(wall: Wall) -> Iterator[NewVisitor]:
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
                prefs=QUIET | proxy,
            )
        try:
            firefox.start_session()
            yield lambda settings: FirefoxVisitor(firefox, settings)
            firefox.quit()
        finally:
            firefox.cleanup()
