"""What the preference page tells a visitor, as values its template only has to print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consent.core.choices import is_granting
from consent.core.limits import SUBMISSION_DAYS
from consent.core.model import Control, EventName, Status
from consent.core.state import ConsentState
from consent.services.acknowledging import Acknowledged, AcknowledgedErasure
from consent.services.sites import LiveSite
from consent.services.standing import Standing
from consent.store.events import StoredEvent
from consent.web.frame import link, settled_link
from consent.web.inventory import shown_categories, shown_necessary
from consent.web.wording import Words


@dataclass(frozen=True, slots=True)
class FormState:
    """The form as it is shown. `ticked` is None where the boxes show what holds now."""

    language: str
    submission_id: str
    token: str
    ticked: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Answered:
    """One category with the answer that holds: "allowed", "refused" or "unanswered"."""

    label: str
    answer: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What to say of the act just recorded."""

    message: str
    removed: str | None
    left: str | None
    code: str | None
    receipt: str | None
    receipt_json: str | None
    is_only_link: bool


@dataclass(frozen=True, slots=True)
class PastAct:
    """One act in the history of a browser."""

    when: str
    what: str
    how: str
    answers: tuple[Answered, ...]
    notice: str
    notice_label: str
    receipt: str
    receipt_label: str


def page_context(
    site: LiveSite,
    standing: Standing,
    form: FormState,
    words: Words,
    *,
    gpc: bool,
    can_choose: bool,
    act: str = "",
    acknowledged: Acknowledged | None = None,
    erasure: AcknowledgedErasure | None = None,
    problem: str | None = None,
) -> dict[str, Any]:
    """Return all that preferences.html prints beside its fixed texts."""
    notice, state = site.notice, standing.state
    is_kept = not acknowledged or _is_kept(state, acknowledged)
    if acknowledged and not is_kept:
        is_replaced = state.answer is not None
        acknowledged = None if is_replaced else acknowledged
        problem = problem if is_replaced else "page.problem.cookies"
    choices = state.choices or {}
    ticked = form.ticked
    if ticked is None:
        ticked = tuple(name for name, allowed in choices.items() if allowed)
    return {
        "form": form,
        "action": link(site, "pages.preferences.choose", lang=words.language),
        "ticked": ticked,
        "can_choose": can_choose,
        "hosts": words.join(notice.document["hosts"]),
        "status": _status_text(state, site, words),
        "is_decided": state.status is Status.DECIDED,
        "answers": _answers(state, site, words),
        "dates": _dates(state, words),
        "has_grant": is_granting(choices),
        "gpc": gpc and bool(notice.gpc_categories) and can_choose,
        "problem": words(problem) if problem else None,
        "saved": _saved(site, acknowledged, act, words, kept=is_kept) if acknowledged else None,
        "erased": _erased_texts(erasure, words) if erasure else (),
        "settled": _settled(site, acknowledged or erasure),
        "categories": shown_categories(notice, words),
        "necessary": shown_necessary(notice, words),
        "code": standing.code if is_granting(choices) else None,
        "history": [_past_act(site, stored, words) for stored in standing.history],
    }


def _settled(
    site: LiveSite, done: Acknowledged | AcknowledgedErasure | None
) -> dict[str, Any] | None:
    """Return what lets the browser drop an older act that it could not send."""
    return {"src": settled_link(site.deployment.mount), "at": done.at} if done else None


def _is_kept(state: ConsentState, acknowledged: Acknowledged) -> bool:
    """Say whether the browser's cookie is the one that this act was answered with."""
    if state.status is not Status.DECIDED or state.choices is None:
        return False
    if acknowledged.stored is None:
        return not is_granting(state.choices)
    return dict(state.choices) == dict(acknowledged.stored.event.choices)


def _status_text(state: ConsentState, site: LiveSite, words: Words) -> str | None:
    if state.status is Status.UNDECIDED:
        return words("page.current.undecided")
    if state.status is Status.EXPIRED and state.answer is not None:
        return words("page.current.expired", date=words.day(state.answer.ends_on))
    if state.status is Status.RENEWAL_NEEDED:
        asked = [
            one["label"]
            for one in site.notice.category_texts(words.language)
            if one["id"] not in state.held
        ]
        return words("page.current.renewal", categories=words.join(asked))
    return None


def _answers(state: ConsentState, site: LiveSite, words: Words) -> tuple[Answered, ...]:
    """Return the answers that hold; none are shown where nothing was answered."""
    if state.choices is None:
        return ()
    known = state.choices if state.status is Status.DECIDED else state.held
    return _answered(known, site, words)


def _answered(known: Any, site: LiveSite, words: Words) -> tuple[Answered, ...]:
    names = {True: "allowed", False: "refused", None: "unanswered"}
    return tuple(
        Answered(one["label"], names[known.get(one["id"])])
        for one in site.notice.category_texts(words.language)
    )


def _dates(state: ConsentState, words: Words) -> tuple[str, ...]:
    if state.answer is None or state.choices is None:
        return ()
    return (
        words("page.current.decided_on", date=words.day(state.answer.chosen_on)),
        words("page.current.valid_until", date=words.day(state.answer.ends_on)),
    )


def _saved(
    site: LiveSite, acknowledged: Acknowledged, act: str, words: Words, *, kept: bool
) -> Saved:
    stored = acknowledged.stored
    count, hosts = acknowledged.removed, words.join(acknowledged.left_hosts)
    receipt = None if stored is None else _receipt(site, stored, act=act)
    return Saved(
        message=_saved_text(acknowledged, words) if kept else "",
        removed=words("page.saved.removed", count=count) if count else None,
        left=words("page.saved.third_party", hosts=hosts) if hosts else None,
        code=acknowledged.code,
        receipt=receipt,
        receipt_json=None if stored is None else _receipt(site, stored, act=act, as_json=True),
        is_only_link=stored is not None and stored.event.subject is None,
    )


def _erased_texts(erasure: AcknowledgedErasure, words: Words) -> tuple[str, ...]:
    """Return what the page says of an erasure: that it was done, until when, and what stays."""
    hosts = words.join(erasure.left_hosts)
    return (
        words("page.erase.done"),
        words("page.erase.removed", date=words.moment(erasure.removed_by)),
        words("page.erase.kept", days=SUBMISSION_DAYS),
        *([words("page.saved.removed", count=erasure.removed)] if erasure.removed else []),
        *([words("page.saved.third_party", hosts=hosts)] if hosts else []),
    )


def _saved_text(acknowledged: Acknowledged, words: Words) -> str:
    if acknowledged.event is EventName.WITHDRAWN:
        return words("page.saved.withdrawn")
    if acknowledged.event is EventName.REFUSED:
        return words("page.saved.refused")
    stored = acknowledged.stored
    if stored and stored.event.gpc and acknowledged.control is Control.ACCEPT_ALL:
        return words("page.saved.gpc")
    return words("page.saved.granted")


def _receipt(
    site: LiveSite, stored: StoredEvent, *, act: str | None = None, as_json: bool = False
) -> str:
    endpoint = "pages.receipts.stored" if as_json else "pages.receipts.note"
    return link(site, endpoint, event_id=stored.event.id, act=act)


def _past_act(site: LiveSite, stored: StoredEvent, words: Words) -> PastAct:
    event = stored.event
    when = words.moment(event.at)
    return PastAct(
        when=when,
        what=words(f"event.{event.event.value}"),
        how=f"{words('act.' + event.control.value)} · {words('layer.' + event.layer.value)}",
        answers=_answered(event.choices, site, words),
        notice=link(site, "pages.notices.show", notice_hash=event.notice, lang=event.language),
        notice_label=words("page.history.show_notice", date=when),
        receipt=_receipt(site, stored),
        receipt_label=words("page.history.receipt", date=when),
    )
