"""What the overview tells of: days that are counted, and checks that were made."""

from __future__ import annotations

import json
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from consent.core.checks import CheckKind, Outcome
from consent.core.model import EventName, Layer
from consent.core.totals import Place
from consent.store.checks import insert_run, list_open, mark_ended, mark_started
from consent.store.database import write_transaction
from consent.store.displays import add_displays
from consent.store.tables import EventDayRow, EventTotalRow, LogRow
from tests.service import engine_session
from tests.web.console.people import Console
from tests.web.console.recorded import one

CATEGORIES = ("functional", "personalisation", "ads")
ALL = dict.fromkeys(CATEGORIES, True)
NONE = dict.fromkeys(CATEGORIES, False)
FUNCTIONAL = NONE | {"functional": True}

SITE = "/console/sites/programme"
ACTS = {
    "accepted": (EventName.GRANTED, "accept_all", ALL, Layer.BANNER),
    "partly": (EventName.PARTLY_GRANTED, "save", FUNCTIONAL, Layer.DIALOG),
    "refused": (EventName.REFUSED, "refuse_all", NONE, Layer.BANNER),
    "withdrawn": (EventName.WITHDRAWN, "withdraw_all", NONE, Layer.PAGE),
}


def count_day(
    session: Session, place: Place, *, displays: int = 0, site: str = "programme", **acts: int
) -> None:
    """Keep the totals of one day, notice and language; `acts` are numbers by the names of ACTS."""
    with write_transaction(session):
        if session.get(EventDayRow, place.day) is None:
            session.execute(insert(EventDayRow).values(day=place.day, counted_at=1))
        if displays:
            add_displays(session, {(site, place): displays})
        for name, count in acts.items():
            event, control, choices, layer = ACTS[name]
            session.execute(
                insert(EventTotalRow).values(
                    site=site,
                    day=place.day,
                    notice=place.notice,
                    language=place.language,
                    event=event.value,
                    control=control,
                    layer=layer.value,
                    is_first=True,
                    choices=json.dumps(choices, separators=(",", ":")),
                    count=count,
                )
            )


def made(app: Flask, now: int, kind: CheckKind, outcome: Outcome, result: Any) -> None:
    """Keep a check that ended now."""
    with engine_session(app) as session, write_transaction(session):
        insert_run(session, kind, None, now)
        (run,) = [run for run in list_open(session) if run.kind is kind]
        mark_started(session, run.id, now)
        mark_ended(session, run.id, outcome, result, now)


def all_well(console: Console, findings: list[dict[str, str]] | None = None, **log: Any) -> None:
    """Keep checks of the log and of the service; `log` changes what the first one saw."""
    with engine_session(console.app) as session:
        origin = session.scalar(select(LogRow.origin))
    seen: dict[str, Any] = {"origin": origin, "size": 41_233, "counts": {}} | log
    outcome = Outcome.PROBLEM if seen["counts"] else Outcome.OK
    now = console.clock.now
    made(console.app, now, CheckKind.LOG, outcome, {"logs": [seen]})
    levels = [one["level"] for one in findings or []]
    worst = next((one for one in ("problem", "warning") if one in levels), "ok")
    result = {"counts": {"ok": 40}, "findings": findings or []}
    made(console.app, now, CheckKind.SERVICE, Outcome(worst), result)


def light(page: BeautifulSoup) -> tuple[str, list[str]]:
    """Return the light in words, and its reasons."""
    reasons = one(page, ".reasons").select("li")
    label = one(page, ".light").get_text(" ", strip=True)
    return label, [reason.get_text(" ", strip=True) for reason in reasons]
