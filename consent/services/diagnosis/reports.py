"""Check that the regular report reaches whom it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from consent.core.sentence import words_of_others
from consent.services.anchoring import format_instant
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, warning
from consent.services.reporting.channels import Recipient
from consent.services.reporting.delivering import is_given_up
from consent.store.report_deliveries import Delivery


@dataclass(frozen=True, slots=True)
class Reported:
    """What is known of the reports about one site for one recipient, the newest month first."""

    site: str
    recipient: Recipient
    deliveries: tuple[Delivery, ...]


REPORTS = Checks[Reported]("reports")


def reported(
    site: str, recipients: tuple[Recipient, ...], deliveries: list[Delivery]
) -> Iterator[Reported]:
    """Yield what is known of the reports about a site, for each recipient."""
    for recipient in recipients:
        own = [one for one in deliveries if one.key == recipient.key(one.key.month, site)]
        yield Reported(site, recipient, tuple(own))


@REPORTS.add("delivery")
def check_delivery(seen: Reported) -> Iterator[Observation]:
    who = {"site": seen.site, "recipient": seen.recipient.address}
    failing = [one for one in seen.deliveries if one.sent_at is None and one.error]
    for one in failing:
        told = who | {"month": one.key.month}
        reason = words_of_others(one.error)
        if is_given_up(one):
            yield problem(
                "{site}: {recipient} did not get the report of {month}: {reason}; it is not tried "
                "any more.",
                "Correct the cause, then run `consent report send --month {month}`.",
                reason=reason,
                **told,
            )
        else:
            yield warning(
                "{site}: {recipient} did not get the report of {month}: {reason}; the next try is "
                "at {moment}.",
                "Look at the mail server.",
                reason=reason,
                moment=format_instant(one.next_try_at),
                **told,
            )
    newest = next((one for one in seen.deliveries if one.sent_at is not None), None)
    if newest is not None and newest.sent_at is not None:
        yield ok(
            "{site}: {recipient} got the report of {month} at {moment}.",
            month=newest.key.month,
            moment=format_instant(newest.sent_at),
            **who,
        )
    elif not failing:
        yield ok("{site}: {recipient} gets a report when a month is over.", **who)
