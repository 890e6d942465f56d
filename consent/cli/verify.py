"""Check the log: that of the live database, or an export of one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy.orm import Session

from consent.cli.context import open_app
from consent.services.clock import now_ms
from consent.services.sealing_thread import state_files_in
from consent.services.verifying import verify_database
from consent.settings import UNSEALING_SECRETS, load_settings
from consent.store.database import db
from consent.verify.log_check import Evidence
from consent.verify.report import Report
from consent.verify.running import Brought, check_path, read_evidence, run_check

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("path", required=False, type=_FILE)
@click.option("--log", "log_ids", multiple=True, metavar="LOG", help="Only this log, name/epoch.")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    type=_FILE,
    help="File of the keys you trust, got by another way than the log itself.",
)
@click.option("--vkey", "vkeys", multiple=True, metavar="KEY", help="A public key you trust.")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=_FILE,
    help="A checkpoint you kept, or the mail with it.",
)
@click.option("--receipt", "receipts", multiple=True, type=_FILE, help="A visitor's receipt.")
@click.option(
    "--tsa-root",
    "roots",
    multiple=True,
    type=_FILE,
    help="Root certificate (PEM) of a time-stamp authority.",
)
@click.option(
    "--accept-recovery",
    "recoveries",
    multiple=True,
    metavar="ID",
    help="A recovery from a backup of which you know.",
)
@click.option(
    "--require-anchor",
    is_flag=True,
    help="Count it as a failure if nobody outside vouches for the log.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(
    *,
    path: Path | None,
    log_ids: tuple[str, ...],
    policies: tuple[Path, ...],
    vkeys: tuple[str, ...],
    checkpoints: tuple[Path, ...],
    receipts: tuple[Path, ...],
    roots: tuple[Path, ...],
    recoveries: tuple[str, ...],
    require_anchor: bool,
    as_json: bool,
) -> None:
    """Check that each record is what was committed, in order, nothing altered or removed.

    PATH is an export (a folder, tar or zip) or an evidence pack; without it, the live database is
    checked, with what lies beside its log. `consent-verify` does the same for exports, without the
    service.

    Ends with exit code 0 if nothing was found, 1 if something was, 2 if it could not be checked.
    """
    if path is not None and log_ids:
        raise click.UsageError("--log chooses among the logs of the live database only")
    brought = Brought(policies, vkeys, checkpoints, receipts, roots, recoveries)

    def check() -> Report:
        evidence = read_evidence(brought)
        if path is None:
            return _check_live(evidence, log_ids, require_anchor=require_anchor)
        return check_path(path, evidence, require_anchor=require_anchor)

    raise SystemExit(run_check(check, as_json=as_json, write=click.echo, complain=_complain))


def _complain(text: str) -> None:
    click.echo(text, err=True)


def _check_live(evidence: Evidence, log_ids: tuple[str, ...], *, require_anchor: bool) -> Report:
    settings = load_settings(os.environ, secrets=UNSEALING_SECRETS)
    trusted = [root for authority in settings.anchors.authorities for root in authority.roots]
    evidence = replace(evidence, roots=[*evidence.roots, *trusted])
    with open_app(), Session(db.engine) as session:
        return verify_database(
            session,
            evidence,
            state_files=state_files_in(settings.home),
            outside=settings.anchors.policy,
            log_ids=log_ids,
            require_anchor=require_anchor,
            now=now_ms(),
        )
