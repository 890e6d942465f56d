"""What the preference page tells a visitor, as values its template only has to print."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consent.core.choices import is_granting
from consent.core.limits import SUBMISSION_DAYS
from consent.core.model import Control, ErasureMode, EventName, Status
from consent.core.state import ConsentState
from consent.services.acknowledging import Acknowledged, AcknowledgedErasure
from consent.services.looks import Look
from consent.services.sites import LiveSite
from consent.services.standing import Standing
from consent.store.events import StoredEvent
from consent.web.frame import link, settled_link
from consent.web.history_view import Answered, answered, past_acts, receipt_link, shown_looks
from consent.web.inventory import shown_categories, shown_exempt, shown_necessary
from consent.web.wording import Words


@dataclass(frozen=True, slots=True)
class FormState:
    """The form as it is shown. `ticked` is None where the boxes show what holds now."""

    language: str
    submission_id: str
    token: str
    ticked: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What to say of the act just recorded."""

    message: str
    removed: str | None
    left: str | None
    code: str | None
    receipt: str | None
    receipt_json: str | None
    proof: str | None
    is_only_link: bool


@dataclass(frozen=True, slots=True)
class ErasedTexts:
    """What to say of an erasure: that it was done, until when, and what `stays` and why."""

    done: str
    until: str
    cookies: tuple[str, ...]
    stays: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Log:
    """What the page tells of the log: which records can be proven now, and when each one goes."""

    provable: Container[str] = ()
    ends: Mapping[str, int] = field(default_factory=dict)
    looks: Sequence[Look] = ()


def page_context(
    site: LiveSite,
    standing: Standing,
    form: FormState,
    words: Words,
    *,
    gpc: bool,
    can_choose: bool,
    log: Log,
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
        "hosts": words.list(notice.document["hosts"]),
        "status": _status_text(state, site, words),
        "is_decided": state.status is Status.DECIDED,
        "answers": _answers(state, site, words),
        "dates": _dates(state, words),
        "has_grant": is_granting(choices),
        "gpc": gpc and bool(notice.gpc_categories) and can_choose,
        "problem": words(problem) if problem else None,
        "saved": _saved(site, acknowledged, log, act, words, kept=is_kept)
        if acknowledged
        else None,
        "erased": _erased(site, erasure, words) if erasure else None,
        "about_erasing": _about_erasing(site, words),
        "settled": _settled(site, acknowledged or erasure),
        "categories": shown_categories(notice, words),
        "necessary": shown_necessary(notice, words),
        "exempt": shown_exempt(notice, words),
        "code": standing.code if is_granting(choices) else None,
        "history": past_acts(site, standing.history, words, log.ends, log.provable),
        "looks": shown_looks(log.looks, words),
        "controller": notice.document["controller"]["name"],
        "everything": link(site, "pages.receipts.everything", lang=words.language),
        "access": link(site, "pages.access.ask", lang=words.language),
        "verify": link(site, "pages.verify.show", lang=words.language),
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
        return words("page.current.renewal", categories=words.list(asked))
    return None


def _answers(state: ConsentState, site: LiveSite, words: Words) -> tuple[Answered, ...]:
    """Return the answers that hold; none are shown where nothing was answered."""
    if state.choices is None:
        return ()
    known = state.choices if state.status is Status.DECIDED else state.held
    return answered(known, site.notice, words)


def _dates(state: ConsentState, words: Words) -> tuple[str, ...]:
    if state.answer is None or state.choices is None:
        return ()
    return (
        words("page.current.decided_on", date=words.day(state.answer.chosen_on)),
        words("page.current.valid_until", date=words.day(state.answer.ends_on)),
    )


def _saved(
    site: LiveSite, acknowledged: Acknowledged, log: Log, act: str, words: Words, *, kept: bool
) -> Saved:
    stored = acknowledged.stored
    count, hosts = acknowledged.removed, words.list(acknowledged.left_hosts)
    files = {} if stored is None else _files(site, stored, log, act)
    return Saved(
        message=_saved_text(acknowledged, words) if kept else "",
        removed=words("page.saved.removed", count=count) if count else None,
        left=words("page.saved.third_party", hosts=hosts) if hosts else None,
        code=acknowledged.code,
        receipt=files.get("note"),
        receipt_json=files.get("stored"),
        proof=files.get("proof"),
        is_only_link=stored is not None and stored.event.subject is None,
    )


def _files(site: LiveSite, stored: StoredEvent, log: Log, act: str) -> dict[str, str]:
    """Return where the files of an act are; its proof only when it can be had."""
    event_id = stored.event.id
    kinds = ["note", "stored", *(["proof"] if event_id in log.provable else [])]
    return {kind: receipt_link(site, event_id, kind, act=act) for kind in kinds}


def _about_erasing(site: LiveSite, words: Words) -> str:
    """Return what the page says of an erasure before it is done."""
    reason = site.deployment.erasure_reason.get(words.language)
    if site.deployment.erasure is ErasureMode.FULL or reason is None:
        return words("page.erase.text")
    return words("page.erase.text_unlink", reason=reason)


def _erased(site: LiveSite, erasure: AcknowledgedErasure, words: Words) -> ErasedTexts:
    hosts = words.list(erasure.left_hosts)
    reason = site.deployment.erasure_reason.get(words.language, "")
    if erasure.is_locked:
        done = words("page.erase.done_unlink")
        until = words.date(erasure.removed_by)
        removed = words("page.erase.removed_unlink", date=until, reason=reason)
    else:
        done = words("page.erase.done")
        removed = words("page.erase.removed", date=words.moment(erasure.removed_by))
    return ErasedTexts(
        done,
        removed,
        cookies=(
            *([words("page.saved.removed", count=erasure.removed)] if erasure.removed else []),
            *([words("page.saved.third_party", hosts=hosts)] if hosts else []),
        ),
        stays=_staying(site, words),
    )


def _staying(site: LiveSite, words: Words) -> tuple[str, ...]:
    """Return what an erasure leaves, each with why and until when."""
    days = site.deployment.backup_days
    return (
        words("page.erase.stays_mark"),
        words("page.erase.stays_count"),
        words.lasting("page.erase.stays_code", SUBMISSION_DAYS),
        words("page.erase.stays_backups")
        if days is None
        else words.lasting("page.erase.stays_backups_days", days),
    )


def _saved_text(acknowledged: Acknowledged, words: Words) -> str:
    if acknowledged.event is EventName.WITHDRAWN:
        return words("page.saved.withdrawn")
    if acknowledged.event is EventName.REFUSED:
        return words("page.saved.refused")
    stored = acknowledged.stored
    if stored and stored.event.heeds_signal and acknowledged.control is Control.ACCEPT_ALL:
        return words("page.saved.gpc")
    return words("page.saved.granted")
