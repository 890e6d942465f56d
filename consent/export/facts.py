"""What is known of an evidence pack once its records have passed: the basis of its statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.core.model import ConsentEvent, EventName
from consent.core.times import rfc3339
from consent.export.inspection import Attached
from consent.export.purposes import Purpose


@dataclass
class Tally:
    """Counts the records that pass, by month and kind, and keeps what they refer to.

    `tests` counts apart what inspectors did with an answer made for them: it is nobody's choice.
    """

    months: dict[str, Counter[EventName]] = field(default_factory=dict)
    notices: set[str] = field(default_factory=set)
    builds: set[str] = field(default_factory=set)
    tests: int = 0

    def count(self, events: Iterable[ConsentEvent]) -> Iterator[ConsentEvent]:
        """Give the events on as they are."""
        for event in events:
            if event.test:
                self.tests += 1
            else:
                month = rfc3339(event.at)[: len("2026-03")]
                self.months.setdefault(month, Counter())[event.event] += 1
            self.notices.add(event.notice)
            self.builds.add(event.build)
            yield event

    @property
    def rows(self) -> int:
        """How many records have passed, tests included."""
        return self.totals.total() + self.tests

    @property
    def totals(self) -> Counter[EventName]:
        return sum(self.months.values(), Counter())

    def by_month(self) -> list[tuple[str, Counter[EventName]]]:
        """Return the counts of every month from the first to the last; some may have none."""
        if not self.months:
            return []
        month, last = min(self.months), max(self.months)
        rows = []
        while month <= last:
            rows.append((month, self.months.get(month, Counter())))
            month = _after(month)
        return rows


@dataclass(frozen=True, slots=True)
class Version:
    """What a site brought into force at an instant (ms)."""

    published_at: int
    notice: str
    scope: str
    policy: str

    def as_record(self) -> dict[str, Any]:
        return {
            "published_at": rfc3339(self.published_at),
            "notice": self.notice,
            "scope": self.scope,
            "policy": self.policy,
        }


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A site, who is responsible for it, how long it keeps what, and its versions concerned."""

    id: str
    names: Mapping[str, str]
    origins: tuple[str, ...]
    controller: Mapping[str, str]
    consent_days: int
    refusal_days: int
    proof_months: int
    versions: tuple[Version, ...]

    def name(self, language: str) -> str:
        """Return the site's name in a language, or in the first of `names` if it has none."""
        return self.names.get(language, next(iter(self.names.values())))


@dataclass(frozen=True, slots=True)
class Anchored:
    """How far others vouch for a log: in which ways, and when (ms) they last did.

    `unanchored_since` is when the first head was published that nobody outside has vouched for;
    None while all that is old enough is covered.
    """

    has_published: bool
    kinds: tuple[str, ...] = ()
    last_at: int | None = None
    unanchored_since: int | None = None


@dataclass(frozen=True, slots=True)
class LogFacts:
    """A log as the pack has it. `root` is base64; size, root and instant are None if unsigned.

    `covered` is how many of the records the head covers, `waiting` how many entries of the log
    are yet to be sealed.
    """

    log_id: str
    origin: str
    folder: str
    size: int | None
    root: str | None
    signed_at: int | None
    covered: int
    waiting: int
    anchored: Anchored

    @property
    def is_anchored(self) -> bool:
        return self.anchored.has_published and self.anchored.unanchored_since is None

    def as_record(self) -> dict[str, Any]:
        return {
            "log": self.log_id,
            "origin": self.origin,
            "folder": self.folder,
            "size": self.size,
            "root": self.root,
            "signed_at": None if self.signed_at is None else rfc3339(self.signed_at),
            "records_covered": self.covered,
            "entries_waiting": self.waiting,
            "anchored": self.is_anchored,
        }


@dataclass(frozen=True, slots=True)
class Absent:
    """What the records refer to and the database does not have; notices without a picture."""

    notices: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()

    @property
    def is_grave(self) -> bool:
        """Whether something is absent that is always kept; pictures need a browser to be made."""
        return bool(self.notices or self.policies or self.builds)

    def as_record(self) -> dict[str, list[str]]:
        return {
            "notices": list(self.notices),
            "policies": list(self.policies),
            "builds": list(self.builds),
            "pictures": list(self.pictures),
        }


@dataclass(frozen=True, slots=True)
class PackFacts:
    """All that the statement and the manifest say of a pack. `wanted` is the filter's record."""

    export_id: str
    officer: str
    made_at: int
    generator: str
    wanted: Mapping[str, Any]
    reason: str | None
    tally: Tally
    sites: tuple[SiteFacts, ...]
    logs: tuple[LogFacts, ...]
    absent: Absent
    attached: Attached | None = None
    purpose: Purpose | None = None

    @property
    def rows(self) -> int:
        return self.tally.rows

    @property
    def is_rekeyed(self) -> bool:
        return self.reason is None

    @property
    def is_anchored(self) -> bool:
        """Whether others vouch for each of its logs, of which there is one at least."""
        return bool(self.logs) and all(log.is_anchored for log in self.logs)


def _after(month: str) -> str:
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
    return f"{year:04d}-{number + 1:02d}"
