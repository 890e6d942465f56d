"""Send the reports that are due: each to each recipient once, tried again where it failed.

A report is claimed in one short transaction, sent without holding anything, and marked in another.
Whoever dies in between leaves a claim that ends by itself; the report is then sent again under the
same name, so that it arrives at least once, and mail programs and webhooks can tell that it is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from consent.core.monthly_report import MonthlyReport
from consent.core.months import Month, parse_month
from consent.core.times import rfc3339
from consent.core.words import load_words
from consent.export.monthly_report import report_json
from consent.services.reporting.channels import Channels, Recipient, delivery_id
from consent.services.reporting.errors import DeliveryError
from consent.services.reporting.gathering import (
    CATALOGUE,
    Telling,
    first_month_of,
    gather,
    last_month_over,
)
from consent.services.reporting.mail import make_message, send_mail
from consent.services.reporting.webhook import send_webhook
from consent.services.sites import LiveSite, load_live_sites
from consent.store.database import AnySession, write_transaction
from consent.store.log_anchors import Anchor, insert_anchor
from consent.store.report_deliveries import (
    MAIL,
    Delivery,
    DeliveryKey,
    claim_delivery,
    find_tries,
    list_deliveries,
    mark_failed,
    mark_sent,
)

EVENT_TYPE = "consent.report.monthly"
CATCH_UP_MONTHS = 3
CLAIMED_FOR_MS = 15 * 60_000
MINUTE_MS = 60_000

# How long to wait after each failure; with the last one it is given up, after almost three days.
WAITS_MS = tuple(minutes * MINUTE_MS for minutes in (5, 15, 60, 4 * 60, 12 * 60, 24 * 60, 24 * 60))
MOST_TRIES = len(WAITS_MS) + 1

OpenSession = Callable[[], Session]


@dataclass(frozen=True, slots=True)
class Sender:
    """What reports are made of, and where they go. `now_ms` is the clock, in milliseconds."""

    open_session: OpenSession
    channels: Channels
    telling: Telling
    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one report for one recipient; without an error it is sent."""

    key: DeliveryKey
    error: str = ""

    @property
    def is_sent(self) -> bool:
        return not self.error


def due_months(
    deliveries: list[Delivery], recipient: Recipient, site: str, last: Month, first: Month
) -> list[Month]:
    """Return the months of which a recipient is to get a report, the oldest first.

    Who never got one begins with the last month. After that none is left out, but for those of a
    time off that was longer than three months.
    """
    own = {
        parse_month(one.key.month): one
        for one in deliveries
        if one.key == recipient.key(one.key.month, site)
    }
    begun = min(own, default=last)
    recent = [last.plus(-back) for back in range(CATCH_UP_MONTHS - 1, -1, -1)]
    return [
        month
        for month in recent
        if month >= max(first, begun) and (month not in own or own[month].sent_at is None)
    ]


def send_due(sender: Sender) -> Iterator[Outcome]:
    """Send what is due now; yield what came of each."""
    now = sender.now_ms()
    last = last_month_over(now)
    with sender.open_session() as session:
        sites = load_live_sites(session, now)
        deliveries = list_deliveries(session, sites)
        firsts = {site: first_month_of(session, site) for site in sites}
    for site in sites.values():
        first = firsts[site.id]
        for recipient in sender.channels.recipients_of(site.id):
            months = due_months(deliveries, recipient, site.id, last, first or last.plus(1))
            for month in months:
                yield from send_claimed(sender, site, month, recipient, most_tries=MOST_TRIES)


def send_claimed(
    sender: Sender,
    site: LiveSite,
    month: Month,
    recipient: Recipient,
    *,
    most_tries: int | None = None,
    again: bool = False,
) -> Iterator[Outcome]:
    """Send one report unless it was sent, is being sent, or has to wait; yield what came of it."""
    key = recipient.key(str(month), site.id)
    with sender.open_session() as session:
        now = sender.now_ms()
        with write_transaction(session):
            is_ours = claim_delivery(
                session,
                key,
                now=now,
                until=now + CLAIMED_FOR_MS,
                most_tries=most_tries,
                again=again,
            )
        if not is_ours:
            return
        try:
            report = gather(session, site, month, sender.telling, now=now)
            session.rollback()
            send_report(sender.channels, report, recipient, now=sender.now_ms())
        except DeliveryError as error:
            _note_failure(session, key, str(error), sender.now_ms())
            yield Outcome(key, str(error))
            return
        except Exception:
            # Whatever else is wrong is not the recipient's fault; the claim ends all the same.
            session.rollback()
            _note_failure(session, key, "the report could not be made", sender.now_ms())
            raise
        with write_transaction(session):
            mark_sent(session, key, sender.now_ms())
            _note_anchors(session, report, key, sender.now_ms())
    yield Outcome(key)


def send_report(
    channels: Channels, report: MonthlyReport, recipient: Recipient, *, now: int
) -> None:
    """Send a report to one recipient; raise DeliveryError where no server takes it."""
    key = recipient.key(str(report.month), report.site)
    if recipient.kind == MAIL:
        if channels.server is None:
            raise DeliveryError("no mail server is set")
        words = load_words(CATALOGUE, channels.language)
        message = make_message(
            report,
            words,
            sender=channels.server.sender,
            recipient=recipient.address,
            name=delivery_id(key),
            now=now,
        )
        send_mail(channels.server, message, recipient.address)
        return
    if channels.webhook is None:
        raise DeliveryError("no webhook is set")
    event = {
        "type": EVENT_TYPE,
        "timestamp": rfc3339(report.made_at),
        "data": report_json(report),
    }
    send_webhook(channels.webhook, f"msg_{delivery_id(key)}", event, now=now)


def failing_deliveries(session: AnySession, sites: list[str] | None = None) -> list[Delivery]:
    """Return the reports that did not reach their recipients, with the reason."""
    return [one for one in list_deliveries(session, sites) if one.sent_at is None and one.error]


def find_standing(session: AnySession, key: DeliveryKey) -> Delivery | None:
    """Return how far one report has come; None where nobody has tried to send it."""
    found = list_deliveries(session, [key.site])
    return next((one for one in found if one.key == key), None)


def is_given_up(delivery: Delivery) -> bool:
    """Say whether a report is not tried any more by itself."""
    return delivery.sent_at is None and delivery.tries >= MOST_TRIES


def _note_failure(session: AnySession, key: DeliveryKey, error: str, now: int) -> None:
    with write_transaction(session):
        tries = max(1, find_tries(session, key))
        wait = WAITS_MS[min(tries, len(WAITS_MS)) - 1]
        mark_failed(session, key, error, now + wait)


def _note_anchors(session: AnySession, report: MonthlyReport, key: DeliveryKey, now: int) -> None:
    """Remember which heads somebody holds now: one that goes missing is noticed by that.

    That is no outside party's word: what is told of anchoring does not count it.
    """
    for log in report.logs:
        if log.head is not None:
            name = f"report {key.month} {key.site}"
            kind = "mail" if key.kind == MAIL else "url"
            blob = delivery_id(key).encode()
            insert_anchor(
                session, Anchor(log.log_id, log.head.size, log.head.at, kind, name, blob, now)
            )
