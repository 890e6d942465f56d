"""Publications that wait for approval in the console: list them, or take one back."""

from __future__ import annotations

import os

import click

from consent.cli.account import account_name
from consent.cli.context import open_app
from consent.core.times import rfc3339
from consent.errors import RuleError
from consent.services import people, proposals
from consent.services.clock import now_ms
from consent.services.officers import operator
from consent.services.proposals import Proposer
from consent.settings import console_origin_of
from consent.store.database import db
from consent.store.proposals import StoredProposal, list_proposals


@click.group()
def proposal() -> None:
    """Publications that wait for approval in the console."""


@proposal.command("list")
@click.option("--all", "every", is_flag=True, help="Those that are closed, too.")
def list_all(*, every: bool) -> None:
    """List what waits for approval: site, digest, since when, by whom, and how it stands."""
    with open_app():
        found = list_proposals(db.session, is_open=None if every else True)
        for stored in found:
            since = rfc3339(stored.proposed_at)
            parts = (stored.site, stored.digest, since, stored.proposed_by, _standing(stored))
            click.echo("\t".join(parts))
    if not found:
        click.echo("Nothing waits for approval." if not every else "Nothing was ever proposed.")


@proposal.command()
@click.argument("digest")
def withdraw(digest: str) -> None:
    """Take back the proposal whose digest begins with DIGEST."""
    with open_app():
        found = [
            one for one in list_proposals(db.session, is_open=True) if one.digest.startswith(digest)
        ]
        if len(found) != 1:
            raise RuleError(f"{len(found)} proposals that wait begin with {digest!r}")
        [stored] = found
        proposals.withdraw(
            db.session,
            stored,
            by=Proposer(operator(account_name()).name),
            digest=stored.digest,
            now=now_ms(),
        )
        click.echo(f"Withdrawn: {stored.site}, proposal {stored.digest}")


def proposer_named(name: str | None) -> Proposer:
    """Return who proposes: a person of the console, or the account this runs under."""
    if name is None:
        return Proposer(operator(account_name()).name)
    person = people.find_named(db.session, name)
    return Proposer(person.name, person.id)


def say_where(stored: StoredProposal) -> None:
    """Print where a proposal is approved."""
    origin = console_origin_of(os.environ)
    if origin is None:
        click.echo("There is no console to approve it in: set CONSENT_CONSOLE_ORIGIN.", err=True)
    else:
        click.echo(f"To approve: {origin}/console/sites/{stored.site}/notices")


def _standing(stored: StoredProposal) -> str:
    if stored.outcome is not None:
        return stored.outcome
    state = proposals.find_state(db.session, stored.site, stored.id)
    if state.is_outdated:
        return "outdated: another version came into force"
    return f"{len(state.approved_by)} of {stored.approvals} approvals"
