"""Keep dated pictures of both layers of a notice, drawn by a real browser, beside the notice.

A browser is not always at hand, so that a notice can do without: it is then marked "text only".
What is drawn is the script itself with the configuration it is served with; no request leaves the
browser, since every address is answered from here or not at all.
"""

from __future__ import annotations

import hashlib
import html
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent.core.ids import uuid7
from consent.errors import ConsentError
from consent.services.sites import LiveSite
from consent.store import pictures as store
from consent.store.database import AnySession, write_transaction

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

LAYERS = ("banner", "dialog")
VIEWPORTS: Mapping[str, tuple[int, int]] = {"phone": (390, 844), "desktop": (1280, 800)}
MEDIA_TYPE = "image/png"

# What the browser is called on PATH, as Debian, Fedora, Alpine and its makers name it.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_TIMEOUT_MS = 10_000
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
_SCRIPT_PATH = "/consent-script.js"

Compose = Callable[[LiveSite, str], bytes]


class PicturesUnavailableError(ConsentError):
    """No picture can be taken here and now; the message says why and what would help."""


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
    Raises PicturesUnavailableError when the browser is missing or does not do it.
    """
    scenes = missing_scenes(session, site, build)
    session.rollback()
    if not scenes:
        return 0
    with _browser(executable) as browser:
        for done, scene in enumerate(scenes, start=1):
            content = _draw(browser, site, scene, compose(site, scene.language))
            picture = _picture(site, build, scene, content, now_ms())
            with write_transaction(session):
                store.insert_picture(session, picture)
            on_progress(done, len(scenes))
    return len(scenes)


def find_browser(wanted: str | None = None) -> str | None:
    """Return the path of a browser that can draw: the one wanted, else the first on PATH."""
    names = (wanted,) if wanted else BROWSERS
    return next((path for name in names if (path := shutil.which(name)) is not None), None)


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


@contextmanager
def _browser(executable: str | None) -> Iterator[Browser]:
    """Start a browser; every fault of its own becomes one sentence."""
    try:
        from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise PicturesUnavailableError(
            "pictures need the extra: `pip install 'consent[pictures]'`"
        ) from error
    path = find_browser(executable)
    if path is None:
        absent = f"no browser {executable}" if executable else "no browser here"
        raise PicturesUnavailableError(
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
        raise PicturesUnavailableError(
            f"the browser {path} could not draw ({error.message.splitlines()[0]})"
        ) from error


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
    context.set_default_timeout(_TIMEOUT_MS)
    try:
        page = context.new_page()
        origin = site.deployment.origins[0]
        _serve(page, origin, _page(site, scene.language), script)
        page.goto(f"{origin}/")
        page.locator("#consent-banner").wait_for()
        if scene.layer == "dialog":
            page.locator("#consent-choose").click()
            page.locator("#consent-dialog").wait_for()
        return page.screenshot(type="png", animations="disabled", caret="hide")
    finally:
        context.close()


def _serve(page: Page, origin: str, document: str, script: bytes) -> None:
    """Answer the two addresses of a page; refuse every other one."""

    def answer(route: Route) -> None:
        url = route.request.url
        if url == f"{origin}/":
            route.fulfill(body=document, content_type="text/html; charset=utf-8")
        elif url == f"{origin}{_SCRIPT_PATH}":
            route.fulfill(body=script, content_type="text/javascript; charset=utf-8")
        else:
            route.abort()

    page.route("**/*", answer)


def _page(site: LiveSite, language: str) -> str:
    name = html.escape(site.notice.site_name(language))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{name}</title><script src="{_SCRIPT_PATH}" defer></script></head>'
        f"<body><main><h1>{name}</h1></main></body></html>"
    )
