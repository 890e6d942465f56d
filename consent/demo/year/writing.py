"""Make a year in a home folder of its own, once; what is anything else is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from flask import Flask
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

from consent.app import create_app
from consent.core.config import load_site
from consent.demo.year.desk import Desk
from consent.demo.year.filling import Extent, Place, Progress, SetClock, Year
from consent.errors import ConfigurationError
from consent.services.browsing import BrowserUnavailableError
from consent.services.builds import script_build
from consent.services.export_files import ExportFiles
from consent.services.export_worker import ExportWorker
from consent.services.picturing import take_pictures
from consent.services.publishing import Proposal, SiteFile
from consent.services.sealing_thread import state_files_in
from consent.services.sites import LiveSite
from consent.settings import Settings
from consent.store.database import db
from consent.web.context import EXTENSION, Service
from consent.web.measuring import measured
from consent.web.script import composed_script

MARK = "demo-year"
BEGUN, DONE = "begun\n", "done\n"


def is_written(home: Path) -> bool:
    """Say whether a folder has a year; raise ConfigurationError where none may be written.

    None is written beside anything else: not into the home of a service, nor into a year that was
    broken off.
    """
    mark = home / MARK
    if mark.is_file() and mark.read_text(encoding="utf-8") == DONE:
        return True
    if mark.is_file():
        raise ConfigurationError([f"the year in {home} was broken off; remove the folder"])
    if home.exists() and any(home.iterdir()):
        raise ConfigurationError(
            [f"{home} holds something else; a year is only written into a new folder"]
        )
    return False


def begin(home: Path) -> None:
    """Mark a new folder before anything else is in it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / MARK).write_text(BEGUN, encoding="utf-8")


def write_year(
    settings: Settings,
    file: SiteFile,
    extent: Extent,
    *,
    browser: str | None,
    progress: Progress,
    told: Callable[[str], None],
) -> None:
    """Write a year into the installation of a folder that `begin` has marked.

    Pictures of each version are drawn where there is a browser; `told` gets a sentence if not.
    """
    mark = settings.home / MARK
    if mark.read_text(encoding="utf-8") != BEGUN:
        raise ConfigurationError([f"{settings.home} is no new folder for a year"])
    clock = SetClock(extent.begin)
    app = create_app(settings, clock=clock.now_ms, housekeeping=False, sealing=False)
    with app.app_context():
        url = db.engine.url
    engine = _hasty(create_engine(url))
    running: Service = app.extensions[EXTENSION]
    place = Place(lambda: Session(engine), running.keys, state_files_in(settings.home), clock)
    files = ExportFiles(settings.home)
    exporter = ExportWorker(place.open_session, place.keys, files, clock.now_ms)
    dice = Random(extent.seed + 1)  # noqa: S311 -- the same year every time
    site = load_site(file.text, file.name).id
    desk = Desk(app, settings.console_origin or "", site, place, exporter, dice)
    year = Year(
        place,
        extent,
        lambda live: _picture(app, place, live, browser, told),
        desk.morning,
        lambda proposal: _measured(proposal, browser, clock),
    )
    try:
        year.write(file, progress)
    finally:
        engine.dispose()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    mark.write_text(DONE, encoding="utf-8")


def _hasty(engine: Engine) -> Engine:
    """Let the disk take its time: what breaks off is thrown away as a whole."""

    @event.listens_for(engine, "connect")
    def hurry(connection: object, _record: object) -> None:
        connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]

    return engine


def _measured(proposal: Proposal, browser: str | None, clock: SetClock) -> Proposal:
    """Have the buttons measured where there is a browser; that there is none the pictures tell."""
    try:
        return measured(proposal, browser=browser, now=clock.now_ms())[0]
    except BrowserUnavailableError:
        return proposal


def _picture(
    app: Flask, place: Place, site: LiveSite, browser: str | None, told: Callable[[str], None]
) -> None:
    """Keep pictures of a version as it was published, with the words of each language."""
    running: Service = app.extensions[EXTENSION]
    try:
        with place.open_session() as session:
            take_pictures(
                session,
                site,
                script_build(),
                lambda live, language: composed_script(running, live, language),
                executable=browser,
                now_ms=place.clock.now_ms,
            )
    except BrowserUnavailableError as error:
        told(f"Pictures of the notice: text only; {error}.")
