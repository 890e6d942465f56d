"""The gate: what breaks a rule of the legal checklist cannot be published.

Some rules need no check, because nothing in a site's configuration can break them: every button
is drawn with one pair of colours and one size, refuse stands beside accept in the same row
(BF-03, BF-04), no category can be on beforehand (BF-05), and there is no legitimate interest, no
countdown and no variant to configure (BF-13, BF-19, BF-21).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from consent.core import limits
from consent.core.countries import COUNTRIES, is_outside_eea
from consent.core.exempt_statistics import exemption_findings
from consent.core.finding import Finding, error, warning
from consent.core.gate_content_policy import content_policy_findings
from consent.core.gate_signals import signal_findings
from consent.core.gate_texts import text_findings
from consent.core.gate_theme import theme_findings
from consent.core.gate_words import is_for_minors
from consent.core.model import NECESSARY, ErasureMode, Site, Tracker
from consent.core.own_trackers import OWN_PROVIDER
from consent.core.patterns import matches
from consent.core.vendors import vendor_sign

__all__ = ["Finding", "gate_findings"]

_ADVERTISING = frozenset({"advertising", "ad_measurement"})


def gate_findings(site: Site) -> list[Finding]:
    """Return every broken rule and every warning; errors first."""
    findings = [
        *text_findings(site),
        *theme_findings(site.theme),
        *_lifetime_findings(site),
        *_erasure_findings(site),
        *_category_findings(site),
        *_tracker_findings(site),
        *_provider_findings(site),
        *_host_findings(site),
        *signal_findings(site),
        *content_policy_findings(site),
    ]
    return sorted(findings, key=lambda finding: finding.severity)


def _lifetime_findings(site: Site) -> Iterator[Finding]:
    consent, refusal = site.lifetimes.consent_days, site.lifetimes.refusal_days
    months = site.lifetimes.proof_months
    if not 1 <= consent <= limits.MAX_CONSENT_DAYS:
        text = "is {days}; consent counts 1 to {most}"
        most = limits.MAX_CONSENT_DAYS
        yield error("RE-04", "lifetimes.consent_days", text, days=consent, most=most)
    if refusal < consent:
        text = "is {days}; a refusal is remembered at least as long as consent, {consent}"
        yield error("RE-03", "lifetimes.refusal_days", text, days=refusal, consent=consent)
    if refusal < limits.MIN_REFUSAL_DAYS:
        text = "is {days}; no new question for {least} days after a refusal"
        least = limits.MIN_REFUSAL_DAYS
        yield error("RE-02", "lifetimes.refusal_days", text, days=refusal, least=least)
    if refusal > limits.MAX_DEVICE_DAYS:
        text = "is {days}; browsers keep cookies for {most} days at most"
        most = limits.MAX_DEVICE_DAYS
        yield error("CT-05", "lifetimes.refusal_days", text, days=refusal, most=most)
    if not 1 <= months <= limits.MAX_PROOF_MONTHS:
        text = "is {months}; proof is kept 1 to {most} months"
        most = limits.MAX_PROOF_MONTHS
        yield error("RR-03", "lifetimes.proof_months", text, months=months, most=most)
    elif months > limits.PROOF_MONTHS_WITHOUT_REASON and not site.proof_reason.strip():
        text = "keeping proof {months} months needs a reason"
        yield error("RR-03", "proof_reason", text, months=months)


def _erasure_findings(site: Site) -> Iterator[Finding]:
    """Who keeps what was erased says why, to everyone who reads the policy (GDPR 17(3))."""
    if site.erasure is ErasureMode.FULL:
        return
    for language in site.languages:
        if not site.erasure_reason.get(language, "").strip():
            message = "keeping erased records needs a written reason"
            yield error("RR-07", f"erasure_reason.{language}", message)


def _category_findings(site: Site) -> Iterator[Finding]:
    for category in site.categories:
        place = f"categories.{category.id}"
        if category.id == NECESSARY:
            yield error("SL-05", place, "what is necessary is never a choice")
        if not category.purposes:
            yield error("BF-09", f"{place}.purposes", "a category without a purpose asks nothing")
        if not any(tracker.category == category.id for tracker in site.trackers):
            yield error("CO-09", place, "no tracker, no question: nothing here needs consent")
        if _ADVERTISING & set(category.purposes):
            yield from _advertising_findings(site, place, gpc=category.gpc)
    if site.cookie_domain is not None and not site.shared_hosts:
        yield error("CT-04", "shared_hosts", "one choice for several hosts must name them")


def _host_findings(site: Site) -> Iterator[Finding]:
    """A cookie without a domain reaches one host only: on the others a choice would be lost."""
    hosts = {urlsplit(origin).hostname for origin in site.origins}
    service_host = urlsplit(site.service_url).hostname
    if site.cookie_domain is None and service_host in hosts and len(hosts) > 1:
        text = (
            "the choice cookie would reach {host} only; give the hosts a cookie_domain, or make "
            "each a site of its own"
        )
        yield error("CT-04", "origins", text, host=service_host)


def _advertising_findings(site: Site, place: str, *, gpc: bool) -> Iterator[Finding]:
    if not gpc:
        yield warning("SG-01", f"{place}.gpc", "Global Privacy Control should refuse advertising")
    for group in site.page_groups:
        if is_for_minors(group):
            message = "pages for minors should be a site of their own, without advertising"
            yield warning("CO-01", f"page_groups.{group}", message)


def _tracker_findings(site: Site) -> Iterator[Finding]:
    names = {provider.id: provider.name for provider in site.providers}
    names[OWN_PROVIDER] = site.controller.name
    categories = {NECESSARY, *(category.id for category in site.categories)}
    for tracker in site.trackers:
        place = f'trackers "{tracker.name}"'
        if tracker.provider not in names:
            text = "provider '{provider}' is not declared"
            yield error("SL-07", place, text, provider=tracker.provider)
        if tracker.category not in categories:
            text = "category '{category}' is not declared"
            yield error("SL-07", place, text, category=tracker.category)
        days = limits.days_of(tracker.lifetime.amount, tracker.lifetime.unit)
        if days > limits.MAX_DEVICE_DAYS:
            text = "stays {days} days; at most {most} are possible"
            yield error("CT-05", place, text, days=f"{days:.0f}", most=limits.MAX_DEVICE_DAYS)
        yield from _deletion_findings(site, tracker, place)
        if tracker.exempt is not None:
            yield from exemption_findings(site, tracker, tracker.exempt, place)
        if tracker.category == NECESSARY:
            yield from _necessity_findings(site, tracker, names.get(tracker.provider, ""), place)


def _deletion_findings(site: Site, tracker: Tracker, place: str) -> Iterator[Finding]:
    """Find what withdrawal of a category would delete although it is necessary."""
    for other in site.trackers:
        if (
            tracker.category != NECESSARY == other.category
            and tracker.kind == other.kind
            and tracker.domain == other.domain
            and matches(tracker.name, other.name)
        ):
            text = "withdrawing would delete {other}, which is necessary"
            yield error("WD-05", place, text, other=other.name)


def _necessity_findings(
    site: Site, tracker: Tracker, provider_name: str, place: str
) -> Iterator[Finding]:
    for language in site.languages:
        if not tracker.necessity_reason.get(language, "").strip():
            message = "what is necessary needs a written reason"
            yield error("SL-06", f"{place} necessity_reason.{language}", message)
    if tracker.exempt is not None:
        return  # statistics are not necessary, and have rules of their own
    sign = vendor_sign(tracker, provider_name)
    if sign is not None:
        text = "{sign} is analytics or advertising, which is never necessary"
        yield error("SL-06", place, text, sign=sign)


def _provider_findings(site: Site) -> Iterator[Finding]:
    for provider in site.providers:
        place = f"providers.{provider.id}"
        if provider.country not in COUNTRIES:
            text = "'{country}' is not a country"
            yield error("SL-13", f"{place}.country", text, country=provider.country)
        elif is_outside_eea(provider.country) and not provider.transfer_basis:
            text = "a transfer to {country} needs a basis"
            yield error("SL-13", f"{place}.transfer_basis", text, country=provider.country)
        if not provider.name.strip():
            yield error("SL-07", f"{place}.name", "a recipient is named")
