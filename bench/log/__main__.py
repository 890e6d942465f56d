"""Measure the log: `python -m bench.log [--sizes 10000,100000] [--ten-million] [--write]`.

Every figure stands beside that of a plain hash chain of the same entries, measured in the same run:
read the ratios, not the figures, which are those of one machine on one day.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from pathlib import Path

import click

from bench.log.filling import ENGINES, filled
from bench.log.measuring import Measured, measure
from bench.log.reporting import Surroundings, chart, table

TARGET = Path(__file__).parents[2] / "docs" / "benchmarks"
SIZES = "10000,100000,1000000"
TEN_MILLION = 10_000_000


@click.command()
@click.option("--sizes", default=SIZES, show_default=True, help="Entries in the log, by commas.")
@click.option("--ten-million", is_flag=True, help="Measure that size too; it takes long.")
@click.option("--engine", "engines", multiple=True, type=click.Choice(ENGINES), help="One only.")
@click.option("--write", is_flag=True, help=f"Write {TARGET.name}/log.md and its chart.")
def main(sizes: str, *, ten_million: bool, engines: tuple[str, ...], write: bool) -> None:
    """Measure sealing, proving and verifying, and how they grow."""
    wanted = [int(size) for size in sizes.split(",")]
    if ten_million:
        wanted.append(TEN_MILLION)
    load = os.getloadavg()[0]
    measured = [_measure(engine, size) for engine in engines or ENGINES for size in sorted(wanted)]
    surroundings = Surroundings(
        day=time.strftime("%Y-%m-%d", time.gmtime()),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        cores=os.cpu_count() or 1,
        load_before=load,
        load_after=os.getloadavg()[0],
    )
    text = table(measured, surroundings)
    click.echo(text)
    if write:
        TARGET.mkdir(parents=True, exist_ok=True)
        (TARGET / "log.md").write_text(text, encoding="utf-8")
        (TARGET / "log.svg").write_text(chart(measured), encoding="utf-8")


def _measure(engine: str, size: int) -> Measured:
    def tell(what: str) -> None:
        print(f"{engine}, {size:,} entries: {what}", file=sys.stderr, flush=True)

    tell("filling")
    with filled(engine, size) as log:
        return measure(log, tell)


if __name__ == "__main__":
    main()
