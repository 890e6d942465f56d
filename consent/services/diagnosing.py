"""Diagnose an installation and the services it runs: every check, in the order people read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.core.certificates import https_hosts
from consent.core.sentence import words_of_others
from consent.errors import StoreUnavailableError
from consent.services.content_policies import undeclared_hosts
from consent.services.diagnosis.certificates import CERTIFICATES, meet
from consent.services.diagnosis.client import UnreachableError
from consent.services.diagnosis.database import DATABASE, Database, check_schema
from consent.services.diagnosis.embedding import EMBEDDED, Embedded
from consent.services.diagnosis.findings import (
    Checks,
    Finding,
    Level,
    Subject,
    ok,
    problem,
    skipped,
)
from consent.services.diagnosis.installation import CLOCK, KEYS, SETTINGS, Installation
from consent.services.diagnosis.log import LOG, Logged, judge_state_folder
from consent.services.diagnosis.pages import SERVED, Served
from consent.services.diagnosis.reports import REPORTS, reported
from consent.services.diagnosis.running import (
    RUNNING,
    START_IT,
    Running,
    find_absence,
    origin_of,
)
from consent.services.diagnosis.sites import SITES, Published, judge_number, judge_undeclared
from consent.services.log_status import log_statuses
from consent.services.sealing_thread import STATE_FOLDER
from consent.services.sites import LiveSite, load_live_sites
from consent.store.inspection import embedded_file, opened, public_name
from consent.store.report_deliveries import list_deliveries


def diagnose(installation: Installation, url: str | None) -> Iterator[Finding]:
    """Yield what every check finds; `url` is where the service runs, if not at each service_url."""
    for group in (SETTINGS, KEYS, CLOCK):
        yield from group.run(installation)
    sites: list[LiveSite] = []
    yield from _diagnose_database(installation, sites)
    for site in sites:
        yield from SITES.run(Published(site, installation))
    yield from _diagnose_certificates(installation, sites, url)
    yield from _diagnose_services(installation, sites, url)


def _diagnose_database(installation: Installation, sites: list[LiveSite]) -> Iterator[Finding]:
    """Yield what is found of the database, and put the live sites into `sites`."""
    url = installation.database_url
    if url is None:
        yield DATABASE.finding("reachable", skipped("Its address is faulty; see the settings."))
        return
    name = public_name(url)
    file = embedded_file(url)
    if file is not None and not file.exists():
        absent = problem("There is no database at {file}.", "Run `consent init`.", file=file)
        yield DATABASE.finding("reachable", absent)
        return
    try:
        with opened(url) as engine:
            yield DATABASE.finding("reachable", ok("{name} can be opened.", name=name))
            yield from _diagnose_opened(installation, engine, file, sites)
    except StoreUnavailableError as error:
        unreachable = problem(
            "{name} cannot be used: {reason}.",
            "Check CONSENT_DATABASE_URL.",
            name=name,
            reason=words_of_others(str(error)),
        )
        yield DATABASE.finding("reachable", unreachable)


def _diagnose_opened(
    installation: Installation, engine: Engine, file: Path | None, sites: list[LiveSite]
) -> Iterator[Finding]:
    with engine.connect() as connection:
        schema = check_schema(connection)
        yield DATABASE.finding("schema", schema)
        if schema.level is not Level.OK:
            return
        yield from DATABASE.run(Database(connection, file, installation.clock))
    now = installation.clock.now()
    with Session(engine) as session:
        sites.extend(load_live_sites(session, now).values())
        logs = log_statuses(session, now, installation.log_keys)
        undeclared = {site.id: undeclared_hosts(session, site, now=now) for site in sites}
        deliveries = list_deliveries(session)
    if installation.seals:
        folder = installation.home / STATE_FOLDER
        yield LOG.finding("state file", judge_state_folder(folder))
    for log in logs:
        yield from LOG.run(Logged(log, now))
    yield SITES.finding("published", judge_number(sites))
    for site in sites:
        if undeclared[site.id] or site.deployment.content_policy is not None:
            yield SITES.finding("content policy", judge_undeclared(site, undeclared[site.id]))
    for site in sites:
        for seen in reported(site.id, installation.reports.recipients_of(site.id), deliveries):
            yield from REPORTS.run(seen)


def _diagnose_certificates(
    installation: Installation, sites: list[LiveSite], url: str | None
) -> Iterator[Finding]:
    """Look at what browsers meet on HTTPS: at `url`, or else at every address that people open."""
    addresses = [one for site in sites for one in _addresses(site)]
    for host in https_hosts([url] if url else [*addresses, installation.console_origin]):
        met = meet(host, installation.clock.now())
        for finding in CERTIFICATES.run(met):
            yield replace(finding, certificate=met.certificate)


def _diagnose_services(
    installation: Installation, sites: list[LiveSite], url: str | None
) -> Iterator[Finding]:
    by_url: dict[str, list[LiveSite]] = {}
    for site in sites:
        by_url.setdefault(url or site.deployment.service_url, []).append(site)
    if url and not sites:
        by_url[url] = []
    if not by_url:
        yield RUNNING.finding("answers", skipped("No address is known; give one with --url."))
    for address, served in by_url.items():
        absence = find_absence(address)
        if absence is not None:
            yield RUNNING.finding("answers", absence)
            continue
        origins = _pages_roots(served, url)
        yield from _run(RUNNING, Running(address, origins, installation.clock))
        for site in served:
            yield from _run(SERVED, Served(site, address))
            yield from EMBEDDED.run(Embedded(site, _pages_roots([site], url)))


def _addresses(site: LiveSite) -> tuple[str, ...]:
    return (*site.deployment.origins, site.deployment.service_url)


def _pages_roots(sites: list[LiveSite], url: str | None) -> tuple[str, ...]:
    if url:
        return (origin_of(url),)
    return tuple(dict.fromkeys(origin for site in sites for origin in site.deployment.origins))


def _run(checks: Checks[Subject], subject: Subject) -> Iterator[Finding]:
    """Run checks on a service, which may stop answering at any of them."""
    try:
        yield from checks.run(subject)
    except UnreachableError as error:
        stopped = problem("It stopped answering: {reason}.", START_IT, reason=error.reason)
        yield checks.finding("answers", stopped)
