"""Have the buttons of a proposal measured, where there is a browser, as a part of the gate."""

from __future__ import annotations

import os

import click

from consent.services.browsing import BrowserUnavailableError
from consent.services.clock import now_ms
from consent.services.publishing import Proposal
from consent.settings import browser_of
from consent.web.measuring import measured


def with_measured_equality(proposal: Proposal) -> Proposal:
    """Return the proposal with what drawing its buttons showed, and say what came of it.

    What the gate computed stands with or without it. Raises nothing for want of a browser.
    """
    if not proposal.site.categories:
        return proposal
    try:
        drawn, drawings = measured(proposal, browser=browser_of(os.environ), now=now_ms())
    except BrowserUnavailableError as error:
        click.echo(f"Refuse and accept: equal as computed; not measured, {error}.")
        return proposal
    if len(drawn.findings) == len(proposal.findings):
        click.echo(f"Refuse and accept: equal, measured in {drawings} drawings.")
    return drawn
