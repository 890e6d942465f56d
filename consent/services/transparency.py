"""What a site has shown, in the open: notices, policies and builds, since when, where proven."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from consent.audit.tlog_proof import opening_extra
from consent.errors import NotFoundError
from consent.services.proving import find_proof
from consent.services.sites import LiveSite
from consent.store.database import AnySession
from consent.store.log import list_logs, log_name
from consent.store.log_leaves import list_leaves
from consent.store.log_records import LogRecord, stream_log_records

CONFIG = "config"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a site showed from an instant on (milliseconds), and where the log says so.

    `leaf` is None until the record is sealed.
    """

    record: LogRecord
    at: int
    notice: str
    scope: str
    policy: str
    builds: dict[str, str]
    leaf: int | None


def list_shown(session: AnySession, site: LiveSite) -> list[Shown]:
    """Return what a site has shown, oldest first, as its log has it in every epoch."""
    found = list(_configs(session, site))
    leaves = list_leaves(session, [record.id for record, _ in found])
    return [
        Shown(
            record=record,
            at=config["at"],
            notice=config["notice"],
            scope=config["scope"],
            policy=config["policy"],
            builds=dict(config["builds"]),
            leaf=leaves[record.id].index if record.id in leaves else None,
        )
        for record, config in found
    ]


def prove_shown(session: AnySession, site: LiveSite, record_id: str) -> str | None:
    """Return the proof of what a site showed, with what opens it; None until it is published.

    Raises NotFoundError for anything that is no such record of this site.
    """
    for record, _ in _configs(session, site):
        if record.id == record_id:
            extra = opening_extra(record.salt, record.payload)
            proof = find_proof(session, record.id, extra=extra)
            return None if proof is None else proof.text
    raise NotFoundError("this site has no such record")


def _configs(session: AnySession, site: LiveSite) -> Iterator[tuple[LogRecord, dict[str, Any]]]:
    name = log_name(site.deployment.log_id)
    for log in list_logs(session):
        if log.name != name:
            continue
        for record in stream_log_records(session, log.log_id, CONFIG):
            config: dict[str, Any] = json.loads(record.payload)
            if config["site"] == site.id:
                yield record, config
