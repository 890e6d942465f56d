"""Officers: who may see the evidence of which sites."""

from __future__ import annotations

import click

from consent.cli.account import account_name
from consent.cli.context import open_app
from consent.core.times import rfc3339
from consent.services.clock import now_ms
from consent.services.officers import (
    add_officer,
    list_officers,
    operator,
    require_sites,
    revoke_officer,
)
from consent.store.database import db
from consent.store.officers import ALL_SITES


@click.group()
def officer() -> None:
    """Compliance officers and their access."""


@officer.command()
@click.argument("name")
@click.option("--site", "sites", multiple=True, metavar="SITE", help="May be repeated.")
@click.option("--all-sites", is_flag=True, help="Every site, those to come as well.")
def add(name: str, *, sites: tuple[str, ...], all_sites: bool) -> None:
    """Add an officer and print the access token, once."""
    if all_sites == bool(sites):
        raise click.UsageError("name the sites with --site, or give --all-sites")
    with open_app():
        require_sites(db.session, sites or [ALL_SITES])
        token = add_officer(
            db.session,
            name,
            [ALL_SITES] if all_sites else list(dict.fromkeys(sites)),
            by=operator(account_name()).name,
            now=now_ms(),
        )
    click.echo(token)
    click.echo("Keep this token: it is stored nowhere and not shown again.", err=True)


@officer.command("list")
def list_all() -> None:
    """List the officers, the revoked ones too."""
    with open_app():
        for each in list_officers(db.session):
            state = "active" if each.revoked_at is None else f"revoked {rfc3339(each.revoked_at)}"
            sites = "all sites" if each.sees_all_sites else ", ".join(each.sites)
            click.echo(f"{each.name}\t{sites}\tadded {rfc3339(each.created_at)}\t{state}")


@officer.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End an officer's access; the record of what he or she did stays."""
    with open_app():
        revoke_officer(db.session, name, by=operator(account_name()).name, now=now_ms())
    click.echo(f"{name} has no access any more.")
