"""Check one log in one streaming pass: heads, tree, records and accounts beside each other.

Memory is O(log n), two bits a leaf, the leaves of officers' acts, and a ruler of one instant an
hour; the ids of records go to a temporary file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consent.audit.action_counts import HEADER
from consent.audit.checkpoints import Checkpoint, parse_checkpoint
from consent.audit.notes import split_note
from consent.audit.policies import Policy, parse_policy
from consent.errors import RecordFormatError
from consent.verify.accounting import Accounts, Fate
from consent.verify.action_counts_check import ActionCountsCheck, Gone
from consent.verify.anchors_check import AnchorsCheck
from consent.verify.findings import Finding, Findings, Kind
from consent.verify.heads import Head, Heads, open_head
from consent.verify.history import HistoryCheck
from consent.verify.instants import instant
from consent.verify.receipts_check import ReceiptsCheck
from consent.verify.records_check import RecordsCheck
from consent.verify.report import LogReport
from consent.verify.roots import RootsCheck
from consent.verify.ruler import Ruler
from consent.verify.sources import Note, Opening, Scope, Source, UnreadableError
from consent.verify.tree_check import BrokenTreeError, TreeCheck
from consent.verify.trust import Given, trust_for

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LONG_GAP_MS = 3_600_000  # a log that has nothing to seal is signed again every ten minutes

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the checker brings: keys, notes and receipts kept from earlier, roots of authorities.

    `accepted` are the ids of recoveries of whose losses the checker knows. What is of other logs is
    passed over: `origin_of` tells whose a kept note is.
    """

    given: Given = field(default_factory=Given)
    kept: Sequence[str] = ()
    receipts: Sequence[str] = ()
    roots: Sequence[Certificate] = ()
    accepted: Sequence[str] = ()


def origin_of(note: str) -> str:
    """Return the origin: the first line of a checkpoint, the second of a receipt or a count."""
    lines = note.split("\n")
    is_named = lines[0] == HEADER or lines[0].startswith("consent-receipt/")
    return lines[1] if is_named and len(lines) > 1 else lines[0]


def check_log(
    source: Source, evidence: Evidence, progress: Progress = lambda _done, _total: None
) -> LogReport:
    """Return what a log shows; raise UnreadableError if it is none."""
    return _LogCheck(source, evidence).run(progress)


class _LogCheck:
    def __init__(self, source: Source, evidence: Evidence) -> None:
        self._source = source
        self._accepted = evidence.accepted
        self._findings = Findings()
        self._claimed = _parse_head(source)
        origin = self._claimed.origin
        self._trust = trust_for(origin, self._own_policy(), evidence.given)
        self._size = self._claimed.size
        if evidence.given.origins and origin not in evidence.given.origins:
            self._findings.add(
                Kind.BAD_SIGNATURE, f"the log is of {origin}: none of the keys you gave is its own"
            )
        own = [note for note in evidence.kept if origin_of(note) == origin]
        counts = [note for note in own if note.startswith(HEADER)]
        kept = self._open_kept([note for note in own if note not in counts])
        self._kept = sorted(kept, key=lambda head: -head.size)
        self._shown = Note(self._size, None, source.head())
        shown = open_head(self._shown, self._trust, Findings())
        self._is_shown_open = shown is not None
        self._heads = Heads(source.notes(), shown, self._trust, self._findings)
        self._roots = RootsCheck(self._findings)
        self._tree = TreeCheck(source, self._size, self._findings)
        self._ruler = Ruler()
        self._accounts = Accounts()
        self._records = RecordsCheck(
            source, self._trust, self._accounts, self._ruler, self._findings
        )
        self._counts = ActionCountsCheck(source.counts(), counts, self._trust, self._findings)
        self._anchors = AnchorsCheck(
            source.anchors(), self._trust.policy, evidence.roots, self._findings
        )
        receipts = [note for note in evidence.receipts if origin_of(note) == origin]
        self._receipts = ReceiptsCheck(receipts, self._trust, self._findings)
        self._openings = self._in_order(source.openings())
        self._opening = next(self._openings, None)
        self._newest: Head | None = None
        self._unread: int | None = None  # the leaf from which on entries are not known

    def run(self, progress: Progress) -> LogReport:
        try:
            self._walk(progress)
            unopened = self._close()
        finally:
            self._records.links.close()
        return self._report(unopened)

    def _own_policy(self) -> Policy | None:
        try:
            return parse_policy(self._source.policy())
        except RecordFormatError as error:
            self._findings.add(Kind.BAD_SIGNATURE, f"the log's own policy: {error}")
            return None

    def _open_kept(self, notes: Sequence[str]) -> list[Head]:
        """Open the notes the checker kept; one that is larger than the log is told at once."""
        heads = []
        for note in notes:
            try:
                opened = self._trust.open(note)
            except RecordFormatError as error:
                self._findings.add(Kind.BAD_SIGNATURE, f"the checkpoint you kept: {error}")
                continue
            at = None if opened.clock_time is None else opened.clock_time * 1000
            head = Head(opened.checkpoint, at or 0, at, {}, note, is_kept=True)
            if head.size <= self._size:
                heads.append(head)
            else:
                self._findings.add(
                    Kind.ROLLED_BACK,
                    f"you kept a checkpoint of size {head.size}, but the log has {self._size} "
                    f"leaves: it was set back, or it was read before. The note: {note!r}",
                    size=head.size,
                )
        return heads

    def _in_order(self, openings: Iterator[Opening | Finding]) -> Iterator[tuple[int, Opening]]:
        """Give the openings of leaves that ascend; what does not becomes a finding."""
        before = -1
        for opening in openings:
            if isinstance(opening, Finding):
                self._findings.take(opening)
            elif opening.leaf is None or not before < opening.leaf < self._size:
                self._findings.add(
                    Kind.ALTERED,
                    f"a record is said to be leaf {opening.leaf}, out of order or not in a log of "
                    f"{self._size} leaves",
                    leaf=opening.leaf,
                )
            else:
                before = opening.leaf
                yield before, opening

    def _walk(self, progress: Progress) -> None:
        frontier = self._tree.frontier
        try:
            for bundle in self._tree.entries():
                for entry, leaf_hash in bundle:
                    leaf = frontier.size
                    if self._is_size_of_head(leaf):
                        self._pass_heads(leaf)
                    self._take_leaf(leaf, entry)
                    frontier.append(leaf_hash)
                progress(frontier.size, self._size)
            self._counts.reach(frontier.size)
            self._pass_heads(frontier.size)
        except BrokenTreeError:
            self._unread = frontier.size
            self._records.notes.append(
                f"Nothing from leaf {frontier.size} on was checked, since it cannot be read."
            )

    def _is_size_of_head(self, size: int) -> bool:
        is_own = self._heads.next is not None and self._heads.next.size == size
        return is_own or (bool(self._kept) and self._kept[-1].size == size)

    def _take_leaf(self, leaf: int, entry: bytes) -> None:
        covered_at = None if self._heads.next is None else self._heads.next.at
        self._receipts.take(leaf, entry, covered_at)
        if self._counts.due is not None and self._counts.due <= leaf:
            self._counts.reach(leaf)
        if self._opening is not None and self._opening[0] == leaf:
            self._records.take(leaf, entry, self._opening[1], covered_at)
            self._opening = next(self._openings, None)

    def _pass_heads(self, size: int) -> None:
        root = self._tree.frontier.root()
        while self._heads.next is not None and self._heads.next.size == size:
            head = self._heads.take()
            if head is None:
                continue
            self._roots.take(head, root)
            if head.at is not None:
                self._ruler.sealed(size, head.at)
            self._anchors.take(head)
            self._newest = head
            if head.checkpoint.root == root:
                self._learn_keys()
        while self._kept and self._kept[-1].size == size:
            self._roots.take(self._kept.pop(), root)

    def _learn_keys(self) -> None:
        """Trust the keys that the log announced below a head that a trusted key signed."""
        known = len(self._trust.grown)
        if self._trust.grow():
            for vkey in self._trust.grown[known:]:
                self._records.notes.append(
                    f"The log announced the key {vkey} under a signature you trust: it counts "
                    "from there on."
                )

    def _close(self) -> int:
        """Make the checks of the end; return how many leaves nothing is known of."""
        seen = self._tree.frontier.size
        if self._unread is None:
            self._check_head()
            self._roots.finish()
            newest_at = None if self._newest is None else self._newest.at
            self._receipts.finish(newest_at)
            self._anchors.finish(self._size, self._newest)
        withheld = self._pass_unsigned(seen)
        history = HistoryCheck(self._records, self._accounts, self._ruler, seen, self._findings)
        history.accepted = frozenset(self._accepted)
        all_open = self._source.scope is Scope.ALL
        if all_open and self._unread is None:
            self._check_counts(seen)
        else:
            self._counts.skip()
        unopened = history.check(self._trust, all_open=all_open)
        for finding in self._source.own_findings(self._size):
            self._findings.take(finding)
        return unopened + withheld

    def _check_counts(self, size: int) -> None:
        records = self._records
        lost = [
            (first, min(last, leaf - 1))  # nobody declares lost what comes later
            for record, leaf in records.recoveries
            for first, last in record.ranges("lost")
        ]
        gone = Gone(
            as_actions=records.disposals.of_actions,
            unclear=[*lost, *records.unclear, *self._accounts.unknown(size)],
            recoveries=[(record.id, leaf) for record, leaf in records.recoveries],
            accepted=frozenset(self._accepted),
        )
        self._counts.finish(size, records.actions.leaves, gone)

    def _pass_unsigned(self, size: int) -> int:
        """Take what the log does not sign, if the operator vouches for it; count the withheld."""
        withheld, keys = self._source.withheld(), self._trust.policy.receipt_keys
        try:
            self._source.require_vouched(
                [key for key in keys if key.vkey not in self._trust.withdrawn]
            )
        except RecordFormatError as error:
            self._records.notes.append(
                "What is said to be kept back or disposed of since the newest checkpoint does not "
                f"count, since the export is not signed as it is: {error}."
            )
            return 0
        for opening in self._source.announced():
            if isinstance(opening, Finding):
                self._findings.take(opening)
            else:
                self._records.take_announced(opening, self._size)
        return self._pass_withheld(withheld, size)

    def _pass_withheld(self, withheld: Sequence[tuple[int, int]], size: int) -> int:
        """Take the leaves that are said to be kept back as accounted for; return how many."""
        count = 0
        for first, last in withheld:
            for leaf in range(max(first, 0), min(last + 1, size)):
                if self._accounts.fate(leaf) is Fate.UNKNOWN:
                    self._accounts.settle(leaf, Fate.GONE)
                    count += 1
        if count:
            self._records.notes.append(
                f"{count} records were kept back from this export: erased, they wait for their "
                "removal or are restricted. Only a check of the live database sees them."
            )
        return count

    def _check_head(self) -> None:
        """The head that the log shows as its newest is one that its keys have signed.

        They can be keys that the log announced on the way.
        """
        if not self._is_shown_open:
            open_head(self._shown, self._trust, self._findings)
        if self._newest is None or self._newest.checkpoint != self._claimed:
            self._findings.add(
                Kind.BAD_SIGNATURE,
                f"the newest checkpoint, of size {self._size}, is none of those that were signed",
                size=self._size,
            )
        beyond = self._heads.next
        if beyond is not None:
            self._findings.add(
                Kind.ROLLED_BACK,
                f"a checkpoint of size {beyond.size} was signed, but the log has {self._size} "
                f"leaves. Its note: {beyond.note!r}",
                size=beyond.size,
            )

    def _report(self, unopened: int) -> LogReport:
        newest, anchored = self._newest, self._anchors.newest
        return LogReport(
            source=self._source.name,
            origin=self._claimed.origin,
            scope=self._source.scope,
            size=self._size,
            signed_at=_instant_of(newest),
            checkpoints=self._heads.count,
            opened=self._records.opened,
            records_opened=self._records.consents_opened,
            disposed=self._records.disposals.counts,
            unopened=unopened,
            keys_from_outside=self._trust.outside_roles,
            witnessed=self._anchors.witnessed,
            stamps_checked=self._anchors.stamps_checked,
            stamps_unchecked=self._anchors.stamps_unchecked,
            anchored_at=_instant_of(anchored),
            findings=self._findings,
            notes=[
                *self._records.notes,
                *self._records.actions.notes(),
                *self._counts.notes,
                *self._receipts.notes,
                *self._gap(),
            ],
        )

    def _gap(self) -> list[str]:
        gap = self._heads.longest_gap
        if gap is None or gap[1] - gap[0] < LONG_GAP_MS:
            return []
        text = (
            f"The log was signed at {instant(gap[0])} and not again until {instant(gap[1])}: when "
            "records in between were made rests on what they say themselves."
        )
        return [text]


def _parse_head(source: Source) -> Checkpoint:
    try:
        return parse_checkpoint(split_note(source.head())[0])
    except RecordFormatError as error:
        raise UnreadableError(f"{source.name}: its checkpoint cannot be read ({error})") from error


def _instant_of(head: Head | None) -> str | None:
    return None if head is None or head.at is None else instant(head.at)
