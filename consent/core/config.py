"""Turn a site's TOML file into a Site, or into the list of everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence

from consent.core import limits
from consent.core.blocking import read_blocking
from consent.core.catalogue import LANGUAGES, MODEL
from consent.core.config_addresses import (
    host_fault,
    host_of,
    link_fault,
    origin_fault,
    service_url_fault,
)
from consent.core.config_content_policy import read_content_policy
from consent.core.config_places import find_places
from consent.core.config_sections import (
    read_category,
    read_controller,
    read_labels,
    read_lifetimes,
    read_overrides,
    read_provider,
    read_theme,
    slug_fault,
)
from consent.core.config_signals import read_signals
from consent.core.config_trackers import read_trackers
from consent.core.config_values import Faults, Table, shown
from consent.core.model import Category, Controller, ErasureMode, Provider, Site, Tracker
from consent.core.own_trackers import OWN_PROVIDER
from consent.errors import ConfigurationError

SCHEMA = 1

_KEYS = (
    "schema",
    "id",
    "name",
    "origins",
    "service_url",
    "cookie_domain",
    "shared_hosts",
    "log_name",
    "languages",
    "default_language",
    "reviewed_languages",
    "privacy_url",
    "page_groups",
    "record_refusals",
    "proof_reason",
    "erasure",
    "erasure_reason",
    "backup_days",
    "content_policy",
    "blocking",
    "signals",
    "publishing",
    "controller",
    "providers",
    "categories",
    "trackers",
    "lifetimes",
    "theme",
    "texts",
    "purposes",
    "data_kinds",
)
_AT_LINE = re.compile(r"(.*) \(at line (\d+), column \d+\)")
_NO_CONTROLLER = Controller("", "", "", "", "", "", "", "")


def load_site(text: str, source: str) -> Site:
    """Return the site a TOML text describes; `source` names the file in faults.

    Raises ConfigurationError with every fault, each as "file:line: key: what is wrong".
    A category without a tracker is left out: a question about nothing is not asked.
    """
    root = _parse(text, source)
    site = _read_site(root)
    if faults := root.faults.lines():
        raise ConfigurationError(faults)
    return site


def _parse(text: str, source: str) -> Table:
    try:
        values = tomllib.loads(text)
        places = find_places(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.fullmatch(str(error))
        line = match[2] if match else text.count("\n") + 1
        raise ConfigurationError(
            [f"{source}:{line}: not TOML: {match[1] if match else error}"]
        ) from error
    except (RecursionError, ValueError) as error:
        raise ConfigurationError([f"{source}:1: not TOML that can be read: {error}"]) from error
    return Table(values, (), Faults(source, places))


def _read_site(root: Table) -> Site:
    root.allow(_KEYS)
    root.integer("schema", SCHEMA, SCHEMA, SCHEMA)
    if "schema" not in root:
        root.fault("schema", f"is missing; give schema = {SCHEMA}")
    languages = _read_languages(root)
    purposes = read_labels(root, "purposes", languages)
    data = read_labels(root, "data_kinds", languages)
    providers = [read_provider(name, table) for name, table in root.tables("providers")]
    categories = [
        read_category(name, table, languages, purposes, data)
        for name, table in root.tables("categories")
    ]
    trackers = read_trackers(
        root,
        [category.id for category in categories],
        [OWN_PROVIDER, *(provider.id for provider in providers)],
        languages,
    )
    _check_use(root, providers, categories, trackers)
    controller_table = root.table("controller")
    controller = read_controller(controller_table) if controller_table else _NO_CONTROLLER
    lifetimes = read_lifetimes(root.table("lifetimes", required=False))
    site = Site(
        id=root.judged("id", slug_fault),
        name=root.local_text("name", languages),
        origins=root.judged_list("origins", origin_fault),
        service_url=root.judged("service_url", service_url_fault).rstrip("/"),
        cookie_domain=root.judged("cookie_domain", _cookie_domain_fault, "") or None,
        shared_hosts=root.judged_list("shared_hosts", host_fault, required=False),
        log_name=root.judged("log_name", slug_fault, controller.id),
        languages=languages,
        default_language=root.choice("default_language", languages, languages[0]),
        reviewed_languages=root.codes("reviewed_languages", languages, required=False),
        privacy_url=root.local_text("privacy_url", languages),
        controller=controller,
        providers=tuple(providers),
        categories=tuple(_offered(categories, trackers)),
        trackers=tuple(trackers),
        lifetimes=lifetimes,
        theme=read_theme(root.table("theme", required=False)),
        texts=read_overrides(root, languages),
        purpose_labels=purposes,
        data_labels=data,
        page_groups=root.judged_list("page_groups", slug_fault, required=False),
        record_refusals=root.choice("record_refusals", ("event", "count"), "event"),
        proof_reason=root.text("proof_reason", ""),
        erasure=_read_erasure(root),
        erasure_reason=root.local_text("erasure_reason", languages, required=False),
        backup_days=root.integer("backup_days", 0, 1, limits.MAX_BACKUP_DAYS, "days") or None,
        content_policy=read_content_policy(root.table("content_policy", required=False)),
        blocking=read_blocking(root.table("blocking", required=False)),
        signals=read_signals(root.table("signals", required=False)),
        approvals=_read_approvals(root.table("publishing", required=False)),
    )
    _check_site(root, site)
    return site


def _read_erasure(root: Table) -> ErasureMode:
    mode = root.choice("erasure", list(ErasureMode), ErasureMode.FULL)
    return ErasureMode(mode) if mode in list(ErasureMode) else ErasureMode.FULL


def _read_approvals(table: Table | None) -> int:
    """Read how many people have to approve what is published; nobody, unless the site says so."""
    if table is None:
        return 0
    table.allow(("approvals",))
    return table.integer("approvals", 0, 0, limits.MAX_APPROVALS)


def _read_languages(root: Table) -> tuple[str, ...]:
    """Read the languages; when none can be read, those of the name stand in to check texts."""
    languages = root.codes("languages", LANGUAGES)
    named = root.table("name", required=False)
    found = [languages, () if named is None else named.keys()]
    known = (tuple(tag for tag in tags if tag in LANGUAGES) for tags in found)
    return next((tags for tags in known if tags), (MODEL,))


def _offered(categories: Sequence[Category], trackers: Sequence[Tracker]) -> list[Category]:
    in_use = {tracker.category for tracker in trackers}
    return [category for category in categories if category.id in in_use]


def _check_use(
    root: Table,
    providers: Sequence[Provider],
    categories: Sequence[Category],
    trackers: Sequence[Tracker],
) -> None:
    known = {OWN_PROVIDER, *(provider.id for provider in providers)}
    in_use = {tracker.provider for tracker in trackers}
    for provider in providers:
        # A misspelt name in a tracker has its own fault; it may have meant this provider.
        if in_use <= known and provider.id not in in_use:
            root.faults.add(("providers", provider.id), "no tracker names this provider")
    if len(categories) > limits.MAX_CATEGORIES:
        root.fault(
            "categories",
            f"there are {len(categories)}; at most {limits.MAX_CATEGORIES} can be asked",
        )


def _check_site(root: Table, site: Site) -> None:
    """Check what depends on several keys."""
    for language, link in site.privacy_url.items():
        root.report(("privacy_url", language), link, link_fault)
    without_reason = limits.PROOF_MONTHS_WITHOUT_REASON
    if site.lifetimes.proof_months > without_reason and not site.proof_reason:
        root.fault(
            "proof_reason", f"is missing; keeping proof over {without_reason} months needs a reason"
        )
    if site.lifetimes.proof_months <= without_reason and site.proof_reason:
        root.fault("proof_reason", f"only proof kept over {without_reason} months needs a reason")
    if site.erasure is ErasureMode.UNLINK and not site.erasure_reason:
        root.fault("erasure_reason", "is missing; keeping erased records needs a written reason")
    if site.erasure is ErasureMode.FULL and site.erasure_reason:
        root.fault("erasure_reason", 'only erasure = "unlink" needs a reason')
    if site.cookie_domain is None:
        if site.shared_hosts:
            root.fault("shared_hosts", "needs cookie_domain, the domain these hosts have in common")
        return
    if not site.shared_hosts:
        root.fault("shared_hosts", "is missing; name every host that one choice covers")
    _check_shared_hosts(root, site, site.cookie_domain)


def _check_shared_hosts(root: Table, site: Site, domain: str) -> None:
    for index, host in enumerate(site.shared_hosts):
        if not _is_under(host, domain):
            root.faults.add(("shared_hosts", index), f"{shown(host)} is not under {domain}")
    for index, origin in enumerate(site.origins):
        if host_of(origin) not in site.shared_hosts:
            root.faults.add(("origins", index), f"{shown(origin)} is not in shared_hosts")
    if site.service_url and not _is_under(host_of(site.service_url), domain):
        root.fault("service_url", f"{shown(site.service_url)} is not under {domain}")


def _is_under(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _cookie_domain_fault(domain: str) -> str | None:
    if host_fault(domain) or "." not in domain:
        return "is not a domain, such as example.org"
    return None
