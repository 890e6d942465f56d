"""The whole application on a real database, with a clock that stands still until told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from consent.app import ANCHORING, SEALER, create_app
from consent.core.model import Site
from consent.core.times import MILLIS_PER_DAY
from consent.services.displays import DisplayCounts
from consent.services.keys import Keys, make_key_files
from consent.services.publishing import propose, publish
from consent.settings import load_settings
from consent.store.database import db
from consent.web.context import EXTENSION, Service
from tests.remembered import TEMPLATES
from tests.world import START

_made: list[Flask] = []


@dataclass
class Clock:
    """Milliseconds since 1970; it moves only when a test moves it."""

    now: int = START

    def now_ms(self) -> int:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += int(days * MILLIS_PER_DAY)


def make_app(
    database_url: str,
    home: Path,
    *sites: Site,
    clock: Clock | None = None,
    sealing: bool = False,
    **settings: str,
) -> Flask:
    """Return the application with these sites published; `settings` are environment variables.

    With `sealing`, its first request starts the sealer, which `close_apps` ends.
    """
    make_key_files(home / "keys")
    environ = {"CONSENT_HOME": str(home), "CONSENT_DATABASE_URL": database_url, **settings}
    clock = clock or Clock()
    app = create_app(
        load_settings(environ), clock=clock.now_ms, housekeeping=False, sealing=sealing
    )
    app.jinja_env.bytecode_cache = TEMPLATES
    _made.append(app)
    with app.app_context():
        for site in sites:
            publish(db.session, propose(db.session, site), now=clock.now_ms(), keys=keys_of(app))
        db.session.remove()
    return app


def keys_of(app: Flask) -> Keys:
    """Return the keys an application works with."""
    running: Service = app.extensions[EXTENSION]
    return running.keys


def displays_of(app: Flask) -> DisplayCounts:
    """Return what counts the displays of an application."""
    running: Service = app.extensions[EXTENSION]
    return running.displays


def engine_session(app: Flask) -> Session:
    """Return a session of its own on the application's database."""
    with app.app_context():
        return Session(db.engine)


def close_apps() -> None:
    """Close the database connections of every application made so far."""
    while _made:
        app = _made.pop()
        for background in (SEALER, ANCHORING):
            if background in app.extensions:
                app.extensions[background].stop()
        with app.app_context():
            displays_of(app).stop()
            db.engine.dispose()
