"""What a site showed and said, then and now: its notices and its cookie policies, with dates."""

from __future__ import annotations

from dataclasses import dataclass

from consent.core.notice import Notice
from consent.errors import NotFoundError
from consent.services.sites import LiveSite, get_notice
from consent.store import publications as store
from consent.store.database import AnySession
from consent.store.pictures import DrawnPicture, Picture, find_picture, list_pictures


@dataclass(frozen=True, slots=True)
class PublishedNotice:
    """A notice a site published, when it first did (milliseconds), and if it is in force now.

    `pictures` show it; without any, its texts are all there is.
    """

    notice: Notice
    published_at: int
    is_current: bool
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a site's cookie policy. `published_at` is when it first came into force."""

    version: str
    published_at: int


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """An archived policy as it was stored, and the versions before it, newest first."""

    document: store.Document
    version: PolicyVersion
    earlier: tuple[PolicyVersion, ...]
    is_current: bool


def find_published_notice(session: AnySession, site: LiveSite, notice_hash: str) -> PublishedNotice:
    """Return a notice of this site; raise NotFoundError for any other hash."""
    for publication in store.list_publications(session, site.id):
        if publication.notice_hash == notice_hash:
            notice = get_notice(session, notice_hash)
            is_current = notice_hash == site.notice.hash
            pictures = tuple(list_pictures(session, notice_hash))
            return PublishedNotice(notice, publication.published_at, is_current, pictures)
    raise NotFoundError("this site has no notice of this hash")


def get_published_picture(
    session: AnySession, site: LiveSite, notice_hash: str, sha256: str
) -> DrawnPicture:
    """Return a picture of a notice of this site by its digest; raise NotFoundError otherwise."""
    published = {one.notice_hash for one in store.list_publications(session, site.id)}
    picture = find_picture(session, notice_hash, sha256) if notice_hash in published else None
    if picture is None:
        raise NotFoundError("this notice has no picture of this digest")
    return picture


def list_published_notices(session: AnySession, site: LiveSite) -> list[tuple[Notice, int]]:
    """Return every notice of this site once, and when it first came into force, oldest first."""
    first: dict[str, int] = {}
    for publication in store.list_publications(session, site.id):
        first.setdefault(publication.notice_hash, publication.published_at)
    return [(get_notice(session, name), published_at) for name, published_at in first.items()]


def find_published_policy(
    session: AnySession, site: LiveSite, version: str | None = None
) -> PublishedPolicy:
    """Return a version of the site's policy, the one in force by default.

    Raises NotFoundError when the site never had such a version.
    """
    wanted = site.policy_version if version is None else version
    versions = _versions(session, site)
    document = store.find_policy(session, wanted)
    for place, one in enumerate(versions):
        if one.version == wanted and document is not None:
            is_current = wanted == site.policy_version
            earlier = versions[:place] if not is_current else _others(versions, wanted)
            return PublishedPolicy(document, one, tuple(reversed(earlier)), is_current)
    raise NotFoundError("this site has no policy of this version")


def _versions(session: AnySession, site: LiveSite) -> list[PolicyVersion]:
    """Return each version once, in the order in which they first came into force."""
    first: dict[str, int] = {}
    for publication in store.list_publications(session, site.id):
        first.setdefault(publication.policy_version, publication.published_at)
    return [PolicyVersion(version, published_at) for version, published_at in first.items()]


def _others(versions: list[PolicyVersion], version: str) -> list[PolicyVersion]:
    """Return all versions but one: a policy taken up again is in force, though not the newest."""
    return [one for one in versions if one.version != version]
