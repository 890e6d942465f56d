"""Remove by hand what the running service removes every day."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from consent.cli.context import keys_of, open_app
from consent.core.retention import Role
from consent.services.clock import now_ms
from consent.services.retention import Due, Outcome, Sealing, plan_retention, run_retention
from consent.services.sealing_thread import state_files_in
from consent.settings import home_of, needed_secrets
from consent.store.database import db


@click.group()
def retention() -> None:
    """How long records are kept."""


@retention.command()
@click.option("--dry-run", is_flag=True, help="Show what is due and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
def run(*, dry_run: bool, yes: bool) -> None:
    """Remove what is no longer kept: erased records, old proofs, old refusals.

    The running service does this by itself, every day. What is removed cannot be brought back. The
    log keeps a record of how many went, and of which of its leaves.
    """
    with open_app(secrets=needed_secrets(os.environ)) as app, Session(db.engine) as session:
        now = now_ms()
        due = plan_retention(session, now)
        total = sum(each.count for each in due if not each.is_restricted)
        _show(due, total)
        if dry_run:
            click.echo("Nothing is removed (dry run).")
            return
        if total and not yes:
            click.confirm(f"Remove {total} for good?", abort=True)
        sealing = Sealing(keys_of(app), state_files_in(home_of(os.environ)))
        outcome = _run(session, now, sealing, total)
    click.echo(f"Removed {sum(outcome.removed.values())}.")
    if outcome.restricted:
        click.echo(f"Locked away {outcome.restricted}.")
    if outcome.waiting:
        click.echo(
            f"{outcome.waiting} wait until the log can be sealed; `consent doctor` says why.",
            err=True,
        )
    click.echo(f"Forgot {outcome.submissions} submissions that nobody can send again.")


def _show(due: Sequence[Due], total: int) -> None:
    for each in due:
        name = "to lock away" if each.is_restricted else each.reason.value
        click.echo(f"  {name:<18} {each.site:<32} {each.count:>10}")
    click.echo(f"{total} to be removed.")


def _run(session: Session, now: int, sealing: Sealing, total: int) -> Outcome:
    """Remove it; show how far it is when there is a person to see it."""
    columns = (
        TextColumn("removing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    is_shown = sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task("removing", total=total)
        return run_retention(
            session,
            now,
            sealing,
            lambda count: progress.update(task, completed=count),
            role=Role.OPERATOR,
        )
