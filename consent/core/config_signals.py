"""Read which of other companies' consent signals a site's script gives: [signals]."""

from __future__ import annotations

from consent.core.config_values import Table
from consent.core.model import GoogleMode, Signals

_BOTH = "ads_and_personalisation"


def read_signals(table: Table | None) -> Signals:
    """Read the signals; a site that says nothing gives none."""
    if table is None:
        return Signals()
    table.allow(("google", "google_personalised_ads"))
    mode = table.choice("google", list(GoogleMode), "")
    need = table.choice("google_personalised_ads", (_BOTH, "ads"), _BOTH)
    if "google_personalised_ads" in table and not mode:
        table.fault("google_personalised_ads", 'needs google = "basic" or "advanced"')
    return Signals(
        google=GoogleMode(mode) if mode in list(GoogleMode) else None,
        google_ads_alone=need == "ads",
    )
