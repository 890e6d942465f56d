"""A site as it would be served, before it is published: for drawing, measuring and previewing."""

from __future__ import annotations

from consent.core.deployment import deployment_of
from consent.core.model import Site
from consent.core.notice import Notice, notice_document
from consent.core.state import Scope
from consent.services.sites import LiveSite


def as_served(site: Site) -> LiveSite:
    """Return what would be served; it has no log, no policy and no past."""
    notice = Notice(notice_document(site))
    return LiveSite(
        id=site.id,
        notice=notice,
        scope=Scope(notice.scope, notice.categories, {}),
        deployment=deployment_of(site),
        policy_version="",
        published_at=0,
        logs=(),
    )
