"""What a choice means now, and what became of each act, in words.

Nobody knows what a browser holds now. What is said here follows from the records and from the
notices that came into force: it holds for a choice that its browser still keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from consent.core.choices import is_granting
from consent.core.model import EventName
from consent.core.notice import Notice
from consent.services.timelines import Timeline
from consent.services.timelines_reach import Reach
from consent.store.events import StoredEvent
from consent.web.console.proof_checks import Line
from consent.web.console.records_words import label_of
from consent.web.console.words import ConsoleWords


def standing_of(timeline: Timeline, words: ConsoleWords, now: int) -> Line:
    """Say what the newest act means now, should its browser still keep it."""
    event = timeline.latest.event
    label = words("proof.standing")
    if timeline.is_locked:
        date = words.date(timeline.ends[timeline.focus.event.id])
        return Line("quiet", label, words("proof.standing.locked", date=date))
    if timeline.is_withdrawn:
        moment = words.moment(event.at)
        return Line("quiet", label, words("proof.standing.withdrawn", moment=moment))
    if event.valid_until <= now:
        date = words.date(event.valid_until - 1)
        return Line("quiet", label, words("proof.standing.expired", date=date))
    kind, text = _counting(timeline, words)
    return Line(kind, label, text)


def became_of(timeline: Timeline, stored: StoredEvent, words: ConsoleWords, now: int) -> str:
    """Say what became of one act: what ended it, or until when it counts, and for what."""
    return " ".join((_end_of(timeline, stored, words, now), *_changes(timeline, stored, words)))


def _counting(timeline: Timeline, words: ConsoleWords) -> tuple[str, str]:
    """Say for what an act counts whose time is not over; the sign of consent is "good"."""
    stored = timeline.latest
    reach, date = timeline.reach_of(stored), words.date(stored.event.valid_until - 1)
    grants = is_granting(stored.event.choices)
    if reach.held == stored.event.choices and not reach.open:
        key = "counts" if grants else "refused"
        return "good" if grants else "quiet", words(f"proof.standing.{key}", date=date)
    is_good = is_granting(reach.held)
    if grants and not is_good:
        text = words("proof.standing.ended")
    elif reach.held:
        answers = _answers(timeline, stored, words)
        text = words("proof.standing.partly", date=date, answers=answers)
    else:
        text = words("proof.standing.unanswered")
    if reach.open:
        text += " " + words("proof.standing.open", categories=_names(reach, reach.open, words))
    return "good" if is_good else "quiet", text


def _end_of(timeline: Timeline, stored: StoredEvent, words: ConsoleWords, now: int) -> str:
    event = stored.event
    follower = timeline.follower_of(stored)
    ended = follower is not None and follower.event.at < event.valid_until
    if follower is not None and ended:
        key = "withdrawn" if follower.event.event is EventName.WITHDRAWN else "followed"
        return words(f"proof.became.{key}", moment=words.moment(follower.event.at))
    if event.event is EventName.WITHDRAWN:
        return words("proof.became.final")
    if timeline.is_locked:
        return words("proof.became.locked")
    date = words.date(event.valid_until - 1)
    if event.valid_until <= now:
        return words("proof.became.expired", date=date)
    return _counting_until(timeline, stored, words, date)


def _counting_until(timeline: Timeline, stored: StoredEvent, words: ConsoleWords, date: str) -> str:
    """Say what of an act counts to the end of its last day."""
    held = timeline.reach_of(stored).held
    if held == stored.event.choices:
        return words("proof.became.counts", date=date)
    if not held:
        return words("proof.became.ended")
    return words("proof.became.partly", date=date, answers=_answers(timeline, stored, words))


def _changes(timeline: Timeline, stored: StoredEvent, words: ConsoleWords) -> Iterator[str]:
    """Tell what each later notice changed for an act before it ended. None ends a withdrawal."""
    if stored.event.event is EventName.WITHDRAWN or timeline.is_locked:
        return
    own = timeline.notice_of(stored)
    for before, after in pairwise(timeline.reaches[stored.event.id]):
        lost = before.held.keys() - after.held.keys()
        changes = {
            "anew": lost.intersection(after.notice.categories),
            "dropped": lost.difference(after.notice.categories),
            "added": set(after.open).difference(stored.event.choices, before.open),
            "restored": after.held.keys() - before.held.keys(),
        }
        for change, names in changes.items():
            if names:
                notice = own if change == "dropped" else after.notice
                yield words(
                    f"proof.became.{change}",
                    moment=words.moment(after.since),
                    categories=words.list(_labels(notice, names, words)),
                )


def _answers(timeline: Timeline, stored: StoredEvent, words: ConsoleWords) -> str:
    """Return the answers of an act that count, "Functional: allowed, Ads: refused"."""
    reach = timeline.reach_of(stored)
    answers = {True: words("records.answer.allowed"), False: words("records.answer.refused")}
    return ", ".join(
        f"{label_of(reach.notice, name, words.language)}: {answers[is_allowed]}"
        for name, is_allowed in reach.held.items()
    )


def _names(reach: Reach, categories: Collection[str], words: ConsoleWords) -> str:
    return words.list(_labels(reach.notice, categories, words))


def _labels(notice: Notice, categories: Collection[str], words: ConsoleWords) -> list[str]:
    """Return what a notice calls categories, in its own order."""
    ordered = [name for name in notice.categories if name in categories]
    return [label_of(notice, name, words.language) for name in ordered]
