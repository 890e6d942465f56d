"""Which fields leave the service, and that a person cannot be followed from export to export."""

from __future__ import annotations

from dataclasses import fields

import pytest

from consent.core.model import ConsentEvent
from consent.export.columns import COLUMNS, OriginalLinks, RekeyedLinks, row_of
from consent.store.tables import ConsentEventRow
from tests.make_events import ALICE, BOB, make_event, make_refusal


@pytest.mark.legal("AE-08")
def test_the_columns_are_a_closed_list_without_salt_entry_or_payload() -> None:
    assert set(COLUMNS) == {field.name for field in fields(ConsentEvent)}
    stored = {column.key for column in ConsentEventRow.__table__.columns}
    assert stored - set(COLUMNS) == {"salt", "entry", "payload"}
    assert len(row_of(make_event(), OriginalLinks())) == len(COLUMNS)


@pytest.mark.legal("AE-05")
def test_one_person_has_one_pseudonym_in_an_export_and_another_in_the_next() -> None:
    first, second = RekeyedLinks(b"k" * 32, ""), RekeyedLinks(b"l" * 32, "")
    alice, bob = make_event(subject=ALICE), make_event(subject=BOB)
    assert first.subject_of(alice) == first.subject_of(make_event(subject=ALICE))
    others = {ALICE, first.subject_of(alice), first.subject_of(bob), second.subject_of(alice)}
    assert len(others) == 4


def test_a_refusal_has_no_pseudonym() -> None:
    assert RekeyedLinks(b"k" * 32, "").subject_of(make_refusal()) is None


@pytest.mark.legal("AE-05")
def test_the_event_before_is_named_only_when_it_is_part_of_the_same_export() -> None:
    before = make_event(at="2026-02-28T12:00:00Z")
    event = make_event(at="2026-03-01T12:00:00Z", prev=before.id)
    assert RekeyedLinks(b"k" * 32, before.id).prev_of(event) == before.id
    assert RekeyedLinks(b"k" * 32, event.id).prev_of(event) is None
    assert RekeyedLinks(b"k" * 32, None).prev_of(event) is None
    assert OriginalLinks().prev_of(event) == before.id
