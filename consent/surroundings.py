"""Say of the settings what officers may see."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from consent.core.set_up import SetUp
from consent.settings import Settings


def set_up_of(settings: Settings) -> SetUp:
    """Return how a process is set up: no secret, no path, and of addresses the host."""
    anchors, provider, reports = settings.anchors, settings.provider, settings.reports
    return SetUp(
        database=make_url(settings.database_url).get_backend_name(),
        sealing=settings.sealing,
        audit_receipt=settings.audit_receipt,
        log_tiles=settings.log_tiles,
        authorities=tuple(urlsplit(one.url).hostname or "" for one in anchors.authorities),
        witnesses=tuple(one.name for one in anchors.witnesses),
        quorum="none" if anchors.policy is None else anchors.policy.quorum,
        console_origin=settings.console_origin,
        provider=None if provider is None else urlsplit(provider.issuer).hostname,
        trusted_proxies=len(settings.trusted_proxies),
        writes_per_minute=settings.writes_per_minute,
        report_minimum=settings.report_minimum,
        has_metrics=settings.metrics_token is not None,
        report_people=tuple(one.site for one in reports.people),
        report_server=None if reports.server is None else reports.server.host,
        report_program=None if reports.webhook is None else urlsplit(reports.webhook.url).hostname,
    )
