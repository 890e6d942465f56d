"""The bytes of a record: the keys of the design in canonical form, absent where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

from consent.core.canonical import record_bytes
from consent.core.model import ConsentEvent
from consent.core.retention import Disposal
from consent.errors import RecordFormatError

RECORD_VERSION = 1
MAX_LEAF_RANGES = 400  # of leaves with up to 16 digits, in one record of 16 KiB
MAX_DETAIL_BYTES = 6_000  # twice as long with every quotation mark escaped

KeyAction = Literal["add", "retire", "revoke"]


def consent_record(event: ConsentEvent) -> bytes:
    """Return the record of a consent event (RFC 8785 form); stored and hashed verbatim."""
    record: dict[str, Any] = {
        "v": RECORD_VERSION,
        "type": "consent",
        "id": event.id,
        "at": event.at,
        "site": event.site,
        "event": event.event.value,
        "choices": dict(event.choices),
        "control": event.control.value,
        "layer": event.layer.value,
        "language": event.language,
        "notice": event.notice,
        "scope": event.scope,
        "build": event.build,
        "valid_until": event.valid_until,
    }
    optional = {"page_group": event.page_group, "prev": event.prev, "subject": event.subject}
    record |= {key: value for key, value in optional.items() if value is not None}
    signals = {"gpc": event.gpc, "dnt": event.dnt, "test": event.test}
    if any(signals.values()):
        record["signals"] = {name: True for name, mattered in signals.items() if mattered}
    return record_bytes(record)


def config_record(
    *,
    id: str,  # noqa: A002 - a record's own key
    at: int,
    site: str,
    notice: str,
    scope: str,
    policy: str,
    builds: Mapping[str, str],
) -> bytes:
    """Return the record of a publication: the hashes of all that visitors are shown from then on.

    `builds` has the hash of each file in force under its name: `script`, `script.auto` or
    `page.<template>`.
    """
    values = {"site": site, "notice": notice, "scope": scope, "policy": policy}
    return _record("config", id, at, **values, builds=dict(builds))


def disposal_record(disposal: Disposal) -> bytes:
    """Return the record of a disposal: how many went and why, and which leaves no longer open.

    At most MAX_LEAF_RANGES ranges fit into one record. `log` is there only where the leaves are of
    an earlier epoch, which is not signed any more.
    """
    other_log = {} if disposal.log is None else {"log": disposal.log}
    return _record(
        "disposal",
        disposal.id,
        disposal.at,
        reason=disposal.reason.value,
        policy=disposal.policy,
        role=disposal.role.value,
        leaves=_ranges(disposal.leaves),
        count=disposal.count,
        **other_log,
    )


def key_record(
    *,
    id: str,  # noqa: A002 - a record's own key
    at: int,
    vkey: str,
    role: str,
    action: KeyAction,
    reason: str,
) -> bytes:
    """Return the record of a key that comes into use, goes out of it, or is withdrawn as stolen."""
    return _record("key", id, at, vkey=vkey, role=role, action=action, reason=reason)


def action_record(
    *,
    id: str,  # noqa: A002 - a record's own key
    at: int,
    officer: str,
    action: str,
    subject_id: str,
    detail: str,
    site: str | None,
    acted_at: int | None = None,
) -> bytes:
    """Return the record of what an officer did.

    `detail` is the text that is stored beside it; of a long one the record has the digest. A
    record that was made later than its act says in `acted_at` when that was.
    """
    long_text = detail.encode()
    is_long = len(long_text) > MAX_DETAIL_BYTES
    said: dict[str, Any] = (
        {"detail_sha256": sha256(long_text).hexdigest()} if is_long else {"detail": detail}
    )
    optional = {"site": site, "acted_at": acted_at}
    said |= {key: value for key, value in optional.items() if value is not None}
    return _record("action", id, at, officer=officer, action=action, subject=subject_id, **said)


def recovery_record(
    *,
    id: str,  # noqa: A002 - a record's own key
    at: int,
    lost: Sequence[Sequence[int]],
    reason: str,
) -> bytes:
    """Return the record of a recovery: the leaves (first, last) whose records were lost."""
    return _record("recovery", id, at, lost=_ranges(lost), reason=reason)


def epoch_record(
    *,
    id: str,  # noqa: A002 - a record's own key
    at: int,
    previous: Mapping[str, str | int],
    reason: str,
) -> bytes:
    """Return the first record of a new epoch: origin, size and root of the log before it."""
    return _record("epoch", id, at, previous=dict(previous), reason=reason)


def _record(kind: str, record_id: str, at: int, **values: Any) -> bytes:
    return record_bytes({"v": RECORD_VERSION, "type": kind, "id": record_id, "at": at} | values)


def _ranges(ranges: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return inclusive ranges as a record has them; they ascend and do not touch."""
    after = -1
    for first, last in ranges:
        if not after < first <= last:
            raise RecordFormatError("ranges of leaves ascend, and have a gap between them")
        after = last + 1
    return [list(pair) for pair in ranges]
