"""The console on a real HTTP server, for browsers; its clock is the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext

from consent.bundled import bundled
from consent.core.config import load_site
from consent.core.model import Site
from consent.services.clock import now_ms
from consent.services.people import Actor, invitation_link, invite
from consent.services.sign_in import admit
from consent.store.database import db
from tests.cli.proxies import serving
from tests.service import Clock, make_app
from tests.web.console.people import Grants


class RealClock(Clock):
    def now_ms(self) -> int:
        return now_ms()


@dataclass(frozen=True, slots=True)
class ServedConsole:
    """A running console, and ways into it."""

    origin: str
    app: Flask

    def invitation(self, name: str, grants: Grants) -> str:
        """Return the link for a new person."""
        with self.app.app_context():
            made = invite(db.session, name, grants, by=Actor("test", None), now=now_ms())
            db.session.remove()
        return invitation_link(self.origin, made.token)

    def let_in(self, context: BrowserContext, name: str, grants: Grants) -> None:
        """Have a new person signed in, in this browser."""
        with self.app.app_context():
            made = invite(db.session, name, grants, by=Actor("test", None), now=now_ms())
            secret = admit(db.session, made.person, "password", now=now_ms())
            db.session.remove()
        context.add_cookies(
            [{"name": "consent-console", "value": secret, "url": self.origin, "httpOnly": True}]
        )


@contextmanager
def served_console(
    database_url: str, home: Path, clock: Clock | None = None
) -> Iterator[ServedConsole]:
    apps: list[Flask] = []

    def application(environ: Any, start_response: Callable[..., Any]) -> Any:
        return apps[0](environ, start_response)

    with serving(application) as port:
        origin = f"http://console.localhost:{port}"
        apps.append(
            make_app(
                database_url,
                home,
                console_site(),
                clock=clock or RealClock(),
                CONSENT_CONSOLE_ORIGIN=origin,
            )
        )
        yield ServedConsole(origin, apps[0])


def console_site() -> Site:
    source = bundled("sites") / "programme.toml"
    site = load_site(source.read_text(encoding="utf-8"), source.name)
    return replace(
        site, origins=("https://site.example",), service_url="https://site.example/consent"
    )
