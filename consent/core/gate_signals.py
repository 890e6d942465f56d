"""What the gate says of the signals to other companies' tags: where they may mislead."""

from __future__ import annotations

from collections.abc import Iterator

from consent.core.finding import Finding, warning
from consent.core.model import GoogleMode, Site

_MODE = "signals.google"


def signal_findings(site: Site) -> Iterator[Finding]:
    """Find where Google's tags run too early, are told nothing, or are told more than visitors."""
    if site.signals.google is None:
        return
    if site.signals.google is GoogleMode.ADVANCED:
        message = (
            "Google's tags contact Google before any choice is made; regulators count that as "
            "access to the device, and basic mode waits"
        )
        yield warning("SG-10", _MODE, message)
    offered = {category.id for category in site.categories}
    if not offered & {"ads", "analytics"}:
        message = "without a category ads or analytics, Google's tags are never allowed anything"
        yield warning("SG-07", _MODE, message)
    google = {provider.id for provider in site.providers if "google" in provider.name.lower()}
    for category in ("ads", "analytics"):
        receives = {tracker.provider for tracker in site.trackers if tracker.category == category}
        if category in offered and not receives & google:
            message = "Google is told of this category, but visitors are not told of Google"
            yield warning("SG-07", f"categories.{category}", message)
    if site.signals.google_ads_alone:
        message = "right only if the text of the category ads speaks of personalised ads"
        yield warning("SG-07", "signals.google_personalised_ads", message)
