"""Settings of the service around the website: who reads, the log, signing in, what runs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from consent.core.roles import ALL_SITES, Role, permissions_on
from consent.core.suppression import DEFAULT_MINIMUM
from consent.services.people import INVITATION_MS
from consent.services.sessions import IDLE_MS, LONGEST_MS, MINUTE_MS
from consent.services.sign_in import MOST_FAILURES, SHORTEST_PASSWORD, WINDOW_MS
from consent.store.people import Person
from consent.web.console.settings_told import Teller, Told


def readers(teller: Teller, people: Sequence[Person]) -> Iterator[Told]:
    """Tell who may read what is recorded, and what they are not told."""
    t, set_up = teller.words, teller.set_up
    yield teller.in_environment(
        "console",
        set_up.console_origin or t("settings.console.none"),
        "CONSENT_CONSOLE_ORIGIN",
        default=t("settings.console.none"),
    )
    yield _people(teller, people)
    yield teller.fixed("looks", t("settings.looks.value"))
    minimum = set_up.report_minimum
    yield teller.in_environment(
        "minimum",
        t("settings.minimum.every") if minimum <= 1 else _below(teller, minimum),
        "CONSENT_REPORT_MINIMUM",
        default=_below(teller, DEFAULT_MINIMUM),
    )
    yield teller.in_environment(
        "tiles",
        t(f"settings.tiles.{set_up.log_tiles}"),
        "CONSENT_LOG_TILES",
        default=t("settings.tiles.officers"),
    )


def log(teller: Teller) -> Iterator[Told]:
    """Tell which log records go into, who seals it, and who else vouches for it."""
    t, set_up = teller.words, teller.set_up
    yield teller.in_file("log", teller.site.log_origin, "log_name", "service_url")
    yield teller.in_environment(
        "sealing",
        t(f"settings.sealing.{set_up.sealing}"),
        "CONSENT_SEALING",
        default=t("settings.sealing.background"),
    )
    yield teller.in_environment(
        "answer",
        t(f"settings.answer.{set_up.audit_receipt}"),
        "CONSENT_AUDIT_RECEIPT",
        default=t("settings.answer.promise"),
    )
    witnesses = teller.none_or(set_up.witnesses, "settings.witnesses.none")
    quorum = t("settings.witnesses.quorum", quorum=set_up.quorum)
    yield teller.in_environment(
        "witnesses",
        witnesses,
        "CONSENT_WITNESSES",
        default=t("settings.witnesses.none"),
        lines=(quorum,) if set_up.quorum != "none" else (),
    )
    yield teller.in_environment(
        "authorities",
        teller.none_or(set_up.authorities, "settings.authorities.none"),
        "CONSENT_TSA_URL",
        default=t("settings.authorities.none"),
    )


def sign_in(teller: Teller) -> Iterator[Told]:
    """Tell how people sign in, and how long that lasts."""
    t, provider = teller.words, teller.set_up.provider
    least = t("settings.means.value", letters=t.number(SHORTEST_PASSWORD))
    yield teller.fixed("means", least)
    yield teller.in_environment(
        "provider",
        t("settings.provider.none") if provider is None else provider,
        "CONSENT_OIDC_ISSUER",
        default=t("settings.provider.none"),
    )
    idle, longest = IDLE_MS // MINUTE_MS, LONGEST_MS // (60 * MINUTE_MS)
    yield teller.fixed("sessions", t("settings.sessions.value", minutes=idle, hours=longest))
    failures = {"count": MOST_FAILURES, "minutes": WINDOW_MS // MINUTE_MS}
    yield teller.fixed("failures", t("settings.failures.value", **failures))
    days = INVITATION_MS // (24 * 60 * MINUTE_MS)
    yield teller.fixed("invitation", teller.days(days))


def around(teller: Teller) -> Iterator[Told]:
    """Tell what the service runs on, and what it takes from whom."""
    t, set_up = teller.words, teller.set_up
    yield teller.in_environment(
        "database",
        t(f"settings.database.{set_up.database}"),
        "CONSENT_DATABASE_URL",
        default=t("settings.database.sqlite"),
    )
    writes = set_up.writes_per_minute
    yield teller.in_environment(
        "writes",
        t("settings.writes.value", count=t.number(writes)) if writes else t("settings.writes.none"),
        "CONSENT_WRITES_PER_MINUTE",
        default=t("settings.writes.value", count="60"),
    )
    proxies = set_up.trusted_proxies
    yield teller.in_environment(
        "proxies",
        t.count("settings.proxies", proxies) if proxies else t("settings.proxies.none"),
        "CONSENT_TRUSTED_PROXIES",
        default=t("settings.proxies.none"),
    )
    yield teller.in_environment(
        "metrics",
        t("settings.metrics.on" if set_up.has_metrics else "settings.metrics.off"),
        "CONSENT_METRICS_TOKEN",
        default=t("settings.metrics.off"),
    )


def report(teller: Teller) -> Iterator[Told]:
    """Tell who gets the monthly report, and how."""
    t, set_up = teller.words, teller.set_up
    people = sum(site in (None, teller.site.id) for site in set_up.report_people)
    server = set_up.report_server
    yield teller.in_environment(
        "mail",
        t.count("settings.mail", people) if people else t("settings.mail.none"),
        "CONSENT_REPORT_TO",
        default=t("settings.mail.none"),
        lines=(t("settings.mail.server", host=server),) if people and server else (),
    )
    program = set_up.report_program
    yield teller.in_environment(
        "webhook",
        program or t("settings.webhook.none"),
        "CONSENT_REPORT_WEBHOOK",
        default=t("settings.webhook.none"),
    )


def _people(teller: Teller, people: Sequence[Person]) -> Told:
    """Tell how many people have each role on this site, without naming them."""
    t, site = teller.words, teller.site.id
    with_access = [one for one in people if permissions_on(one.grants, site)]
    counts = Counter(
        role
        for one in with_access
        for role in {*one.grants.get(site, ()), *one.grants.get(ALL_SITES, ())}
    )
    lines = tuple(
        t("settings.people.role", role=t(f"role.{role}"), count=t.number(counts[role]))
        for role in Role
        if counts[role]
    )
    return teller.by_people("people", t.count("settings.people", len(with_access)), lines=lines)


def _below(teller: Teller, minimum: int) -> str:
    return teller.words("settings.minimum.value", count=teller.words.number(minimum))
