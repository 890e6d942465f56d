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
from bench.log.measuring import measure
from bench.log.reporting import chart, table
from bench.log.results import Results, Run, Surroundings

TARGET = Path(__file__).parents[2] / "docs" / "benchmarks"
SIZES = "10000,100000,1000000"
TEN_MILLION = 10_000_000


@click.command()
@click.option("--sizes", default=SIZES, show_default=True, help="Entries in the log, by commas.")
@click.option("--ten-million", is_flag=True, help="Measure that size too; it takes long.")
@click.option("--engine", "engines", multiple=True, type=click.Choice(ENGINES), help="One only.")
@click.option("--write", is_flag=True, help=f"Keep the figures, and renew {TARGET.name}/log.md.")
def main(sizes: str, *, ten_million: bool, engines: tuple[str, ...], write: bool) -> None:
    """Measure sealing, proving and verifying, and how they grow."""
    wanted = [int(size) for size in sizes.split(",")]
    if ten_million:
        wanted.append(TEN_MILLION)
    results = Results.read(TARGET / "log.json") if write else Results()
    for engine in engines or ENGINES:
        for size in sorted(wanted):
            results.add(_measure(engine, size))
            if write:  # each as soon as it is known: the largest take hours
                results.write(TARGET / "log.json")
    text = table(results.runs)
    click.echo(text)
    if write:
        (TARGET / "log.md").write_text(text, encoding="utf-8")
        (TARGET / "log.svg").write_text(chart(results.runs), encoding="utf-8")


def _measure(engine: str, size: int) -> Run:
    def tell(what: str) -> None:
        print(f"{engine}, {size:,} entries: {what}", file=sys.stderr, flush=True)

    load = os.getloadavg()[0]
    tell("filling")
    with filled(engine, size) as log:
        measured = measure(log, tell)
    surroundings = Surroundings(
        day=time.strftime("%Y-%m-%d", time.gmtime()),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        cores=os.cpu_count() or 1,
        load_before=load,
        load_after=os.getloadavg()[0],
    )
    return Run(measured, surroundings)


if __name__ == "__main__":
    main()
