"""Export a log as files that anyone can check, mirror or recover from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from sqlalchemy.orm import Session

from consent.cli.account import account_name
from consent.cli.context import keys_of, open_app
from consent.services.clock import now_ms
from consent.services.log_export import (
    EVERYTHING,
    LogCut,
    count_tiles,
    cut_log,
    end_recorded,
    log_files,
    start_recorded,
)
from consent.services.log_targets import target_for
from consent.services.officers import operator
from consent.settings import UNSEALING_SECRETS, load_settings
from consent.store.database import db
from consent.store.log import list_logs, tile_reader


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--log", "log_id", metavar="LOG", help="Name/epoch; needed if there are several.")
@click.option(
    "--openings",
    type=click.Choice(["none", "all"]),
    default="none",
    show_default=True,
    help="Consent records to open, so that they can be read and accounted for.",
)
@click.option("--reason", help="Why visitors' records are opened; recorded, and needed for all.")
def export(*, path: Path, log_id: str | None, openings: str, reason: str | None) -> None:
    """Write a log to a folder or, for a name that ends in .tar, to one file.

    A folder is brought up to date when the command is run again: full tiles are not written
    twice, and the signed head is written last. Without openings it holds nothing about any
    person, and serves as a mirror, from which a log can be recovered.
    """
    outside = load_settings(os.environ, secrets=UNSEALING_SECRETS).anchors.policy
    with open_app() as app, Session(db.engine) as session:
        key = keys_of(app).receipt
        log_id = log_id or _only_log(session)
        if openings == "none":
            cut = cut_log(session, log_id, outside=outside, now=now_ms())
            _write(session, path, cut, key)
            return
        officer = operator(account_name())
        recorded = start_recorded(session, log_id, reason, officer=officer, now=now_ms())
        wanted = None
        try:
            cut = cut_log(session, log_id, outside=outside, opened=EVERYTHING, now=now_ms())
            _write(session, path, cut, key)
            wanted = cut
        finally:
            end_recorded(session, recorded, wanted, now=now_ms())


def _only_log(session: Session) -> str:
    logs = list_logs(session)
    session.rollback()
    if len(logs) != 1:
        names = ", ".join(log.log_id for log in logs)
        raise click.UsageError(
            f"say which log with --log: {names}" if logs else "there is no log yet"
        )
    return logs[0].log_id


def _write(session: Session, path: Path, wanted: LogCut, key: Ed25519PrivateKey) -> None:
    """Write every file; show how far it is when there is a person to see it."""
    target = target_for(path, wanted, tile_reader(session, wanted.log.log_id))
    with _writing(path), _progress(wanted) as (progress, task):
        target.write(
            log_files(session, wanted, key), lambda tiles: progress.update(task, completed=tiles)
        )
    session.rollback()
    click.echo(f"{wanted.log.log_id}: {wanted.head.size} entries written to {path}", err=True)


@contextmanager
def _progress(wanted: LogCut) -> Iterator[tuple[Progress, TaskID]]:
    columns = (
        TextColumn("exporting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("tiles"),
        TimeRemainingColumn(),
    )
    is_shown = sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        yield progress, progress.add_task("exporting", total=count_tiles(wanted) if is_shown else 0)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"cannot write {path} ({error.strerror})") from error
