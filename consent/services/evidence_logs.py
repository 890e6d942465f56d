"""The logs of an evidence pack: which are concerned, how they stand, and what checks them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.checkpoints import parse_checkpoint
from consent.audit.encoding import encode_base64
from consent.audit.notes import split_note
from consent.audit.policies import Policy
from consent.export.facts import Anchored, LogFacts, PackFacts
from consent.export.readme import readmes
from consent.export.verifier import FILE_NAME, verifier_archive
from consent.services.anchoring import anchored_state
from consent.services.log_export import File, cut_within, log_files
from consent.store.database import AnySession
from consent.store.events import EventFilter, count_sealed
from consent.store.log import Log, list_logs, waiting_for
from consent.store.log_heads import latest_published
from consent.verify.exports import HIDDEN

VERIFIER = f"verify/{FILE_NAME}"


def concerned_logs(session: AnySession, names: Collection[str]) -> list[Log]:
    """Return every epoch of the logs of these names."""
    return [log for log in list_logs(session) if log.name in names]


def log_facts(session: AnySession, log: Log, wanted: EventFilter, now: int) -> LogFacts:
    """Return how a log stands, and how many of the records its newest head covers."""
    head = latest_published(session, log.log_id)
    anchored = anchored_state(session, log.log_id, now)
    checkpoint = None if head is None else parse_checkpoint(split_note(head.note)[0])
    return LogFacts(
        log_id=log.log_id,
        origin=log.origin,
        folder=f"log/{log.log_id.replace('/', '-')}",
        size=None if checkpoint is None else checkpoint.size,
        root=None if checkpoint is None else encode_base64(checkpoint.root),
        signed_at=None if head is None else head.created,
        covered=0 if head is None else count_sealed(session, log.log_id, head.size, wanted),
        waiting=waiting_for(session, log.log_id).count,
        anchored=Anchored(
            anchored.has_published, anchored.kinds, anchored.last_at, anchored.unanchored_since
        ),
    )


def logged_files(
    session: AnySession,
    log: LogFacts,
    *,
    outside: Policy | None,
    opened: EventFilter | None,
    key: Ed25519PrivateKey,
    now: int,
) -> Iterator[File]:
    """Yield the files of a log; with `opened`, its records that this matches are among them.

    A log of which nothing is published yet has none. Which leaves are those of erased people is
    for restoring a backup, and for nobody else. The caller has begun a snapshot.
    """
    if log.size is None:
        return
    wanted = cut_within(session, log.log_id, outside=outside, opened=opened, now=now)
    for name, chunks in log_files(session, wanted, key):
        if name != HIDDEN:
            yield f"{log.folder}/{name}", chunks


def verifier_files(facts: PackFacts) -> Iterator[File]:
    """Yield the program that checks the archive, and how to do without it."""
    for name, content in readmes(facts).items():
        yield name, [content]
    yield VERIFIER, [verifier_archive()]
