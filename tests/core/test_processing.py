"""The record of processing says what the service really does with a site's visitors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.core.deployment import deployment_of
from consent.core.model import ErasureMode, Site
from consent.core.notice import Notice, notice_document
from consent.core.processing import FIELDS, processing_record
from consent.store.tables import ConsentEventRow
from tests.make import make_site


def record_of(site: Site) -> str:
    return processing_record(Notice(notice_document(site)), deployment_of(site))


@pytest.mark.legal("RP-18")
def test_it_names_controller_purposes_limits_and_security_from_the_configuration() -> None:
    site = replace(make_site(), backup_days=35)
    text = record_of(site)
    controller = site.controller
    for told in (
        controller.name,
        controller.address,
        controller.dpo_email,
        controller.authority_name,
        f"{site.lifetimes.proof_months} months",
        f"{site.lifetimes.consent_days} days",
        "Refusals: 180 days",
        "Backups: 35 days",
        *(category.id for category in site.categories),
        *site.origins,
    ):
        assert told in text
    for letter in "abcdefg":
        assert f"({letter})" in text


@pytest.mark.legal("RP-18", "RR-14")
def test_it_lists_every_column_of_a_record() -> None:
    assert set(FIELDS) == set(ConsentEventRow.__table__.columns.keys())
    text = record_of(make_site())
    assert all(f"`{column}`" in text for column in FIELDS)


def test_it_says_what_a_site_does_otherwise() -> None:
    assert "Backups: *add*" in record_of(make_site())
    assert "daily totals only" in record_of(replace(make_site(), record_refusals="count"))
    kept = replace(
        make_site(),
        erasure=ErasureMode.UNLINK,
        erasure_reason={"en": "Claims can be made for two years.", "nl": "Twee jaar."},
    )
    assert "locked away at once" in record_of(kept)
    assert "Claims can be made for two years." in record_of(kept)
