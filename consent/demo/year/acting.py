"""Have people act on the website: each act goes the way that a browser's request goes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from consent.audit.tokens import sign_notice
from consent.core.model import Control, Layer, ShownNotice, Status, Submission
from consent.core.times import day_of
from consent.demo.year.people import Errand, Leaning, Person
from consent.services.answering import Recorded
from consent.services.builds import page_build, script_build
from consent.services.displays import DisplayCounts, count_display
from consent.services.erasing import ErasureAct, erase
from consent.services.keys import Keys
from consent.services.presenting import Presented, state_of
from consent.services.recording import Act, record_within
from consent.services.sites import LiveSite
from consent.store.database import AnySession

_BROWSER = "Mozilla/5.0"  # is no crawler's; it is looked at and not kept


@dataclass(frozen=True, slots=True)
class Stage:
    """What people act on, on one day: the site as it is published, and who records."""

    session: AnySession
    site: LiveSite
    keys: Keys
    displays: DisplayCounts
    dice: Random

    def token(self, language: str, build: str, at: int) -> str:
        shown = ShownNotice(self.site.id, self.site.notice.hash, build, language, day_of(at))
        return sign_notice(self.keys.keyring, shown)


def visit(stage: Stage, person: Person, errand: Errand, at: int) -> bool:
    """Have somebody come, within a writing transaction; return whether anything was answered.

    An erasure is a transaction of its own and is left to `erase_own`.
    """
    state = state_of(stage.keys, stage.site, person.cookies, at)
    if state.status is not Status.DECIDED:
        return _be_asked(stage, person, state.held, at)
    if errand is Errand.WITHDRAW and any((state.choices or {}).values()):
        _act(stage, person, Control.WITHDRAW_ALL, Layer.PAGE, {}, at)
        person.leaning = Leaning.REFUSES
        return True
    if errand is Errand.CHANGE:
        changed = _changed(stage, state.choices or {})
        _act(stage, person, Control.SAVE, Layer.PAGE, changed, at)
        return True
    return False


def erase_own(stage: Stage, person: Person, at: int) -> bool:
    """Have somebody erase all that is recorded; return whether there was anything."""
    if person.cookies.identity is None:
        return False
    token = stage.token(person.language, page_build(), at)
    asked = ErasureAct(_new_id(stage.dice), token, person.cookies)
    erase(stage.session, stage.site, asked, keys=stage.keys, now=at)
    person.cookies = Presented()
    person.leaning = Leaning.REFUSES
    return True


def _be_asked(stage: Stage, person: Person, held: Mapping[str, bool], at: int) -> bool:
    """Show the banner on some pages, until there is an answer or the visit is over."""
    token = stage.token(person.language, script_build(), at)
    pages = 1 + (stage.dice.randrange(3) if person.leaning is Leaning.IGNORES else 0)
    for _ in range(pages):
        count_display(
            stage.session,
            stage.site,
            token,
            _BROWSER,
            counts=stage.displays,
            keys=stage.keys,
            now=at,
        )
    if person.leaning is Leaning.IGNORES:
        return False
    categories = stage.site.notice.categories
    choices = {**person.wishes(categories), **held}
    asked = [choices[name] for name in categories if name not in held]
    if person.leaning is Leaning.CHOOSES:
        _act(stage, person, Control.SAVE, Layer.DIALOG, choices, at)
    elif all(asked):
        _act(stage, person, Control.ACCEPT_ALL, Layer.BANNER, choices, at)
    else:
        _act(stage, person, Control.REFUSE_ALL, Layer.BANNER, choices, at)
    return True


def _changed(stage: Stage, choices: Mapping[str, bool]) -> dict[str, bool]:
    """Return other choices: who allowed all takes ads back, whoever did not allows one more."""
    changed = dict(choices)
    off = [name for name, allowed in choices.items() if not allowed and name != "ads"]
    if not off:
        changed["ads"] = False
    else:
        changed[stage.dice.choice(off)] = True
    return changed


def _act(
    stage: Stage,
    person: Person,
    control: Control,
    layer: Layer,
    choices: Mapping[str, bool],
    at: int,
) -> None:
    build = page_build() if layer is Layer.PAGE else script_build()
    wanted = {name: choices.get(name, False) for name in stage.site.notice.categories}
    submission = Submission(_new_id(stage.dice), control, layer, wanted, person.page_group)
    act = Act(
        submission,
        stage.token(person.language, build, at),
        person.cookies,
        gpc=person.asks_for_privacy,
    )
    recorded = record_within(stage.session, stage.site, act, keys=stage.keys, now=at)
    person.cookies = _cookies_after(person.cookies, recorded)


def _cookies_after(kept: Presented, recorded: Recorded) -> Presented:
    def after(before: str | None, change: str | None) -> str | None:
        return before if change is None else change or None

    return Presented(
        after(kept.answer, recorded.answer_cookie),
        after(kept.identity, recorded.identity_cookie),
    )


def _new_id(dice: Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))
