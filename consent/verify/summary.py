"""An evidence pack in one line: how many records, how many of them opened, and the log's state.

It is for whoever reads no further, so it says first what is wrong, and last whose word it takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from consent.verify.findings import Findings
from consent.verify.packs import PackReport


class CheckedLog(Protocol):
    """What is told of a log: instants are RFC 3339."""

    origin: str
    records_opened: int
    keys_from_outside: Sequence[str]
    witnessed: int
    stamps_unchecked: int
    anchored_at: str | None
    findings: Findings


def summary_of(pack: PackReport, logs: Sequence[CheckedLog]) -> str:
    """Return the line; only what was checked is told as a fact."""
    told = [_held(pack), *_opened(pack, records_opened(logs)), *_logs(logs)]
    return f"{'; '.join(told)}.{_whose_word(logs)}"


def records_opened(logs: Sequence[CheckedLog]) -> int:
    return sum(log.records_opened for log in logs)


def _held(pack: PackReport) -> str:
    is_signed = not _fails(pack.findings)
    manifest = "its signed manifest" if is_signed else "its manifest"
    if pack.records is None:
        held = f"{manifest} does not say how many records this pack holds"
    else:
        held = f"this pack holds {_count(pack.records)}, as {manifest} says{_waiting(pack)}"
    if is_signed:
        return held[0].upper() + held[1:]
    return (
        f"This pack is NOT as it was made, or nothing shows that it is: see the findings ({held})"
    )


def _waiting(pack: PackReport) -> str:
    covered = pack.covered
    if pack.records is None or covered is None or covered >= pack.records:
        return ""
    return f" ({pack.records - covered:,} of them not in the signed log yet)"


def _opened(pack: PackReport, opened: int) -> Iterator[str]:
    """Records are the visitors' choices; what else the log has opens in every pack."""
    if not pack.records:
        return
    if opened == pack.records:
        yield "all of them were opened in the log"
    elif opened:
        yield f"{opened:,} of them were opened in the log"
    else:
        why = ", since its pseudonyms were made anew for it" if pack.is_rekeyed else ""
        yield f"none of them was opened in the log{why}"


def _logs(logs: Sequence[CheckedLog]) -> Iterator[str]:
    if not logs:
        yield "no log that could be checked is in it"
    for log in logs:
        name = "the log" if len(logs) == 1 else f"the log {log.origin}"
        if _fails(log.findings):
            yield f"{name} is NOT intact: see the findings"
        else:
            yield f"{name} is intact, {_anchored(log)}"


def _anchored(log: CheckedLog) -> str:
    if log.anchored_at is not None:
        return f"and others outside vouch for it (anchored) up to {_readable(log.anchored_at)}"
    if log.stamps_unchecked:
        return "but whether anybody outside vouches for it (anchored) was not checked"
    return "but nobody outside is seen to vouch for it (not anchored)"


def _whose_word(logs: Sequence[CheckedLog]) -> str:
    """Say if keys were believed that came with what they are to prove."""
    if all(_roles(log) <= set(log.keys_from_outside) for log in logs):
        return ""
    if any(log.keys_from_outside for log in logs):
        return " Some of the keys it was checked with came with the pack."
    return " Checked with the keys that came with the pack."


def _roles(log: CheckedLog) -> set[str]:
    """Return whose keys the line relies on: the head's, the manifest's, and the witnesses'."""
    return {"log", "receipt"} | ({"witness"} if log.witnessed else set())


def _fails(findings: Findings) -> bool:
    return findings.fails(require_anchor=False)


def _count(records: int) -> str:
    return f"{records:,} record{'' if records == 1 else 's'}"


def _readable(instant: str) -> str:
    """Return "2026-11-23 11:00:00 UTC"; what is no such instant stays as it is."""
    if not instant.endswith("Z"):
        return instant
    return f"{instant[: len('2026-11-23T11:00:00')].replace('T', ' ')} UTC"
