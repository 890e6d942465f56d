"""Export events, or the evidence for them, to a file or a pipe."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.orm import Session

from consent.cli.account import account_name
from consent.cli.context import open_app
from consent.core.model import EventName
from consent.core.times import parse_rfc3339
from consent.export import EVIDENCE, FORMATS
from consent.export.inspection import Attached
from consent.export.inspection_folder import read_inspection
from consent.services.clock import now_ms
from consent.services.evidence import EvidencePack, count_passes
from consent.services.exporting import Asked, Export, ExportStream, count_rows, start_export
from consent.services.inspecting import attach_inspection
from consent.services.officers import operator
from consent.store.database import db
from consent.store.events import EventFilter
from consent.web.context import EXTENSION, Service

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
    "--provider",
    help="Only what was allowed for this recipient, and nothing of other categories.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    help="Form of the rows.  [default: csv]",
)
@click.option(
    "--evidence",
    is_flag=True,
    help="Make a ZIP archive instead: the rows in every form, and all that proves them.",
)
@click.option("--output", default=STANDARD_OUTPUT, help="File, or - for standard output.")
@click.option(
    "--reason",
    help="Why pseudonyms, and in an archive the records themselves, are needed as they are stored; "
    "recorded. Without it pseudonyms are keyed anew.",
)
@click.option(
    "--inspection",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Attach what a browser was seen to do on the site: HAR files, or what the EDPS Website "
    "Evidence Collector wrote. With --evidence.",
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
    provider: str | None,
    format_name: str | None,
    evidence: bool,
    output: str,
    reason: str | None,
    inspection: Path | None,
) -> None:
    """Export consent events, oldest first.

    The export is recorded before its first byte and at its end. Row count and SHA-256 are printed
    to standard error.
    """
    if evidence and format_name is not None:
        raise click.UsageError("--evidence has the rows in every form; leave out --format")
    if inspection is not None and not evidence:
        raise click.UsageError("--inspection goes into an archive: give --evidence too")
    format_name = EVIDENCE if evidence else format_name or "csv"
    wanted = EventFilter(
        sites=tuple(dict.fromkeys(sites)) or None,
        from_=from_,
        to=to,
        event=None if event is None else EventName(event),
        category=category,
        language=language,
        notice=notice,
        provider=provider,
    )
    with open_app() as app, _target(output) as file, Session(db.engine) as session:
        officer = operator(account_name())
        asked = Asked(wanted, format_name, reason)
        attached = _attached(session, inspection, wanted)
        recorded = start_export(session, asked, officer=officer, now=now_ms())
        pack = _pack(app, session, recorded, attached) if evidence else None
        with closing(ExportStream(session, recorded, now_ms, pack)) as stream:
            total = _total(session, recorded, pack)
            for chunk in _shown(stream, pack, total):
                file.write(chunk)
    click.echo(f"export {recorded.id}", err=True)
    click.echo(f"rows   {stream.rows}", err=True)
    click.echo(f"sha256 {stream.sha256}", err=True)


def _attached(session: Session, folder: Path | None, wanted: EventFilter) -> Attached | None:
    """Read an inspection and check it, before anything is recorded or written."""
    if folder is None:
        return None
    return attach_inspection(session, read_inspection(folder), wanted, now=now_ms())


def _pack(
    app: Flask, session: Session, recorded: Export, attached: Attached | None
) -> EvidencePack:
    running: Service = app.extensions[EXTENSION]
    outside = running.log.witnesses
    return EvidencePack(session, recorded, running.keys, outside=outside, attached=attached)


def _total(session: Session, recorded: Export, pack: EvidencePack | None) -> int | None:
    """Return how many rows will pass, if there is a person to see it."""
    if not sys.stderr.isatty():
        return None
    return count_rows(session, recorded) if pack is None else count_passes(session, recorded)


def _shown(stream: ExportStream, pack: EvidencePack | None, total: int | None) -> Iterator[bytes]:
    """Give every chunk, and show how far it is when there is a person to see it."""
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
            yield chunk
            progress.update(task, completed=stream.rows if pack is None else pack.passed)


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
