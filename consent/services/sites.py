"""The sites as published: what each one shows now, and the earlier scopes that still count."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlalchemy.exc import SQLAlchemyError

from consent.core.answer import SCOPE_DIGITS
from consent.core.deployment import Deployment
from consent.core.notice import Notice, changed_categories
from consent.core.state import Scope
from consent.core.times import MILLIS_PER_DAY
from consent.errors import NotFoundError, StoreUnavailableError
from consent.store import publications as store
from consent.store.database import AnySession
from consent.store.log import Log, count_logs, list_logs, log_name
from consent.store.log_keys import RECEIPT, LogKey, keys_version, list_keys

REFRESH_SECONDS = 1.0
REBUILD_SECONDS = 600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SiteLog:
    """A log that a site's records go into from an instant (ms) on, and who signs its receipts."""

    since: int
    log_id: str
    origin: str
    receipt_keys: tuple[LogKey, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LiveSite:
    """A site as it is served: its notice, where it stands, and the scopes before this one.

    Two are equal only when they are one: what is made from a site is kept by the site itself.
    """

    id: str
    notice: Notice
    scope: Scope
    deployment: Deployment
    policy_version: str
    published_at: int
    logs: tuple[SiteLog, ...]

    @property
    def log_origin(self) -> str:
        """The origin of the log that records go into now."""
        return self.logs[-1].origin

    def log_at(self, instant: int) -> SiteLog:
        """Return the log that a record of an instant (ms) went into."""
        begun = [log for log in self.logs if log.since <= instant]
        return begun[-1] if begun else self.logs[0]


class SiteDirectory:
    """The live sites, kept in memory and looked at anew when something was published.

    One cheap query a second and process notices a publication; every ten minutes the directory is
    made anew, since earlier scopes die with time. While the database is out of reach, the sites
    known before go on being served: pages stay readable, and only writing is refused.
    """

    def __init__(self, open_session: Callable[[], AnySession], now_ms: Callable[[], int]) -> None:
        self._open_session = open_session
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._sites: dict[str, LiveSite] = {}
        self._newest: object = None
        self._looked_at = float("-inf")
        self._built_at = float("-inf")

    def get(self, site_id: str) -> LiveSite:
        """Return a live site; raise NotFoundError when nothing of it was published."""
        self._refresh()
        try:
            return self._sites[site_id]
        except KeyError as error:
            raise NotFoundError(f"there is no site {site_id!r}") from error

    def all(self) -> list[LiveSite]:
        self._refresh()
        return list(self._sites.values())

    def _refresh(self) -> None:
        if time.monotonic() - self._looked_at < REFRESH_SECONDS:
            return
        # While one request looks, the others go on with the sites known before.
        if not self._lock.acquire(blocking=not self._sites):
            return
        try:
            if time.monotonic() - self._looked_at >= REFRESH_SECONDS:
                self._look_if_possible()
        finally:
            self._lock.release()

    def _look_if_possible(self) -> None:
        try:
            self._look()
        except SQLAlchemyError as error:
            if not self._sites:
                raise StoreUnavailableError("the database cannot be read now") from error
            _log.warning("the database cannot be read; the sites known before are served")
        self._looked_at = time.monotonic()

    def _look(self) -> None:
        session = self._open_session()
        try:
            newest = (
                store.newest_publication_id(session),
                count_logs(session),
                keys_version(session),
            )
            if newest != self._newest or time.monotonic() - self._built_at > REBUILD_SECONDS:
                self._sites = load_live_sites(session, self._now_ms())
                self._newest = newest
                self._built_at = time.monotonic()
        finally:
            session.close()


def load_live_sites(session: AnySession, now: int) -> dict[str, LiveSite]:
    """Return every published site as it is now, by id."""
    by_site: dict[str, list[store.Publication]] = {}
    for publication in store.list_publications(session):
        by_site.setdefault(publication.site, []).append(publication)
    logs = {log: _receipt_keys(session, log) for log in list_logs(session)}
    return {
        site_id: _live_site(session, publications, logs, now)
        for site_id, publications in by_site.items()
    }


def get_notice(session: AnySession, notice_hash: str) -> Notice:
    """Return a stored notice; raise NotFoundError when there is none of this hash."""
    document = store.find_notice(session, notice_hash)
    if document is None:
        raise NotFoundError("there is no notice of this hash")
    return Notice(document)


def _live_site(
    session: AnySession,
    publications: Sequence[store.Publication],
    logs: Mapping[Log, tuple[LogKey, ...]],
    now: int,
) -> LiveSite:
    current = publications[-1]
    site_logs = tuple(_site_logs(publications, logs))
    notice = get_notice(session, current.notice_hash)
    return LiveSite(
        id=current.site,
        notice=notice,
        scope=Scope(notice.scope, notice.categories, _earlier(session, publications, notice, now)),
        deployment=replace(current.deployment, log_id=site_logs[-1].log_id),
        policy_version=current.policy_version,
        published_at=current.published_at,
        logs=site_logs,
    )


def _receipt_keys(session: AnySession, log: Log) -> tuple[LogKey, ...]:
    return tuple(key for key in list_keys(session, log.log_id) if key.role == RECEIPT)


def _site_logs(
    publications: Sequence[store.Publication], logs: Mapping[Log, tuple[LogKey, ...]]
) -> Iterator[SiteLog]:
    """Yield what a site's records went into, in order.

    Each publication can name another log, and each log can have another epoch.
    """
    ends = [*(later.published_at for later in publications[1:]), math.inf]
    for publication, end in zip(publications, ends, strict=True):
        for log, keys in logs.items():
            if log.name == log_name(publication.deployment.log_id) and log.created_at < end:
                since = max(publication.published_at, log.created_at)
                yield SiteLog(since, log.log_id, log.origin, keys)


def _earlier(
    session: AnySession, publications: Sequence[store.Publication], current: Notice, now: int
) -> dict[str, list[str]]:
    """Return, for each earlier scope whose answers may still count, what to ask again."""
    earlier: dict[str, list[str]] = {}
    for before, after in pairwise(publications):
        if before.scope_hash == current.scope:
            continue
        notice = get_notice(session, before.notice_hash)
        longest = max(notice.consent_days, notice.refusal_days) + 2
        if after.published_at + longest * MILLIS_PER_DAY > now:
            changed = changed_categories(notice.digests, current.digests)
            earlier[before.scope_hash[:SCOPE_DIGITS]] = changed
    return earlier
