"""Print a site's Content-Security-Policy for its web server, and what browsers reported of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from consent.cli.context import open_app
from consent.core.content_policy_document import SERVERS, server_configuration, without_nonce
from consent.core.policy_reports import KEPT_DAYS
from consent.errors import NotFoundError
from consent.services.clock import now_ms
from consent.services.content_policies import (
    Standing,
    document_of,
    list_reports,
    policy_of,
)
from consent.services.sites import LiveSite, load_live_sites
from consent.store.database import db

_MEANINGS: Mapping[Standing, str] = {
    Standing.DECLARED: "declared, refused: held as it should",
    Standing.OWN: "your own, but not for this directive: add it to [content_policy]",
    Standing.UNDECLARED: "undeclared: declare or remove",
    Standing.NO_HOST: "no host",
}


@click.command()
@click.argument("site")
@click.option("--nginx", "form", flag_value="nginx", help="As configuration of nginx.")
@click.option("--apache", "form", flag_value="apache", help="As configuration of Apache.")
@click.option("--caddy", "form", flag_value="caddy", help="As configuration of Caddy.")
@click.option("--json", "form", flag_value="json", help="As a document for programs.")
@click.option("--report-only", is_flag=True, help="Let browsers report and hold nothing.")
@click.option("--nonce", help="What stands for a fresh nonce in your server: $request_id in nginx.")
@click.option("--reports", is_flag=True, help="List what browsers reported instead.")
def csp(
    site: str, form: str | None, nonce: str | None, *, report_only: bool, reports: bool
) -> None:
    """Print the Content-Security-Policy of SITE for every choice a visitor can make.

    Browsers that get it contact no host of a refused category, whatever is on the page. Without a
    form it is a list to read.
    """
    with open_app():
        sites = load_live_sites(db.session, now_ms())
        if site not in sites:
            known = ", ".join(sorted(sites)) or "none"
            raise NotFoundError(f"there is no site {site!r}; published are: {known}")
        if reports:
            _print_reports(sites[site])
        else:
            _print_policies(sites[site], form, nonce, report_only=report_only)


def _print_policies(
    site: LiveSite, form: str | None, nonce: str | None, *, report_only: bool
) -> None:
    document = document_of(site)
    for sentence in policy_of(site).undivided():
        click.echo(f"{sentence}; paths in `hosts` would tell them apart", err=True)
    if form == "json":
        click.echo(json.dumps(document, indent=2))
    elif form in SERVERS:
        text = server_configuration(document, form, report_only=report_only, nonce=nonce)
        click.echo(text, nl=False)
    else:
        for choice, value in document["report_only" if report_only else "enforce"].items():
            click.echo(f"{choice}\n  {without_nonce(value)}")


def _print_reports(site: LiveSite) -> None:
    found = list_reports(db.session, site, now=now_ms())
    if not found:
        click.echo(f"Nothing was reported in the last {KEPT_DAYS} days.")
    for each in found:
        day = f"{each.day[:4]}-{each.day[4:6]}-{each.day[6:]}"
        click.echo(
            f"{day} {each.count:>7}  {each.directive:<12} {each.name:<32} "
            f"{_MEANINGS[each.standing]}"
        )
