"""Past acts as pages show them: what was chosen when, with receipt, proof and end of keeping."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from consent.core.notice import Notice
from consent.services.looks import Look
from consent.services.sites import LiveSite
from consent.store.events import StoredEvent
from consent.web.frame import link
from consent.web.wording import Words


@dataclass(frozen=True, slots=True)
class Answered:
    """One category with the answer that holds: "allowed", "refused" or "unanswered"."""

    label: str
    answer: str


@dataclass(frozen=True, slots=True)
class PastAct:
    """One act of a visitor. `proof` is None until the published log has it."""

    id: str
    when: str
    what: str
    how: str
    answers: tuple[Answered, ...]
    kept: str
    notice: str
    notice_label: str
    receipt: str
    receipt_label: str
    proof: str | None
    proof_label: str


def shown_looks(looks: Sequence[Look], words: Words) -> list[str]:
    """Return a line for each look at a person's records."""
    return [words(f"page.looks.{one.kind.value}", date=words.moment(one.at)) for one in looks]


def past_acts(
    site: LiveSite,
    events: Sequence[StoredEvent],
    words: Words,
    ends: Mapping[str, int],
    provable: Container[str],
) -> list[PastAct]:
    """Return events as they are shown, in their order.

    `ends` has the instants until which they are kept, `provable` those whose proof can be had.
    """
    return [_past_act(site, stored, words, ends, provable) for stored in events]


def receipt_link(
    site: LiveSite, event_id: str, kind: str = "note", *, act: str | None = None
) -> str:
    """Return where an event's receipt is: the signed "note", all that is "stored", the "proof"."""
    return link(site, f"pages.receipts.{kind}", event_id=event_id, act=act)


def answered(known: Mapping[str, bool], notice: Notice, words: Words) -> tuple[Answered, ...]:
    """Return what each category of a notice was answered with."""
    names = {True: "allowed", False: "refused", None: "unanswered"}
    return tuple(
        Answered(one["label"], names[known.get(one["id"])])
        for one in notice.category_texts(words.language)
    )


def _past_act(
    site: LiveSite,
    stored: StoredEvent,
    words: Words,
    ends: Mapping[str, int],
    provable: Container[str],
) -> PastAct:
    event = stored.event
    when = words.moment(event.at)
    return PastAct(
        id=event.id,
        when=when,
        what=words(f"event.{event.event.value}"),
        how=f"{words('act.' + event.control.value)} · {words('layer.' + event.layer.value)}",
        answers=answered(event.choices, site.notice, words),
        kept=words("page.history.kept", date=words.date(ends[event.id])),
        notice=link(site, "pages.notices.show", notice_hash=event.notice, lang=event.language),
        notice_label=words("page.history.show_notice", date=when),
        receipt=receipt_link(site, event.id),
        receipt_label=words("page.history.receipt", date=when),
        proof=receipt_link(site, event.id, "proof") if event.id in provable else None,
        proof_label=words("page.proof.of", date=when),
    )
