"""How far each recorded act reaches: what of it counts under the notices published after it.

A new version that asks about something anew ends the answer to that, whatever a browser keeps.
This is worked out for each version as the service does it for a browser that presents its answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from consent.core.answer import SCOPE_DIGITS, Answer
from consent.core.model import Choices, ConsentEvent, Status
from consent.core.notice import Notice, changed_categories
from consent.core.state import Scope, consent_state
from consent.core.times import day_of
from consent.services.sites import get_notice
from consent.store.database import AnySession
from consent.store.publications import Publication, list_publications


@dataclass(frozen=True, slots=True)
class Version:
    """A notice, and the instant (ms) from which on it was the one in force.

    Where the service is on another domain, a change of what consent covers asks everything anew.
    """

    since: int
    notice: Notice
    takes_earlier: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """What of an act counts from an instant on: `held`, the answers that the notice then takes."""

    since: int
    notice: Notice
    held: Choices

    @property
    def open(self) -> tuple[str, ...]:
        """The categories of the notice that the act does not answer."""
        return tuple(name for name in self.notice.categories if name not in self.held)


def versions_since(session: AnySession, site: str, instant: int) -> list[Version]:
    """Return what a site had in force at an instant, and what it published later."""
    published = list_publications(session, site)
    before = sum(one.published_at <= instant for one in published)
    later = published[max(before - 1, 0) :]
    notices = {name: get_notice(session, name) for name in _hashes(later)}
    return [
        Version(one.published_at, notices[one.notice_hash], one.deployment.sets_cookies)
        for one in later
    ]


def reaches_of(
    event: ConsentEvent, own: Notice, versions: Sequence[Version], until: int
) -> tuple[Reach, ...]:
    """Return how far an act reached at first, and each change of that before an instant.

    `own` is the notice that was shown: a refusal counts upon one that is replaced already. Nothing
    reaches beyond the act's own last day.
    """
    own_version = Version(event.at, own, takes_earlier=True)
    reaches = [Reach(event.at, own, _held(event, own, own_version, event.at))]
    end = min(until, event.valid_until)
    begun = [one for one in versions if one.since <= event.at]
    for version in (*begun[-1:], *(one for one in versions if event.at < one.since < end)):
        since = max(version.since, event.at)
        reach = Reach(since, version.notice, _held(event, own, version, since))
        if (reach.held, reach.open) != (reaches[-1].held, reaches[-1].open):
            reaches.append(reach)
    return tuple(reaches)


def _held(event: ConsentEvent, own: Notice, version: Version, now: int) -> Choices:
    state = consent_state(_answer(event, own), _scope(event, own, version), now)
    if state.status is Status.DECIDED:
        return state.choices or {}
    return state.held


def _answer(event: ConsentEvent, own: Notice) -> Answer:
    """Return the answer that the browser was given to keep."""
    return Answer(
        event.scope[:SCOPE_DIGITS],
        {name: event.choices[name] for name in own.categories if name in event.choices},
        day_of(event.at),
        day_of(event.valid_until - 1),
    )


def _scope(event: ConsentEvent, own: Notice, version: Version) -> Scope:
    current = version.notice
    earlier: dict[str, Sequence[str]] = {}
    if event.scope != current.scope and version.takes_earlier:
        earlier[event.scope[:SCOPE_DIGITS]] = changed_categories(own.digests, current.digests)
    return Scope(current.scope, current.categories, earlier)


def _hashes(publications: Iterable[Publication]) -> Iterator[str]:
    yield from dict.fromkeys(one.notice_hash for one in publications)
