"""The tamper-evident log: seal it in a process of its own, and see how it stands."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from consent.app import make_sealer
from consent.cli.anchor import anchor, report
from consent.cli.context import keys_of, open_app
from consent.cli.log_export import export
from consent.cli.log_recovery import new_epoch, recover_log
from consent.core.times import rfc3339
from consent.services.anchoring import Anchoring
from consent.services.clock import now_ms
from consent.services.log_status import LogStatus, log_statuses
from consent.services.sealing_thread import Round, Sealer
from consent.settings import SECRETS, load_settings, log_keys_at_hand
from consent.store.database import db


@click.group()
def log() -> None:
    """The tamper-evident log of what was recorded."""


@log.command()
@click.option("--loop", is_flag=True, help="Go on every second until Ctrl-C or SIGTERM.")
def seal(*, loop: bool) -> None:
    """Seal what waits into the log, and publish its head when it is time.

    The running service does this by itself, unless CONSENT_SEALING is `command`: then this is the
    only process that needs the keys of the log and its clock. Several may run at once.
    """
    settings = load_settings(os.environ, secrets=SECRETS)
    with open_app(secrets=SECRETS) as app:
        engine = db.engine
        sealer = make_sealer(settings, keys_of(app), lambda: Session(engine))
        if loop:
            anchoring = Anchoring(lambda: Session(engine), settings.anchors, now_ms)
            anchoring.ensure_started()
            _seal_until_told(sealer)
            anchoring.stop()
            return
        with Session(engine) as session:
            total = sum(status.pending for status in log_statuses(session, now_ms()))
        done = _seal_with_progress(sealer, total)
    _tell(done)


@log.command()
@click.option("--json", "as_json", is_flag=True, help="Print it for programs.")
def status(*, as_json: bool) -> None:
    """Show each log: its size, what waits, its newest head, who vouches for it.

    Ends with exit code 1 when a log is not signed any more, or is late.
    """
    with open_app(), Session(db.engine) as session:
        now = now_ms()
        logs = log_statuses(session, now, log_keys_at_hand(os.environ))
    if as_json:
        click.echo(json.dumps({"logs": [_record(one, now) for one in logs]}, indent=2))
    elif not logs:
        click.echo("There is no log yet: `consent publish` begins one.")
    else:
        click.echo("\n\n".join(_text(one, now) for one in logs))
    if any(not one.is_ok or one.is_late(now) for one in logs):
        raise SystemExit(1)


log.add_command(anchor)
log.add_command(report)
log.add_command(recover_log)
log.add_command(new_epoch)
log.add_command(export)


def _seal_until_told(sealer: Sealer) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: sealer.end())
    click.echo("Sealing every second (Ctrl-C ends it).")
    sealer.run_until_ended()
    click.echo("Ended.")


def _seal_with_progress(sealer: Sealer, total: int) -> Round:
    """Seal all; show how far it is when there is a person to see it."""
    columns = (TextColumn("sealing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    is_shown = sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task("sealing", total=total)
        return sealer.run_once(lambda count: progress.advance(task, count))


def _tell(done: Round) -> None:
    for log_id, count in done.sealed.items():
        click.echo(f"{log_id}: sealed {count}.")
    for head in done.published:
        click.echo(f"{head.log_id}: published the head of {head.size} entries.")
    if not done.sealed and not done.refused:
        click.echo("Nothing waits to be sealed.")
    if done.refused:
        reasons = "; ".join(done.refused.values())
        raise click.ClickException(f"{reasons}; `consent log status` says more")


def _text(one: LogStatus, now: int) -> str:
    head = "none published yet"
    if one.published_at is not None:
        head = f"{one.published_size} entries, published {rfc3339(one.published_at)}"
    waiting = "nothing"
    if one.oldest_pending is not None:
        seconds = max(0, now - one.oldest_pending) // 1000
        waiting = f"{one.pending}, the oldest for {seconds} s"
    lines = [
        f"{one.log_id}{'' if one.is_in_force else ' (superseded)'}",
        f"  origin    {one.origin}",
        f"  size      {one.size}",
        f"  waiting   {waiting}{', which is late' if one.is_late(now) else ''}",
        f"  head      {head}",
        f"  anchors   {one.anchored.wording}",
        f"  status    {one.status} since {rfc3339(one.since)}",
    ]
    lines += [
        f"  key       {key.vkey} is to sign ({key.role}) and is not in this installation"
        for key in one.not_held
    ]
    if one.detail:
        lines += ["", *(f"  {line}".rstrip() for line in one.detail.splitlines())]
    return "\n".join(lines)


def _record(one: LogStatus, now: int) -> dict[str, Any]:
    anchored = one.anchored
    return {
        "log": one.log_id,
        "origin": one.origin,
        "in_force": one.is_in_force,
        "size": one.size,
        "pending": one.pending,
        "oldest_pending": _instant(one.oldest_pending),
        "is_late": one.is_late(now),
        "published_size": one.published_size,
        "published_at": _instant(one.published_at),
        "status": one.status,
        "since": rfc3339(one.since),
        "detail": one.detail,
        "keys_not_held": [{"role": key.role, "vkey": key.vkey} for key in one.not_held],
        "anchored_by": list(anchored.kinds),
        "anchored_at": _instant(anchored.last_at),
        "unanchored_since": _instant(anchored.unanchored_since),
    }


def _instant(millis: int | None) -> str | None:
    return None if millis is None else rfc3339(millis)
