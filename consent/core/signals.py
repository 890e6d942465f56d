"""Which categories each of Google's signals needs (Consent Mode v2).

Google names seven. All seven are told, so that none is ever taken as allowed for being left out.
"""

from __future__ import annotations

from typing import Any

from consent.core.model import Signals

# Statistics have a category of their own or none: no other one says that visits are counted.
_NEEDS = {
    "ad_storage": ["ads"],
    "ad_user_data": ["ads"],
    "ad_personalization": ["ads", "personalisation"],
    "analytics_storage": ["analytics"],
    "functionality_storage": ["functional"],
    "personalization_storage": ["personalisation"],
    "security_storage": [],
}


def signals_document(signals: Signals) -> dict[str, Any] | None:
    """Return what a notice says of a site's signals; None for a site that gives none.

    A signal is granted when every category it needs is allowed. One that needs nothing is always
    granted; a category that the site does not have is never allowed.
    """
    if signals.google is None:
        return None
    needs = {signal: list(categories) for signal, categories in _NEEDS.items()}
    if signals.google_ads_alone:
        needs["ad_personalization"] = ["ads"]
    return {"google": {"mode": signals.google.value, "needs": needs}}
