"""Turn what the preference page's form sends into an act, by the notice the form was made from.

A form has no answer per category: it has the boxes that are ticked, and the button.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from consent.core.model import Control, Layer, Submission
from consent.core.notice import Notice
from consent.errors import UnknownCategoryError
from consent.services.answering import Recorded
from consent.services.keys import Keys
from consent.services.presenting import Presented
from consent.services.recording import Act, record_consent
from consent.services.showing import open_shown
from consent.services.sites import LiveSite
from consent.store.database import AnySession


@dataclass(frozen=True, slots=True)
class PageForm:
    """The form as it was sent: which button, and which boxes were ticked.

    With `erases`, the button withdraws and erases.
    """

    submission_id: str
    token: str
    control: Control
    ticked: tuple[str, ...]
    erases: bool = False


def record_form(
    session: AnySession,
    site: LiveSite,
    form: PageForm,
    presented: Presented,
    *,
    gpc: bool,
    dnt: bool = False,
    keys: Keys,
    now: int,
) -> Recorded:
    """Record the act of a form; raise what `record_consent` raises."""
    _, notice = open_shown(session, site, form.token, keys=keys, now=now)
    submission = Submission(
        submission_id=form.submission_id,
        control=form.control,
        layer=Layer.PAGE,
        choices=form_choices(form.control, form.ticked, notice, gpc=gpc or dnt),
        page_group=None,
    )
    act = Act(submission, form.token, presented, gpc=gpc, dnt=dnt)
    return record_consent(session, site, act, keys=keys, now=now)


def form_choices(
    control: Control, ticked: Collection[str], notice: Notice, *, gpc: bool
) -> Mapping[str, bool]:
    """Return the answers a button stands for; only *save* goes by the ticked boxes.

    While Global Privacy Control is on, accepting all leaves its categories off. Raises
    UnknownCategoryError for a box that the notice has not.
    """
    for category in ticked:
        if category not in notice.categories:
            raise UnknownCategoryError(category)
    if control is Control.SAVE:
        return {category: category in ticked for category in notice.categories}
    if control is Control.ACCEPT_ALL:
        off = notice.gpc_categories if gpc else ()
        return {category: category not in off for category in notice.categories}
    return dict.fromkeys(notice.categories, False)
