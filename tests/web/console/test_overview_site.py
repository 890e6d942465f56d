"""How a site stands, on the first page and on its own: a light with reasons, checks and numbers."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import insert, select

from consent.core.checks import CheckKind, Outcome
from consent.core.model import Site
from consent.core.roles import Role
from consent.core.times import MILLIS_PER_DAY, day_of
from consent.services.check_commands import CheckCommands
from consent.services.checking import Checking
from consent.store.database import write_transaction
from consent.store.tables import DisposalQueueRow, LogRow, PolicyReportRow
from tests.service import Clock, engine_session
from tests.web.console.counted import SITE, all_well, light, made
from tests.web.console.people import CONSOLE, Console
from tests.web.console.recorded import Recorded, one, recorded

__all__ = ["recorded"]

FINDING = {"group": "service", "check": "x", "level": "warning", "found": "It is slow.",
           "advice": "Restart it."}  # fmt: skip


def test_a_new_site_says_that_nothing_was_checked_yet(console: Console) -> None:
    label, reasons = light(console.auditor.page("/console/"))
    assert label == "! Have a look"
    assert [reason.split(";")[0] for reason in reasons] == [
        "! The log was not verified here yet",
        "! The service was not checked here yet",
    ]


def test_all_is_in_order_and_the_card_leads_to_the_site(console: Console) -> None:
    all_well(console)
    officer = console.officer
    page = officer.page("/console/")
    label, reasons = light(page)
    assert label == "✓ In order"
    assert reasons[0].endswith(": 41,233 entries, nothing contradicts what was signed.")
    assert reasons[1].endswith("found nothing amiss.")
    assert one(page, ".site-card h2 a")["href"] == SITE
    assert light(officer.page(SITE)) == (label, reasons)


def test_undeclared_hosts_are_told_with_count_last_day_and_what_to_do(console: Console) -> None:
    all_well(console)
    officer, now = console.officer, console.clock.now
    kept_out = (
        (0, "font-src", "type.fonts.example", 4),
        (2, "font-src", "type.fonts.example", 1200),
        (3, "img-src", "pixel.example", 1),
        (30, "img-src", "long.gone.example", 9),
        (0, "img-src", "(inline)", 50),
    )
    with engine_session(console.app) as session, write_transaction(session):
        for days, directive, blocked, count in kept_out:
            row = {"directive": directive, "blocked": blocked, "count": count}
            day = day_of(now - days * MILLIS_PER_DAY)
            session.execute(insert(PolicyReportRow).values(site="programme", day=day, **row))
    link = one(officer.page("/console/"), ".reasons a")
    assert link["href"] == f"{SITE}#hosts"
    hosts = one(officer.page(SITE), "section:has(#hosts)")
    cells = [[each.get_text() for each in row.select("th, td")] for row in hosts.select("tbody tr")]
    assert cells == [
        ["type.fonts.example", "1,204", "22 November 2026"],
        ["pixel.example", "1", "19 November 2026"],
    ]
    assert "Declare each of them or remove it" in hosts.get_text()


def test_each_cause_has_its_reason_and_the_worst_comes_first(recorded: Recorded) -> None:
    console, clock = recorded.console, recorded.clock
    recorded.seal()
    clock.pass_days(3)
    problem = FINDING | {"level": "problem"}
    all_well(console, [problem, FINDING, FINDING], counts={"altered": 2, "unanchored": 1})
    with engine_session(console.app) as session, write_transaction(session):
        row = {"directive": "script-src", "blocked": "cdn.example.net", "count": 3}
        session.execute(
            insert(PolicyReportRow).values(site="programme", day=day_of(clock.now), **row)
        )
        queued = {"event_id": recorded.saved.event.id, "reason": "erasure"}
        asked = clock.now - 2 * MILLIS_PER_DAY
        session.execute(insert(DisposalQueueRow).values(queued_at=asked, **queued))
    label, reasons = light(console.officer.page(SITE))
    assert label == "✕ Act now"
    assert [reason[0] for reason in reasons] == ["✕"] * 3 + ["!"] * 3
    told = " ".join(reasons)
    for part in (
        "found 2 contradictions to what was signed",
        "The self-check found 1 problem.",
        "An erasure asked for on",
        "Unanchored since",
        "The self-check gives 2 warnings.",
        "1 host that nobody declared: cdn.example.net",
    ):
        assert part in told
    card = console.auditor.page("/console/")
    more = one(card, ".site-card p > a")
    assert (more.get_text(), more["href"]) == ("and 1 more reason", SITE)


def test_what_was_not_checked_for_long_or_could_not_be_is_told(console: Console) -> None:
    all_well(console)
    console.clock.pass_days(2)
    label, reasons = light(console.officer.page(SITE))
    assert label == "! Have a look"
    assert "entries wait for the log" in reasons[0]
    assert "The log was last verified on" in reasons[1]
    assert "The last self-check was on" in reasons[2]
    failed = {"reason": "nothing was sealed"}
    made(console.app, console.clock.now, CheckKind.LOG, Outcome.FAILED, failed)
    page = console.auditor.page(SITE)
    assert "could not be verified on" in light(page)[1][1]
    # What is known stays: the last verdict, with its day.
    assert "41,233 entries checked" in one(page, "[aria-labelledby=check-log]").get_text()


def test_findings_of_other_sites_stay_with_those_who_see_them(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    other = replace(
        demo_site, id="library", origins=("https://library.example",),
        service_url="https://library.example/consent",
    )  # fmt: skip
    app = serve(demo_site, other, CONSENT_CONSOLE_ORIGIN=CONSOLE)
    console = Console(app, clock)
    found = (
        ("sites", "library: it is on http."),
        ("visitors", "https://library.example/consent answers 500."),
        ("visitors", "The script has no ETag."),
        ("log", "elsewhere/1: nothing is sealed."),
    )
    own = FINDING | {"group": "log", "check": "anchors", "found": "leiden-university/1: unanchored"}
    all_well(console, [FINDING | {"group": group, "found": text} for group, text in found] + [own])
    nora = console.person("Nora", {"programme": (Role.AUDITOR,)})
    shown = [row.select("td")[1].get_text() for row in nora.page(SITE).select(".findings tbody tr")]
    assert shown == ["The script has no ETag."]
    assert len(nora.page("/console/").select(".site-card")) == 1
    assert nora.get("/console/sites/library").status_code == 404


def test_findings_of_sites_that_share_an_address_stay_with_each(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    other = replace(demo_site, id="library", origins=("https://library.example",))
    app = serve(demo_site, other, CONSENT_CONSOLE_ORIGIN=CONSOLE)
    console = Console(app, clock)
    shared = demo_site.service_url
    found = (
        ("reports", "library: a recipient did not get the report of 2026-10: no such user."),
        ("visitors", f"{shared}/sites/library/banner.js answers 500, so no banner shows."),
        ("visitors", f"{shared}/api/v1/sites/library answers 500."),
        ("service", "https://library.example/.well-known/gpc.json cannot be reached."),
    )
    own = (
        ("reports", "programme: a recipient did not get the report of 2026-10: no such user."),
        ("visitors", f"{shared}/sites/programme/banner.js answers 500, so no banner shows."),
        ("service", f"Nothing answers at {shared}: refused."),
    )
    all_well(console, [FINDING | {"group": group, "found": text} for group, text in found + own])
    nora = console.person("Nora", {"programme": (Role.AUDITOR,)})
    shown = [row.select("td")[1].get_text() for row in nora.page(SITE).select(".findings tbody tr")]
    assert shown == [text for _, text in own]


def test_checks_are_asked_for_once_and_the_page_says_how_far_they_are(console: Console) -> None:
    olga = console.person("Olga", {"programme": (Role.AUDITOR,)})
    answer = olga.post(f"{SITE}/check")
    assert (answer.status_code, answer.location) == (303, f"{SITE}#checks")
    page = olga.page(SITE)
    assert "The checks begin now." in one(page, ".message.done").get_text()
    assert one(page, "[aria-labelledby=check-log] [role=status]").get_text().startswith("Asked for")
    assert "Look again" in page.get_text()
    olga.post(f"{SITE}/check")
    assert "wait or run already" in one(olga.page(SITE), ".message.warning").get_text()

    def commands(origin: str) -> CheckCommands:
        log = {"origin": origin, "size": 7, "signed_at": None, "checkpoints": 1, "opened": 7,
               "anchored_at": None, "counts": {}}  # fmt: skip
        reports = {
            "verify": json.dumps({"verdict": "ok", "logs": [log]}),
            "doctor": json.dumps({"summary": {"ok": 12}, "findings": [FINDING]}),
        }
        return CheckCommands([sys.executable, "-c", f"import sys; print({reports!r}[sys.argv[1]])"])

    with engine_session(console.app) as session:
        origin = session.scalar(select(LogRow.origin)) or ""
    clock = console.clock.now_ms
    Checking(lambda: engine_session(console.app), clock, commands(origin)).run_once()
    page = olga.page(SITE)
    assert page.select("[role=status]") == []
    assert "7 entries checked" in one(page, "[aria-labelledby=check-log]").get_text()
    assert "It is slow." in one(page, ".findings").get_text()


def root_certificate(folder: Path, expires_at: int) -> Path:
    """Return the file of a root certificate that expires at an instant (ms)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Stamps of Example")])
    key = Ed25519PrivateKey.generate()
    end = dt.datetime.fromtimestamp(expires_at / 1000, dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - dt.timedelta(days=400))
        .not_valid_after(end)
        .sign(key, None)
    )
    path = folder / "roots.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def test_a_certificate_is_told_before_it_expires_and_the_keys_with_their_age(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock, tmp_path: Path
) -> None:
    app = serve(
        demo_site,
        CONSENT_CONSOLE_ORIGIN=CONSOLE,
        CONSENT_TSA_URL="https://stamps.example",
        CONSENT_TSA_ROOTS=str(root_certificate(tmp_path, clock.now + 90 * MILLIS_PER_DAY)),
    )
    console = Console(app, clock)
    page = console.officer.page(SITE)
    assert "Stamps of Example" not in " ".join(light(page)[1])
    *_, valid = one(page, "table:has(#certificates-caption) tbody").select("tr")
    told = valid.get_text(" ", strip=True)
    assert told.startswith("Stamps of Example Time-stamps of the log ✓ ")
    keys = page.select("section[aria-labelledby=keys] table")[0].select("tbody th")
    assert sorted(key.get_text() for key in keys) == [
        "Signs receipts",
        "Signs the log",
        "Signs the time of signing",
    ]
    clock.pass_days(40)
    assert "“Stamps of Example” expires on" in " ".join(light(console.auditor.page(SITE))[1])
    clock.pass_days(51)
    label, reasons = light(console.publisher.page(SITE))
    assert label == "✕ Act now"
    assert "“Stamps of Example” expired on" in reasons[0]
