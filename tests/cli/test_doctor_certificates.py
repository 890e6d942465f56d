"""`consent doctor` meets the certificates that browsers meet, and says which need somebody."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from consent.core.certificates import HttpsCertificate, parse_certificate
from consent.core.checks import CheckKind, Outcome
from consent.services.anchoring import format_instant
from consent.services.check_commands import read_result
from tests.cli.findings import levels
from tests.cli.installations import Home
from tests.cli.test_doctor_sites import publish_deployment
from tests.cli.tls import Issued, make_authority, plain_server, tls_server

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Hosts:
    """Servers on this machine by what is the matter with them; browsers trust `trusted`."""

    trusted: Path
    ports: dict[str, int]
    issued: dict[str, Issued]

    def address(self, name: str) -> str:
        host = "127.0.0.1" if name in ("at an address", "closed") else "localhost"
        return f"https://{host}:{self.ports[name]}"

    def found(self, home: Home, *names: str, **environ: str) -> dict[str, Any]:
        """Return what the command prints of a site whose pages are at some of them."""
        addresses = tuple(map(self.address, names))
        publish_deployment(home, origins=addresses, service_url=f"{addresses[0]}/consent")
        environ = {"SSL_CERT_FILE": str(self.trusted)} | environ
        report: dict[str, Any] = json.loads(home.run("doctor", "--json", **environ).stdout)
        return report


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    folder = tmp_path_factory.mktemp("tls")
    root, stranger = make_authority("Authority of Tests"), make_authority("Nobody's Authority")
    trusted = folder / "roots.pem"
    trusted.write_bytes(root.pem.partition(b"-----BEGIN PRIVATE KEY")[0])
    passed = root.issue("Between", lasts=400, left=-1, is_authority=True)
    between = root.issue("Between", lasts=400, left=200, is_authority=True)
    issued = {
        "long": root.issue("localhost", lasts=90, left=60),
        "at an address": root.issue("127.0.0.1", lasts=398, left=22),
        "soon": root.issue("localhost", lasts=90, left=20),
        "expired": root.issue("localhost", lasts=90, left=-2),
        "wrong name": root.issue("other.example", lasts=90, left=60),
        "unknown authority": stranger.issue("localhost", lasts=90, left=60),
        "chain not sent": replace(between.issue("localhost", lasts=90, left=60), chain=()),
        "nobody's but its own": make_authority("localhost"),
        "old authority": passed.issue("localhost", lasts=90, left=60),
        "short": root.issue("localhost", lasts=6, left=3),
        "short and soon": root.issue("localhost", lasts=6, left=1),
    }
    with ExitStack() as stack:
        ports = {name: stack.enter_context(tls_server(folder, one)) for name, one in issued.items()}
        ports["plain"] = stack.enter_context(plain_server())
        ports["closed"] = stack.enter_context(closed_port())
        yield Hosts(trusted, ports, issued)


@contextmanager
def closed_port() -> Iterator[int]:
    """Keep a port on which nobody listens."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def told_of(report: dict[str, Any], address: str) -> dict[str, tuple[str, str, str]]:
    """Return level, finding and advice by check, of one address."""
    return {
        one["check"]: (one["level"], one["found"].removeprefix(f"{address}: "), one["advice"])
        for one in report["findings"]
        if one["group"] == "certificates" and one["found"].startswith(f"{address}: ")
    }


def test_each_certificate_is_told_with_its_host_its_end_and_what_to_do(
    home: Home, hosts: Hosts
) -> None:
    report = hosts.found(home, *hosts.ports)
    told = {name: told_of(report, hosts.address(name)) for name in hosts.ports}
    end = {name: format_instant(one.expires_at) for name, one in hosts.issued.items()}
    fine = ("ok", "its certificate is for this name, and trusted.", "")
    for name in ("long", "at an address", "short"):
        valid = ("ok", f"its certificate is valid until {end[name]}.", "")
        assert told[name] == {"trust": fine, "validity": valid}
    for name in ("soon", "short and soon"):
        level, found, advice = told[name]["validity"]
        assert (told[name]["trust"], level) == (fine, "warning")
        assert found == (
            f"its certificate ends at {end[name]} and should have been renewed by now."
        )
        assert advice.startswith("Renew it, ")
    (level, found, advice) = told["expired"].pop("validity")
    assert (told["expired"], level) == ({}, "problem")
    assert found == f"its certificate expired at {end['expired']}, so browsers refuse it."
    assert advice.startswith("Renew it at once, ")
    refused = "browsers refuse its certificate"
    incomplete = (
        "its certificate has an incomplete chain or an unknown authority, so some browsers "
        "refuse it"
    )
    for name, fault, reason, remedy in (
        ("wrong name", refused, "it is for another name", "Get a certificate for this name"),
        ("unknown authority", incomplete, "unable to ", "SSL_CERT_FILE"),
        ("chain not sent", incomplete, "unable to ", "the whole chain"),
        ("old authority", refused, "one that it relies on has expired", "the whole chain"),
        ("nobody's but its own", refused, "self-signed certificate", "the whole chain"),
    ):
        level, found, advice = told[name]["trust"]
        assert (level, told[name]["validity"][0]) == ("problem", "ok")
        assert found.startswith(f"{fault}: {reason}")
        assert remedy in advice
    for name, reason in (
        ("closed", "connection refused"),
        ("plain", "what answers there does not speak TLS as browsers do"),
    ):
        level, found, _ = told[name].pop("reachable")
        assert (told[name], level) == ({}, "warning")
        assert found == f"its certificate could not be looked at: {reason}."


def test_what_a_program_reads_of_them_is_kept_by_the_daily_check(home: Home, hosts: Hosts) -> None:
    report = hosts.found(home, "long", "wrong name", "expired", "closed")
    kept = read_result(CheckKind.SERVICE, json.dumps(report), 1)
    assert kept.outcome is Outcome.PROBLEM
    met = [parse_certificate(one) for one in kept.summary["certificates"]]
    assert [(one.host, one.fault) for one in met] == [
        (f"localhost:{hosts.ports['long']}", None),
        (f"localhost:{hosts.ports['wrong name']}", "wrong_name"),
        (f"localhost:{hosts.ports['expired']}", "expired"),
        (f"127.0.0.1:{hosts.ports['closed']}", "unreachable"),
    ]
    assert [one.expires_at for one in met[:3]] == [
        hosts.issued[name].expires_at for name in ("long", "wrong name", "expired")
    ]
    assert [one.lifetime for one in met] == [90 * DAY_MS] * 3 + [None]


def test_a_host_that_is_out_of_reach_is_no_problem(home: Home, hosts: Hosts) -> None:
    """The console's address is looked at too; what is on plain HTTP has no certificate."""
    origin = "http://localhost:1"
    publish_deployment(home, origins=(origin,), service_url=origin)
    findings = home.findings(CONSENT_CONSOLE_ORIGIN=hosts.address("closed"))
    assert levels(findings, "certificates", "reachable") == ["warning"]
    assert [one["group"] for one in findings].count("certificates") == 1


def test_with_an_address_no_other_one_is_looked_at(home: Home, hosts: Hosts) -> None:
    address = hosts.address("long")
    publish_deployment(home, origins=(hosts.address("soon"),))
    findings = home.findings("--url", address, SSL_CERT_FILE=str(hosts.trusted))
    told = [one["found"] for one in findings if one["group"] == "certificates"]
    assert len(told) == 2
    assert all(one.startswith(f"{address}: ") for one in told)


@pytest.mark.parametrize(
    ("days", "left", "ends_soon"),
    [(90, 21, False), (90, 20.9, True), (398, 21, False), (47, 11.8, False), (47, 11.7, True),
     (6, 1.5, False), (6, 1.4, True)],
)  # fmt: skip
def test_soon_is_what_a_renewal_would_not_have_left(
    days: int, left: float, *, ends_soon: bool
) -> None:
    now = 1_795_348_800_000
    certificate = HttpsCertificate("a.example", now + int(left * DAY_MS), days * DAY_MS)
    assert certificate.ends_soon(now) is ends_soon
