"""Fill an empty demonstration with the year that ends now, day after day."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from sqlalchemy.orm import Session

from consent.core.config import load_site
from consent.core.retention import DISPOSAL_HOUR, MILLIS_PER_HOUR
from consent.core.times import MILLIS_PER_DAY, day_of
from consent.demo.year.acting import Stage, erase_own, visit
from consent.demo.year.people import Errand, Leaning, Person, plans_of, somebody
from consent.demo.year.reports import report_hosts
from consent.demo.year.traffic import is_working_day, midnight_of, moment_of, newcomers
from consent.demo.year.versions import WHY, Version, proposal_of, versions_of
from consent.services.displays import DisplayCounts
from consent.services.housekeeping import Housekeeping
from consent.services.keys import Keys
from consent.services.officers import operator
from consent.services.proposals import Proposer, submit
from consent.services.publishing import Proposal, Publisher, SiteFile, propose, publish
from consent.services.retention import Sealing
from consent.services.sealing import seal_all
from consent.services.sealing_head import StateFiles
from consent.services.sealing_publication import publish_checkpoint
from consent.services.sites import LiveSite, load_live_sites
from consent.services.unpublished import as_served
from consent.store.database import write_transaction

SEED = 2026
WEB_TEAM = operator("webteam").name
DAYS = 365
SECONDS_WITHOUT_END = 1e6  # displays are written when a day is over, and by nobody else

_FIVE_MINUTES = 300_000

Progress = Callable[[int], None]
Drawable = Callable[[LiveSite], None]
Measured = Callable[[Proposal], Proposal]
Morning = Callable[[int], None]


@dataclass
class SetClock:
    """A clock that shows what it was set to."""

    at: int = 0

    def now_ms(self) -> int:
        return self.at


@dataclass(frozen=True, slots=True)
class Place:
    """Where a year is written: a database, the keys, the folder of signed heads, and its clock."""

    open_session: Callable[[], Session]
    keys: Keys
    state_files: StateFiles
    clock: SetClock


@dataclass(frozen=True, slots=True)
class Extent:
    """How much: the last instant, how many days before it, and how many people come."""

    until: int
    days: int = DAYS
    scale: float = 1.0
    seed: int = SEED

    @property
    def begin(self) -> int:
        return midnight_of(self.until) - (self.days - 1) * MILLIS_PER_DAY


def _nothing(*_: object) -> None:
    """Do nothing; nobody wants to know."""


def _unmeasured(proposal: Proposal) -> Proposal:
    """Leave it at what the gate computes."""
    return proposal


def _has_records(person: Person) -> bool:
    return person.cookies.identity is not None


@dataclass
class Year:
    """A year that is being written. `drawable` is told of each version, `morning` of each day.

    `measured` has the buttons of a version drawn before it is published.
    """

    place: Place
    extent: Extent
    drawable: Drawable = _nothing
    morning: Morning = _nothing
    measured: Measured = _unmeasured
    _agenda: list[tuple[int, int, Person, Errand]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)
    _came: deque[Person] = field(default_factory=lambda: deque(maxlen=50))

    def write(self, file: SiteFile, progress: Progress = _nothing) -> None:
        """Write the year of the site a file describes; `progress` is told how many days are done.

        In the end something is proposed, and waits for approval.
        """
        place, extent = self.place, self.extent
        dice = Random(extent.seed)  # noqa: S311 -- the same year every time
        versions = {one.day: one for one in versions_of(file, extent.days)}
        site = load_site(file.text, file.name).id
        displays = DisplayCounts(place.open_session, every_seconds=SECONDS_WITHOUT_END)
        housekeeping = Housekeeping(
            place.open_session, place.clock.now_ms, Sealing(place.keys, place.state_files)
        )
        with place.open_session() as session:
            for number in range(extent.days):
                midnight = extent.begin + number * MILLIS_PER_DAY
                self._begin_day(session, midnight, versions.get(number), housekeeping)
                stage = Stage(session, self._site(session, site), place.keys, displays, dice)
                self._live_day(stage, midnight)
                report_hosts(
                    session,
                    stage.site,
                    days_left=extent.days - 1 - number,
                    dice=dice,
                    now=self._end_of(midnight),
                )
                displays.flush()
                self._end_day(stage, midnight)
                progress(number + 1)
            self._propose(session, proposal_of(file))
        displays.stop()

    def _begin_day(
        self, session: Session, midnight: int, version: Version | None, housekeeping: Housekeeping
    ) -> None:
        """Publish what is new, and remove in the night what is not kept any longer."""
        self.place.clock.at = midnight
        if version is not None:
            site = version.site
            by = Publisher(WEB_TEAM, version.file)
            proposal = self.measured(propose(session, site))
            publish(session, proposal, now=midnight, keys=self.place.keys, publisher=by)
            self.drawable(self._site(session, site.id))
        night = midnight + DISPOSAL_HOUR * MILLIS_PER_HOUR + _FIVE_MINUTES
        if night < self.extent.until:
            self.place.clock.at = night
            housekeeping.run_once()

    def _propose(self, session: Session, file: SiteFile) -> None:
        site = load_site(file.text, file.name)
        by, now = Proposer(WEB_TEAM), self.place.clock.at
        proposal = self.measured(propose(session, site))
        submit(session, proposal, file, by=by, comment=WHY, now=now)
        self.drawable(as_served(site))

    def _live_day(self, stage: Stage, midnight: int) -> None:
        """Have everybody come who comes on this day; no instant after the last one counts.

        On the last day somebody erases in any case: so something waits for the night to come.
        """
        for _ in range(newcomers(day_of(midnight), stage.dice, self.extent.scale)):
            self._expect(moment_of(midnight, stage.dice), somebody(stage.dice), Errand.READ)
        end = self._end_of(midnight)
        erasing: list[Person] = []
        with write_transaction(stage.session):
            while self._agenda and self._agenda[0][0] < end:
                at, _, person, errand = heapq.heappop(self._agenda)
                if errand is Errand.ERASE:
                    erasing.append(person)
                elif visit(stage, person, errand, at) or person.leaning is Leaning.IGNORES:
                    self._came.append(person)
                    for later, why in plans_of(person, at, stage.dice):
                        self._expect(later, person, why)
        if end == self.extent.until and not any(map(_has_records, erasing)):
            erasing += [one for one in self._came if _has_records(one)][-1:]
        for person in erasing:
            erase_own(stage, person, end - 1)

    def _end_day(self, stage: Stage, midnight: int) -> None:
        """Have the officers' acts of the day happen, and seal it: the log orders it by time."""
        nine = midnight + 9 * MILLIS_PER_HOUR
        if is_working_day(midnight) and nine + MILLIS_PER_HOUR < self.extent.until:
            self.place.clock.at = nine
            self.morning(nine)
        now = self.place.clock.at = self._end_of(midnight)
        log_id, keys = stage.site.deployment.log_id, self.place.keys
        seal_all(stage.session, log_id, keys, now=now)
        publish_checkpoint(
            stage.session, log_id, keys, now=now, state_files=self.place.state_files, at_once=True
        )

    def _end_of(self, midnight: int) -> int:
        return min(midnight + MILLIS_PER_DAY - 1, self.extent.until)

    def _site(self, session: Session, site_id: str) -> LiveSite:
        live = load_live_sites(session, self.place.clock.at)[site_id]
        session.rollback()
        return live

    def _expect(self, at: int, person: Person, errand: Errand) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), person, errand))
