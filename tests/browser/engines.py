"""One visitor, the same in three engines: Chromium, Firefox and WebKit, as the shared tests need.

Playwright drives only a Chromium that is installed by the system; Debian's Firefox understands
Marionette, its own protocol, and WebKitGTK has a WebDriver. This is what the three have in common;
each has a module of its own: `engine_chromium`, `engine_firefox`, `engine_webkit`.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

PATIENCE = 30
PAUSE = 0.05
#: An engine that has not answered after this time hangs.
ANSWER_SECONDS = 90
#: More stops than any page of the tests has before its banner is passed.
MOST_STOPS = 30


def eventually(holds: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something outside the page holds; fail with `what` was waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds} s still not: {what}")
        time.sleep(PAUSE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What somebody has set in the browser beforehand."""

    is_dark: bool = False
    runs_scripts: bool = True
    #: Global Privacy Control, where the engine has it (`Visitor.has_gpc`).
    asks_for_privacy: bool = False


PLAIN = Settings()


class Visitor(ABC):
    """Somebody with nothing stored, in one engine, with one tab at first.

    Elements are named by selectors. Keys have their names of DOM events, " " is the space bar.
    """

    #: What the engine raises when a question meets a page that is just being replaced.
    interruptions: tuple[type[Exception], ...]
    #: Whether the engine has Global Privacy Control of its own.
    has_gpc = False

    @abstractmethod
    def goto(self, url: str) -> None:
        """Open an address and wait until the page has loaded."""

    @abstractmethod
    def reload(self) -> None: ...

    @abstractmethod
    def click(self, selector: str) -> None:
        """Scroll to the one element and click on it, as a pointer does."""

    @abstractmethod
    def press(self, key: str, *, is_shifted: bool = False) -> None:
        """Press a key and let it go."""

    @abstractmethod
    def set_window(self, width: int, height: int) -> None:
        """Make the part of the window that shows the page so large, in CSS pixels."""

    @abstractmethod
    def open_tab(self) -> None:
        """Open an empty tab, and go on there."""

    @abstractmethod
    def turn_to(self, tab: int) -> None:
        """Go on in another tab; 0 is the first."""

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

    def style(self, selector: str, *properties: str) -> dict[str, str]:
        """Return computed style."""
        style: dict[str, str] = self.evaluate(
            f"""() => {{
                const style = getComputedStyle(document.querySelector('{selector}'));
                return Object.fromEntries({json.dumps(properties)}.map(one => [one, style[one]]));
            }}"""
        )
        return style

    def box(self, selector: str) -> dict[str, float]:
        """Return where an element is drawn in the window: x, y, width, height."""
        box: dict[str, float] = self.evaluate(
            f"""() => {{
                const {{ x, y, width, height }} =
                    document.querySelector('{selector}').getBoundingClientRect();
                return {{ x, y, width, height }};
            }}"""
        )
        return box

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

    def sees_nothing_cut_off(self) -> bool:
        """Say whether the page and all our parts of it fit into the window's width."""
        is_whole: bool = self.evaluate(
            """() => {
                const ours = document.querySelectorAll(".consent-ui, .consent-ui *");
                return [document.documentElement, ...ours].every((one) => {
                    const { left, right } = one.getBoundingClientRect();
                    const room = Math.max(one.clientWidth, one.offsetWidth);
                    return one.scrollWidth <= room && left >= 0 && right <= innerWidth;
                });
            }"""
        )
        return is_whole

    def focused(self) -> str:
        """Return what has focus: its id, else its tag; "BODY" for nothing."""
        name: str = self.evaluate(
            "() => document.activeElement.id || document.activeElement.tagName"
        )
        return name

    def tab_to(self, selector: str) -> list[str]:
        """Press Tab until an element has focus; return where focus was on the way."""
        stops: list[str] = []
        has_focus = f"() => document.activeElement.matches('{selector}')"
        while not self.evaluate(has_focus):
            if len(stops) == MOST_STOPS:
                pytest.fail(f"Tab does not lead to {selector}, only to {stops}")
            self.press("Tab")
            stops.append(self.focused())
        return stops[:-1]

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

    def wait_for_text(self, selector: str, text: str) -> None:
        self.wait_until(
            f"() => document.querySelector('{selector}')?.textContent === {json.dumps(text)}"
        )

    def wait_for_focus(self, selector: str) -> None:
        self.wait_until(f"() => !!document.activeElement?.matches('{selector}')")

    def wait_for_cookie(self, start: str) -> None:
        self.wait_until(f"() => document.cookie.split('; ').some(one => one.startsWith('{start}'))")

    def wait_until_saved(self, spelled: str = "") -> None:
        """Wait until the service has answered the last act, and the page has taken note of it.

        `spelled` is a part of the choice cookie then.
        """
        self.wait_until(
            f"() => /(?:^|; )consent=[^;]*{spelled}/.test(document.cookie)"
            " && localStorage.getItem('consent-unsent') === null"
        )

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


NewVisitor = Callable[[Settings], Visitor]
