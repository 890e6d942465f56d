"""What the service itself keeps in a visitor's browser, declared for every site."""

from __future__ import annotations

from consent.core import limits
from consent.core.deployment import deployment_of
from consent.core.model import NECESSARY, Kind, Lifetime, Site, Tracker
from consent.core.site_texts import in_each_language

OWN_PROVIDER = "controller"  # stands for the site's controller where a tracker names its provider

UNSENT_ITEM = "consent-unsent"

# What no tracker of a site may be called, in whatever shape of deployment.
OWN_NAMES = frozenset(
    f"{prefix}{name}"
    for prefix in ("", "__Host-", "__Secure-")
    for name in ("consent", "consent-id", UNSENT_ITEM)
)


def own_trackers(site: Site) -> list[Tracker]:
    """Return the choice cookie, the id cookie and the unsent choice, for this deployment.

    On another domain than the site's there is no id cookie: it would be a third-party cookie.
    """
    deployment = deployment_of(site)
    longest = max(site.lifetimes.consent_days, site.lifetimes.refusal_days)
    trackers = [_own(site, Kind.COOKIE, deployment.answer_cookie, "choice", longest)]
    if deployment.sets_cookies:
        days = site.lifetimes.consent_days
        trackers.append(_own(site, Kind.COOKIE, deployment.identity_cookie, "id", days))
    trackers.append(_own(site, Kind.LOCAL_STORAGE, UNSENT_ITEM, "unsent", limits.UNSENT_DAYS))
    return trackers


def _own(site: Site, kind: Kind, name: str, key: str, days: int) -> Tracker:
    return Tracker(
        name=name,
        category=NECESSARY,
        provider=OWN_PROVIDER,
        kind=kind,
        purpose=in_each_language(site, f"own.{key}.purpose"),
        lifetime=Lifetime(days, "days"),
        domain=site.cookie_domain if kind is Kind.COOKIE else None,
        path="/",
        http_only=key == "id",
        hosts=(),
        necessity_reason=in_each_language(site, f"own.{key}.reason"),
    )
