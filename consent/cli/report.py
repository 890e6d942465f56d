"""Print how often the banner was shown and what was answered, in totals; send the month."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from consent.cli.account import account_name
from consent.cli.context import open_app
from consent.cli.report_send import send
from consent.core.aggregates import AggregateReport, Step, period_of
from consent.export.aggregates import CSV, JSON, report_csv, report_json, row_cells
from consent.services.aggregating import make_report
from consent.services.clock import now_ms
from consent.services.officers import operator
from consent.store.database import db
from consent.web.context import EXTENSION, Service

TABLE = "table"
TOTALS = "totals"
_DIGITS = 8  # of a notice's hash, for people
_WIDTH = 160  # where there is no terminal


class Reports(click.Group):
    """A group in which what is no command is the SITE of `totals`, as it was before `send` came."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *self.get_help_option_names(ctx)):
            args = [TOTALS, *args]
        return super().parse_args(ctx, args)


@click.group(cls=Reports)
def report() -> None:
    """Report totals of a site, and send the report of a month.

    `consent report SITE` is short for `consent report totals SITE`.
    """


@click.command(TOTALS)
@click.argument("site")
@click.option("--from", "from_", metavar="DAY", help="First day, UTC; else 30 days or 12 months.")
@click.option("--to", metavar="DAY", help="First day that is no longer part of it.")
@click.option(
    "--by",
    type=click.Choice([step.value for step in Step]),
    default=Step.DAY.value,
    show_default=True,
    help="What a row stands for.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([TABLE, CSV, JSON]),
    default=TABLE,
    show_default=True,
    help="Form of the report.",
)
def totals(site: str, from_: str | None, to: str | None, by: str, form: str) -> None:
    """Report displays of the banner and answers on SITE, per day or month.

    Only days and months that are over are in it. Counts below CONSENT_REPORT_MINIMUM are not told,
    nor what would tell them.
    """
    with open_app() as app:
        running: Service = app.extensions[EXTENSION]
        now = now_ms()
        made = make_report(
            db.session,
            site,
            period_of(from_, to, Step(by), now=now),
            officer=operator(account_name()),
            minimum=running.report_minimum,
            now=now,
        )
    if form == JSON:
        click.echo(json.dumps(report_json(made), indent=2))
    elif form == CSV:
        click.echo(report_csv(made), nl=False)
    else:
        _print_table(made)


report.add_command(totals)
report.add_command(send)


def _print_table(made: AggregateReport) -> None:
    categories = list(made.granted)
    table = Table(box=None, pad_edge=False)
    for name in ("period", "notice", "language"):
        table.add_column(name, no_wrap=True)
    for name in (*made.totals, *categories):
        table.add_column(name, justify="right", no_wrap=True)
    for row in made.rows:
        cells = row_cells(row, categories)
        table.add_row(row.period, row.notice[:_DIGITS], row.language, *cells)
    if not made.rows:
        click.echo("Nothing was counted in these days.")
        return
    table.add_section()
    sums = [str(cell) for cell in (*made.totals.values(), *made.granted.values())]
    table.add_row("total", "", "", *sums)
    console = Console()
    console.width = console.width if console.is_terminal else _WIDTH
    console.print(table)
