"""A job in words: what was asked for, how far it is, and what its file has."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal

from consent.core.times import parse_rfc3339
from consent.errors import RuleError
from consent.export import EVIDENCE
from consent.export.manifest import MANIFEST
from consent.services.export_jobs import order_of
from consent.services.exporting import Asked
from consent.store.events import EventFilter
from consent.store.export_jobs import ExportJob, JobState
from consent.web.audit import file_name
from consent.web.console.records_filter import Option
from consent.web.console.words import ConsoleWords

MISSING = "missing"  # done, and its file is not on this machine
LEAST_SHARE = 0.02  # before that, how long it takes is a guess
LEAST_MS = 3_000
MINUTE_MS = 60_000
NUMBER_LENGTH = 8  # of an export, in the name of its file

_BADGES: Mapping[str, str] = {
    JobState.WAITING: "quiet",
    JobState.RUNNING: "quiet",
    JobState.DONE: "good",
    JobState.FAILED: "bad",
    JobState.CANCELLED: "quiet",
    JobState.EXPIRED: "quiet",
    MISSING: "warning",
}
_PARTS = {
    "records/": "records",
    "notices/": "notices",
    "policies/": "policies",
    "builds/": "builds",
    "pictures/": "pictures",
    "inspection/": "inspection",
    "log/": "log",
    "verify/": "verify",
    "publications.json": "publications",
    "statement.html": "statement",
    "statement.txt": "statement_text",
    "statement.nl.html": "statement_nl",
    "statement.nl.txt": "statement_nl_text",
    "SHA256SUMS": "sums",
}
_UNITS = ("kB", "MB", "GB", "TB")
UNIT, SMALL = 999.5, 9.95  # what is written as 1,000 of a unit, and as 10 of it


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: in percent, or None before its records are counted, and in words."""

    percent: int | None
    text: str
    left: str | None


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job for its page and for the list; `state` is a JobState, or `missing`."""

    job: ExportJob
    state: str
    badge: str
    period: str
    narrowed: tuple[str, ...]
    size: str | None
    file_name: str
    progress: Progress | None

    @property
    def has_file(self) -> bool:
        return self.state == JobState.DONE

    @property
    def had_file(self) -> bool:
        """Whether there was one, here or not any more: a letter may quote its digest."""
        return self.job.sha256 is not None


@dataclass(frozen=True, slots=True)
class PackPart:
    """A folder of an evidence pack, or a file beside them."""

    name: str
    files: int
    size: str

    @property
    def about(self) -> str | None:
        """The name of the text that says what it is; None for one that has none."""
        return f"exports.part.{_PARTS[self.name]}" if self.name in _PARTS else None


@dataclass(frozen=True, slots=True)
class PackSummary:
    """What the manifest of a pack says: its parts, its logs and what is absent."""

    parts: tuple[PackPart, ...]
    logs: tuple[Mapping[str, Any], ...]
    absent: Mapping[str, int]

    @property
    def is_grave(self) -> bool:
        """Whether something is absent that is always kept; pictures need a browser to be made."""
        return bool(self.absent.keys() - {"pictures"})

    @property
    def covered(self) -> int:
        """How many of the records the logs have, signed."""
        return sum(log["records_covered"] for log in self.logs)


def shown_job(
    job: ExportJob,
    path: Path,
    options: Mapping[str, Sequence[Option]],
    now: int,
    words: ConsoleWords,
) -> ShownJob:
    """Return a job in words; `path` is where its file is, if it has one."""
    state = _state(job, path, now)
    try:
        wanted = order_of(job).wanted
        period = _period(wanted, words)
    except RuleError:
        wanted = EventFilter(sites=(job.site,))
        period = " – ".join(str(job.filter.get(name, "")) for name in ("from", "to"))
    return ShownJob(
        job=job,
        state=state,
        badge=_BADGES[state],
        period=period,
        narrowed=_narrowed(wanted, options, words),
        size=None if job.size is None else size_in_words(job.size, words),
        file_name=_file_name(wanted, job),
        progress=_progress(job, now, words) if job.state.is_going else None,
    )


def size_in_words(size: int, words: ConsoleWords) -> str:
    """Return a size as "1.4 MB", in thousands; the smallest unit is a kilobyte."""
    value, unit = size / 1000, 0
    while value >= UNIT and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = "0.#" if value < SMALL else "0"
    return f"{format_decimal(max(value, 0.1), digits, words.language)} {_UNITS[unit]}"


def read_manifest(path: Path) -> bytes:
    """Return the manifest of an evidence pack."""
    with zipfile.ZipFile(path) as pack:
        return pack.read(MANIFEST)


def pack_summary(path: Path, words: ConsoleWords) -> PackSummary:
    """Return what a pack says of itself."""
    manifest = json.loads(read_manifest(path))
    parts: dict[str, list[int]] = {}
    for name, file in manifest["files"].items():
        folder, slash, _ = name.partition("/")
        parts.setdefault(folder + slash, []).append(file["size"])
    return PackSummary(
        tuple(
            PackPart(name, len(sizes), size_in_words(sum(sizes), words))
            for name, sizes in sorted(parts.items(), key=lambda part: not part[0].endswith("/"))
        ),
        tuple(log | {"signed_at": _millis(log["signed_at"])} for log in manifest["logs"]),
        {kind: len(names) for kind, names in manifest["absent"].items() if names},
    )


def is_pack(job: ExportJob) -> bool:
    return job.form == EVIDENCE


def _millis(instant: str | None) -> int | None:
    return None if instant is None else parse_rfc3339(instant)


def _state(job: ExportJob, path: Path, now: int) -> str:
    if job.state is not JobState.DONE:
        return job.state
    if job.expires_at is not None and job.expires_at <= now:
        return JobState.EXPIRED
    return JobState.DONE if path.is_file() else MISSING


def _period(wanted: EventFilter, words: ConsoleWords) -> str:
    """Return the days of a period, the last one as part of it."""
    begins = None if wanted.from_ is None else words.date(wanted.from_)
    ends = None if wanted.to is None else words.date(wanted.to - 1)
    if begins is None and ends is None:
        return words("exports.whole_time")
    if begins is None:
        return words("exports.until", to=ends)
    if ends is None:
        return words("exports.since", begin=begins)
    return begins if begins == ends else words("exports.days", begin=begins, to=ends)


def _file_name(wanted: EventFilter, job: ExportJob) -> str:
    """Return a name with the days that are in the file, the last one too, and the job's number.

    Of that only the end, which is random: two exports of a month lie in one folder.
    """
    last = None if wanted.to is None else wanted.to - 1
    asked = Asked(replace(wanted, to=last), job.form)
    return file_name(asked, job.id[-NUMBER_LENGTH:])


def _narrowed(
    wanted: EventFilter, options: Mapping[str, Sequence[Option]], words: ConsoleWords
) -> tuple[str, ...]:
    values = {
        "event": wanted.event,
        "category": wanted.category,
        "notice": wanted.notice,
        "language": wanted.language,
    }
    shown = []
    for name, value in values.items():
        if value is not None:
            labels = {one.value: one.label for one in options[name]}
            shown.append(
                words("exports.only", what=words(f"records.{name}"), value=labels.get(value, value))
            )
    return tuple(shown)


def _progress(job: ExportJob, now: int, words: ConsoleWords) -> Progress:
    if job.state is JobState.WAITING:
        return Progress(None, words("exports.progress.waiting"), None)
    if job.rows_expected is None:
        return Progress(None, words("exports.progress.counting"), None)
    done, expected = min(job.rows_done, job.rows_expected), job.rows_expected
    if done == expected:
        return Progress(100, words("exports.progress.closing"), None)
    share = done / expected
    text = words(
        "exports.progress.rows",
        done=words.number(done),
        expected=words.number(expected),
        percent=words.percent(share),
    )
    return Progress(int(share * 100), text, _left(job, share, now, words))


def _left(job: ExportJob, share: float, now: int, words: ConsoleWords) -> str | None:
    elapsed = now - (job.started_at or now)
    if share < LEAST_SHARE or elapsed < LEAST_MS:
        return None
    left = elapsed * (1 - share) / share
    if left < MINUTE_MS:
        return words("exports.left.soon")
    return words.count("exports.left.minutes", round(left / MINUTE_MS))
