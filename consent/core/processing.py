"""The record of processing for the service itself (GDPR 30(1)), from a site's own configuration.

It is a draft for the controller's register: what the service does is known here, who hosts it and
why that is enough is the controller's to add.
"""

from __future__ import annotations

from collections.abc import Iterator

from consent.core.deployment import Deployment
from consent.core.limits import REFUSAL_RECORD_DAYS, SUBMISSION_DAYS
from consent.core.model import ErasureMode
from consent.core.notice import Notice

# Every column in which something about a visitor's act is kept, with what it is for.
FIELDS = {
    "id": "random with the time of the act; names the record",
    "at": "when the act was recorded (server clock, UTC)",
    "site": "on which website",
    "event": "granted, partly granted, refused, withdrawn or renewed",
    "choices": "the answer for each category",
    "control": "which control was pressed",
    "layer": "where it stood",
    "language": "the language of what was shown",
    "notice": "digest of what was shown",
    "scope": "digest of what the consent covers",
    "build": "digest of the script or page that showed it",
    "valid_until": "until when the answer counts",
    "page_group": "part of the website, from the site's own list; never an address",
    "prev": "the record that this one follows; absent for refusals",
    "subject": "keyed hash of a random number only the browser holds; absent for refusals",
    "gpc": "whether the browser's Global Privacy Control or Do Not Track signal mattered",
    "payload": "the same, as the bytes that the log commits to",
    "salt": "random bytes without which the log's entry leads nowhere",
    "entry": "the entry in the log: 32 bytes made from record and salt",
}


def processing_record(notice: Notice, deployment: Deployment) -> str:
    """Return the record as Markdown, in English, for the site of a notice."""
    return "\n".join(_lines(notice, deployment)) + "\n"


def _lines(notice: Notice, deployment: Deployment) -> Iterator[str]:
    controller = notice.document["controller"]
    name = notice.site_name(notice.default_language)
    yield f"# Record of processing: proof of cookie choices on {name}"
    yield ""
    yield "Draft from the site's configuration (GDPR 30(1)); complete it where it says *add*."
    yield from _section(
        "Controller (a)",
        f"{controller['name']}, {controller['address']}, {controller['email']}",
        f"Data protection officer: {controller['dpo_name']}, {controller['dpo_email']}",
        f"Supervisory authority: {controller['authority_name']}, {controller['authority_url']}",
    )
    yield from _section(
        "Purposes and legal bases (b)",
        "Keeping each visitor's choice and acting on it (ePrivacy Directive 5(3), GDPR 6(1)(c)).",
        "Being able to show that, when and to what a visitor consented (GDPR 7(1), 5(2)).",
        f"Categories asked about: {', '.join(notice.categories) or 'none'}.",
    )
    yield from _section(
        "Visitors and data (c)",
        "Data subjects: visitors of " + ", ".join(deployment.origins) + ".",
        "Not stored anywhere: IP addresses, user agents, fingerprints, addresses of pages.",
        *(f"`{column}`: {meaning}" for column, meaning in FIELDS.items()),
    )
    yield from _section(
        "Recipients (d) and third countries (e)",
        "None by the service itself; an authority on request, as an evidence pack.",
        "*add*: who hosts the service and its backups, where, and under which contract.",
    )
    yield from _section("Time limits (f)", *_limits(notice, deployment))
    yield from _section(
        "Security (g)",
        "Pseudonyms are keyed hashes; the key is not in the database. Exports key them anew.",
        "Records are append-only and sealed into a tamper-evident log of salted commitments.",
        "Only named officers export, and every export and erasure is itself recorded.",
        "*add*: access to the machine, encryption of disks and backups, updates.",
    )
    yield from _section(
        "Is an impact assessment needed (GDPR 35)?",
        "No special categories, no profiling, no evaluation of people, no combining of sources:"
        " by these criteria it is not. *add*: who decided so, and when.",
    )


def _limits(notice: Notice, deployment: Deployment) -> Iterator[str]:
    yield (
        f"Consent and its withdrawal: while relied on (at most {notice.consent_days} days), then "
        f"{notice.proof_months} months."
    )
    if deployment.record_refusals == "count":
        yield "Refusals: daily totals only, without any record of the act."
    else:
        yield f"Refusals: {REFUSAL_RECORD_DAYS} days, without any identifier."
    yield f"The code by which a repeated message is recognised: {SUBMISSION_DAYS} days."
    if deployment.erasure is ErasureMode.UNLINK:
        reason = deployment.erasure_reason[notice.default_language]
        yield f"Erased records: locked away at once, kept for the rest of their time. {reason}"
    else:
        yield "Erased records: hidden at once, removed within a day."
    if deployment.backup_days is None:
        yield "Backups: *add* how long they are kept."
    else:
        yield f"Backups: {deployment.backup_days} days."


def _section(title: str, *items: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield from (f"- {item}" for item in items)
