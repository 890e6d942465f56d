"""Export events to a file or a pipe."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from consent.cli.account import account_name
from consent.cli.context import open_app
from consent.core.model import EventName
from consent.core.times import parse_rfc3339
from consent.export import FORMATS
from consent.services.clock import now_ms
from consent.services.exporting import Asked, ExportStream, count_rows, start_export
from consent.services.officers import operator
from consent.store.database import db
from consent.store.events import EventFilter

STANDARD_OUTPUT = "-"


def _instant(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """Read a day, for its midnight UTC, or an RFC 3339 instant."""
    if value is None:
        return None
    try:
        return parse_rfc3339(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is not a day (2026-03-01) or an instant (2026-03-01T12:00:00Z)"
        ) from error


@click.command()
@click.option("--site", "sites", multiple=True, metavar="SITE", help="May be repeated; else all.")
@click.option(
    "--from",
    "from_",
    metavar="INSTANT",
    callback=_instant,
    help="First instant; a day is its midnight, UTC.",
)
@click.option(
    "--to", metavar="INSTANT", callback=_instant, help="First instant after the period: [from, to)."
)
@click.option(
    "--event",
    type=click.Choice([name.value for name in EventName]),
    help="Only events of one kind.",
)
@click.option("--category", help="Only events in which this category was granted.")
@click.option("--language", help="Language of the notice, such as nl.")
@click.option("--notice", help="Hash of the notice that was shown.")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="csv",
    show_default=True,
    help="Form of the rows.",
)
@click.option("--output", default=STANDARD_OUTPUT, help="File, or - for standard output.")
@click.option(
    "--reason",
    help="Why pseudonyms are needed as they are stored; recorded. Without it they are keyed anew.",
)
def export(
    *,
    sites: tuple[str, ...],
    from_: int | None,
    to: int | None,
    event: str | None,
    category: str | None,
    language: str | None,
    notice: str | None,
    format_name: str,
    output: str,
    reason: str | None,
) -> None:
    """Export consent events, oldest first.

    The export is recorded before its first byte and at its end. Row count and SHA-256 are printed
    to standard error.
    """
    wanted = EventFilter(
        sites=tuple(dict.fromkeys(sites)) or None,
        from_=from_,
        to=to,
        event=None if event is None else EventName(event),
        category=category,
        language=language,
        notice=notice,
    )
    with open_app(), _target(output) as file, Session(db.engine) as session:
        officer = operator(account_name())
        asked = Asked(wanted, format_name, reason)
        recorded = start_export(session, asked, officer=officer, now=now_ms())
        total = count_rows(session, recorded) if sys.stderr.isatty() else None
        with closing(ExportStream(session, recorded, now_ms)) as stream:
            _write(stream, file, total)
    click.echo(f"export {recorded.id}", err=True)
    click.echo(f"rows   {stream.rows}", err=True)
    click.echo(f"sha256 {stream.sha256}", err=True)


def _write(stream: ExportStream, file: BinaryIO, total: int | None) -> None:
    """Write every chunk; show how far it is when there is a person to see it."""
    columns = (
        TextColumn("exporting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=total is None) as progress:
        task = progress.add_task("exporting", total=total)
        for chunk in stream:
            file.write(chunk)
            progress.update(task, completed=stream.rows)


@contextmanager
def _target(output: str) -> Iterator[BinaryIO]:
    """Give what to write to. A file appears under its name only when it is complete."""
    if output == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise click.ClickException(f"cannot write in {path.parent} ({error.strerror})") from error
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        raise click.ClickException(f"cannot write {path} ({error.strerror})") from error
    finally:
        Path(temporary).unlink(missing_ok=True)
