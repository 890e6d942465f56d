"""Publish a site from its file: difference, gate, and a new immutable notice, or a proposal."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask

from consent.cli.account import account_name
from consent.cli.context import keys_of, open_app, read_site_file
from consent.cli.measuring import with_measured_equality
from consent.cli.pictures import picture, picture_site
from consent.cli.proposal import proposer_named, say_where
from consent.core.config import load_site
from consent.services.clock import now_ms
from consent.services.officers import operator
from consent.services.proposals import possible_approvers, submit
from consent.services.publishing import Proposal, Publisher, SiteFile, propose
from consent.services.publishing import publish as publish_proposal
from consent.services.unpublished import as_served
from consent.store.database import db
from consent.web.context import EXTENSION


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would happen and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before publishing.")
@click.option("--no-pictures", is_flag=True, help="Take no pictures of what visitors see.")
@click.option(
    "--by",
    "proposer",
    metavar="NAME",
    help="The person of the console who proposes it, and so cannot approve it.",
)
@click.option("--comment", default="", help="Why, for those who have to approve it.")
def publish(
    file: Path, *, dry_run: bool, yes: bool, no_pictures: bool, proposer: str | None, comment: str
) -> None:
    """Publish the site that FILE describes.

    Shows what changes and whether anyone will be asked again, and refuses what breaks a rule.
    Where there is a browser, it measures whether refusing is as easy to see and to press as
    accepting, and keeps dated pictures of what visitors see beside the notice; run again, it takes
    those that are missing.

    Where the site asks for approvals, this stores a proposal instead: it is published when enough
    people have approved it in the console.
    """
    source = read_site_file(file)
    site = load_site(source.text, source.name)
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
        _show_approvals(proposal)
        if dry_run:
            click.echo("Not published (dry run).")
            return
        if not yes:
            question = "Propose this?" if proposal.approvals else "Publish this?"
            click.confirm(question, abort=True)
        if proposal.approvals:
            _propose(app, proposal, source, proposer, comment, pictures=not no_pictures)
            return
        publisher = Publisher(operator(account_name()).name, source)
        publish_proposal(db.session, proposal, now=now_ms(), keys=keys_of(app), publisher=publisher)
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


def _show_approvals(proposal: Proposal) -> None:
    """Say whether others have to approve it, now or from now on."""
    if proposal.approvals:
        click.echo(f"Needs approval in the console: {_people(proposal.approvals)}.")
    elif proposal.site.approvals:
        people = _people(proposal.site.approvals)
        click.echo(f"From the next version on, approval in the console is needed: {people}.")


def _propose(
    app: Flask,
    proposal: Proposal,
    source: SiteFile,
    proposer: str | None,
    comment: str,
    *,
    pictures: bool,
) -> None:
    """Store a proposal, and say where it is looked at and by whom."""
    by = proposer_named(proposer)
    stored, is_new = submit(db.session, proposal, source, by=by, comment=comment, now=now_ms())
    verb = "Proposed" if is_new else "Proposed already"
    click.echo(f"{verb}, not published: {stored.site}, proposal {stored.digest}")
    say_where(stored)
    may = possible_approvers(db.session, stored.site, stored.proposer_id)
    if len(may) < stored.approvals:
        click.echo(
            f"Only {len(may)} can approve it now; invite others: `consent officer invite NAME "
            f"--role publisher --site {stored.site}`",
            err=True,
        )
    if pictures:
        db.session.rollback()
        picture(app.extensions[EXTENSION], as_served(proposal.site))


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
