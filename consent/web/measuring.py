"""Have a browser draw and measure the buttons of what is to be published, as a part of the gate."""

from __future__ import annotations

from dataclasses import replace

from consent.services.equality import equality_findings, measure
from consent.services.publishing import Proposal
from consent.services.unpublished import as_served
from consent.web.script import drawn_config


def measured(proposal: Proposal, *, browser: str | None, now: int) -> tuple[Proposal, int]:
    """Return the proposal with what drawing its buttons showed, and in how many drawings.

    What the gate computed stands with or without it. Raises BrowserUnavailableError.
    """
    served = as_served(proposal.site)
    configs = [drawn_config(served, language, now=now) for language in proposal.site.languages]
    pairs = measure(configs, executable=browser)
    findings = (*proposal.findings, *equality_findings(pairs))
    return replace(proposal, findings=findings, is_measured=True), len(pairs)
