"""Statistics that the law lets a site measure without consent: what must hold, and who says so.

Dutch law exempts what measures the quality or effectiveness of the site itself, with little or no
effect on privacy (Tw 11.7a(3)(b)). Nothing of it can be seen from outside, so that the operator
states each condition, and nothing is taken as said. The ceilings in time are the French ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from consent.core import limits
from consent.core.config_addresses import host_of
from consent.core.config_values import Table
from consent.core.countries import is_outside_eea
from consent.core.declared_hosts import parse_declared_host
from consent.core.finding import Finding, error
from consent.core.model import NECESSARY, Exemption, Provider, Role, Site, Tracker
from consent.core.own_trackers import OWN_PROVIDER
from consent.core.vendors import statistics_vendor_sign

STATISTICS = "statistics"
MEASURES = ("quality", "effectiveness")

_DENIED = {
    "cross_site_id": "an identifier that is known on other sites follows people: it needs consent",
    "shared": "what is shared with others is no longer the site's own statistics: it needs consent",
    "ip_stored": "an IP address that is stored leads to a person: it needs consent",
}
KEYS = ("exempt", "measures", *_DENIED, "data_months")


def read_exemption(table: Table, category: str) -> Exemption | None:
    """Read `exempt = "statistics"` and the statements that it needs; none has a default."""
    if "exempt" not in table:
        for key in KEYS:
            if key in table:
                table.fault(key, f'means nothing without exempt = "{STATISTICS}"')
        return None
    table.choice("exempt", (STATISTICS,))
    if category and category != NECESSARY:
        message = f'is for category "{NECESSARY}" only: other trackers wait for consent'
        table.fault("exempt", message)
    for key in (*_DENIED, "data_months"):
        if key not in table:
            table.fault(key, "is missing; who measures without consent has to say it")
    most = limits.MAX_STATISTICS_DATA_MONTHS
    return Exemption(
        measures=table.codes("measures", MEASURES),
        cross_site_id=table.boolean("cross_site_id", default=False),
        shared=table.boolean("shared", default=False),
        ip_stored=table.boolean("ip_stored", default=False),
        data_months=table.integer("data_months", most, 1, most, "months"),
    )


def exemption_record(exemption: Exemption) -> dict[str, Any]:
    """Return what a notice says of it."""
    return {
        "for": STATISTICS,
        "measures": list(exemption.measures),
        "cross_site_id": exemption.cross_site_id,
        "shared": exemption.shared,
        "ip_stored": exemption.ip_stored,
        "data_months": exemption.data_months,
    }


def exemption_findings(
    site: Site, tracker: Tracker, exemption: Exemption, place: str
) -> Iterator[Finding]:
    """Find what keeps a tracker from being measured with under the exemption."""
    if tracker.category != NECESSARY:
        yield error("PB-13", place, "what waits for consent is not exempt from it")
    if not exemption.measures or set(exemption.measures) - set(MEASURES):
        yield error(
            "PB-13",
            f"{place} measures",
            "is exempt for measuring {measures} only",
            measures=" or ".join(MEASURES),
        )
    for key, why in _DENIED.items():
        if getattr(exemption, key):
            yield error("PB-13", f"{place} {key}", why)
    yield from _party_findings(site, tracker, place)
    yield from _time_findings(tracker, exemption, place)


def _party_findings(site: Site, tracker: Tracker, place: str) -> Iterator[Finding]:
    """First party means the site's own hosts, by name: a list of public suffixes ages.

    A cookie for a domain above them would be one identifier for every site below it.
    """
    own = {*(host_of(origin) for origin in site.origins), *site.shared_hosts}
    for text in tracker.hosts:
        if parse_declared_host(text).host not in own:
            message = "{host} is not a host of the site; what contacts others needs consent"
            yield error("PB-13", f"{place} hosts", message, host=text)
    if tracker.domain is not None and tracker.domain not in {*own, site.cookie_domain}:
        message = "{domain} is not a host of the site alone; leave the domain out"
        yield error("PB-13", f"{place} domain", message, domain=tracker.domain)
    provider = next((one for one in site.providers if one.id == tracker.provider), None)
    if provider is not None and tracker.provider != OWN_PROVIDER:
        yield from _provider_findings(provider, place)
    sign = statistics_vendor_sign(tracker, "" if provider is None else provider.name)
    if sign is not None:
        message = "{sign} is of a company that serves many sites: it needs consent"
        yield error("PB-13", place, message, sign=sign)


def _provider_findings(provider: Provider, place: str) -> Iterator[Finding]:
    if provider.role is not Role.PROCESSOR:
        text = "{name} decides on the data itself: that is sharing, and needs consent"
        yield error("PB-13", f"{place} provider", text, name=provider.name)
    if is_outside_eea(provider.country):
        text = "{name} is in {country}, outside the EEA: it needs consent"
        where = provider.country
        yield error("PB-13", f"{place} provider", text, name=provider.name, country=where)


def _time_findings(tracker: Tracker, exemption: Exemption, place: str) -> Iterator[Finding]:
    lifetime = tracker.lifetime
    most = limits.MAX_STATISTICS_DEVICE_MONTHS
    if lifetime.unit == "persistent":
        text = "has no end; under the exemption at most {most} months are allowed"
        yield error("CT-15", f"{place} lifetime", text, most=most)
    elif limits.days_of(lifetime.amount, lifetime.unit) > limits.days_of(most, "months"):
        text = "is {lifetime}; at most {most} months are allowed"
        stays = f"{lifetime.amount} {lifetime.unit}"
        yield error("CT-15", f"{place} lifetime", text, lifetime=stays, most=most)
    if not 1 <= exemption.data_months <= limits.MAX_STATISTICS_DATA_MONTHS:
        months, most = exemption.data_months, limits.MAX_STATISTICS_DATA_MONTHS
        text = "is {months}; at most {most} months"
        yield error("CT-15", f"{place} data_months", text, months=months, most=most)
