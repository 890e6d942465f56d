"""The facts that a site's documents are made from."""

from __future__ import annotations

from consent.core.documents.facts import Facts, Surroundings
from consent.core.set_up import SetUp
from consent.services.sessions import LONGEST_MS, MINUTE_MS
from consent.services.sites import LiveSite


def facts_of(site: LiveSite, set_up: SetUp, now: int) -> Facts:
    """Return what is known of a site as published, and of the service around it."""
    return Facts(
        notice=site.notice,
        deployment=site.deployment,
        policy_version=site.policy_version,
        published_at=site.published_at,
        made_at=now,
        surroundings=Surroundings(
            anchors=(*set_up.authorities, *set_up.witnesses),
            has_console=set_up.console_origin is not None,
            provider=set_up.provider,
            report_server=_report_server(site, set_up),
            session_hours=LONGEST_MS // (60 * MINUTE_MS),
        ),
    )


def _report_server(site: LiveSite, set_up: SetUp) -> str | None:
    """Return what mails a site's report, if anybody is mailed it."""
    is_mailed = any(one in (None, site.id) for one in set_up.report_people)
    return set_up.report_server if is_mailed else None
