"""The versions of a site's notice by number, who published them, and what the log says of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from consent.audit.entry import commitment, leaf_hash
from consent.audit.proofs import verify_inclusion
from consent.core.blocking import blocking_findings
from consent.core.config import load_site
from consent.core.finding import Finding
from consent.core.gate import gate_findings
from consent.core.notice import Notice, notice_document
from consent.errors import ConfigurationError, NotFoundError, ProofError, RecordFormatError
from consent.services.builds import BLOCKER, SCRIPT
from consent.services.proving import find_proof, log_policy
from consent.services.sites import get_notice
from consent.store.builds import find_build
from consent.store.database import AnySession
from consent.store.log import find_leaf, list_logs, log_name
from consent.store.log_records import LogRecord, stream_log_records
from consent.store.pictures import DrawnPicture, find_picture
from consent.store.proposals import list_proposals
from consent.store.publications import Publication, list_publications


class Inclusion(StrEnum):
    """What checking an entry of the log found; `waiting` is no fault, it takes a minute."""

    PROVEN = "proven"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Version:
    """A publication with its number: 1 is a site's first. `ended_at` is when the next one came."""

    number: int
    publication: Publication
    ended_at: int | None

    @property
    def is_current(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What the log says that a version showed from an instant on, and with which builds."""

    record_id: str
    log_id: str
    at: int
    builds: dict[str, str]
    leaf: int | None
    inclusion: Inclusion


def list_versions(session: AnySession, site: str) -> list[Version]:
    """Return the versions of a site, oldest first."""
    publications = list_publications(session, site)
    ends = [*(later.published_at for later in publications[1:]), None]
    return [
        Version(number, publication, end)
        for number, (publication, end) in enumerate(zip(publications, ends, strict=True), start=1)
    ]


def find_version(versions: Sequence[Version], number: int) -> Version:
    """Return a version by its number; raise NotFoundError when there is none."""
    if not 1 <= number <= len(versions):
        raise NotFoundError("this site has no version of this number")
    return versions[number - 1]


def notice_of(session: AnySession, version: Version) -> Notice:
    return get_notice(session, version.publication.notice_hash)


def log_entries(session: AnySession, version: Version) -> list[LogEntry]:
    """Return what the log says of a version, each entry checked now; one a build, oldest first."""
    publication = version.publication
    wanted = (publication.site, publication.notice_hash, publication.policy_version)
    name = log_name(publication.deployment.log_id)
    entries = []
    for log in (log for log in list_logs(session) if log.name == name):
        for record in stream_log_records(session, log.log_id, "config"):
            said = json.loads(record.payload)
            is_within = publication.published_at <= record.at and (
                version.ended_at is None or record.at < version.ended_at
            )
            if is_within and (said["site"], said["notice"], said["policy"]) == wanted:
                entries.append(_entry(session, record, dict(said["builds"])))
    return entries


def script_builds(session: AnySession, entries: Sequence[LogEntry]) -> dict[str, bytes]:
    """Return the scripts that were served with a version, oldest first, by digest."""
    found: dict[str, bytes] = {}
    for entry in entries:
        digest = entry.builds.get(SCRIPT)
        build = None if digest is None else find_build(session, digest)
        if build is not None:
            found[build.digest] = build.content
    return found


def uses_blocker(entries: Sequence[LogEntry]) -> bool:
    return any(BLOCKER in entry.builds for entry in entries)


def gate_of(text: str, name: str) -> tuple[Finding, ...] | None:
    """Return what the gate says today of a site's file; None where it cannot be read any more."""
    try:
        site = load_site(text, name)
    except ConfigurationError:
        return None
    return (*gate_findings(site), *blocking_findings(site, notice_document(site)))


def find_any_picture(session: AnySession, site: str, notice_hash: str, sha256: str) -> DrawnPicture:
    """Return a picture of a notice that a site published, or that somebody proposed for it."""
    known = {one.notice_hash for one in list_publications(session, site)}
    known |= {one.notice_hash for one in list_proposals(session, site)}
    picture = find_picture(session, notice_hash, sha256) if notice_hash in known else None
    if picture is None:
        raise NotFoundError("this notice has no picture of this digest")
    return picture


def _entry(session: AnySession, record: LogRecord, builds: dict[str, str]) -> LogEntry:
    leaf = find_leaf(session, record.id)
    return LogEntry(
        record_id=record.id,
        log_id=record.log_id,
        at=record.at,
        builds=builds,
        leaf=None if leaf is None else leaf.index,
        inclusion=_inclusion(session, record),
    )


def _inclusion(session: AnySession, record: LogRecord) -> Inclusion:
    """Check an entry as a stranger would: its commitment, the signed head, the path to it."""
    try:
        if commitment(record.payload, record.salt) != record.entry:
            return Inclusion.FAILED
        proof = find_proof(session, record.id)
        if proof is None:
            return Inclusion.WAITING
        head = log_policy(session, record.log_id, None).open(proof.checkpoint).checkpoint
        verify_inclusion(leaf_hash(record.entry), proof.index, head.size, proof.path, head.root)
    except (ProofError, RecordFormatError):
        return Inclusion.FAILED
    return Inclusion.PROVEN
