"""Numbers for whoever watches over the service: totals and times, nothing about any visitor.

Acts and their times are counted in the process that writes them. Where several processes of one
machine share a folder (PROMETHEUS_MULTIPROC_DIR), any of them answers for all. What the database
knows of the logs is asked for each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from consent.core.certificates import Fault, HttpsCertificate
from consent.core.checks import CheckKind
from consent.services.https_certificates import met_certificates
from consent.services.log_status import LogStatus, log_statuses
from consent.store.checks import newest_ended
from consent.store.database import AnySession

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library looks for it once, when it is imported

# Seconds; receipts are promised at once, and a durable write on a busy disk takes tens of them.
_BOUNDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

_ACTS = "Acts of visitors that were recorded, by site and event; repeats are not counted."
_FAILURES = "Acts that could not be recorded, because of the service and not of what was sent."
_SECONDS = "How long recording an act took, up to its durable commit."


class Measures:
    """The numbers of one process."""

    def __init__(
        self, open_session: Callable[[], AnySession], now_ms: Callable[[], int], version: str
    ) -> None:
        self._logs = _Logs(open_session, now_ms, version)
        self._certificates = _Certificates(open_session)
        self._own = CollectorRegistry()
        self._acts = Counter("consent_acts", _ACTS, ("site", "event"), registry=self._own)
        self._failures = Counter("consent_write_failures", _FAILURES, ("site",), registry=self._own)
        self._seconds = Histogram(
            "consent_write_seconds", _SECONDS, ("site",), buckets=_BOUNDS, registry=self._own
        )

    def recorded(self, site: str, event: str, seconds: float) -> None:
        """Count an act that was recorded."""
        self._acts.labels(site, event).inc()
        self._seconds.labels(site).observe(seconds)

    def failed(self, site: str) -> None:
        """Count an act that was lost to the service; the browser will send it again."""
        self._failures.labels(site).inc()

    def told(self, accept: str) -> tuple[bytes, str]:
        """Return everything in a format of Prometheus, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry()), content_type

    def _registry(self) -> CollectorRegistry:
        """Return what is told: of all processes that share a folder, or else of this one."""
        whole = CollectorRegistry()
        if os.environ.get(FOLDER):
            MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
        else:
            whole.register(_Of(self._own))
        whole.register(self._logs)
        whole.register(self._certificates)
        return whole


class _Of(Collector):
    """Another registry, as a part of one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        yield from self._registry.collect()


class _Logs(Collector):
    """How the logs stand, asked of the database each time."""

    def __init__(
        self, open_session: Callable[[], AnySession], now_ms: Callable[[], int], version: str
    ) -> None:
        self._open_session, self._now_ms, self._version = open_session, now_ms, version

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: the database is not asked when the application is made."""
        return []

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("consent_info", "The version that runs.", labels=("version",))
        info.add_metric((self._version,), 1)
        yield info
        statuses = self._statuses()
        reached = "Whether the database answered; without it nothing is said of the logs."
        yield GaugeMetricFamily("consent_database_up", reached, 0 if statuses is None else 1)
        for name, about, value in _GAUGES:
            family = GaugeMetricFamily(name, about, labels=("log",))
            for status in statuses or ():
                found = value(status, self._now_ms())
                if found is not None:
                    family.add_metric((status.log_id,), found)
            yield family

    def _statuses(self) -> list[LogStatus] | None:
        session = self._open_session()
        try:
            return log_statuses(session, self._now_ms())
        except SQLAlchemyError:
            return None
        finally:
            session.close()


class _Certificates(Collector):
    """The HTTPS certificates that the last self-check met, asked of the database each time."""

    def __init__(self, open_session: Callable[[], AnySession]) -> None:
        self._open_session = open_session

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        expiry, accepted = (
            GaugeMetricFamily(f"consent_certificate_{name}", about, labels=("host",))
            for name, about in _OF_CERTIFICATES
        )
        for one in self._met():
            if one.expires_at is not None:
                expiry.add_metric((one.host,), one.expires_at / 1000)
            if one.fault is not Fault.UNREACHABLE:
                accepted.add_metric((one.host,), float(one.fault is None))
        yield from (expiry, accepted)

    def _met(self) -> list[HttpsCertificate]:
        session = self._open_session()
        try:
            return met_certificates(newest_ended(session, CheckKind.SERVICE, verdict=True))
        except SQLAlchemyError:
            return []
        finally:
            session.close()


def _seconds(millis: int | None) -> float | None:
    return None if millis is None else millis / 1000


def _waited(status: LogStatus, now: int) -> float:
    oldest = status.oldest_pending
    return 0.0 if oldest is None else max(0, now - oldest) / 1000


_OF_CERTIFICATES = (
    ("expiry_timestamp_seconds", "When the HTTPS certificate ends that the self-check met there."),
    ("ok", "Whether browsers accept that certificate; absent where none could be looked at."),
)

_GAUGES: tuple[tuple[str, str, Callable[[LogStatus, int], float | None]], ...] = (
    (
        "consent_log_ok",
        "Whether the log may be signed: 0 when it was found altered.",
        lambda log, _: float(log.is_ok),
    ),
    (
        "consent_log_waiting",
        "Entries that wait to be sealed into the log.",
        lambda log, _: log.pending,
    ),
    (
        "consent_log_oldest_waiting_seconds",
        "How long the oldest of them has waited.",
        _waited,
    ),
    (
        "consent_log_size",
        "Entries sealed into the log.",
        lambda log, _: log.size,
    ),
    (
        "consent_log_published_size",
        "Entries in the newest published head.",
        lambda log, _: log.published_size,
    ),
    (
        "consent_log_published_timestamp_seconds",
        "When the newest head was published; absent before the first.",
        lambda log, _: _seconds(log.published_at),
    ),
    (
        "consent_log_anchored_timestamp_seconds",
        "The newest instant that somebody outside vouches for; absent before the first.",
        lambda log, _: _seconds(log.anchored.last_at),
    ),
)
