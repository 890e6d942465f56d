"""A visitor in Chromium, by Playwright: a browser context of its own in the tests' one browser."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError

from tests.browser.engines import PATIENCE, Settings, Visitor


class ChromiumVisitor(Visitor):
    interruptions = (PlaywrightError,)

    def __init__(self, browser: Browser, settings: Settings) -> None:
        self._context = browser.new_context(
            locale="en-GB",
            color_scheme="dark" if settings.is_dark else "light",
            java_script_enabled=settings.runs_scripts,
        )
        self._context.set_default_timeout(PATIENCE * 1000)
        self._page = self._context.new_page()

    def goto(self, url: str) -> None:
        self._page.goto(url)

    def reload(self) -> None:
        self._page.reload()

    def click(self, selector: str) -> None:
        self._page.click(selector)

    def press(self, key: str, *, is_shifted: bool = False) -> None:
        self._page.keyboard.press(f"Shift+{key}" if is_shifted else key)

    def set_window(self, width: int, height: int) -> None:
        self._page.set_viewport_size({"width": width, "height": height})

    def open_tab(self) -> None:
        self._page = self._context.new_page()

    def turn_to(self, tab: int) -> None:
        self._page = self._context.pages[tab]
        self._page.bring_to_front()

    def evaluate(self, function: str) -> Any:
        return self._page.evaluate(function)

    def cookies(self) -> dict[str, str]:
        return {one["name"]: one["value"] for one in self._context.cookies(self._page.url)}

    def close(self) -> None:
        self._context.close()
