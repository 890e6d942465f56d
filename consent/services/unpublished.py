"""A site as it would be served, or was once: for drawing, measuring, previewing and replaying."""

from __future__ import annotations

from consent.core.deployment import Deployment, deployment_of
from consent.core.model import Site
from consent.core.notice import Notice, notice_document
from consent.core.state import Scope
from consent.services.sites import LiveSite


def as_served(site: Site) -> LiveSite:
    """Return what would be served; it has no log, no policy and no past."""
    return served_with(Notice(notice_document(site)), deployment_of(site))


def served_with(notice: Notice, deployment: Deployment) -> LiveSite:
    """Return what is served of a notice, to somebody who has never chosen before."""
    return LiveSite(
        id=notice.site_id,
        notice=notice,
        scope=Scope(notice.scope, notice.categories, {}),
        deployment=deployment,
        policy_version="",
        published_at=0,
        logs=(),
    )
