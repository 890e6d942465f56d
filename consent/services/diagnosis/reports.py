"""Check that the regular report reaches whom it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    who = f"{seen.site}: {seen.recipient.address}"
    failing = [one for one in seen.deliveries if one.sent_at is None and one.error]
    for one in failing:
        what = f"{who} did not get the report of {one.key.month}: {one.error}"
        if is_given_up(one):
            yield problem(
                f"{what}; it is not tried any more.",
                f"Correct the cause, then run `consent report send --month {one.key.month}`.",
            )
        else:
            again = format_instant(one.next_try_at)
            yield warning(f"{what}; the next try is at {again}.", "Look at the mail server.")
    newest = next((one for one in seen.deliveries if one.sent_at is not None), None)
    if newest is not None and newest.sent_at is not None:
        at = format_instant(newest.sent_at)
        yield ok(f"{who} got the report of {newest.key.month} at {at}.")
    elif not failing:
        yield ok(f"{who} gets a report when a month is over.")
