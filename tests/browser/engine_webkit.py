"""A visitor in WebKit, by WebDriver: a browser of its own, since nothing clears a used one.

Under automation WebKit keeps what pages store in memory only, and starts in about half a second.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from urllib3.exceptions import HTTPError

from tests.browser.enclosure import Wall, program, running_screen
from tests.browser.engines import ANSWER_SECONDS, NewVisitor, Settings, Visitor, eventually
from tests.ports import free_port

KEYS = {"Tab": Keys.TAB, "Escape": Keys.ESCAPE, "Enter": Keys.ENTER}
#: A browser that hangs before its first page is started once more, and only once.
STARTS = 2
START_SECONDS = 40
# The buttons of the browser's own window would keep it wider than a telephone.
SMALL_CONTROLS = """
* { border-width: 0; font-size: 1px; margin: 0; min-height: 0; min-width: 0; padding: 0 }
"""


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

    def press(self, key: str, *, is_shifted: bool = False) -> None:
        actions = webdriver.ActionChains(self._driver)
        if is_shifted:
            actions.key_down(Keys.SHIFT)
        actions.send_keys(KEYS.get(key, key))
        if is_shifted:
            actions.key_up(Keys.SHIFT)
        actions.perform()

    def set_window(self, width: int, height: int) -> None:
        outer = self._driver.get_window_size()
        inner = self._size()
        self._driver.set_window_size(
            width + outer["width"] - inner[0], height + outer["height"] - inner[1]
        )
        eventually(lambda: self._size() == [width, height], f"the window is {width} x {height}")

    def open_tab(self) -> None:
        self._driver.switch_to.new_window("tab")

    def turn_to(self, tab: int) -> None:
        self._driver.switch_to.window(self._driver.window_handles[tab])

    def evaluate(self, function: str) -> Any:
        return self._driver.execute_script(f"return ({function})()")

    def cookies(self) -> dict[str, str]:
        return {one["name"]: one["value"] for one in self._driver.get_cookies()}

    def close(self) -> None:
        try:
            self._driver.quit()
        finally:
            self._service.stop()

    def _size(self) -> Any:
        return self.evaluate("() => [innerWidth, innerHeight]")


@contextmanager
def webkit_visitors(wall: Wall) -> Iterator[NewVisitor]:
    """Start a screen, and give a maker of visitors on it."""
    path = program("WebKitWebDriver")
    with running_screen() as screen, tempfile.TemporaryDirectory() as folder:
        style = Path(folder, "gtk-3.0", "gtk.css")
        style.parent.mkdir()
        style.write_text(SMALL_CONTROLS)
        environment = {
            **os.environ,
            "DISPLAY": screen,
            "HOME": folder,
            "XDG_CONFIG_HOME": folder,
            "XDG_RUNTIME_DIR": folder,
            "LANGUAGE": "en_GB",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
        }

        def make(settings: Settings) -> WebKitVisitor:
            options = _options(wall, settings)
            for start in range(STARTS):
                # With a port of ours: the one it picks by itself another server may bind first.
                service = Service(path, port=free_port(), env=environment)
                service.start()
                try:
                    return WebKitVisitor(_session(service, options), service)
                except (WebDriverException, HTTPError):
                    service.stop()
                    if start == STARTS - 1:
                        raise
                except BaseException:
                    service.stop()
                    raise
            raise AssertionError

        yield make


def _options(wall: Wall, settings: Settings) -> Options:
    options = Options()
    # Not as WebDriver's `proxy`: of that, WebKitGTK 2.50 reads past the end of `noProxy`,
    # crashes now and then before its first page, and leaves its driver waiting.
    arguments = [
        "--automation",
        f"--proxy=http://127.0.0.1:{wall.port}",
        "--ignore-host=localhost",
        "--ignore-host=*.localhost",
        f"--enable-javascript={str(settings.runs_scripts).lower()}",
    ]
    for argument in [*arguments, "--dark-mode"] if settings.is_dark else arguments:
        options.add_argument(argument)
    return options


def _session(service: Service, options: Options) -> webdriver.Remote:
    config = ClientConfig(service.service_url, timeout=START_SECONDS)
    connection = RemoteConnection(client_config=config)
    driver = webdriver.Remote(connection, options=options)
    config.timeout = ANSWER_SECONDS
    return driver
