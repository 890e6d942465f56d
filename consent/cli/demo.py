"""Start everything for a first look: embedded database, keys, demo site, service."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from consent.bundled import bundled
from consent.cli.account import account_name
from consent.cli.context import keys_of, open_app, port_option, require_free_port
from consent.cli.serve import run_server
from consent.core.roles import ALL_SITES, Role
from consent.demo.site import CONSOLE_HOST, demo_file, demo_site, origin_of
from consent.demo.year.filling import DAYS, Extent
from consent.demo.year.writing import begin, is_written, write_year
from consent.errors import ConfigurationError
from consent.services.clock import now_ms
from consent.services.installing import install
from consent.services.officers import operator
from consent.services.people import Actor, invitation_link, invite, reset_sign_in
from consent.services.publishing import propose, publish
from consent.settings import (
    SECRETS,
    browser_of,
    checked_database_url,
    home_of,
    keys_directory_of,
    load_settings,
    needed_secrets,
)
from consent.store.database import db
from consent.store.people import find_person_by_name

HOST = "127.0.0.1"
MOUNT = "/consent"
SITE_FILE = "programme.toml"
OFFICER = "Demo officer"


@click.command()
@port_option
@click.option("--year", is_flag=True, help="With a year of invented visitors and officers in it.")
def demo(port: int, *, year: bool) -> None:
    """Show the service on a programme's website, on this machine only.

    Keeps its data in a folder of its own; a second start finds it again. A year of data is written
    at the first start with --year, which takes some minutes, and only into a new folder.
    """
    require_free_port(HOST, port)
    if year:
        prepare_year(port)
    prepare_demo(port)
    _print_addresses(port, _invitation())
    run_server("consent.demo.server:demo_from_environment", host=HOST, port=port, workers=1)


def prepare_demo(port: int) -> Path:
    """Make what is missing of the demo's database, keys and published site; return its folder."""
    _set_up("demo", port)
    database_url = checked_database_url(os.environ)
    install(home_of(os.environ), keys_directory_of(os.environ), database_url)
    site = demo_site(bundled("sites") / SITE_FILE, port)
    with open_app(secrets=needed_secrets(os.environ)) as app:
        proposal = propose(db.session, site)
        if not proposal.approvals:  # once somebody has approved something, that stays in force
            publish(db.session, proposal, now=now_ms(), keys=keys_of(app))
    return home_of(os.environ)


def prepare_year(port: int, *, days: int = DAYS, scale: float = 1.0) -> None:
    """Write a year of data that ends now, unless it is there; `scale` is how much of it.

    Raises ConfigurationError where anything but a year of this kind is: it is never written into
    the home of a service, nor into a database that somebody named.
    """
    if os.environ.get("CONSENT_DATABASE_URL"):
        raise ConfigurationError(
            ["a year of data has a database of its own: leave CONSENT_DATABASE_URL out"]
        )
    _set_up("demo-year", port)
    home = home_of(os.environ)
    if is_written(home):
        return
    begin(home)
    install(home, keys_directory_of(os.environ), checked_database_url(os.environ))
    columns = (TextColumn("writing a year"), BarColumn(), MofNCompleteColumn(), TextColumn("days"),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("writing", total=days)
        write_year(
            load_settings(os.environ, secrets=SECRETS),
            demo_file(bundled("sites") / SITE_FILE, origin_of("localhost", port)),
            Extent(now_ms(), days, scale),
            browser=browser_of(os.environ),
            progress=lambda done: progress.update(task, completed=done),
            told=progress.console.print,
        )


def _set_up(folder: str, port: int) -> None:
    """Have the environment describe the demonstration, in a folder of its own unless told where."""
    if not os.environ.get("CONSENT_HOME"):
        os.environ["CONSENT_HOME"] = str(home_of(os.environ) / folder)
    os.environ["CONSENT_MOUNT"] = MOUNT
    os.environ["DEMO_PORT"] = str(port)
    os.environ["CONSENT_CONSOLE_ORIGIN"] = origin_of(CONSOLE_HOST, port)


def _invitation() -> str:
    """Return a link that lets the demo's officer in once; a new one at each start."""
    by, now = Actor(operator(account_name()).name, None), now_ms()
    with open_app():
        if find_person_by_name(db.session, OFFICER) is None:
            made = invite(db.session, OFFICER, {ALL_SITES: tuple(Role)}, by=by, now=now)
        else:
            made = reset_sign_in(db.session, OFFICER, by=by, now=now)
    return invitation_link(os.environ["CONSENT_CONSOLE_ORIGIN"], made.token)


def _export_line() -> str:
    """Return what a shell needs to run the commands on the demo's data."""
    home, programs = (
        shlex.quote(str(home_of(os.environ))),
        shlex.quote(str(Path(sys.prefix) / "bin")),
    )
    return f"export CONSENT_HOME={home} PATH={programs}:$PATH"


def _print_addresses(port: int, invitation: str) -> None:
    site = origin_of("localhost", port)
    lines = (
        ("The programme's website, with the banner", f"{site}/"),
        ("Preference page", f"{site}{MOUNT}/sites/programme/preferences"),
        ("Cookie policy", f"{site}{MOUNT}/sites/programme/policy"),
        ("Verify page", f"{site}{MOUNT}/sites/programme/verify"),
        ("The log and its keys", f"{site}/.well-known/consent-log.json"),
        ("API description", f"{site}{MOUNT}/openapi.json"),
        ("The officers' console", f"{origin_of(CONSOLE_HOST, port)}/console/"),
        ("Come in once, with a passkey or password", invitation),
    )
    click.echo()
    for name, address in lines:
        click.echo(f"  {name + ':':<44}{address}")
    click.echo(f"\n  Data and keys: {home_of(os.environ)}")
    click.echo("  For the other commands, paste this into another terminal:\n")
    click.echo(f"    {_export_line()}\n")
    click.echo("  Development without HTTPS: cookies have no __Host- prefix and no Secure.")
    click.echo("  Ctrl-C ends it.\n")
