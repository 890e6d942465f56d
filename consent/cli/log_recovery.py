"""Put a log right after a restore, or begin it anew where that cannot be."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from consent.cli.context import keys_of, open_app
from consent.core.times import rfc3339
from consent.services.clock import now_ms
from consent.services.epochs import begin_epoch, move_stranded
from consent.services.keys import Keys
from consent.services.log_status import log_statuses
from consent.services.mirrors import find_mirror
from consent.services.recovering import Recovered, recover
from consent.services.recovery_plan import RecoveryPlan, plan_recovery
from consent.services.sealing_head import StateFiles
from consent.services.sealing_recheck import recheck
from consent.services.sealing_thread import state_files_in
from consent.services.sites import REFRESH_SECONDS
from consent.settings import SECRETS, home_of
from consent.store.database import db
from consent.store.log import list_logs

SPREADING_SECONDS = 2 * REFRESH_SECONDS  # processes look for a new log once a second


@click.command("recover")
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, path_type=Path),
    help="A copy of the log: a folder, tar or zip, as `consent log export` writes it.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before changing anything.")
def recover_log(*, source: Path | None, dry_run: bool, yes: bool) -> None:
    """Put the log right after a backup of the database was restored.

    The entries that are missing come from the copy and must give the root that was signed. Records
    that are lost are named in the log, and what was erased since the backup is erased again.

    Without --from, each log that is not signed any more is checked again, and signed again if
    nothing contradicts it; nothing else is changed.
    """
    state_files = state_files_in(home_of(os.environ))
    if source is None:
        if dry_run:
            raise click.UsageError("--dry-run needs --from")
        _check_again(state_files)
        return
    with open_app(secrets=SECRETS) as app, Session(db.engine) as session:
        plan = _plan(session, source, keys_of(app), state_files)
        _show(plan)
        if dry_run:
            click.echo("Nothing is changed (dry run).")
            return
        if not yes:
            click.confirm("Do this?", abort=True)
        done = recover(session, plan, now=now_ms())
    _tell(done)


@click.command("new-epoch")
@click.argument("name")
@click.option("--reason", required=True, help="Why, in a sentence; it becomes part of the log.")
@click.option("--yes", is_flag=True, help="Do not ask before beginning it.")
def new_epoch(*, name: str, reason: str, yes: bool) -> None:
    """Begin the log NAME anew, where no copy can put it right.

    The first record of the new log quotes the last head of the old one that is known. The sites of
    the log use the new one from then on; the old one can still be checked as far as it goes.
    """
    state_files = state_files_in(home_of(os.environ))
    with open_app(secrets=SECRETS) as app, Session(db.engine) as session:
        if not yes:
            click.confirm(f"Begin log {name} anew? This cannot be undone.", abort=True)
        keys, now = keys_of(app), now_ms()
        begun = begin_epoch(session, name, reason, keys, state_files=state_files, now=now)
        time.sleep(SPREADING_SECONDS)
        move_stranded(session, now=now_ms())
    click.echo(
        f"Log {begun.log_id} has begun: {begun.origin}, from {rfc3339(begun.created_at)} on."
    )
    click.echo("Tell those who check or witness the old one.", err=True)


def _check_again(state_files: StateFiles) -> None:
    """Have each log signed again that nothing contradicts; end with exit code 1 if one is left."""
    with open_app(secrets=SECRETS) as app, Session(db.engine) as session:
        keys, now = keys_of(app), now_ms()
        refused = [one.log_id for one in log_statuses(session, now) if not one.is_ok]
        found = {
            log_id: recheck(session, log_id, keys, now=now, state_files=state_files)
            for log_id in refused
        }
    if not found:
        click.echo("No log is refused; there is nothing to check again.")
    for log_id, contradiction in found.items():
        if contradiction is None:
            click.echo(f"Log {log_id} agrees with all that was signed; it can be signed again.")
        else:
            status = contradiction.status.replace("_", " ")
            click.echo(f"Log {log_id} is still {status}: {contradiction.detail}", err=True)
    if any(found.values()):
        raise SystemExit(1)


def _plan(session: Session, source: Path, keys: Keys, state_files: StateFiles) -> RecoveryPlan:
    """Read the copy; show how far it is when there is a person to see it."""
    mirror = find_mirror(source, [each.origin for each in list_logs(session)])
    columns = (TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    is_shown = sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task("reading", total=None)
        return plan_recovery(
            session,
            mirror,
            keys,
            state_files=state_files,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _show(plan: RecoveryPlan) -> None:
    click.echo(f"Log {plan.log.log_id}, {plan.log.origin}")
    lines = (
        ("entries in the database", plan.size_before),
        ("entries to be added from the copy", plan.added),
        ("records of the log's own that come back", len(plan.own)),
        ("records that get their leaf back", len(plan.relinked)),
        ("records that are lost", plan.lost_count),
        ("disposals to be done again", len(plan.again)),
    )
    for name, count in lines:
        click.echo(f"  {name:<42} {count:>10}")
    if not plan.knows_records:
        click.echo(
            "The copy has no records: what was erased since the backup cannot be erased again, and "
            "counts as lost. Look for a copy with records.jsonl.",
            err=True,
        )


def _tell(done: Recovered) -> None:
    click.echo(f"Log {done.log_id} has {done.size} entries again and can be signed.")
    click.echo(f"Removed {done.removed} records that had been removed before.")
    if done.hidden:
        click.echo(f"Hid {done.hidden} records that had been erased before.")
    click.echo(
        "Now run `consent log seal` or start the service, and then `consent verify`.", err=True
    )
