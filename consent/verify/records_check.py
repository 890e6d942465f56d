"""Each opened leaf: that it opens, when it is of, what it follows, and what it says of the log."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

from consent.audit.entry import SALT_BYTES, commitment
from consent.core.ranges import Range
from consent.errors import RecordFormatError
from consent.verify.accounting import Accounts, Fate
from consent.verify.actions_check import ActionsCheck
from consent.verify.disposals import Disposals, Promises, promised_months
from consent.verify.findings import Findings, Kind
from consent.verify.instants import instant
from consent.verify.links import Awaited, Links
from consent.verify.record import Record, read_record
from consent.verify.ruler import SKEW_MS, SLACK_MS, Ruler
from consent.verify.sources import Opening, Source
from consent.verify.trust import Trust


@dataclass(slots=True)
class Shown:
    """What the log says was published: for each site since when, for each notice that it was."""

    since: dict[str, int] = field(default_factory=dict)
    notices: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Use:
    """When records of a site named a notice: from when, until when, and the last of them."""

    first_at: int
    last_at: int
    last_id: str


class RecordsCheck:
    """Takes the opened leaves of a log in their order."""

    def __init__(
        self, source: Source, trust: Trust, accounts: Accounts, ruler: Ruler, findings: Findings
    ) -> None:
        self._source = source
        self._trust = trust
        self._accounts = accounts
        self._ruler = ruler
        self._findings = findings
        self._promises = Promises()
        self.disposals = Disposals(accounts, ruler, self._promises, findings)
        self.actions = ActionsCheck(findings, source.acts_since)
        self.links = Links()
        self.shown = Shown()
        self.used: dict[tuple[str, str], Use] = {}  # by site and notice
        self.announced_keys: dict[str, str] = {}  # the role of each
        self.recoveries: list[tuple[Record, int]] = []
        self.notes: list[str] = []
        self.opened = 0
        self.consents_opened = 0
        self.unclear: list[Range] = []  # leaves of which nobody can say what they were
        self.continues_another = False
        self._first_at: int | None = None

    def began_at(self, site: str) -> int:
        """Return since when the records of a site are in this log, for all that it says."""
        first = self._first_at or 0
        return first if self.continues_another else self.shown.since.get(site, 0)

    def take(self, leaf: int, entry: bytes, opening: Opening, covered_at: int | None) -> None:
        """Check what a leaf is said to hold; `covered_at` is when the next head was signed."""
        self.opened += 1
        salt = opening.salt
        if len(salt) != SALT_BYTES or commitment(opening.record, salt) != entry:
            # What it was is not known any more, so that it may be what another record follows.
            self._accounts.settle(leaf, Fate.GONE)
            self.unclear.append((leaf, leaf))
            self._find(
                Kind.ALTERED, leaf, None, "does not open to the record and salt that are stored"
            )
            return
        self._accounts.settle(leaf, Fate.LIVE)
        try:
            record = read_record(opening.record)
        except RecordFormatError as error:
            self.unclear.append((leaf, leaf))
            self._find(Kind.ALTERED, leaf, None, f"holds no record of ours: {error}")
            return
        if self._first_at is None:
            self._first_at = record.at
        self._check_time(leaf, record, covered_at)
        try:
            self._read(leaf, record)
        except RecordFormatError as error:
            self._find(
                Kind.ALTERED, leaf, record, f"is a record the service does not write: {error}"
            )

    def take_announced(self, opening: Opening, size: int) -> None:
        """Take a disposal that no head covers yet as what it will be."""
        try:
            record = read_record(opening.record)
            log = record.text_or_none("log")
            if log is not None and not self._trust.origin.endswith(f"/log/{log}"):
                return
            self.disposals.take(record, size)
        except RecordFormatError as error:
            self._findings.add(Kind.ALTERED, f"a disposal that waits to be sealed: {error}")
            return
        self._check_announced_time(record)

    def _check_announced_time(self, record: Record) -> None:
        floor, read_at = self._ruler.floor, self._source.read_at
        if floor is not None and record.at < floor - SLACK_MS:
            why = f"the log was signed at {instant(floor)}"
        elif read_at is not None and record.at > read_at + SKEW_MS:
            why = f"all of this was read at {instant(read_at)}"
        else:
            return
        self._findings.add(
            Kind.BACKDATED,
            f"disposal {record.id} is of {instant(record.at)} and not sealed yet, though {why}",
            record=record.id,
        )

    def _check_time(self, leaf: int, record: Record, covered_at: int | None) -> None:
        floor = self._ruler.floor
        if floor is not None and record.at < floor - SLACK_MS:
            self._find(
                Kind.BACKDATED,
                leaf,
                record,
                f"says {instant(record.at)}, but was not sealed before {instant(floor)}",
            )
        elif covered_at is not None and record.at > covered_at + SKEW_MS:
            self._find(
                Kind.BACKDATED,
                leaf,
                record,
                f"says {instant(record.at)}, but was sealed by {instant(covered_at)} already",
            )
        else:
            self._ruler.raise_floor(leaf + 1, record.at)

    def _read(self, leaf: int, record: Record) -> None:
        match record.type:
            case "consent":
                self._read_consent(leaf, record)
            case "config":
                self._read_config(leaf, record)
            case "disposal":
                self._read_disposal(leaf, record)
            case "key":
                self._read_key(record)
            case "recovery":
                self._read_recovery(leaf, record)
            case "action":
                self.actions.take(leaf, record)
            case "epoch":
                self._read_epoch(leaf, record)
            case unknown:
                self.notes.append(f"Leaf {leaf} holds a record of type {unknown}, unknown here.")

    def _read_consent(self, leaf: int, record: Record) -> None:
        self.consents_opened += 1
        site, notice = record.text("site"), record.text("notice")
        subject, prev = record.text_or_none("subject"), record.text_or_none("prev")
        use = self.used.setdefault((site, notice), Use(record.at, record.at, record.id))
        if record.at > use.last_at:
            use.last_at, use.last_id = record.at, record.id
        if not self.links.add(record.id, leaf, record.at, subject):
            self._find(Kind.ALTERED, leaf, record, "has an id that an earlier leaf has")
        if prev is None:
            return
        known = self.links.find(prev)
        if known is None:
            self.links.await_(Awaited(record.id, leaf, site, prev))
        elif known.leaf >= leaf or subject is None or known.subject != subject:
            self._find(
                Kind.ALTERED,
                leaf,
                record,
                f"says it follows leaf {known.leaf}, which is of another visitor or not earlier",
            )

    def _read_config(self, leaf: int, record: Record) -> None:
        site, digest = record.text("site"), record.text("notice")
        self.shown.since.setdefault(site, record.at)
        self.shown.notices.add(digest)
        document = self._source.notice(digest)
        if document is None and self._source.has_notices:
            self._find(Kind.MISSING, leaf, record, f"names notice {digest}, which is not there")
        months = promised_months(document, digest)
        if months is None:
            self._find(
                Kind.ALTERED, leaf, record, f"names notice {digest}, whose text is another or none"
            )
            return
        self._promises.add(months, record.at)

    def _read_disposal(self, leaf: int, record: Record) -> None:
        """The disposals of an epoch that is not signed any more are told in the one after it."""
        if "log" in record.values:
            self.notes.append(
                f"Leaf {leaf} tells of a disposal from an earlier log, {record.text('log')}."
            )
        else:
            self.disposals.take(record, leaf)

    def _read_key(self, record: Record) -> None:
        vkey, action = record.text("vkey"), record.text("action")
        if action == "add":
            self.announced_keys[vkey] = record.text("role")
            self._trust.announce(vkey)
        else:
            self._trust.withdrawn.add(vkey)

    def _read_recovery(self, leaf: int, record: Record) -> None:
        ranges = record.ranges("lost")
        self.recoveries.append((record, leaf))
        for first, last in ranges:
            for lost in range(first, min(last, leaf - 1) + 1):
                if self._accounts.fate(lost) is Fate.UNKNOWN:
                    self._accounts.settle(lost, Fate.GONE)
                    self.disposals.counts["lost"] += 1

    def _read_epoch(self, leaf: int, record: Record) -> None:
        match record.values.get("previous"):
            case {"origin": str(origin), "size": int(size)}:
                if leaf != 0 or not _is_earlier(origin, self._trust.origin):
                    raise RecordFormatError(
                        f"it names {origin} as the log before it, at leaf {leaf}"
                    )
                self.continues_another = True
                self.notes.append(
                    f"The log begins a new epoch: before it was {origin}, of size {size}."
                )
            case _:
                raise RecordFormatError("it does not name the log before it")

    def _find(self, kind: Kind, leaf: int, record: Record | None, what: str) -> None:
        record_id = None if record is None else record.id
        name = f"leaf {leaf}" if record is None else f"record {record.id} (leaf {leaf})"
        self._findings.add(kind, f"{name} {what}", leaf=leaf, record=record_id)


def epoch_of(origin: str) -> int | None:
    """Return the number at the end of an origin; None if there is none."""
    number = origin.rpartition("/")[2]
    return int(number) if re.fullmatch("0|[1-9][0-9]{0,8}", number) else None


def _is_earlier(before: str, origin: str) -> bool:
    """Say whether two origins differ in the number alone, which grew."""
    numbers = epoch_of(before), epoch_of(origin)
    if numbers[0] is None or numbers[1] is None or numbers[0] >= numbers[1]:
        return False
    return before.rpartition("/")[0] == origin.rpartition("/")[0]


def made_at(record_id: str) -> int:
    """Return the instant in an id (UUIDv7), in milliseconds."""
    return uuid.UUID(record_id).int >> 80
