"""What visitors are shown besides the notice: scripts and the preference page, by digest.

Records name the build an act was made with, and the log names each build before: so it is proven
not only what was agreed to, but also by which buttons.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from consent.audit.records import config_record
from consent.bundled import bundled
from consent.core.ids import uuid7
from consent.services.staging import stage_record
from consent.store.builds import Build, insert_build
from consent.store.database import AnySession, write_transaction
from consent.store.log import Log, log_in_force, log_name
from consent.store.log_records import stream_log_records
from consent.store.log_sealing import lock_log
from consent.store.publications import Publication, list_publications

SCRIPT, PAGE = "script", "page"
BLOCKER = "script.auto"
PREFERENCE_PAGE = "page.preferences"

_TEMPLATES = Path(__file__).parents[1] / "templates"
_PAGE_TEMPLATES = ("base.html", "inventory.html", "preferences.html")


@dataclass(frozen=True, slots=True)
class _Said:
    """What a log says a site shows from an instant on: notice, policy and builds."""

    site: str
    at: int
    shown: object


@lru_cache(maxsize=1)
def script_content() -> bytes:
    """Return the committed script, byte for byte."""
    return (bundled("static/js/dist") / "banner.js").read_bytes()


@lru_cache(maxsize=1)
def script_build() -> str:
    """Return what records name the script by: the SHA-256 of its bytes."""
    return hashlib.sha256(script_content()).hexdigest()


@lru_cache(maxsize=1)
def blocker_content() -> bytes:
    """Return the committed automatic blocker, byte for byte."""
    return (bundled("static/js/dist") / "auto.js").read_bytes()


@lru_cache(maxsize=1)
def blocker_build() -> str:
    """Return what the log names the automatic blocker by: the SHA-256 of its bytes."""
    return hashlib.sha256(blocker_content()).hexdigest()


@lru_cache(maxsize=1)
def page_content() -> bytes:
    """Return what the preference page is made of.

    It is base.html, inventory.html and preferences.html (in consent/templates) and
    static/css/pages.css, one after the other in this order.
    """
    parts = [(_TEMPLATES / name).read_bytes() for name in _PAGE_TEMPLATES]
    return b"".join([*parts, (bundled("static/css") / "pages.css").read_bytes()])


@lru_cache(maxsize=1)
def page_build() -> str:
    """Return what records name the preference page by: the SHA-256 of what it is made of."""
    return hashlib.sha256(page_content()).hexdigest()


def builds_in_force(*, automatic: bool) -> dict[str, str]:
    """Return the digest of each build this version serves to a site, by its name in the log.

    `automatic` says whether the site's pages use the automatic blocker.
    """
    builds = {SCRIPT: script_build(), PREFERENCE_PAGE: page_build()}
    return builds | {BLOCKER: blocker_build()} if automatic else builds


def store_builds(session: AnySession, *, now: int, automatic: bool) -> None:
    """Keep what this version serves; a part of the caller's writing transaction."""
    insert_build(session, Build(script_build(), SCRIPT, script_content(), now))
    insert_build(session, Build(page_build(), PAGE, page_content(), now))
    if automatic:
        insert_build(session, Build(blocker_build(), SCRIPT, blocker_content(), now))


def stage_config(
    session: AnySession,
    log_id: str,
    *,
    site: str,
    notice: str,
    scope: str,
    policy: str,
    automatic: bool,
    now: int,
) -> None:
    """Record what a site shows from now on; a part of the caller's writing transaction."""
    record = config_record(
        id=uuid7(now, os.urandom(10)),
        at=now,
        site=site,
        notice=notice,
        scope=scope,
        policy=policy,
        builds=builds_in_force(automatic=automatic),
    )
    stage_record(session, log_id, record)


def register_builds(session: AnySession, *, now: int) -> list[str]:
    """Record for each live site what it shows now, unless its log has said so already.

    It has not after an upgrade, which changes the script without a publication. What was said
    before does not count against it: while a fleet is upgraded, two versions are served at once,
    and each is recorded once. Returns the sites there was something to record of.
    """
    if not _unrecorded(session):
        session.rollback()
        return []
    with write_transaction(session):
        for log in {log.log_id: log for _, log in _unrecorded(session)}.values():
            lock_log(session, log.log_id)
        due = _unrecorded(session)
        for publication, log in due:
            automatic = publication.deployment.blocking.automatic
            store_builds(session, now=now, automatic=automatic)
            stage_config(
                session,
                log.log_id,
                site=publication.site,
                notice=publication.notice_hash,
                scope=publication.scope_hash,
                policy=publication.policy_version,
                automatic=automatic,
                now=now,
            )
    return [publication.site for publication, _ in due]


def _unrecorded(session: AnySession) -> list[tuple[Publication, Log]]:
    """Return the live sites whose log has not said since their publication what they show now."""
    live = {publication.site: publication for publication in list_publications(session)}
    recorded: dict[str, list[_Said]] = {}
    due = []
    for publication in live.values():
        log = log_in_force(session, log_name(publication.deployment.log_id))
        if log is None:
            continue
        if log.log_id not in recorded:
            recorded[log.log_id] = _configs(session, log.log_id)
        builds = builds_in_force(automatic=publication.deployment.blocking.automatic)
        shown = (publication.notice_hash, publication.policy_version, builds)
        if not any(
            said.site == publication.site
            and said.at >= publication.published_at
            and said.shown == shown
            for said in recorded[log.log_id]
        ):
            due.append((publication, log))
    return due


def _configs(session: AnySession, log_id: str) -> list[_Said]:
    """Return all that a log says of what sites show."""
    configs = (json.loads(one.payload) for one in stream_log_records(session, log_id, "config"))
    return [
        _Said(one["site"], one["at"], (one["notice"], one["policy"], one["builds"]))
        for one in configs
    ]
