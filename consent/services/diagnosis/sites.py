"""Check the published sites: how they are deployed, and what follows for their cookies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from consent.core.config_addresses import is_loopback
from consent.core.model import Shape
from consent.core.sentence import sentence
from consent.services.diagnosis.addresses import judge_addresses, look_up
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, warning
from consent.services.diagnosis.installation import Installation
from consent.services.sites import LiveSite


@dataclass(frozen=True, slots=True)
class Published:
    """One live site of an installation."""

    site: LiveSite
    installation: Installation


SITES = Checks[Published]("sites")
SHOWN_HOSTS = 5


def judge_number(sites: list[LiveSite]) -> Observation:
    if not sites:
        return warning("No site is published.", "Run `consent publish <file>`.")
    return ok("Published: {sites}.", sites=", ".join(sorted(site.id for site in sites)))


def judge_undeclared(site: LiveSite, hosts: list[str]) -> Observation:
    """Judge what browsers kept out of a site's pages lately and nothing declares."""
    if not hosts:
        return ok("{site}: browsers reported no undeclared host lately.", site=site.id)
    told, more = ", ".join(hosts[:SHOWN_HOSTS]), len(hosts) - SHOWN_HOSTS
    return warning(
        "{site}: pages tried hosts that are not declared: {hosts}.",
        "See `consent csp {site} --reports`; declare each in the site's file or remove it.",
        site=site.id,
        hosts=sentence("{hosts} and {count} more", hosts=told, count=more) if more > 0 else told,
    )


@SITES.add("https")
def check_https(published: Published) -> Iterator[Observation]:
    site, deployment = published.site, published.site.deployment
    addresses = (deployment.service_url, *deployment.origins)
    plain = [address for address in addresses if address.startswith("http://")]
    outside = [address for address in plain if not is_loopback(urlsplit(address).hostname or "")]
    if outside:
        yield problem(
            "{site}: {address} is plain HTTP, so others can read and change choices.",
            "Serve it over HTTPS, correct the site's file and publish it.",
            site=site.id,
            address=outside[0],
        )
    elif plain:
        yield warning(
            "{site}: {address} is plain HTTP, which is for development on this machine.",
            "Give https:// addresses in the site's file before others use it.",
            site=site.id,
            address=plain[0],
        )
    else:
        yield ok("{site}: pages and service are on HTTPS.", site=site.id)


@SITES.add("console")
def check_console(published: Published) -> Iterator[Observation]:
    """Say so where the console is on a website's host, where it answers nobody."""
    site, origin = published.site, published.installation.console_origin
    if origin is None:
        return
    host = urlsplit(origin).hostname
    taken = (*site.deployment.origins, site.deployment.service_origin)
    if host in {urlsplit(one).hostname for one in taken}:
        yield problem(
            "{site}: the console's host {host} is the website's, so the console answers 404.",
            "Give CONSENT_CONSOLE_ORIGIN a host of its own.",
            site=site.id,
            host=host,
        )
    else:
        yield ok("{site}: the console is on a host of its own, {host}.", site=site.id, host=host)


@SITES.add("shape")
def check_shape(published: Published) -> Iterator[Observation]:
    site, deployment = published.site, published.site.deployment
    if deployment.shape is Shape.SAME_HOST:
        others = _other_hosts(site)
        if others:
            yield warning(
                "{site}: {address} is not on the host of {pages}.",
                "Publish each host as a site of its own, or share one choice by cookie_domain.",
                site=site.id,
                address=deployment.service_url,
                pages=", ".join(others),
            )
        else:
            yield ok("{site}: the service is on the host of the pages.", site=site.id)
    elif deployment.shape is Shape.SUB_DOMAIN:
        yield ok(
            "{site}: one choice counts on the hosts of {domain}.",
            site=site.id,
            domain=deployment.cookie_domain,
        )
    else:
        yield warning(
            "{site}: the service is on another domain than the pages, so Safari forgets choices "
            "after seven days and visitors have no history.",
            "Pass a path of the site, such as /consent, on to the service.",
            site=site.id,
        )


@SITES.add("addresses")
def check_addresses(published: Published) -> Iterator[Observation]:
    """Look where a shared service is, if its hosts are on the network."""
    site, deployment = published.site, published.site.deployment
    if deployment.shape is not Shape.SUB_DOMAIN:
        return
    service = urlsplit(deployment.service_url).hostname or ""
    for origin in deployment.origins:
        page = urlsplit(origin).hostname or ""
        if page != service:
            yield judge_addresses(site.id, page, service, look_up)


@SITES.add("shared hosts")
def check_shared_hosts(published: Published) -> Iterator[Observation]:
    site = published.site
    if site.deployment.shape is not Shape.SUB_DOMAIN:
        return
    named = set(site.notice.document["hosts"])
    origins = {urlsplit(origin).hostname or "" for origin in site.deployment.origins}
    if origins <= named:
        yield ok(
            "{site}: the notice names every host: {hosts}.",
            site=site.id,
            hosts=", ".join(sorted(named)),
        )
    else:
        yield problem(
            "{site}: the notice does not name {hosts}.",
            "Add every host to shared_hosts in the site's file and publish it.",
            site=site.id,
            hosts=", ".join(sorted(origins - named)),
        )


@SITES.add("cookies")
def check_cookie_names(published: Published) -> Iterator[Observation]:
    site, name = published.site, published.site.deployment.answer_cookie
    if name.startswith("__"):
        yield ok("{site}: the choice cookie is {name}.", site=site.id, name=name)
    else:
        yield warning(
            "{site}: the choice cookie is {name}, with no __Host- prefix and no Secure.",
            "Nothing to do while developing; HTTPS brings both.",
            site=site.id,
            name=name,
        )


@SITES.add("mount")
def check_mount(published: Published) -> Iterator[Observation]:
    site, mount = published.site, published.installation.mount
    expected = site.deployment.mount
    if mount and mount != expected:
        yield warning(
            "{site}: the service is mounted at {mount}, but {address} has the path {path}.",
            "Make CONSENT_MOUNT and service_url agree, or let the proxy take its path off.",
            site=site.id,
            mount=mount,
            address=site.deployment.service_url,
            path=expected or "/",
        )
    else:
        yield ok(
            "{site}: visitors reach the service under {path}.", site=site.id, path=expected or "/"
        )


@SITES.add("proxy")
def check_proxy(published: Published) -> Iterator[Observation]:
    site, installation = published.site, published.installation
    if not site.deployment.is_secure:
        return
    if installation.widest_proxy_prefix is None and installation.writes_per_minute:
        yield warning(
            "{site}: a proxy must bring HTTPS, but none is trusted, so all visitors together may "
            "send {choices} choices in a minute.",
            "Set CONSENT_TRUSTED_PROXIES to the proxy's address, such as 127.0.0.1.",
            site=site.id,
            choices=installation.writes_per_minute,
        )
    else:
        yield ok("{site}: the limit on choices counts visitors and not the proxy.", site=site.id)


def _other_hosts(site: LiveSite) -> list[str]:
    own = urlsplit(site.deployment.service_url).netloc
    return [origin for origin in site.deployment.origins if urlsplit(origin).netloc != own]
