"""Publish a site from its file: difference, gate, and a new immutable notice."""

from __future__ import annotations

from pathlib import Path

import click

from consent.cli.context import keys_of, open_app, read_site
from consent.cli.measuring import with_measured_equality
from consent.cli.pictures import picture_site
from consent.services.clock import now_ms
from consent.services.publishing import Proposal, propose
from consent.services.publishing import publish as publish_proposal
from consent.store.database import db


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would happen and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before publishing.")
@click.option("--no-pictures", is_flag=True, help="Take no pictures of what visitors see.")
def publish(file: Path, *, dry_run: bool, yes: bool, no_pictures: bool) -> None:
    """Publish the site that FILE describes.

    Shows what changes and whether anyone will be asked again, and refuses what breaks a rule.
    Where there is a browser, it measures whether refusing is as easy to see and to press as
    accepting, and keeps dated pictures of what visitors see beside the notice; run again, it takes
    those that are missing.
    """
    site = read_site(file)
    with open_app() as app:
        proposal = propose(db.session, site)
        if proposal.changes_anything and not proposal.errors:
            proposal = with_measured_equality(proposal)
        show_proposal(proposal)
        if proposal.errors:
            raise click.ClickException(
                f"not published: {len(proposal.errors)} broken rule(s), listed above"
            )
        if not proposal.changes_anything:
            click.echo("Nothing to publish: this is in force already.")
            if not dry_run and not no_pictures:
                picture_site(app, site.id)
            return
        if dry_run:
            click.echo("Not published (dry run).")
            return
        if not yes:
            click.confirm("Publish this?", abort=True)
        publish_proposal(db.session, proposal, now=now_ms(), keys=keys_of(app))
        click.echo(f"Published {site.id}: notice {proposal.notice.hash}")
        if not no_pictures:
            picture_site(app, site.id)


def show_proposal(proposal: Proposal) -> None:
    """Print the difference, who is asked again, and the gate's findings."""
    for line in proposal.difference.lines:
        click.echo(f"  {line}")
    if proposal.difference.asks_again:
        click.echo(f"Visitors are asked again about: {', '.join(proposal.difference.asks_again)}")
    else:
        click.echo("Nobody is asked again.")
    for finding in proposal.findings:
        click.echo(str(finding), err=True)
