"""The statement of an evidence pack: one page for an authority, and the same as plain text.

It is there in each language of `consent.core.words`; what of it is a sentence made of facts is
made here, the rest stands in the templates and their catalogue.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.core.limits import REFUSAL_RECORD_DAYS
from consent.core.words import LANGUAGES
from consent.export.archive import Written
from consent.export.chart import COLOURS, chart_of
from consent.export.facts import Absent, Anchored, PackFacts, SiteFacts
from consent.export.inspection import FOLDER, STATES
from consent.export.pages import render_page
from consent.export.readme import README
from consent.export.wording import Wording, name_in, others, wording_of

HTML, TEXT = "statement.html", "statement.txt"
COMMAND_LINE = "cli:"  # before the name of an account of the operator's machine

_PROVEN = ("records", "words", "files")
_SELECTIONS = ("event", "category", "language", "notice", "provider")
_SHORT = 12
_LINE = 100  # letters of a line of plain text

_FILES = {
    "records/records.csv": "csv",
    "records/records.jsonl": "jsonl",
    "records/records.jsonld": "jsonld",
    "records/kantara.jsonl": "kantara",
    "records/records.parquet": "parquet",
    "publications.json": "publications",
}
_FOLDERS = {
    "notices/": "notices",
    "policies/": "policies",
    "builds/": "builds",
    "pictures/": "pictures",
    FOLDER: "inspection",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing in the archive: where it is, what it is, and its digest if it is a single file."""

    path: str
    what: str
    sha256: str | None = None


def statement(facts: PackFacts, files: Mapping[str, Written]) -> dict[str, bytes]:
    """Return the statement by the names of its files, two in each language."""
    return {
        name_in(language, name): _page(name, facts, files, wording).encode()
        for language in LANGUAGES
        for name, wording in (
            (HTML, wording_of(language)),
            (TEXT, wording_of(language, is_plain=True)),
        )
    }


def _page(name: str, facts: PackFacts, files: Mapping[str, Written], t: Wording) -> str:
    rows = facts.tally.by_month()
    values: dict[str, Any] = {
        "t": t,
        "others": others(t.language, name),
        "facts": facts,
        "period": _period(facts.wanted, t),
        "selection": _selection(facts.wanted, t),
        "absent": _counted(facts.absent, t),
        "rows": rows,
        "totals": facts.tally.totals,
        "colours": COLOURS,
        "chart": chart_of(rows, t) if rows else None,
        "parts": list(_parts(files, t)),
        "readme": name_in(t.language, README),
        "kept": lambda site: _kept(site, t),
        "asked_by": _asked_by(facts.officer, t),
        "anchored": lambda anchored: _anchored(anchored, t),
        "states": STATES,
        "proven": [t(f"statement.proves.{what}") for what in _PROVEN],
        "unproven": [t(f"statement.not.{what}") for what in _unproven(facts)],
        "listed": _listed,
        "short": lambda digest: digest[:_SHORT],
    }
    return render_page(name, **values)


def _asked_by(officer: str, t: Wording) -> str:
    account = officer.removeprefix(COMMAND_LINE)
    if account == officer:
        return t("statement.asked.officer", officer=officer)
    return t("statement.asked.operator", account=account)


def _period(wanted: Mapping[str, Any], t: Wording) -> str:
    first, after = wanted.get("from"), wanted.get("to")
    if first is None and after is None:
        return t("statement.period.all")
    parts = [t("statement.period.from", first=t.limit(first))] if first else []
    parts += [t("statement.period.to", after=t.limit(after))] if after else []
    return t("statement.period.utc", period=" ".join(parts))


def _selection(wanted: Mapping[str, Any], t: Wording) -> str:
    sites = wanted.get("site", ())
    parts = [
        t.count("statement.selection.sites", len(sites), sites=", ".join(sites))
        if sites
        else t("statement.selection.all_sites")
    ]
    for key in _SELECTIONS:
        if key in wanted:
            value = t(f"statement.event.{wanted[key]}") if key == "event" else wanted[key]
            parts.append(t(f"statement.selection.{key}", value=value))
    return "; ".join(parts)


def _counted(absent: Absent, t: Wording) -> str:
    named = {"notice": absent.notices, "policy": absent.policies, "build": absent.builds}
    return ", ".join(
        t("statement.absent.count", what=t(f"statement.absent.{what}"), count=len(digests))
        for what, digests in named.items()
        if digests
    )


def _anchored(anchored: Anchored, t: Wording) -> str:
    """Return in one sentence how far others vouch for a log."""
    if not anchored.has_published:
        return t("statement.anchored.unpublished")
    if anchored.unanchored_since is not None:
        return t("statement.anchored.unanchored", since=t.minute(anchored.unanchored_since))
    if anchored.last_at is None:
        return t("statement.anchored.nothing")
    ways = t.list([t(f"statement.way.{kind}") for kind in anchored.kinds])
    return t("statement.anchored.anchored", ways=ways, moment=t.minute(anchored.last_at))


def _kept(site: SiteFacts, t: Wording) -> dict[str, str]:
    """Return how long each answer counts, and how long what is recorded of it is kept."""
    return {
        "consent": t.days(site.consent_days),
        "refusal_days": t.number(site.refusal_days),
        "proof": t.months(site.proof_months),
        "refusals": t.days(REFUSAL_RECORD_DAYS),
    }


def _unproven(facts: PackFacts) -> tuple[str, ...]:
    return (
        "who",
        "rekeyed" if facts.is_rekeyed else "unopened",
        "later" if facts.is_anchored else "unanchored",
    )


def _listed(text: str) -> str:
    """Return a point of a list as plain text."""
    return textwrap.fill(
        text,
        _LINE,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _parts(files: Mapping[str, Written], t: Wording) -> Iterator[Part]:
    """Yield what the archive holds, folders as one where their files are many."""
    for path, what in _FILES.items():
        if path in files:
            yield Part(path, t(f"statement.part.{what}"), files[path].sha256)
    for folder, what in _FOLDERS.items():
        if any(path.startswith(folder) for path in files):
            yield Part(folder, t(f"statement.part.{what}"))
    for path, file in files.items():
        if path.startswith("log/") and path.endswith("/checkpoint"):
            yield Part(path, t("statement.part.head"), file.sha256)
    yield Part(name_in(t.language, README), t("statement.part.readme"))
