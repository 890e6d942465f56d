"""Have others vouch for the log now, and report to the officer how far they do."""

from __future__ import annotations

import datetime as dt
import os

import click
from sqlalchemy.orm import Session

from consent.cli.context import open_app
from consent.core.times import MILLIS_PER_DAY
from consent.services.anchoring import Anchoring, format_instant
from consent.services.anchors.rounds import Outcome
from consent.services.clock import now_ms
from consent.services.log_report import log_report
from consent.settings import UNSEALING_SECRETS, load_settings
from consent.store.database import db

REPORT_DAYS = 7


@click.command()
def anchor() -> None:
    """Ask the time-stamp authorities and witnesses about the newest published checkpoint.

    The running service does this by itself. Ends with exit code 1 when anybody did not answer as
    he should.
    """
    with open_app():
        anchors = load_settings(os.environ, secrets=UNSEALING_SECRETS).anchors
        if not anchors:
            raise click.ClickException(
                "nobody is asked to vouch for the log; set CONSENT_TSA_URL or CONSENT_WITNESSES"
            )
        outcomes = Anchoring(lambda: Session(db.engine), anchors, now_ms).run_once(at_once=True)
    for log_id, outcome in outcomes:
        click.echo(f"{log_id}: {_words(outcome)}")
    if not outcomes:
        click.echo("Nobody is due: all vouch for the newest published checkpoint, if there is one.")
    if any(outcome.at is None for _, outcome in outcomes):
        raise SystemExit(1)


@click.command()
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day (UTC) of the period; without it, a week ago.",
)
def report(since: dt.datetime | None) -> None:
    """Print the report of the logs for the officer, to be mailed and kept.

    It has the newest signed checkpoint: whoever keeps the report can hold the log to it later.
    """
    now = now_ms()
    start = now - REPORT_DAYS * MILLIS_PER_DAY
    if since is not None:
        start = int(since.replace(tzinfo=dt.UTC).timestamp() * 1000)
    with open_app(), Session(db.engine) as session:
        click.echo(log_report(session, since=start, now=now), nl=False)


def _words(outcome: Outcome) -> str:
    if outcome.at is None:
        return f"{outcome.name} does not vouch for it: {outcome.error}"
    return f"{outcome.name} vouches for {outcome.size} entries at {format_instant(outcome.at)}"
