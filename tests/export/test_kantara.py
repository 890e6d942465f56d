"""Kantara receipts: those of the specification's fields, for acts that allow something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from consent.core.model import ConsentEvent, EventName
from consent.export.columns import OriginalLinks, RekeyedLinks
from consent.export.kantara import write_kantara
from consent.export.shown import Shown
from tests.export.shown import POLICY, act_on, make_shown, refusal_of
from tests.make_events import ALICE

SCHEMA = json.loads(Path(__file__).with_name("kantara-receipt.schema.json").read_text("utf-8"))
SHOWN = make_shown()


def receipts_of(*events: ConsentEvent, shown: Shown | None = SHOWN) -> list[dict[str, Any]]:
    lines = b"".join(write_kantara(events, lambda _: shown, OriginalLinks()))
    receipts = [json.loads(line) for line in lines.splitlines()]
    for receipt in receipts:
        Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            receipt
        )
    return receipts


@pytest.mark.legal("AE-02")
def test_a_grant_has_a_receipt_with_every_required_field() -> None:
    event = act_on(SHOWN, language="nl")
    (receipt,) = receipts_of(event)
    assert receipt["consentReceiptID"] == event.id
    assert receipt["consentTimestamp"] == 1_773_576_000
    assert receipt["piiPrincipalId"] == ALICE
    assert receipt["policyUrl"].endswith(f"/sites/programme/policy/{POLICY}")
    assert receipt["services"][0]["service"] == "Biomedische wetenschappen"
    functional, personalisation, ads = receipt["services"][0]["purposes"]
    assert functional["purposeCategory"] == ["3 - Delivery"]
    assert ads["piiCategory"] == ["15 - Behavioural", "5 - Network/Service"]
    assert (ads["thirdPartyDisclosure"], ads["thirdPartyName"]) == (True, "Study Ads Network")
    assert personalisation["thirdPartyDisclosure"] is False
    assert "thirdPartyName" not in personalisation
    assert receipt["shown"]["notice"] == SHOWN.notice.hash


@pytest.mark.legal("AE-02")
def test_only_what_was_allowed_is_in_a_receipt() -> None:
    choices = {"functional": False, "personalisation": True, "ads": False}
    (receipt,) = receipts_of(act_on(SHOWN, event=EventName.PARTLY_GRANTED, choices=choices))
    assert [one["purpose"] for one in receipt["services"][0]["purposes"]] == [
        "Content that fits what you viewed before."
    ]


def test_refusals_and_withdrawals_have_no_receipt() -> None:
    nothing = {"functional": False, "personalisation": False, "ads": False}
    withdrawal = act_on(SHOWN, event=EventName.WITHDRAWN, choices=nothing)
    assert receipts_of(refusal_of(SHOWN), withdrawal) == []


def test_an_act_on_an_unknown_notice_has_no_receipt() -> None:
    assert receipts_of(act_on(SHOWN), shown=None) == []


@pytest.mark.legal("AE-05")
def test_a_receipt_names_the_pseudonym_of_its_export() -> None:
    links = RekeyedLinks(b"k" * 32, None)
    lines = b"".join(write_kantara([act_on(SHOWN)], lambda _: SHOWN, links))
    assert ALICE.encode() not in lines
    assert json.loads(lines)["piiPrincipalId"] == links.subject_of(act_on(SHOWN))
