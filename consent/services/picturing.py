"""Keep dated pictures of both layers of a notice, drawn by a real browser, beside the notice.

A browser is not always at hand, so that a notice can do without: it is then marked "text only".
What is drawn is the script itself with the configuration it is served with; no request leaves the
browser, since every address is answered from here or not at all.
"""

from __future__ import annotations

import hashlib
import html
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent.core.ids import uuid7
from consent.services.browsing import TIMEOUT_MS, answer_only, open_browser
from consent.services.sites import LiveSite
from consent.store import pictures as store
from consent.store.database import AnySession, write_transaction

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LAYERS = ("banner", "dialog")
VIEWPORTS: Mapping[str, tuple[int, int]] = {"phone": (390, 844), "desktop": (1280, 800)}
MEDIA_TYPE = "image/png"

_SCRIPT_PATH = "/consent-script.js"

Compose = Callable[[LiveSite, str], bytes]


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing to draw: a layer, in a language, at a size."""

    language: str
    layer: str
    viewport: str


def missing_scenes(session: AnySession, site: LiveSite, build: str) -> list[Scene]:
    """Return what no picture shows yet of the notice in force, as a build of the script draws it.

    By language and size, banner before dialog. A site that asks about nothing shows no layer.
    """
    if not site.notice.categories:
        return []
    taken = {
        Scene(picture.language, picture.layer, picture.viewport)
        for picture in store.list_pictures(session, site.notice.hash)
        if picture.build == build
    }
    scenes = [
        Scene(language, layer, viewport)
        for language in site.notice.languages
        for viewport in VIEWPORTS
        for layer in LAYERS
    ]
    return [scene for scene in scenes if scene not in taken]


def take_pictures(
    session: AnySession,
    site: LiveSite,
    build: str,
    compose: Compose,
    *,
    executable: str | None,
    now_ms: Callable[[], int],
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Draw and store what is missing of the notice in force; return how many were taken.

    `compose` gives the script of a site in a language, in the bytes it is served in. Each picture
    is stored by itself: what was drawn stays when a later one fails.
    Raises BrowserUnavailableError when the browser is missing or does not do it.
    """
    scenes = missing_scenes(session, site, build)
    session.rollback()
    if not scenes:
        return 0
    with open_browser(executable) as browser:
        for done, scene in enumerate(scenes, start=1):
            content = _draw(browser, site, scene, compose(site, scene.language))
            picture = _picture(site, build, scene, content, now_ms())
            with write_transaction(session):
                store.insert_picture(session, picture)
            on_progress(done, len(scenes))
    return len(scenes)


def _picture(
    site: LiveSite, build: str, scene: Scene, content: bytes, now: int
) -> store.DrawnPicture:
    return store.DrawnPicture(
        id=uuid7(now, secrets.token_bytes(10)),
        notice_hash=site.notice.hash,
        build=build,
        language=scene.language,
        layer=scene.layer,
        viewport=scene.viewport,
        media_type=MEDIA_TYPE,
        sha256=hashlib.sha256(content).hexdigest(),
        taken_at=now,
        content=content,
    )


def _draw(browser: Browser, site: LiveSite, scene: Scene, script: bytes) -> bytes:
    """Return a picture of a layer on an otherwise empty page at the site's own address."""
    width, height = VIEWPORTS[scene.viewport]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=scene.language,
        color_scheme="light",
        reduced_motion="reduce",
        service_workers="block",
    )
    context.set_default_timeout(TIMEOUT_MS)
    try:
        page = context.new_page()
        origin = site.deployment.origins[0]
        answers: dict[str, tuple[str, bytes | str]] = {
            f"{origin}/": ("text/html", _page(site, scene.language)),
            f"{origin}{_SCRIPT_PATH}": ("text/javascript", script),
        }
        answer_only(page, answers)
        page.goto(f"{origin}/")
        page.locator("#consent-banner").wait_for()
        if scene.layer == "dialog":
            page.locator("#consent-choose").click()
            page.locator("#consent-dialog").wait_for()
        return page.screenshot(type="png", animations="disabled", caret="hide")
    finally:
        context.close()


def _page(site: LiveSite, language: str) -> str:
    name = html.escape(site.notice.site_name(language))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{name}</title><script src="{_SCRIPT_PATH}" defer></script></head>'
        f"<body><main><h1>{name}</h1></main></body></html>"
    )
