"""What was disposed of, and whether it was time: all that can be known without the records.

A record that is gone says nothing any more. But its leaf lies between signed heads, so when it was
made is known within bounds; and the notices say for how long proof is kept at least.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from consent.core.limits import ACTION_RECORD_MONTHS, MAX_PROOF_MONTHS, REFUSAL_RECORD_DAYS
from consent.core.ranges import Range
from consent.core.retention import DisposalClass, proof_ends
from consent.core.times import MILLIS_PER_DAY
from consent.errors import RecordFormatError
from consent.verify.accounting import Accounts, Fate
from consent.verify.findings import Findings, Kind
from consent.verify.instants import instant
from consent.verify.record import Record
from consent.verify.ruler import Ruler

SHORTEST_PROOF_MONTHS = 1

_NAMED_BY_NONE = {DisposalClass.RETENTION_REFUSAL, DisposalClass.RETENTION_ACTION}


@dataclass(slots=True)
class Promises:
    """How long each notice promises to keep proof, and from when on it was shown."""

    months_from: dict[int, int] = field(default_factory=dict)  # months → earliest publication

    def add(self, months: int, at: int) -> None:
        self.months_from[months] = min(at, self.months_from.get(months, at))

    def ends(self, made_at: int) -> int:
        """Return the earliest instant at which proof of a record made then can end.

        A later notice may have promised a shorter time, also for what came before it.
        """
        if not self.months_from:
            return proof_ends(made_at, SHORTEST_PROOF_MONTHS)
        return min(
            proof_ends(max(made_at, since), months) for months, since in self.months_from.items()
        )


def promised_months(document: bytes | None, digest: str) -> int | None:
    """Return for how many months a notice promises proof; the longest time if it is not at hand.

    None means that the document is not the one of this digest, or no document at all.
    """
    if document is None:
        return MAX_PROOF_MONTHS
    if hashlib.sha256(document).hexdigest() != digest:
        return None
    try:
        content = json.loads(document)
    except (ValueError, RecursionError):
        return None
    match content:
        case {"lifetimes": {"proof_months": int(months)}}:
            return min(max(months, SHORTEST_PROOF_MONTHS), MAX_PROOF_MONTHS)
    return SHORTEST_PROOF_MONTHS


class Disposals:
    """Takes each disposal when its turn comes, and settles the leaves it names."""

    def __init__(
        self, accounts: Accounts, ruler: Ruler, promises: Promises, findings: Findings
    ) -> None:
        self._accounts = accounts
        self._ruler = ruler
        self._promises = promises
        self._findings = findings
        self.counts: Counter[str] = Counter()
        self.of_actions: list[Range] = []  # leaves that were disposed of as officers' acts

    def take(self, record: Record, own_leaf: int) -> None:
        """Check a disposal at its leaf (or where it would be, while it waits).

        Raises RecordFormatError for one that the service does not write.
        """
        if record.type != "disposal":
            raise RecordFormatError(f"it is a {record.type} record")
        ranges = record.ranges("leaves")
        reason = _reason(record)
        if record.values.get("count") != sum(last - first + 1 for first, last in ranges):
            raise RecordFormatError("its count is not the number of leaves it names")
        fate = Fate.GONE_UNNAMED if reason in _NAMED_BY_NONE else Fate.GONE
        for first, last in ranges:
            if last >= own_leaf:
                self._find(
                    record,
                    Kind.DISPOSAL_TOO_EARLY,
                    last,
                    f"names leaf {last}, which was not sealed when it was made",
                )
            end = min(last, own_leaf - 1)
            self._check_age(record, reason, end)
            self._settle(record, first, end, fate)
            if reason is DisposalClass.RETENTION_ACTION:
                self.of_actions.append((first, end))
            self.counts[reason.value] += max(0, end - first + 1)

    def _settle(self, record: Record, first: int, last: int, fate: Fate) -> None:
        for leaf in range(first, last + 1):
            known = self._accounts.fate(leaf)
            if known is Fate.UNKNOWN:
                self._accounts.settle(leaf, fate)
            elif known is Fate.LIVE:
                self._find(record, Kind.ALTERED, leaf, f"names leaf {leaf}, whose record exists")
            else:
                self._find(record, Kind.ALTERED, leaf, f"names leaf {leaf}, which was gone before")

    def _check_age(self, record: Record, reason: DisposalClass, last: int) -> None:
        made_at = self._ruler.earliest(last)
        if made_at is None or reason is DisposalClass.ERASURE or last < 0:
            return
        made_at = max(made_at, 0)
        due = self._due(reason, made_at)
        if record.at < due:
            self._find(
                record,
                Kind.DISPOSAL_TOO_EARLY,
                last,
                f"is of {instant(record.at)} and of class {reason.value}, but leaf {last} was "
                f"sealed no earlier than {instant(made_at)} and is kept until {instant(due)}",
            )

    def _due(self, reason: DisposalClass, made_at: int) -> int:
        rules: dict[DisposalClass, Callable[[int], int]] = {
            DisposalClass.RETENTION_REFUSAL: lambda at: at + REFUSAL_RECORD_DAYS * MILLIS_PER_DAY,
            DisposalClass.RETENTION_GRANT: self._promises.ends,
            DisposalClass.RETENTION_ACTION: lambda at: proof_ends(at, ACTION_RECORD_MONTHS),
        }
        return rules[reason](made_at)

    def _find(self, record: Record, kind: Kind, leaf: int, what: str) -> None:
        self._findings.add(kind, f"disposal {record.id} {what}", leaf=leaf, record=record.id)


def _reason(record: Record) -> DisposalClass:
    try:
        return DisposalClass(record.text("reason"))
    except ValueError as error:
        raise RecordFormatError("it gives a reason that there is none of") from error
