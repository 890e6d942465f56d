"""Take pictures of a published notice, when there is a browser; publishing never fails of it."""

from __future__ import annotations

import os
import sys

import click
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.orm import Session

from consent.errors import StoreUnavailableError
from consent.services.browsing import BrowserUnavailableError
from consent.services.builds import script_build
from consent.services.clock import now_ms
from consent.services.picturing import missing_scenes, take_pictures
from consent.services.sites import LiveSite
from consent.settings import browser_of
from consent.store.database import db
from consent.web.context import EXTENSION, Service
from consent.web.script import composed_script


def picture_site(app: Flask, site_id: str) -> None:
    """Take what pictures are missing of what a site shows now, and say what came of it."""
    running: Service = app.extensions[EXTENSION]
    picture(running, running.sites.get(site_id))


def picture(running: Service, site: LiveSite) -> None:
    """Take what pictures are missing of a site, published or proposed, and say what came of it."""
    with Session(db.engine) as session:
        total = len(missing_scenes(session, site, script_build()))
        if not total:
            return
        try:
            _take(session, running, site, total)
        except (BrowserUnavailableError, StoreUnavailableError) as error:
            left = len(missing_scenes(session, site, script_build()))
            what = "text only" if left == total else f"{total - left} of {total} taken"
            click.echo(f"Pictures of the notice: {what}; {error}.")
            click.echo("The next `consent publish` of this file takes those that are missing.")
        else:
            click.echo(f"Pictures of the notice: {total} taken.")


def _take(session: Session, running: Service, site: LiveSite, total: int) -> None:
    """Show how far it is when there is a person to see it."""
    columns = (TextColumn("taking pictures"), BarColumn(), MofNCompleteColumn())
    is_shown = sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task("taking pictures", total=total)
        take_pictures(
            session,
            site,
            script_build(),
            lambda live, language: composed_script(running, live, language),
            executable=browser_of(os.environ),
            now_ms=now_ms,
            on_progress=lambda done, _total: progress.update(task, completed=done),
        )
