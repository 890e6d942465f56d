"""The officer's report of the logs: a page of plain text to be mailed, and so an anchor by itself.

Whoever has kept last week's report holds a signed head that the operator cannot take back.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from consent.services.anchoring import AnchoredState, anchored_state, format_instant
from consent.store.anchored import OUTSIDE, RFC3161, list_anchor_names, newest_anchor
from consent.store.database import AnySession
from consent.store.log import Log, find_state, list_logs, waiting_for
from consent.store.log_anchors import served_note
from consent.store.log_heads import latest_published
from consent.store.log_records import stream_log_records

_KINDS = {RFC3161: "Time-stamp authority", "witness": "Witness"}

_HOW_TO_CHECK = """\
How to check

Keep this message as it came. The lines above from the name of the log to the last line that begins
with a dash are a signed checkpoint: everything in the log up to then is fixed by it. To hold the
log of a later day against it, save those lines in a file and run

  consent verify EXPORT --checkpoint FILE

where EXPORT is what `consent log export` writes. The README of an evidence pack, which `consent
export --evidence` makes, says how to do the same with tools that are not ours.
"""


@dataclass(frozen=True, slots=True)
class Disposed:
    """How many records were removed for one reason, in how many disposals."""

    reason: str
    records: int
    disposals: int


def log_report(session: AnySession, *, since: int, now: int) -> str:
    """Return the report of every log; disposals are counted from `since` on (ms)."""
    logs = list_logs(session)
    states = {log.log_id: anchored_state(session, log.log_id, now) for log in logs}
    lines = [f"Report of the consent log, {format_instant(now)}"]
    lines += [
        f"WARNING: {log.log_id} is {states[log.log_id].wording}."
        for log in logs
        if states[log.log_id].unanchored_since is not None
    ]
    for log in logs:
        lines += ["", *_about(session, log, states[log.log_id], since)]
    if not logs:
        lines += ["", "There is no log yet; it begins when a site is published."]
    return "\n".join([*lines, "", _HOW_TO_CHECK])


def count_disposals(
    session: AnySession, log_id: str, since: int, until: int | None = None
) -> list[Disposed]:
    """Return what was removed since an instant (ms), and before another one, by reason."""
    records: Counter[str] = Counter()
    disposals: Counter[str] = Counter()
    for record in stream_log_records(session, log_id, "disposal"):
        if record.at >= since and (until is None or record.at < until):
            disposal = json.loads(record.payload)
            records[disposal["reason"]] += disposal["count"]
            disposals[disposal["reason"]] += 1
    return [Disposed(reason, records[reason], disposals[reason]) for reason in sorted(records)]


def _about(session: AnySession, log: Log, anchored: AnchoredState, since: int) -> Iterator[str]:
    yield f"Log {log.log_id}"
    yield "=" * len(f"Log {log.log_id}")
    yield from _size(session, log)
    yield f"{anchored.wording[0].upper()}{anchored.wording[1:]}."
    yield from _anchors(session, log)
    yield f"Removed since {format_instant(since)}:"
    disposed = count_disposals(session, log.log_id, since)
    for one in disposed:
        yield f"  {one.reason}: {one.records} records in {one.disposals} disposals"
    if not disposed:
        yield "  nothing"
    yield ""
    published = latest_published(session, log.log_id)
    if published is None:
        yield "No checkpoint is published yet."
        return
    yield f"Newest checkpoint, published {format_instant(published.created)}:"
    yield ""
    yield served_note(session, published).rstrip("\n")


def _size(session: AnySession, log: Log) -> Iterator[str]:
    state = find_state(session, log.log_id)
    waiting = waiting_for(session, log.log_id)
    size = 0 if state is None else state.size
    yield f"Entries: {size} sealed, {waiting.count} waiting."
    if state is not None and not state.is_ok:
        status = state.status.replace("_", " ")
        yield f"NOT SIGNED since {format_instant(state.since)}: the log is {status}."


def _anchors(session: AnySession, log: Log) -> Iterator[str]:
    for kind in OUTSIDE:
        for name in list_anchor_names(session, log.log_id, kind):
            anchor = newest_anchor(session, log.log_id, kind, name)
            if anchor is not None:
                last = format_instant(anchor.at)
                yield f"  {_KINDS[kind]} {name}: last at {last}, over {anchor.size} entries"
