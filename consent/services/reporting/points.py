"""What somebody should look at in the month of a site, the weightiest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consent.core.monthly_report import AUTHORITY, Check, Expiry, Host, LogMonth, Point, Weight
from consent.core.times import MILLIS_PER_DAY
from consent.core.words import Words
from consent.services.https_certificates import HostCertificate
from consent.store.log import OK

CHECK_IS_OLD_MS = 7 * MILLIS_PER_DAY
NAMED_HOSTS = 3


def points_of(
    logs: Sequence[LogMonth],
    check: Check | None,
    hosts: Sequence[Host],
    expiries: Sequence[Expiry],
    certificates: Sequence[HostCertificate],
    *,
    words: Words,
    now: int,
) -> list[Point]:
    points = [
        *_of_logs(logs, words),
        *_of_check(check, words, now),
        *_of_anchors(logs, words),
        *_of_hosts(hosts, words),
        *_of_expiries(expiries, words),
        *_of_certificates(certificates, words),
    ]
    return sorted(points, key=lambda point: list(Weight).index(point.weight))


def _of_logs(logs: Sequence[LogMonth], words: Words) -> Iterator[Point]:
    for log in logs:
        if log.status != OK:
            values = {"log": log.log_id, "moment": words.moment(log.since)}
            yield Point(Weight.BAD, f"log_{log.status}", values)


def _of_check(check: Check | None, words: Words, now: int) -> Iterator[Point]:
    if check is not None and not check.is_ok:
        yield Point(Weight.BAD, "check_failed", {"moment": words.moment(check.at)})
    if check is None or check.at < now - CHECK_IS_OLD_MS:
        yield Point(Weight.WARNING, "check_old", {})


def _of_anchors(logs: Sequence[LogMonth], words: Words) -> Iterator[Point]:
    for log in logs:
        if log.unanchored_since is not None and log.is_in_force:
            values = {"log": log.log_id, "date": words.date(log.unanchored_since)}
            yield Point(Weight.WARNING, "unanchored", values)


def _of_hosts(hosts: Sequence[Host], words: Words) -> Iterator[Point]:
    if hosts:
        named = [host.name for host in hosts[:NAMED_HOSTS]]
        if len(hosts) > NAMED_HOSTS:
            named.append(words.count("hosts.more", len(hosts) - NAMED_HOSTS))
        yield Point(Weight.WARNING, "hosts", {"hosts": words.list(named)})


def _of_expiries(expiries: Sequence[Expiry], words: Words) -> Iterator[Point]:
    """Tell of the time-stamp authorities' certificates; others have points of their own."""
    for expiry in expiries:
        if expiry.kind == AUTHORITY:
            values = {"name": expiry.name, "date": words.date(expiry.at)}
            yield Point(Weight.WARNING, "expiry", values)


def _of_certificates(certificates: Sequence[HostCertificate], words: Words) -> Iterator[Point]:
    for one in certificates:
        weight = Weight.BAD if one.condition.is_refused else Weight.WARNING
        date = "" if one.expires_at is None else words.date(one.expires_at)
        yield Point(weight, f"https_{one.condition}", {"name": one.host, "date": date})
