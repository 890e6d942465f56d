"""Send a report to a program: one signed POST by the rules of Standard Webhooks.

The receiver tells by the signature that it comes from here, and by the id that it has it already.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from standardwebhooks.webhooks import Webhook as Signer

from consent.core.config_addresses import url_fault
from consent.services.diagnosis.client import UnreachableError, ask
from consent.services.reporting.errors import DeliveryError

if TYPE_CHECKING:
    from consent.services.reporting.channels import Webhook


def webhook_fault(url: str) -> str | None:
    """Say why reports cannot be sent to an address; plain HTTP is for this machine only."""
    return url_fault(url)


def send_webhook(webhook: Webhook, message_id: str, event: Mapping[str, Any], *, now: int) -> None:
    """Send one event; raise DeliveryError unless the receiver takes it.

    The signature counts for five minutes around `now`. A redirect is not followed: whoever is
    there did not get the secret.
    """
    body = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
    moment = dt.datetime.fromtimestamp(now // 1000, dt.UTC)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "consent",
        "webhook-id": message_id,
        "webhook-timestamp": str(now // 1000),
        "webhook-signature": Signer(webhook.secret).sign(message_id, moment, body),
    }
    try:
        answer = ask(webhook.url, method="POST", headers=headers, body=body.encode())
    except UnreachableError as error:
        raise DeliveryError(str(error)) from error
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise DeliveryError(f"it redirects (HTTP status {answer.status}), which is not followed")
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise DeliveryError(f"it answered with HTTP status {answer.status}")
