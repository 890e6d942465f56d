"""Measure the console: `python -m bench.console [--rows 10000000] [--times 20] [--write]`."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path

import click
from sqlalchemy import func, select, text

from bench.console.filling import Filled, displays_of, filled
from bench.console.measuring import Timed, measure
from bench.console.reporting import chart, table
from consent.store.database import db
from consent.store.tables import LogIndexRow

TARGET = Path(__file__).parents[2] / "docs" / "benchmarks"


@click.command()
@click.option("--rows", default=10_000_000, show_default=True, help="Records in the database.")
@click.option("--times", default=20, show_default=True, help="How often each page is asked for.")
@click.option("--write", is_flag=True, help=f"Keep the figures in {TARGET.name}/console.md.")
def main(*, rows: int, times: int, write: bool) -> None:
    """Measure how long each page of the console takes over very many records."""
    with filled(rows, _tell) as made:
        timed = measure(made, times, _tell)
        facts = _facts(made)
        displays_of(made.app).stop()
        with made.app.app_context():
            db.engine.dispose()
    page = table(timed, facts)
    click.echo(page)
    if write:
        _keep(page, timed, facts)


def _keep(page: str, timed: list[Timed], facts: dict[str, object]) -> None:
    (TARGET / "console.md").write_text(page, encoding="utf-8")
    (TARGET / "console.svg").write_text(chart(timed), encoding="utf-8")
    kept = {"facts": facts, "pages": [one.as_json() for one in timed]}
    (TARGET / "console.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _facts(made: Filled) -> dict[str, object]:
    with made.app.app_context():
        postgres = str(db.session.scalar(text("SHOW server_version"))).partition(" ")[0]
        lived = db.session.scalar(select(func.count(LogIndexRow.event_id)))
        size = int(db.session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
        db.session.remove()
    day = time.strftime("%Y-%m-%d", time.gmtime())
    where = (
        f"{day}, Python {platform.python_version()}, {os.cpu_count()} cores that other work "
        f"shared (load {os.getloadavg()[0]:.1f} at the end); the database has {size / 1e9:.1f} GB."
    )
    return {"rows": made.rows, "lived": lived, "postgres": postgres, "where": where}


def _tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
