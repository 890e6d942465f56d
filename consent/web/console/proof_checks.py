"""What was checked of a proof, each with what it means for somebody who has to rely on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from consent.services.record_checks import Outcome, RecordCheck
from consent.web.console.proof_shown import ShownNoticeView
from consent.web.console.words import ConsoleWords

_KINDS = {
    Outcome.PROVEN: "good",
    Outcome.WAITING: "warning",
    Outcome.UNLOGGED: "bad",
    Outcome.FAILED: "bad",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One statement: good, warning, bad, unanchored or quiet; what it is about, and a sentence."""

    kind: str
    label: str
    text: str


def badge_of(check: RecordCheck, words: ConsoleWords) -> Line:
    """Return how the proof of one record stands, in a word."""
    return Line(
        _KINDS[check.outcome],
        words(f"proof.outcome.{check.outcome.value}"),
        words(f"proof.outcome.{check.outcome.value}.text", fault=check.fault),
    )


def check_lines(check: RecordCheck, shown: ShownNoticeView, words: ConsoleWords) -> Iterator[Line]:
    """Give what was checked just now, the most important first."""
    if not check.is_proven:
        yield badge_of(check, words)
    else:
        yield from _of_the_log(check, words)
        yield _of_others(check, words)
    if shown.is_genuine:
        yield _line("good", "shown", words, digest=shown.digest[:16])
    else:
        yield _line("bad", "altered", words, digest=shown.digest[:16])


def _of_the_log(check: RecordCheck, words: ConsoleWords) -> Iterator[Line]:
    opened = check.opened
    if opened is None or check.leaf is None:
        return
    size = words.number(opened.checkpoint.size)
    yield _line("good", "record", words)
    yield _line("good", "included", words, number=words.number(check.leaf + 1), size=size)
    signed = "" if opened.clock_time is None else words.moment(opened.clock_time * 1000)
    yield _line("good", "signed", words, origin=opened.checkpoint.origin, moment=signed)
    if check.newest_size is not None and check.newest_size > opened.checkpoint.size:
        yield _line("good", "grown", words, size=words.number(check.newest_size))
    else:
        yield _line("good", "newest", words)
    if not check.log_is_ok:
        yield _line("bad", "stopped", words)


def _of_others(check: RecordCheck, words: ConsoleWords) -> Line:
    """Say who outside vouches for the log; without anybody, that is said and never hidden."""
    if check.anchors:
        names = ", ".join(
            words(f"proof.anchor.{one.kind}", name=one.name, moment=words.moment(one.at))
            for one in check.anchors
        )
        return _line("good", "anchored", words, names=names)
    since = None if check.anchored is None else check.anchored.unanchored_since
    if since is None:
        return _line("warning", "not_yet", words)
    return _line("unanchored", "unanchored", words, moment=words.moment(since))


def _line(kind: str, name: str, words: ConsoleWords, **values: object) -> Line:
    return Line(kind, words(f"proof.check.{name}"), words(f"proof.check.{name}.text", **values))
