"""What ends among certificates and keys is told in time, to those whose site it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import update

from consent.core.certificates import Fault, HttpsCertificate
from consent.core.checks import CheckKind, Outcome
from consent.core.model import Site
from consent.core.roles import Role
from consent.core.times import MILLIS_PER_DAY
from consent.store.database import write_transaction
from consent.store.log_keys import LOG, LogKey, insert_key, list_keys
from consent.store.tables import LogKeyRow
from tests.service import Clock, engine_session
from tests.web.console.counted import SITE, light, made
from tests.web.console.people import CONSOLE, Console
from tests.web.console.recorded import one

LOG_ID = "leiden-university/1"
LIFE = 90 * MILLIS_PER_DAY


def met(host: str, days: float, now: int, fault: Fault | None = None) -> HttpsCertificate:
    """Return a certificate of 90 days with some left."""
    return HttpsCertificate(host, now + int(days * MILLIS_PER_DAY), LIFE, fault)


def checked(
    console: Console, *certificates: HttpsCertificate, findings: tuple[dict[str, str], ...] = ()
) -> None:
    """Keep a self-check that met some certificates now."""
    result = {
        "counts": {"ok": 40},
        "findings": list(findings),
        "certificates": [one.as_record() for one in certificates],
    }
    outcome = Outcome(findings[0]["level"]) if findings else Outcome.OK
    made(console.app, console.clock.now, CheckKind.SERVICE, outcome, result)


def found(check: str, level: str, text: str) -> dict[str, str]:
    return {"group": "certificates", "check": check, "level": level, "found": text, "advice": "Do."}


def rows(page: BeautifulSoup, caption: str = "certificates-caption") -> list[list[str]]:
    table = one(page, f"table:has(#{caption})")
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")]
        for row in table.select("tbody tr")
    ]


def test_before_the_first_look_nothing_is_said_and_plain_http_has_no_certificate(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    local = "http://localhost:8000"
    site = replace(demo_site, origins=(local,), service_url=f"{local}/consent")
    page = Console(serve(site, CONSENT_CONSOLE_ORIGIN=CONSOLE), clock).officer.page(SITE)
    assert rows(page) == [["console.example This console", "– Not looked at yet"]]
    assert "HTTPS" not in " ".join(light(page)[1])


def test_a_certificate_is_told_before_its_end_and_after_it(console: Console) -> None:
    clock = console.clock
    checked(
        console,
        met("site.example", 20.5, clock.now),
        met("console.example", 22, clock.now),
        findings=(found("validity", "warning", "https://site.example: its certificate ends."),),
    )
    officer = console.officer
    page = officer.page(SITE)
    label, reasons = light(page)
    assert label == "! Have a look"
    assert not [reason for reason in reasons if "self-check" in reason]
    (told,) = [reason for reason in reasons if "HTTPS" in reason]
    assert told.startswith(
        "! The HTTPS certificate of site.example ends on 13 December 2026, 00:00 UTC and should "
    )
    assert [told] == [each for each in light(officer.page("/console/"))[1] if "HTTPS" in each]
    assert rows(page) == [
        ["site.example The pages and this service", "! 13 December 2026"],
        ["console.example This console", "✓ 14 December 2026"],
    ]
    # Nobody has looked since: it may be renewed, so it is not called expired.
    clock.pass_days(21)
    page = console.auditor.page(SITE)
    (told_now,) = [reason for reason in light(page)[1] if "HTTPS" in reason]
    assert told_now.startswith("! The HTTPS certificate of site.example was valid until 13 Dec")
    assert rows(page)[0][1] == "! 13 December 2026; not looked at since"


def test_what_browsers_refuse_is_told_as_bad_with_the_words_of_the_check(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    names = ("", "www.", "shop.", "new.", "far.")
    hosts = tuple(f"{name}site.example" for name in names)
    origins = tuple(f"https://{host}" for host in hosts)
    site = replace(demo_site, origins=origins, cookie_domain=hosts[0], shared_hosts=hosts)
    console = Console(serve(site, CONSENT_CONSOLE_ORIGIN=CONSOLE), clock)
    findings = (
        found("validity", "problem", "https://site.example: its certificate expired."),
        found("trust", "problem", "https://www.site.example: browsers refuse its certificate."),
        found("trust", "problem", "https://shop.site.example: browsers refuse its certificate."),
        found("trust", "problem", "https://new.site.example: some browsers refuse it."),
        found("reachable", "warning", "https://far.site.example: it could not be looked at."),
    )
    checked(
        console,
        met("site.example", -1, clock.now, Fault.EXPIRED),
        met("www.site.example", 60, clock.now, Fault.WRONG_NAME),
        met("shop.site.example", 60, clock.now, Fault.UNTRUSTED),
        met("new.site.example", 60, clock.now, Fault.INCOMPLETE),
        HttpsCertificate("far.site.example", fault=Fault.UNREACHABLE),
        findings=findings,
    )
    page = console.officer.page(SITE)
    label, reasons = light(page)
    assert label == "✕ Act now"
    assert reasons[3] == (
        "✕ The HTTPS certificate of new.site.example has an incomplete chain or an unknown "
        "authority: some browsers refuse the address."
    )
    assert [reason.partition(": browsers refuse ")[0] for reason in reasons[:3]] == [
        "✕ The HTTPS certificate of site.example expired on 21 November 2026, 12:00 UTC",
        "✕ The HTTPS certificate at www.site.example is for another name",
        "✕ The HTTPS certificate of shop.site.example is not trusted",
    ]
    # What has a reason of its own is not counted again; what to do is told of all.
    assert "! The self-check gives 1 other warning." in reasons
    assert not [reason for reason in reasons if "problem" in reason or "amiss" in reason]
    told = [row.select("td")[1].get_text() for row in page.select(".findings tbody tr")]
    assert told == [finding["found"] for finding in findings]
    assert rows(page) == [
        ["site.example The pages and this service", "✕ Expired on 21 November 2026"],
        ["www.site.example The pages", "✕ Refused by browsers: for another name"],
        ["shop.site.example The pages", "✕ Refused by browsers: not trusted"],
        [
            "new.site.example The pages",
            "✕ Refused by some browsers: incomplete chain or unknown authority",
        ],
        ["far.site.example The pages", "– Could not be looked at"],
        ["console.example This console", "– Not looked at yet"],
    ]
    dutch = console.person("Nina", {"*": (Role.OFFICER,)}, language="nl").page(SITE)
    assert rows(dutch)[1] == [
        "www.site.example De pagina’s",
        "✕ Door browsers geweigerd: voor een andere naam",
    ]
    assert "HTTPS-certificaat van site.example is verlopen op" in " ".join(light(dutch)[1])


def test_certificates_of_other_sites_stay_with_those_who_see_them(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    """Even of one that is at another port of the same host."""
    theirs = ("https://library.example", "https://site.example:8443")
    other = replace(
        demo_site, id="https", origins=theirs, service_url="https://consent.library.example/there"
    )
    console = Console(serve(demo_site, other, CONSENT_CONSOLE_ORIGIN=CONSOLE), clock)
    addresses = [*theirs, "https://consent.library.example", CONSOLE]
    checked(
        console,
        *(met(each.removeprefix("https://"), -1, clock.now, Fault.EXPIRED) for each in addresses),
        findings=tuple(found("validity", "problem", f"{each}: it expired.") for each in addresses),
    )
    nora = console.person("Nora", {"programme": (Role.AUDITOR,)})
    page = nora.page(SITE)
    for text in (page.get_text(), nora.page("/console/").get_text()):
        assert "library.example" not in text
        assert "8443" not in text
    told = [row.select("td")[1].get_text() for row in page.select(".findings tbody tr")]
    assert told == [f"{CONSOLE}: it expired."]
    assert [row[0].split()[0] for row in rows(page)] == ["site.example", "console.example"]
    olaf = console.person("Olaf", {"https": (Role.AUDITOR,)}).page("/console/sites/https")
    assert len(olaf.select(".findings tbody tr")) == 4


def test_a_replaced_key_is_told_with_the_day_on_which_it_ends(console: Console) -> None:
    with engine_session(console.app) as session, write_transaction(session):
        (old,) = [key for key in list_keys(session, LOG_ID) if key.role == LOG]
        since = console.clock.now - 200 * MILLIS_PER_DAY
        session.execute(update(LogKeyRow).values(added_at=since))
        name, _, material = old.vkey.split("+", 2)
        new = LogKey(LOG_ID, f"{name}+0badcafe+{material}", LOG, console.clock.now, None)
        insert_key(session, new)
    keys = rows(console.officer.page(SITE), "keys-caption")
    assert sorted((key[0], key[2]) for key in keys) == [
        ("Signs receipts", "6 May 2026"),
        ("Signs the log", "22 November 2026"),
        ("Signs the log", "6 May 2026 until 22 December 2026"),
        ("Signs the time of signing", "6 May 2026"),
    ]
