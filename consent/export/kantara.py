"""Kantara consent receipts (v1.1.0) of grants, one JSON object a line.

The format has no refusal and no withdrawal: an act that allows nothing has no receipt. It cannot
say what was on the screen either, so each receipt has one member of ours beside Kantara's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from consent.core.model import ConsentEvent
from consent.core.notice import recipient_ids
from consent.core.times import rfc3339
from consent.export.chunks import gather
from consent.export.columns import Links
from consent.export.shown import Shown, ShownBefore
from consent.export.vocabulary import KANTARA_DATA, KANTARA_PURPOSES, act_in_words

VERSION = "KI-CR-v1.1.0"
JURISDICTION = "EU"
OPT_IN = "EXPLICIT"

Receipt = dict[str, Any]


def write_kantara(
    events: Iterable[ConsentEvent], shown_before: ShownBefore, links: Links
) -> Iterator[bytes]:
    """Give the receipts of the events that allow anything and whose notice is known."""
    return gather(_lines(events, shown_before, links))


def _lines(
    events: Iterable[ConsentEvent], shown_before: ShownBefore, links: Links
) -> Iterator[str]:
    for event in events:
        subject = links.subject_of(event)
        shown = shown_before(event)
        if any(event.choices.values()) and subject is not None and shown is not None:
            receipt = kantara_receipt(event, subject, shown)
            yield json.dumps(receipt, separators=(",", ":"), ensure_ascii=False) + "\n"


def kantara_receipt(event: ConsentEvent, subject: str, shown: Shown) -> Receipt:
    """Return the receipt of a grant, in the language it was asked in."""
    document = shown.notice.document
    controller = document["controller"]
    language = event.language
    allowed = [one for one in document["categories"] if event.choices.get(one["id"])]
    return {
        "version": VERSION,
        "jurisdiction": JURISDICTION,
        "consentTimestamp": event.at // 1000,
        "collectionMethod": act_in_words(event),
        "consentReceiptID": event.id,
        "language": language,
        "piiPrincipalId": subject,
        "piiControllers": [
            {
                "piiController": controller["name"],
                "onBehalf": False,
                "contact": controller["dpo_name"],
                "address": {"streetAddress": controller["address"]},
                "email": controller["dpo_email"],
                "phone": "",  # required, and nothing a site states
                "piiControllerUrl": shown.service_url,
            }
        ],
        "policyUrl": shown.policy_address,
        "services": [
            {
                "service": document["name"][language],
                "purposes": [_purpose(event, shown, category) for category in allowed],
            }
        ],
        "sensitive": False,
        "spiCat": [],
        "shown": {
            "notice": event.notice,
            "scope": event.scope,
            "build": event.build,
            "address": shown.address,
        },
    }


def _purpose(event: ConsentEvent, shown: Shown, category: dict[str, Any]) -> Receipt:
    document, language = shown.notice.document, event.language
    recipients = recipient_ids(document, category["id"])
    names = sorted(shown.notice.provider_name(one) for one in recipients)
    purpose = {
        "purpose": category["description"][language],
        "purposeCategory": _unique(
            KANTARA_PURPOSES.get(code, document["purposes"][code][language])
            for code in category["purposes"]
        ),
        "consentType": OPT_IN,
        "piiCategory": _unique(
            KANTARA_DATA.get(code, document["data_kinds"][code][language])
            for code in category["data"]
        ),
        "primaryPurpose": False,
        "termination": f"{rfc3339(event.valid_until)}, or before at {shown.preferences_address}",
        "thirdPartyDisclosure": bool(names),
    }
    if names:
        purpose["thirdPartyName"] = ", ".join(names)
    return purpose


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
