"""Send the report of a month now, or print what would be sent."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy.orm import Session

from consent.app import make_sender
from consent.cli.context import open_app
from consent.core.config_addresses import email_fault
from consent.core.months import Month, parse_month
from consent.core.words import load_words
from consent.errors import NotFoundError, RuleError
from consent.export.monthly_report import report_html, report_json, report_text
from consent.services.clock import now_ms
from consent.services.reporting.channels import Recipient, person
from consent.services.reporting.delivering import Sender, find_standing, send_claimed
from consent.services.reporting.gathering import (
    CATALOGUE,
    first_month_of,
    gather,
    last_month_over,
)
from consent.services.sites import LiveSite, load_live_sites
from consent.settings import UNSEALING_SECRETS, load_settings
from consent.store.database import db

TEXT, HTML, JSON = "text", "html", "json"


def _check_month(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
    try:
        return None if text is None else parse_month(text)
    except RuleError as error:
        raise click.BadParameter(str(error)) from error


def _check_people(
    _context: click.Context, _option: click.Parameter, addresses: tuple[str, ...]
) -> tuple[str, ...]:
    for address in addresses:
        if email_fault(address) is not None:
            raise click.BadParameter(f"{address!r} is not an e-mail address.")
    return addresses


@click.command()
@click.option("--month", callback=_check_month, help="Month as 2026-10; else the last one.")
@click.option("--site", "site_ids", multiple=True, help="Only this site; may be repeated.")
@click.option(
    "--to",
    "addresses",
    multiple=True,
    callback=_check_people,
    help="Send it to this e-mail address instead, even again; may be repeated.",
)
@click.option("--again", is_flag=True, help="Send what was sent before once more.")
@click.option("--dry-run", is_flag=True, help="Print the report and send nothing.")
@click.option(
    "--format",
    "form",
    type=click.Choice([TEXT, HTML, JSON]),
    default=TEXT,
    show_default=True,
    help="Form in which --dry-run prints it.",
)
def send(
    *,
    month: Month | None,
    site_ids: tuple[str, ...],
    addresses: tuple[str, ...],
    again: bool,
    dry_run: bool,
    form: str,
) -> None:
    """Send the report of a month to whom CONSENT_REPORT_TO and CONSENT_REPORT_WEBHOOK name.

    The running service does this by itself when a month is over. What was sent before is not sent
    again.

    Ends with exit code 1 when a report could not be sent.
    """
    with open_app():
        settings = load_settings(os.environ, secrets=UNSEALING_SECRETS)
        engine = db.engine
        sender = make_sender(settings, lambda: Session(engine))
        month = month or last_month_over(now_ms())
        sites = _sites(sender, month, site_ids)
        if dry_run:
            for site in sites:
                click.echo(_printed(sender, site, month, form), nl=False)
            return
        people = [person(address) for address in addresses]
        recipients = [(site, _recipients(sender, site, people)) for site in sites]
        if not any(found for _, found in recipients):
            raise click.ClickException(
                "nobody gets reports; set CONSENT_REPORT_TO or CONSENT_REPORT_WEBHOOK, or give --to"
            )
        is_all_sent = True
        for site, found in recipients:
            for recipient in found:
                is_again = again or bool(people)
                is_sent = _send(sender, site, month, recipient, again=is_again)
                is_all_sent = is_all_sent and is_sent
    if not is_all_sent:
        raise SystemExit(1)


def _sites(sender: Sender, month: Month, wanted: Sequence[str]) -> list[LiveSite]:
    """Return the sites that a month is reported of: those published by its end."""
    now = now_ms()
    if month > last_month_over(now):
        raise RuleError(f"{month} is not over; reports are of whole months")
    with sender.open_session() as session:
        sites = load_live_sites(session, now)
        for name in wanted:
            if name not in sites:
                raise NotFoundError(f"there is no site {name!r}")
        chosen = [site for site in sites.values() if not wanted or site.id in wanted]
        firsts = {site.id: first_month_of(session, site.id) for site in chosen}
    published = [site for site in chosen if (firsts[site.id] or month.plus(1)) <= month]
    if not published:
        raise RuleError(f"no site was published in {month}")
    return published


def _recipients(sender: Sender, site: LiveSite, people: Sequence[Recipient]) -> Sequence[Recipient]:
    return people or sender.channels.recipients_of(site.id)


def _send(
    sender: Sender, site: LiveSite, month: Month, recipient: Recipient, *, again: bool
) -> bool:
    """Send one report, say what came of it, and whether all is well."""
    what = f"{month} of {site.id} to {recipient.address}"
    for outcome in send_claimed(sender, site, month, recipient, again=again):
        click.echo(f"{what}: {'sent' if outcome.is_sent else f'not sent, {outcome.error}'}.")
        return outcome.is_sent
    click.echo(f"{what}: {_why_not(sender, site, month, recipient)}.")
    return True


def _why_not(sender: Sender, site: LiveSite, month: Month, recipient: Recipient) -> str:
    with sender.open_session() as session:
        standing = find_standing(session, recipient.key(str(month), site.id))
    if standing is not None and standing.sent_at is not None:
        return "was sent before; --again sends it once more"
    return "is being sent by another process"


def _printed(sender: Sender, site: LiveSite, month: Month, form: str) -> str:
    with sender.open_session() as session:
        report = gather(session, site, month, sender.telling, now=now_ms())
    words = load_words(CATALOGUE, sender.telling.language)
    if form == JSON:
        return json.dumps(report_json(report), indent=2, ensure_ascii=False) + "\n"
    return report_html(report, words) if form == HTML else report_text(report, words)
