"""Show what visitors would see of a site's file, before it is published."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from consent.cli.context import Port, read_site, require_free_port
from consent.core.blocking import blocking_findings
from consent.core.equality import Pair
from consent.core.finding import Finding
from consent.core.gate import gate_findings
from consent.core.model import Site
from consent.core.notice import notice_document
from consent.services.browsing import BrowserUnavailableError
from consent.services.clock import now_ms
from consent.services.equality import equality_findings, measure
from consent.services.unpublished import as_served
from consent.settings import browser_of
from consent.web.preview import create_preview
from consent.web.script import drawn_config

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """Keep the many requests of the frames off the screen."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--port", default=8010, show_default=True, type=Port(), help="Port to listen on.")
def preview(file: Path, port: int) -> None:
    """Show what visitors would see of the site that FILE describes.

    One page has every state of the banner, in each language, on a phone, a tablet and a desktop, by
    day and by night, with what the gate finds and, where there is a browser, how refuse and accept
    compare. Nothing is stored, and only this machine can see it. Ctrl-C ends it.
    """
    site = read_site(file)
    require_free_port(HOST, port)
    pairs, unmeasured = _measure(site)
    app = create_preview(site, findings_of(site, pairs), pairs, unmeasured, now=now_ms())
    server = make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
    click.echo(f"Preview of {site.id}: http://{HOST}:{port}/ (Ctrl-C ends it)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("")
    finally:
        server.server_close()


def findings_of(site: Site, pairs: Sequence[Pair]) -> list[Finding]:
    """Return what publishing would tell of a site, apart from what other sites declare."""
    return [
        *gate_findings(site),
        *blocking_findings(site, notice_document(site)),
        *equality_findings(pairs),
    ]


def _measure(site: Site) -> tuple[list[Pair], str]:
    """Return how the buttons compare, or nothing and why."""
    if not site.categories:
        return [], "the site asks about nothing"
    served, now = as_served(site), now_ms()
    configs = [drawn_config(served, language, now=now) for language in site.languages]
    click.echo(f"Measuring the buttons in {len(configs)} language(s).")
    try:
        return measure(configs, executable=browser_of(os.environ)), ""
    except BrowserUnavailableError as error:
        return [], str(error)
