"""Erase the records of a visitor who has written."""

from __future__ import annotations

import click

from consent.cli.account import account_name
from consent.cli.context import open_app
from consent.core.times import rfc3339
from consent.services.clock import now_ms
from consent.services.erasing import erase_found, find_by_code
from consent.services.officers import operator
from consent.store.database import db


@click.command()
@click.option("--code", required=True, metavar="XXXX-XXXX-XXXX", help="The reference code.")
@click.option("--site", required=True, help="The site on which the visitor chose.")
@click.option("--yes", is_flag=True, help="Do not ask before erasing.")
def erase(*, code: str, site: str, yes: bool) -> None:
    """Withdraw and erase the records that a visitor's reference code stands for.

    Nobody is shown them from then on, and within a day they are removed; or, where the site's file
    says so, locked away until their time ends. That this was done is recorded, without the code.
    """
    with open_app():
        found = find_by_code(db.session, site, code)
        if not yes:
            click.confirm("Erase the records under this code?", abort=True)
        officer = operator(account_name())
        hidden = erase_found(db.session, found, officer=officer, now=now_ms())
    if hidden.is_locked:
        until = rfc3339(hidden.removed_by)[:10]
        click.echo(f"Locked away {hidden.count} records; they are removed by {until}.")
    else:
        click.echo(f"Erased {hidden.count} records; they are removed within a day.")
    click.echo(
        "Tell the visitor: the choice in the browser itself stays until it is withdrawn there.",
        err=True,
    )
