"""The Content-Security-Policy of a site's pages, from what is declared and what a visitor allows.

It lists what may be contacted, so what is refused stays out by being absent: browsers then hold it
whatever the page says, even with none of our scripts running. Undecided counts as refused.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from consent.core.config_addresses import host_of
from consent.core.content_sources import (
    DEFAULT,
    FALLBACKS,
    SELF,
    TRACKER_DIRECTIVES,
    WEBSOCKET,
    Directives,
    format_policy,
    guard,
    hosts_meet,
    in_order,
    merge,
    reaches,
    source_host,
    with_nonce,
)
from consent.core.declared_hosts import DeclaredHost, parse_declared_host
from consent.core.deployment import Deployment
from consent.core.model import NECESSARY, Kind
from consent.core.sentence import Sentence, sentence
from consent.errors import RuleError

ENFORCING = "Content-Security-Policy"
REPORT_ONLY = "Content-Security-Policy-Report-Only"
ENDPOINTS = "Reporting-Endpoints"
ENDPOINT = "consent-policy"

# What each kind needs by itself. A script acts with all rights of the page, so that its own host
# for beacons and pixels adds none.
_OF_KIND: Mapping[str, tuple[str, ...]] = {
    Kind.SCRIPT: ("script", "connect", "img"),
    Kind.EMBED: ("frame",),
    Kind.PIXEL: ("img", "connect"),
}
# What others declare, such as cookies, is set by whatever is loaded from their hosts.
ANY = "any"
_STRICT: Directives = {
    DEFAULT: (SELF,),
    "object-src": ("'none'",),
    "base-uri": (SELF,),
    "form-action": (SELF,),
}
_OUR_TRUSTED_TYPES = ("consent", "consent-auto")
NONCE_PLACE = "{nonce}"  # in a policy that is written down, for who sends it to fill in
_NONCE = re.compile(r"[A-Za-z0-9+/_-]{16,256}={0,2}")


@dataclass(frozen=True, slots=True)
class Needed:
    """What one tracker needs of one directive. `sources` is how the policy writes the host.

    With the directive ANY it has no sources: it needs nothing, and any other's may let it in.
    """

    category: str
    directive: str
    host: DeclaredHost
    sources: tuple[str, ...]
    is_embed: bool = False

    def covers(self, other: Needed) -> bool:
        """Say whether allowing this lets through what another one declares.

        An address belongs to the declaration that describes it most closely.
        """
        return (
            other.directive in (self.directive, ANY)
            and self.host.specificity <= other.host.specificity
            and any(reaches(source, other.host) for source in self.sources)
        )


@dataclass(frozen=True)
class ContentPolicy:
    """The policies of one site, one for each choice. `report_url` is where violations go."""

    categories: tuple[str, ...]
    base: Directives
    needed: tuple[Needed, ...]
    own_hosts: tuple[str, ...]
    report_url: str
    load_once: bool = False
    reports: bool = False

    def directives(self, allowed: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the policy of somebody who allows some categories and no others."""
        sources: dict[str, list[str]] = {}
        for one in self.needed:
            if self._is_open(one, allowed):
                sources.setdefault(one.directive, []).extend(one.sources)
        return merge(self.base, {name: tuple(found) for name, found in sources.items()})

    def header(
        self, allowed: Collection[str], nonce: str | None = None, *, reports: bool = False
    ) -> str:
        """Return the value of the header; `reports` asks for reports where the site does not.

        Raises RuleError when a nonce could be guessed or would end the policy. Where the site
        uses none, it is left out.
        """
        if nonce is not None and nonce != NONCE_PLACE:
            require_nonce(nonce)
        first = self.directives(allowed)
        policies = [with_nonce(first, nonce), guard(first)]
        end = self._reporting() if reports or self.reports else ""
        # One header with two policies: browsers heed both.
        return ", ".join(format_policy(policy) + end for policy in policies if policy)

    def endpoints(self) -> dict[str, str]:
        """Return the header that names where reports go; browsers take it over HTTPS only."""
        return {ENDPOINTS: f'{ENDPOINT}="{self.report_url}"'} if self._is_secure else {}

    def choices(self) -> Iterator[tuple[str, ...]]:
        """Yield every set of categories that can be allowed, the smaller ones first."""
        for size in range(len(self.categories) + 1):
            yield from itertools.combinations(self.categories, size)

    def spelling(self, allowed: Collection[str]) -> str:
        """Return choices as the choice cookie spells them."""
        return "_".join(f"{name}-{int(name in allowed)}" for name in self.categories)

    def is_declared(self, host: str) -> bool:
        """Say whether a host is one that some tracker contacts."""
        return any(hosts_meet(one.host.host, host) for one in self.needed)

    def is_own(self, host: str) -> bool:
        """Say whether a host is the site's, or one that its own part of the policy names."""
        named = {
            source_host(source)
            for name, sources in self.base.items()
            if name in FALLBACKS
            for source in sources
        }
        return any(hosts_meet(one, host) for one in (*self.own_hosts, *named) if one)

    def faults(self) -> list[str]:
        """Return why a refused host would load all the same, each in a sentence."""
        return [str(one) for one in self.told_faults()]

    def told_faults(self) -> list[Sentence]:
        return [*self._open_bases(), *self._open_necessities(), *self._open_frames()]

    def undivided(self) -> list[str]:
        """Return which trackers no policy can tell apart, so that one waits for the other."""
        return [str(one) for one in self.told_undivided()]

    def told_undivided(self) -> list[Sentence]:
        text = "{host} needs {category} as well as {other}: both declare it"
        pairs = itertools.permutations(self._choosable, 2)
        found = dict.fromkeys(
            (_named(other.host), one.category, other.category)
            for one, other in pairs
            if one.category != other.category and other.covers(one)
        )
        return [sentence(text, host=host, category=own, other=than) for host, own, than in found]

    def own_declared(self) -> list[str]:
        """Return the declared hosts that are the site's own, which it can load from anyway."""
        hosts = {one.host.host for one in self._choosable}
        return sorted(one for one in hosts if any(hosts_meet(one, own) for own in self.own_hosts))

    def _is_open(self, one: Needed, allowed: Collection[str]) -> bool:
        """Say whether a source goes in: a host that something refused shares stays out."""
        if one.category == NECESSARY or (one.is_embed and self.load_once):
            return True
        return self._waits_for[one] <= set(allowed)

    @cached_property
    def _waits_for(self) -> dict[Needed, frozenset[str]]:
        """The categories that each source needs: its own, and those of what it would let in."""
        return {
            one: frozenset(
                {one.category, *(other.category for other in self._choosable if one.covers(other))}
            )
            for one in self._choosable
        }

    @cached_property
    def _choosable(self) -> list[Needed]:
        return [one for one in self.needed if one.category != NECESSARY]

    def _open_bases(self) -> Iterator[Sentence]:
        # What a directive has from another one is told once.
        places: dict[str, str] = {}
        for name in (name for name in self.base if name in FALLBACKS):
            for source in self.base[name]:
                places.setdefault(source, name)
        for source, name in places.items():
            met = next((one for one in self._choosable if reaches(source, one.host)), None)
            if met is not None:
                yield sentence(
                    "{directive} has {source}, which lets everybody load from {host}, and that is "
                    "declared under {category}; leave it out here",
                    directive=name,
                    source=source,
                    host=_named(met.host),
                    category=met.category,
                )

    def _open_necessities(self) -> Iterator[Sentence]:
        for one in self.needed:
            for other in self._choosable:
                if one.category == NECESSARY and one.covers(other):
                    yield sentence(
                        "{host} is declared under {category} and is necessary too; give each "
                        "tracker the paths that it contacts",
                        host=_named(other.host),
                        category=other.category,
                    )

    def _open_frames(self) -> Iterator[Sentence]:
        frames = [one for one in self._choosable if one.is_embed and self.load_once]
        for one, other in itertools.product(frames, self._choosable):
            if one.category != other.category and not other.is_embed and one.covers(other):
                yield sentence(
                    "{host} is declared under {category}, and with load_once everybody may load "
                    "frames from {frame}; give each tracker the paths that it contacts, or leave "
                    "load_once out",
                    host=_named(other.host),
                    category=other.category,
                    frame=_named(one.host),
                )

    @property
    def _is_secure(self) -> bool:
        return self.report_url.startswith("https://")

    def _reporting(self) -> str:
        to_endpoint = f"; report-to {ENDPOINT}" if self._is_secure else ""
        return f"; report-uri {self.report_url}{to_endpoint}"


def require_nonce(nonce: str) -> None:
    """Raise RuleError unless a nonce is long enough and has no character with a meaning here."""
    if not _NONCE.fullmatch(nonce):
        raise RuleError("a nonce has 16 or more characters of base64")


def content_policy(document: Mapping[str, Any], deployment: Deployment) -> ContentPolicy:
    """Return the policies of a published site, or of one that is to be."""
    own = deployment.content_policy
    return ContentPolicy(
        categories=tuple(category["id"] for category in document["categories"]),
        base=_base(deployment),
        needed=tuple(dict.fromkeys(_all_needed(document, deployment))),
        own_hosts=tuple(host_of(origin) for origin in deployment.origins),
        report_url=f"{deployment.service_url}/api/v1/sites/{document['site']}/policy-reports",
        load_once=own is not None and own.load_once,
        reports=own is not None and own.reports,
    )


def _named(host: DeclaredHost) -> str:
    return f"{host.host}{host.path}"


def _base(deployment: Deployment) -> dict[str, tuple[str, ...]]:
    """Return what every visitor's policy has: the site's own, what is strict, and the service."""
    own = deployment.content_policy
    base = {**_STRICT, **(own.directives if own else {})}
    service = _service_source(deployment)
    extra: dict[str, tuple[str, ...]] = {"script-src": (service,), "connect-src": (service,)}
    if "trusted-types" in base or "require-trusted-types-for" in base:
        extra["trusted-types"] = _OUR_TRUSTED_TYPES
    return merge(base, extra)


def _service_source(deployment: Deployment) -> str:
    if set(deployment.origins) == {deployment.service_origin}:
        return SELF
    return f"{deployment.service_origin}{urlsplit(deployment.service_url).path}/"


def _all_needed(document: Mapping[str, Any], deployment: Deployment) -> Iterator[Needed]:
    for tracker in document["trackers"]:
        is_embed = tracker["kind"] == Kind.EMBED
        names = (*_OF_KIND.get(tracker["kind"], ()), *tracker.get("directives", ()))
        if tracker["kind"] not in _OF_KIND:
            for text in tracker["hosts"]:
                yield Needed(tracker["category"], ANY, parse_declared_host(text), ())
        for text, name in itertools.product(tracker["hosts"], dict.fromkeys(names)):
            host = parse_declared_host(text)
            sources = host.csp_source().split()
            if name == WEBSOCKET:
                scheme = "wss" if deployment.is_secure else "ws"
                sources = [f"{scheme}://{source}" for source in sources]
            directive = TRACKER_DIRECTIVES[name]
            yield Needed(
                tracker["category"],
                directive,
                host,
                in_order(sources),
                is_embed=is_embed and directive == "frame-src",
            )
