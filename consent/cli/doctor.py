"""Show what a look at the installation and its running services found."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from urllib.parse import urlsplit

import click

from consent.services.clock import now_ms
from consent.services.diagnosing import diagnose
from consent.services.diagnosis.findings import Finding, Level
from consent.services.diagnosis.installation import Clock, Installation, Secret
from consent.settings import (
    SECRETS,
    database_fault,
    log_keys_at_hand,
    lost_key_advice_for,
    needed_secrets,
    read_settings,
    secret_path,
)

REPORT_VERSION = 1

_COLOURS = {
    Level.OK: "green",
    Level.WARNING: "yellow",
    Level.PROBLEM: "red",
    Level.SKIPPED: "bright_black",
}


def _check_url(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment:
        raise click.BadParameter("give an address such as https://www.example.org/consent")
    return url.rstrip("/")


@click.command()
@click.option(
    "--url",
    callback=_check_url,
    help="Where the service runs; without it, the service_url of each published site.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
def doctor(url: str | None, *, as_json: bool) -> None:
    """Check keys, clock, database, sites, certificates and service.

    Ends with exit code 1 when there is a problem; a warning is none. It changes nothing, and
    prints no secrets.
    """
    findings = list(diagnose(_installation(), url))
    if as_json:
        click.echo(_report(findings))
    else:
        _print(findings)
    if any(finding.level is Level.PROBLEM for finding in findings):
        raise SystemExit(1)


def _installation() -> Installation:
    settings, faults = read_settings(os.environ)
    proxies = [network.prefixlen for network in settings.trusted_proxies]
    return Installation(
        home=settings.home,
        database_url=None if database_fault(settings.database_url) else settings.database_url,
        secrets=tuple(_secret(name) for name in needed_secrets(os.environ)),
        faults=tuple(fault for fault in faults if fault.partition(":")[0] not in SECRETS),
        writes_per_minute=settings.writes_per_minute,
        widest_proxy_prefix=min(proxies) if proxies else None,
        mount=settings.mount,
        console_origin=settings.console_origin,
        reports=settings.reports,
        clock=Clock(now_ms, lambda: time.monotonic_ns() // 1_000_000),
        log_keys=log_keys_at_hand(os.environ),
    )


def _secret(name: str) -> Secret:
    secret = Secret(name, os.environ.get(name), secret_path(os.environ, name))
    advice = lost_key_advice_for(os.environ, name)
    return (
        secret if advice is None else replace(secret, if_gone=f"{advice[0].upper()}{advice[1:]}.")
    )


def _report(findings: Sequence[Finding]) -> str:
    met = (finding.certificate for finding in findings)
    report = {
        "v": REPORT_VERSION,
        "summary": _count(findings),
        "findings": [
            {
                "group": finding.group,
                "check": finding.check,
                "level": finding.level.value,
                "found": finding.found,
                "advice": finding.advice,
                "said": {
                    "found": finding.seen.found.as_record(),
                    "advice": finding.seen.advice.as_record(),
                },
            }
            for finding in findings
        ],
        "certificates": [one.as_record() for one in dict.fromkeys(met) if one is not None],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _print(findings: Sequence[Finding]) -> None:
    color = False if os.environ.get("NO_COLOR") else None
    for group, found in groupby(findings, key=lambda finding: finding.group):
        click.echo(f"\n{group}")
        for finding in found:
            level = click.style(f"{finding.level.value:<8}", fg=_COLOURS[finding.level])
            click.echo(f"  {level} {finding.found}", color=color)
            if finding.advice:
                click.echo(f"           → {finding.advice}")
    counts = _count(findings)
    click.echo(f"\n{', '.join(_counted(level, number) for level, number in counts.items())}")


def _counted(level: str, number: int) -> str:
    is_many = number != 1 and level in (Level.WARNING, Level.PROBLEM)
    return f"{number} {level}{'s' if is_many else ''}"


def _count(findings: Sequence[Finding]) -> dict[str, int]:
    counts = Counter(finding.level for finding in findings)
    return {level.value: counts[level] for level in Level}
