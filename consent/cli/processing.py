"""Draft the controller's record of processing for the service itself."""

from __future__ import annotations

import click

from consent.cli.context import open_app
from consent.core.processing import processing_record
from consent.errors import NotFoundError
from consent.services.clock import now_ms
from consent.services.sites import load_live_sites
from consent.store.database import db


@click.command("processing-record")
@click.argument("site")
def processing(site: str) -> None:
    """Print the record of processing (GDPR 30) for SITE, as Markdown to complete.

    It is made from what is published: purposes, fields, time limits, recipients, security.
    """
    with open_app():
        sites = load_live_sites(db.session, now_ms())
        if site not in sites:
            known = ", ".join(sorted(sites)) or "none"
            raise NotFoundError(f"there is no site {site!r}; published are: {known}")
        live = sites[site]
        click.echo(processing_record(live.notice, live.deployment), nl=False)
