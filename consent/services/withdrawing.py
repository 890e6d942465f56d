"""Withdraw a grant for a visitor who has written, and not pressed anything."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from consent.core.ids import uuid7
from consent.core.model import ConsentEvent, Control, EventName, Layer
from consent.core.times import add_days, day_of, end_of_day
from consent.services.sites import LiveSite, get_notice
from consent.services.staging import stage_event
from consent.store.database import AnySession


def withdraw_within(
    session: AnySession,
    site: LiveSite,
    grant: ConsentEvent,
    *,
    now: int,
    randomness: Callable[[int], bytes] = os.urandom,
) -> ConsentEvent:
    """Withdraw a grant on behalf of a visitor who has asked an officer to, in writing.

    Nothing was shown, so the record names the notice of the grant it ends. It is a part of the
    caller's writing transaction.
    """
    at = max(now, grant.at + 1)
    ends_on = add_days(day_of(now), get_notice(session, grant.notice).refusal_days)
    event = replace(
        grant,
        id=uuid7(at, randomness(10)),
        at=at,
        event=EventName.WITHDRAWN,
        choices=dict.fromkeys(grant.choices, False),
        control=Control.WITHDRAW_ALL,
        layer=Layer.PAGE,
        valid_until=end_of_day(ends_on),
        page_group=None,
        prev=grant.id,
        gpc=False,
        dnt=False,
    )
    stage_event(session, event, site.deployment.log_id, randomness=randomness)
    return event
