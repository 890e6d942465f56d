"""Attach an inspection to an evidence pack, if it shows what the pack is about."""

from __future__ import annotations

from itertools import pairwise

from consent.core.times import rfc3339
from consent.errors import InspectionError
from consent.export.inspection import Attached, Inspection
from consent.store.database import AnySession
from consent.store.events import EventFilter
from consent.store.publications import Publication, list_publications

CLOCK_SLACK_MS = 5 * 60 * 1000  # the inspector's clock may be ahead of ours


def attach_inspection(
    session: AnySession, inspection: Inspection, wanted: EventFilter, *, now: int
) -> Attached:
    """Return the inspection with the site it is of.

    It has to show the version in force at the end of the period, which is the last change of the
    registry by then. Raises InspectionError for one that is older, or younger than what came
    after, of another site or of no single one.
    """
    site = _the_site(session, wanted)
    history = [one for one in list_publications(session) if one.site == site]
    end = now + 1 if wanted.to is None else min(wanted.to, now + 1)
    before = [one for one in history if one.published_at < end]
    if not before:
        raise InspectionError(f"{site} had published nothing by {rfc3339(end)}")
    version = before[-1]
    after = next((later for one, later in pairwise(history) if one is version), None)
    for name, observed in inspection.dated:
        if not observed.origins & set(version.deployment.origins):
            origins = " or ".join(version.deployment.origins)
            raise InspectionError(f"{name} has nothing of {origins}: it is of another site")
        _check_time(name, (observed.first, observed.last), version, after, now)
    return Attached(inspection, site, version.published_at)


def _the_site(session: AnySession, wanted: EventFilter) -> str:
    sites = wanted.sites or tuple({one.site: None for one in list_publications(session)})
    if len(sites) != 1:
        raise InspectionError("an inspection is of one site: name it as the only one")
    return sites[0]


def _check_time(
    name: str,
    period: tuple[int, int],
    version: Publication,
    after: Publication | None,
    now: int,
) -> None:
    first, last = period
    if last > now + CLOCK_SLACK_MS:
        raise InspectionError(f"{name} is dated {rfc3339(last)}, which is yet to come")
    if first < version.published_at:
        raise InspectionError(
            f"{name} is stale: it begins {rfc3339(first)}, and what is in force at the end of the "
            f"period was published {rfc3339(version.published_at)}; inspect the site again"
        )
    if after is not None and last >= after.published_at:
        raise InspectionError(
            f"{name} ends {rfc3339(last)}, and what was in force at the end of the period was "
            f"replaced {rfc3339(after.published_at)}: it shows something else"
        )
