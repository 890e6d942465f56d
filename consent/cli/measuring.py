"""Have the buttons of a proposal measured, where there is a browser, as a part of the gate."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from consent.services.browsing import BrowserUnavailableError
from consent.services.clock import now_ms
from consent.services.equality import equality_findings, measure
from consent.services.publishing import Proposal
from consent.services.unpublished import as_served
from consent.settings import browser_of
from consent.web.script import drawn_config


def with_measured_equality(proposal: Proposal) -> Proposal:
    """Return the proposal with what drawing its buttons showed, and say what came of it.

    What the gate computed stands with or without it. Raises nothing for want of a browser.
    """
    site, now = proposal.site, now_ms()
    if not site.categories:
        return proposal
    served = as_served(site)
    configs = [drawn_config(served, language, now=now) for language in site.languages]
    try:
        pairs = measure(configs, executable=browser_of(os.environ))
    except BrowserUnavailableError as error:
        click.echo(f"Refuse and accept: equal as computed; not measured, {error}.")
        return proposal
    findings = equality_findings(pairs)
    if not findings:
        click.echo(f"Refuse and accept: equal, measured in {len(pairs)} drawings.")
    return replace(proposal, findings=(*proposal.findings, *findings), is_measured=True)
