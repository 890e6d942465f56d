"""Answers for inspectors: genuine cookies for each state a visitor can be in, marked as tests.

Whoever examines the site puts one into a browser instead of pressing buttons (AE-14). Pages and
servers take it as a visitor's; what is done upon it is recorded as a test, and so is the next
answer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from consent.audit.tokens import sign_answer
from consent.core.answer import SCOPE_DIGITS, Answer
from consent.core.choices import is_granting
from consent.core.times import MILLIS_PER_DAY, add_days, day_of
from consent.errors import NotFoundError, RuleError, UnknownCategoryError
from consent.services.keys import Keys
from consent.services.sites import load_live_sites
from consent.store.database import AnySession


class TestState(StrEnum):
    """What the answer says; `partial` allows the categories that are named."""

    __test__ = False

    ACCEPTED = "accepted"
    REFUSED = "refused"
    PARTIAL = "partial"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Minted:
    """A choice cookie: its name and value, and for how many seconds a browser is to keep it."""

    name: str
    value: str
    max_age: int
    domain: str | None
    is_secure: bool


def mint_answer(
    session: AnySession,
    site_id: str,
    state: TestState,
    *,
    allowed: Collection[str] = (),
    keys: Keys,
    now: int,
) -> Minted:
    """Return the cookie that puts a browser into a state on a live site.

    `allowed` has the categories of `partial`. An expired answer accepted everything, and ended
    yesterday. Raises NotFoundError for no such site, UnknownCategoryError for no such category, and
    RuleError where the service is on another domain than the pages: it is sent no cookie there, so
    it could not tell what an inspector does from what a visitor does.
    """
    site = load_live_sites(session, now).get(site_id)
    session.rollback()
    if site is None:
        raise NotFoundError(f"there is no site {site_id!r}")
    if not site.deployment.sets_cookies:
        raise RuleError(f"site {site_id!r} is on another domain: its cookies never reach us")
    notice = site.notice
    for category in allowed:
        if category not in notice.categories:
            raise UnknownCategoryError(category)
    granted = set(allowed) if state is TestState.PARTIAL else set(notice.categories)
    if state is TestState.REFUSED:
        granted = set()
    choices = {category: category in granted for category in notice.categories}
    days = notice.consent_days if is_granting(choices) else notice.refusal_days
    today = day_of(now)
    chosen, ends = today, add_days(today, days)
    if state is TestState.EXPIRED:
        chosen, ends = add_days(today, -1 - days), add_days(today, -1)
    answer = Answer(site.scope.hash[:SCOPE_DIGITS], choices, chosen, ends, is_test=True)
    deployment = site.deployment
    return Minted(
        name=deployment.answer_cookie,
        value=sign_answer(keys.keyring, site_id, answer),
        max_age=max(days, 1) * MILLIS_PER_DAY // 1000,
        domain=deployment.cookie_domain,
        is_secure=deployment.is_secure,
    )
