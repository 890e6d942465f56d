"""People who may see the evidence: who is what on which site, and how they get in."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from consent.cli.account import account_name
from consent.cli.context import open_app
from consent.core.roles import ALL_SITES, Role
from consent.core.times import rfc3339
from consent.services import people
from consent.services.clock import now_ms
from consent.services.officers import add_officer, operator, require_sites
from consent.services.people import Actor, Invitation, invitation_link
from consent.services.sessions import end_sessions, list_live_sessions
from consent.settings import console_origin_of
from consent.store.database import db
from consent.store.people import Person, list_people


@click.group()
def officer() -> None:
    """Compliance officers and their access."""


def _sites_options(command: Callable[..., Any]) -> Callable[..., Any]:
    one = click.option("--site", "sites", multiple=True, metavar="SITE", help="May be repeated.")
    every = click.option("--all-sites", is_flag=True, help="Every site, those to come as well.")
    return one(every(command))


_role_option = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="May be repeated.",
)


@officer.command()
@click.argument("name")
@_sites_options
def add(name: str, *, sites: tuple[str, ...], all_sites: bool) -> None:
    """Add an officer for the API and print the access token, once."""
    with open_app():
        wanted = _wanted_sites(sites, all_sites=all_sites)
        token = add_officer(db.session, name, wanted, by=_actor().name, now=now_ms())
    click.echo(token)
    click.echo("Keep this token: it is stored nowhere and not shown again.", err=True)


@officer.command()
@click.argument("name")
@_role_option
@_sites_options
@click.option("--email", help="For signing in through the organisation's own sign-in (OIDC).")
def invite(
    name: str, *, roles: tuple[str, ...], sites: tuple[str, ...], all_sites: bool, email: str | None
) -> None:
    """Add a person for the console and print an invitation link, once."""
    _require_console()
    if not roles:
        raise click.UsageError("name at least one role with --role")
    with open_app():
        grants = {
            site: tuple(map(Role, roles)) for site in _wanted_sites(sites, all_sites=all_sites)
        }
        made = people.invite(db.session, name, grants, email=email, by=_actor(), now=now_ms())
    _print_link(made)


@officer.command()
@click.argument("name")
@_role_option
@_sites_options
def role(name: str, *, roles: tuple[str, ...], sites: tuple[str, ...], all_sites: bool) -> None:
    """Give a person these roles on these sites, and no others there.

    Without --role, the person is nothing on these sites any more.
    """
    with open_app():
        given = dict.fromkeys(_wanted_sites(sites, all_sites=all_sites), tuple(map(Role, roles)))
        now = {**people.find_named(db.session, name).grants, **given}
        people.give_roles(db.session, name, now, by=_actor(), now=now_ms())
        click.echo(f"{name}: {_grants_text(people.find_named(db.session, name))}")


@officer.command("list")
def list_all() -> None:
    """List the officers, the revoked ones too."""
    with open_app():
        for each in list_people(db.session):
            state = "active" if each.revoked_at is None else f"revoked {rfc3339(each.revoked_at)}"
            added = f"added {rfc3339(each.created_at)}"
            click.echo(f"{each.name}\t{_grants_text(each)}\t{added}\t{state}")


@officer.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End an officer's access; the record of what he or she did stays."""
    with open_app():
        people.revoke(db.session, name, by=_actor(), now=now_ms())
    click.echo(f"{name} has no access any more.")


@officer.command()
@click.argument("name")
@click.option("--end", is_flag=True, help="End them all.")
def sessions(name: str, *, end: bool) -> None:
    """List where a person is signed in to the console: since when, how, and last used when."""
    with open_app():
        person = people.find_named(db.session, name)
        found = list_live_sessions(db.session, person.id, now_ms())
        for each in found:
            began, used = rfc3339(each.created_at), rfc3339(each.seen_at)
            click.echo(f"since {began}\twith {each.means}\tlast used {used}")
        if end:
            end_sessions(db.session, person.id)
            click.echo(f"Sessions ended: {len(found)}.")


@officer.command("reset-sign-in")
@click.argument("name")
def reset_sign_in(name: str) -> None:
    """Take away all a person signs in with, end the sessions, and print a new invitation link.

    For a lost password, phone or passkey.
    """
    _require_console()
    with open_app():
        made = people.reset_sign_in(db.session, name, by=_actor(), now=now_ms())
    _print_link(made)


def _actor() -> Actor:
    return Actor(operator(account_name()).name, None)


def _wanted_sites(sites: tuple[str, ...], *, all_sites: bool) -> list[str]:
    """Return the sites that were named; each must have been published."""
    if all_sites == bool(sites):
        raise click.UsageError("name the sites with --site, or give --all-sites")
    wanted = [ALL_SITES] if all_sites else list(dict.fromkeys(sites))
    require_sites(db.session, wanted)
    return wanted


def _require_console() -> None:
    if console_origin_of(os.environ) is None:
        raise click.ClickException("there is no console: set CONSENT_CONSOLE_ORIGIN first")


def _print_link(made: Invitation) -> None:
    click.echo(invitation_link(console_origin_of(os.environ) or "", made.token))
    until = rfc3339(made.expires_at)
    click.echo(
        f"Give this link to {made.person.name} only: it works once, until {until}.", err=True
    )


def _grants_text(person: Person) -> str:
    return "; ".join(
        f"{'all sites' if site == ALL_SITES else site}: {', '.join(roles)}"
        for site, roles in person.grants.items()
    )
