"""What can be said only at the end of the pass: who follows whom, what is missing or lost."""

from __future__ import annotations

from itertools import chain

from consent.core.times import MILLIS_PER_DAY
from consent.verify.accounting import Accounts
from consent.verify.findings import Findings, Kind
from consent.verify.instants import instant
from consent.verify.record import Record
from consent.verify.records_check import RecordsCheck, epoch_of, made_at
from consent.verify.ruler import SKEW_MS, SLACK_MS, Ruler
from consent.verify.trust import Trust

ANSWERED_WITHIN_MS = 31 * MILLIS_PER_DAY


class HistoryCheck:
    """The closing checks of a log of which the leaves below `size` were seen."""

    def __init__(
        self,
        records: RecordsCheck,
        accounts: Accounts,
        ruler: Ruler,
        size: int,
        findings: Findings,
    ) -> None:
        self._records = records
        self._accounts = accounts
        self._ruler = ruler
        self._size = size
        self._findings = findings
        self.accepted: frozenset[str] = frozenset()  # recoveries the checker knows of

    def check(self, trust: Trust, *, all_open: bool) -> int:
        """Run every check; return how many leaves were not opened and are not accounted for."""
        self._check_recoveries()
        self._check_epoch(trust.origin)
        self._check_shown()
        self._check_keys(trust)
        if all_open:
            self._check_links()
        unknown = 0
        for first, last in self._accounts.unknown(self._size):
            unknown += last - first + 1
            if all_open:
                self._find_missing(first, last)
        return 0 if all_open else unknown

    def _find_missing(self, first: int, last: int) -> None:
        which = f"leaf {first} has" if first == last else f"leaves {first} to {last} have"
        self._findings.add(
            Kind.MISSING,
            f"{which} neither a record nor a disposal: what was committed there was deleted",
            leaf=first,
        )

    def _check_links(self) -> None:
        """A record that another one follows is there, or something of its time was disposed of."""
        for one, came_later in self._records.links.awaited():
            if came_later:
                self._findings.add(
                    Kind.ALTERED,
                    f"record {one.id} (leaf {one.leaf}) says it follows {one.prev}, which came "
                    "after it",
                    leaf=one.leaf,
                    record=one.id,
                )
                continue
            at = made_at(one.prev)
            if at < self._records.began_at(one.site):
                continue
            if not self._accounts.has_gone(self._ruler.leaves_of(at, self._size)):
                self._findings.add(
                    Kind.MISSING,
                    f"record {one.id} (leaf {one.leaf}) follows {one.prev} of {instant(at)}, which "
                    "is not in the log, and nothing of that time was disposed of",
                    leaf=one.leaf,
                    record=one.prev,
                )

    def _check_recoveries(self) -> None:
        for record, leaf in self._records.recoveries:
            lost = record.ranges("lost")
            count = sum(last - first + 1 for first, last in lost)
            what = (
                f"{count} records were lost in a restore, as recovery {record.id} of "
                f"{instant(record.at)} (leaf {leaf}) declares"
            )
            if record.id in self.accepted:
                self._records.notes.append(f"WARNING: {what}. You accepted it.")
            elif lost:
                self._findings.add(
                    Kind.LOST,
                    f"{what}: ask the operator about it, and accept it by its id if you know of "
                    "the restore",
                    leaf=lost[0][0],
                    record=record.id,
                )
            if lost:
                self._check_recovery(record, leaf, lost[0][0])

    def _check_recovery(self, record: Record, leaf: int, first: int) -> None:
        """A restore loses all of its time: what is younger than the first loss is lost as well.

        What came in between the restore and the recovery was sealed after the recovery.
        """
        until = self._ruler.sealed_by(first)
        end = min(self._ruler.size_before(record.at - SLACK_MS), leaf)
        if until is None:
            return
        survivor = self._records.links.made_after(until + SKEW_MS, first, end)
        if survivor is not None:
            self._findings.add(
                Kind.MISSING,
                f"recovery {record.id} declares leaf {first} as lost in a restore, but leaf "
                f"{survivor.leaf}, made later, was not: a restore does not lose single records",
                leaf=first,
                record=record.id,
            )

    def _check_epoch(self, origin: str) -> None:
        """A log that is not the first of its name says so at its beginning."""
        number = epoch_of(origin)
        if number is not None and number > 1 and not self._records.continues_another and self._size:
            self._findings.add(
                Kind.MISSING,
                f"the log is epoch {number} of its name, and does not begin with a record of the "
                "one before it",
                leaf=0,
            )

    def _check_shown(self) -> None:
        """What records say was shown, and on which site, the log has announced itself.

        Where a site was recorded before the log began to announce, an earlier notice counts for as
        long as a page that shows it can still be answered.
        """
        since = self._records.shown.since
        if not since or self._records.continues_another:
            return
        began: dict[str, int] = {}
        for (site, _), use in self._records.used.items():
            began[site] = min(use.first_at, began.get(site, use.first_at))
        for (site, notice), use in self._records.used.items():
            if site not in since:
                self._find_unknown(use.last_id, f"site {site!r}")
            elif notice not in self._records.shown.notices:
                is_older = began[site] < since[site] - SLACK_MS
                if not is_older or use.last_at > since[site] + ANSWERED_WITHIN_MS:
                    self._find_unknown(use.last_id, f"notice {notice}")

    def _find_unknown(self, record_id: str, what: str) -> None:
        self._findings.add(
            Kind.ALTERED,
            f"record {record_id} is about {what}, which this log never announced",
            record=record_id,
        )

    def _check_keys(self, trust: Trust) -> None:
        """Keys that came with the log are announced in it; what is given from outside need not.

        A key that was added a moment ago may wait for its record, and has signed nothing then.
        """
        announced = self._records.announced_keys
        if not announced:
            return
        own = trust.own_keys()
        for vkey in chain.from_iterable(own.values()):
            if vkey not in announced and trust.has_signed(vkey):
                self._find_key(vkey, "signs for the log, which never announced it")
        for vkey, role in announced.items():
            if role in own and vkey not in own[role]:
                self._find_key(vkey, f"of the {role} is not named any more, but the log did once")

    def _find_key(self, vkey: str, what: str) -> None:
        self._findings.add(Kind.BAD_SIGNATURE, f"the key {vkey} {what}")
