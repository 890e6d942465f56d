"""Make the pictures of the documentation: `python -m tests.browser.screenshots FOLDER`.

They are taken from the running demo in a real browser, on a phone and a desktop, light and dark.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS
from tests.browser.demo_fixture import Demo, running_demo
from tests.databases import copy_sqlite, migrate_sqlite_template

Scheme = Literal["light", "dark"]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 860}


def show_banner(page: Page, demo: Demo) -> None:
    page.goto(demo.url)
    page.locator("#consent-banner").wait_for()


def show_dialog(page: Page, demo: Demo) -> None:
    show_banner(page, demo)
    page.locator("#consent-choose").click()
    page.locator("#consent-dialog").wait_for()


def show_effect(page: Page, demo: Demo) -> None:
    show_banner(page, demo)
    page.locator("#consent-accept-all").click()
    # The page may load again by itself, for what the policy of no choice had held.
    page.wait_for_timeout(2_000)
    page.goto(f"{demo.url}/programme")
    page.get_by_text("What ran on this page").first.scroll_into_view_if_needed()
    page.wait_for_timeout(1_500)
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(500)


def show_embeds(page: Page, demo: Demo) -> None:
    show_banner(page, demo)
    page.locator("#consent-refuse-all").click()
    page.wait_for_timeout(500)
    page.goto(f"{demo.url}/visit")
    page.get_by_role("button", name="Load this once").first.scroll_into_view_if_needed()


def show_preferences(page: Page, demo: Demo) -> None:
    show_dialog(page, demo)
    page.locator("#consent-dialog input[type=checkbox]").first.check()
    page.locator("#consent-save").click()
    page.wait_for_timeout(800)
    page.goto(f"{demo.preferences}?lang=en")


def show_policy(page: Page, demo: Demo) -> None:
    page.goto(demo.preferences.replace("/preferences", "/policy?lang=en"))


SCENES: dict[str, Callable[[Page, Demo], None]] = {
    "banner": show_banner,
    "dialog": show_dialog,
    "effect": show_effect,
    "embeds": show_embeds,
    "preferences": show_preferences,
    "policy": show_policy,
}


def take(browser: Browser, demo: Demo, folder: Path) -> None:
    """Take each scene on both sizes and in both schemes."""
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for size, viewport in (("phone", PHONE), ("desktop", DESKTOP)):
        for scheme in schemes:
            for name, show in SCENES.items():
                options: dict[str, Any] = {"viewport": viewport, "color_scheme": scheme}
                context = browser.new_context(locale="en-GB", **options)
                page = context.new_page()
                show(page, demo)
                page.screenshot(
                    path=folder / f"{name}-{size}-{scheme}.jpg", type="jpeg", quality=82
                )
                context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        home.mkdir()
        url = copy_sqlite(migrate_sqlite_template(Path(scratch)), home)
        with running_demo(url, home) as demo, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                chromium_sandbox=os.geteuid() != 0,
                args=FLAGS,
            )
            take(browser, demo, folder)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
