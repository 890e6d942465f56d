"""What records refer to: notices, policies, builds and pictures, as they were stored."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from consent.core.canonical import canonical_bytes
from consent.core.model import ConsentEvent
from consent.core.notice import Notice
from consent.export.facts import Absent, SiteFacts, Tally, Version
from consent.export.pages import notice_page, policy_page
from consent.export.shown import Shown
from consent.services.builds import SCRIPT
from consent.store.builds import find_build
from consent.store.database import AnySession
from consent.store.events import EventFilter
from consent.store.pictures import find_picture, list_pictures
from consent.store.publications import (
    Document,
    Publication,
    find_notice,
    find_policy,
    list_publications,
)

File = tuple[str, bytes]

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_ALWAYS = 2**62  # later than any instant


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of a pack. `publications` are those its records and its period concern.

    `logs` are the names of the logs that its sites have ever had, `missing` the digests that have
    no document.
    """

    publications: tuple[Publication, ...]
    logs: frozenset[str]
    notices: dict[str, Notice]
    policies: dict[str, Document]
    missing: tuple[frozenset[str], frozenset[str]]

    @property
    def shown(self) -> list[Shown]:
        """Every notice once, in the order of publication."""
        first = {
            one.notice_hash: self._shown(one)
            for one in reversed(self.publications)
            if one.notice_hash in self.notices
        }
        return list(first.values())[::-1]

    def shown_before(self, event: ConsentEvent) -> Shown | None:
        """Return what was shown before an act, with the policy in force at the time."""
        found: Publication | None = None
        for one in self.publications:
            is_it = one.site == event.site and one.notice_hash == event.notice
            if is_it and (found is None or one.published_at <= event.at):
                found = one
        if found is None or event.notice not in self.notices:
            return None
        return self._shown(found)

    def _shown(self, publication: Publication) -> Shown:
        return Shown(
            self.notices[publication.notice_hash],
            publication.deployment.service_url,
            publication.policy_version,
        )


def find_documents(session: AnySession, wanted: EventFilter, tally: Tally) -> Documents:
    """Return what the records of an export refer to, and what was in force in its period."""
    by_site: dict[str, list[Publication]] = {}
    for publication in list_publications(session):
        if wanted.sites is None or publication.site in wanted.sites:
            by_site.setdefault(publication.site, []).append(publication)
    concerned = [
        publication
        for publications in by_site.values()
        for publication in _concerned(publications, wanted, tally)
    ]
    concerned.sort(key=lambda one: one.id)
    hashes = tally.notices | {one.notice_hash for one in concerned}
    found = {digest: find_notice(session, digest) for digest in sorted(hashes)}
    versions = {one.policy_version for one in concerned}
    policies = {version: find_policy(session, version) for version in sorted(versions)}
    deployments = [one.deployment for history in by_site.values() for one in history]
    return Documents(
        tuple(concerned),
        frozenset(one.log_id.rpartition("/")[0] for one in deployments),
        {digest: Notice(document) for digest, document in found.items() if document is not None},
        {version: document for version, document in policies.items() if document is not None},
        (_without(found), _without(policies)),
    )


def site_facts(documents: Documents) -> tuple[SiteFacts, ...]:
    """Return each site as its newest notice in the pack has it, with its versions."""
    facts = []
    for site in dict.fromkeys(one.site for one in documents.publications):
        versions = [one for one in documents.publications if one.site == site]
        known = [one for one in versions if one.notice_hash in documents.notices]
        if not known:
            continue
        newest = known[-1]
        notice = documents.notices[newest.notice_hash]
        facts.append(
            SiteFacts(
                id=site,
                names=_names(notice),
                origins=newest.deployment.origins,
                controller=notice.document["controller"],
                consent_days=notice.consent_days,
                refusal_days=notice.refusal_days,
                proof_months=notice.proof_months,
                versions=tuple(_version(one) for one in versions),
            )
        )
    return tuple(facts)


def publications_file(documents: Documents) -> File:
    """Return the dated history of what was brought into force."""
    history = [
        {
            "site": one.site,
            **_version(one).as_record(),
            "service_url": one.deployment.service_url,
            "origins": list(one.deployment.origins),
            "log": one.deployment.log_id,
        }
        for one in documents.publications
    ]
    return "publications.json", json.dumps(history, ensure_ascii=False, indent=1).encode() + b"\n"


def document_files(documents: Documents) -> Iterator[File]:
    """Yield the canonical bytes that each digest is of, and pages to read them by."""
    for digest, notice in documents.notices.items():
        yield f"notices/{digest}.json", canonical_bytes(notice.document)
        for language in notice.languages:
            yield f"notices/{digest}.{language}.html", notice_page(notice, language).encode()
    for version, policy in documents.policies.items():
        yield f"policies/{version}.json", canonical_bytes(policy)
        for language in policy["languages"]:
            yield (
                f"policies/{version}.{language}.html",
                policy_page(policy, version, language).encode(),
            )


def build_files(session: AnySession, digests: Collection[str]) -> Iterator[File]:
    """Yield the scripts and pages that are kept of those that records name."""
    for digest in sorted(digests):
        build = find_build(session, digest)
        if build is not None:
            yield f"builds/{digest}.{'js' if build.kind == SCRIPT else 'txt'}", build.content


def picture_files(session: AnySession, notices: Collection[str]) -> Iterator[File]:
    """Yield the pictures of notices, named by what they show."""
    for notice in sorted(notices):
        for digest in dict.fromkeys(one.sha256 for one in list_pictures(session, notice)):
            picture = find_picture(session, notice, digest)
            if picture is not None:
                what = f"{picture.language}-{picture.layer}-{picture.viewport}"
                ending = _ENDINGS.get(picture.media_type, "bin")
                yield f"pictures/{notice}/{what}-{digest[:16]}.{ending}", picture.content


def absent_from(documents: Documents, tally: Tally, names: Collection[str]) -> Absent:
    """Return what is absent, given the names of the files that are there."""
    builds = {name.partition("/")[2][:64] for name in names if name.startswith("builds/")}
    pictured = {name.split("/")[1] for name in names if name.startswith("pictures/")}
    notices, policies = documents.missing
    return Absent(
        notices=tuple(sorted(notices)),
        policies=tuple(sorted(policies)),
        builds=tuple(sorted(tally.builds - builds)),
        pictures=tuple(sorted(documents.notices.keys() - pictured)),
    )


def _concerned(
    publications: list[Publication], wanted: EventFilter, tally: Tally
) -> Iterator[Publication]:
    ends = [after.published_at for _, after in pairwise(publications)] + [_ALWAYS]
    for publication, end in zip(publications, ends, strict=True):
        was_in_force = (wanted.from_ or 0) < end and publication.published_at < (
            wanted.to or _ALWAYS
        )
        if was_in_force or publication.notice_hash in tally.notices:
            yield publication


def _names(notice: Notice) -> dict[str, str]:
    """Return the site's name by language, that of its default language first."""
    languages = dict.fromkeys((notice.default_language, *notice.languages))
    return {language: notice.site_name(language) for language in languages}


def _version(publication: Publication) -> Version:
    return Version(
        publication.published_at,
        publication.notice_hash,
        publication.scope_hash,
        publication.policy_version,
    )


def _without(documents: dict[str, Any]) -> frozenset[str]:
    return frozenset(digest for digest, document in documents.items() if document is None)
