"""What the cookie policy says beside its tables, and the words it is made with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from consent.core import limits
from consent.core.formats import duration, join_words, lifetime_text
from consent.core.model import ErasureMode, Site
from consent.core.notice import Notice
from consent.core.site_texts import site_texts
from consent.core.texts import render

Section = dict[str, Any]
Table = dict[str, Any]


class Words:
    """A site's texts in one language, with the values that any of them may name."""

    def __init__(self, site: Site, notice: Notice, language: str) -> None:
        self.site = site
        self.notice = notice
        self.document = notice.document
        self.language = language
        self._texts = site_texts(site, language)
        self._values = {
            "site": notice.site_name(language),
            "controller": site.controller.name,
            "address": site.controller.address,
            "email": site.controller.email,
            "dpo": site.controller.dpo_name,
            "dpo_email": site.controller.dpo_email,
            "authority": site.controller.authority_name,
            "authority_url": site.controller.authority_url,
            "recipients": notice.recipient_count,
        }

    def text(self, key: str, **values: object) -> str:
        return render(self._texts[key], **{**self._values, **values})

    def join(self, words: Sequence[str]) -> str:
        return join_words(self.language, words)

    def lifetime(self, tracker: dict[str, Any]) -> str:
        lifetime = tracker["lifetime"]
        return lifetime_text(
            self.language, self._texts, tracker["kind"], lifetime["amount"], lifetime["unit"]
        )

    def days(self, amount: int) -> str:
        """Return an amount of days, "180 days"."""
        return duration(self.language, amount, "days")

    def section(
        self,
        section_id: str,
        paragraphs: Sequence[str],
        *,
        heading: str | None = None,
        items: Sequence[str] = (),
        table: Table | None = None,
    ) -> Section:
        """Return a section; `list` and `table` are there only if they hold something."""
        section: Section = {
            "id": section_id,
            "heading": heading or self.text(f"policy.{section_id}.heading"),
            "paragraphs": list(paragraphs),
        }
        if items:
            section["list"] = list(items)
        if table is not None:
            section["table"] = table
        return section


def third_parties(words: Words) -> Section | None:
    """Say how to delete what only its own host can delete; None if there is no such thing."""
    hosts = words.notice.third_party_hosts()
    if not hosts:
        return None
    steps = [words.text(f"policy.third.{step}") for step in ("open", "find", "delete")]
    paragraphs = [
        words.text("policy.third.text", hosts=words.join(hosts)),
        words.text("policy.third.how"),
    ]
    return words.section("third", paragraphs, items=steps)


def log(words: Words) -> Section:
    """Explain the record of choices itself: purpose, legal basis, content and retention."""
    stored = ("choice", "time", "notice", "group", "signal", "subject")
    paragraphs = [words.text(f"policy.log.{part}") for part in ("purpose", "basis")]
    proof = duration(words.language, words.notice.proof_months, "months")
    paragraphs.append(words.text("policy.log.retention", duration=proof))
    if words.site.proof_reason:
        reason = words.site.proof_reason
        paragraphs.append(words.text("policy.log.retention_reason", reason=reason))
    refusals = f"policy.log.refusals_{words.site.record_refusals}"
    paragraphs += [
        words.text(refusals, duration=words.days(limits.REFUSAL_RECORD_DAYS)),
        words.text("policy.log.sent", duration=words.days(limits.SUBMISSION_DAYS)),
        *_proof_and_erasure(words),
        words.text("policy.log.recipients"),
        words.text("policy.log.not_stored"),
        words.text("policy.log.stored"),
    ]
    items = [words.text(f"policy.log.stored_{part}") for part in stored]
    return words.section("log", paragraphs, items=items)


def _proof_and_erasure(words: Words) -> Iterator[str]:
    """Tell of the log that no record leaves unnoticed, and of all that stays of an erased one."""
    yield words.text("policy.log.tamper")
    yield words.text("policy.log.after")
    site = words.site
    if site.erasure is ErasureMode.UNLINK:
        yield words.text("policy.log.erased_unlink", reason=site.erasure_reason[words.language])
    if site.backup_days is not None:
        yield words.text("policy.log.backups", duration=words.days(site.backup_days))


def rights(words: Words) -> Section:
    erasure = "erasure" if words.site.erasure is ErasureMode.FULL else "erasure_unlink"
    offered = ("access", erasure, "withdraw", "other", "objection", "complaint")
    items = [words.text(f"policy.rights.{right}") for right in offered]
    return words.section("rights", [words.text("policy.rights.intro")], items=items)


def contact(words: Words) -> Section:
    people = ("controller", "dpo")
    return words.section("contact", [words.text(f"policy.contact.{who}") for who in people])
