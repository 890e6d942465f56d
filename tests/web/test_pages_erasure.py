"""Erasing on the preference page: one button for a holder, without any script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from consent.core.catalogue import load_catalogue
from consent.core.model import ErasureMode, Site
from consent.store.tables import ConsentEventRow, DisposalQueueRow
from tests.service import Clock, engine_session
from tests.web.visitor import PREFERENCES, Visitor, events_of, form_with, hidden_fields, words

BUTTON = 'button[value="erase"]'


def rows(app: Flask, table: type = ConsentEventRow) -> int:
    with engine_session(app) as session:
        return session.query(table).count()


@pytest.mark.legal("RR-06", "RR-07", "WD-07")
def test_one_press_withdraws_erases_and_says_what_stays_why_and_until_when(
    alice: Visitor,
) -> None:
    alice.client.set_cookie("_ads_seen", "1", domain="site.example")
    granted = alice.choose("accept_all")
    assert len(granted.select(BUTTON)) == 1
    response = alice.press("erase", page=granted)
    assert response.status_code == 303
    page = alice.read(str(response.location))
    message = words(page.select_one(".message") or page)
    assert "Your consent is withdrawn and your record will be erased." in message
    assert "It is removed from our database by 23 November 2026, 12:00 UTC." in message
    assert words(page.select_one(".message h2") or page) == "What stays, and why"
    mark, count, code, backups = [words(one) for one in page.select(".message li")]
    assert "from which nobody can find you" in mark
    assert "We need it to show that nobody changed the log, and keep it as long as the log" in mark
    assert "show that nothing else is missing, and keep it as long as the log" in count
    assert code.endswith("a message that is sent twice. It stays for: 30 days.")
    assert "Copies in our backups." in backups
    assert "They stay for at most: 30 days." in backups
    assert "to repair the service after a failure" in backups
    assert alice.cookie("__Host-consent-id") is None
    assert "_functional-0" in (alice.cookie("__Host-consent") or "").replace(".", "_")
    assert not page.select(BUTTON)
    assert not page.select(".history, .code")
    assert events_of(alice.app) == []
    assert rows(alice.app) == rows(alice.app, DisposalQueueRow) == 2


def test_the_page_says_it_in_dutch(alice: Visitor) -> None:
    page = alice.choose("erase", page=alice.choose("accept_all", page=dutch(alice)))
    assert load_catalogue("nl")["page.erase.done"] in words(page)
    assert "Uiterlijk op 23 november 2026, 12:00 UTC" in words(page)


@pytest.mark.legal("RR-07")
@pytest.mark.parametrize(
    ("language", "said"), [("en", "until those expire"), ("nl", "tot die verlopen")]
)
def test_a_site_that_does_not_give_the_time_of_its_backups_says_until_they_expire(
    serve: Callable[..., Flask], demo_site: Site, language: str, said: str
) -> None:
    alice = Visitor(serve(replace(demo_site, backup_days=None)))
    page = alice.choose("accept_all", page=alice.read(f"{PREFERENCES}?lang={language}"))
    done = alice.choose("erase", page=page)
    assert said in words(done.select(".message li")[-1])


def dutch(visitor: Visitor) -> BeautifulSoup:
    return visitor.read(f"{PREFERENCES}?lang=nl")


@pytest.mark.legal("RR-06")
def test_who_holds_no_id_has_no_button(alice: Visitor) -> None:
    assert not alice.read().select(BUTTON)
    assert not alice.choose("refuse_all").select(BUTTON)
    granted = alice.choose("accept_all")
    assert not alice.choose("withdraw_all", page=granted).select(BUTTON)


def test_a_button_pressed_without_an_id_erases_nothing_and_says_so(
    alice: Visitor, bob: Visitor
) -> None:
    form = form_with(alice.choose("accept_all"), "erase")
    response = bob.send({**hidden_fields(form), "control": "erase"})
    assert response.status_code == 404
    assert load_catalogue("en")["page.erase.nothing"] in response.text
    assert "Set-Cookie" not in response.headers
    assert rows(alice.app, DisposalQueueRow) == 0


def test_pressing_twice_is_answered_alike(alice: Visitor) -> None:
    form = form_with(alice.choose("accept_all"), "erase")
    fields = {**hidden_fields(form), "control": "erase"}
    kept = alice.cookie("__Host-consent-id")
    first = alice.send(fields)
    alice.client.set_cookie(
        "__Host-consent-id", kept or "", domain="site.example", secure=True, path="/"
    )
    again = alice.send(fields)
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.location == first.location
    assert rows(alice.app) == 2


def test_what_the_page_says_is_told_for_ten_minutes_and_only_by_us(
    alice: Visitor, clock: Clock
) -> None:
    response = alice.press("erase", page=alice.choose("accept_all"))
    address = str(response.location)
    assert alice.read(address).select(".message")
    assert not alice.read(address[:-3] + "AAA").select(".message")
    clock.now += 601_000
    assert not alice.read(address).select(".message")


def test_a_form_from_another_site_does_not_erase(alice: Visitor) -> None:
    form = form_with(alice.choose("accept_all"), "erase")
    fields = {**hidden_fields(form), "control": "erase"}
    response = alice.send(fields, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403
    assert rows(alice.app, DisposalQueueRow) == 0


@pytest.mark.legal("RR-07", "RR-08")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_site_that_keeps_erased_records_says_so_before_and_after(
    serve: Callable[..., Flask], demo_site: Site, language: str
) -> None:
    reason = {"en": "Claims can come.", "nl": "Klachten kunnen komen."}
    site = replace(demo_site, erasure=ErasureMode.UNLINK, erasure_reason=reason, backup_days=35)
    alice = Visitor(serve(site))
    page = alice.choose("accept_all", page=alice.read(f"{PREFERENCES}?lang={language}"))
    before = words(page.select_one("#about-erasing") or page)
    assert reason[language] in before
    assert {"en": "locks away the record", "nl": "sluiten we de registratie"}[language] in before
    done = alice.choose("erase", page=page)
    message = words(done.select_one(".message") or done)
    assert {"en": "by 23 November 2028 at the latest", "nl": "op 23 november 2028"}[
        language
    ] in message
    assert reason[language] in message
    assert {"en": "at most: 35 days", "nl": "hoogstens: 35 dagen"}[language] in message
    assert load_catalogue(language)["page.erase.done"] not in message
    assert events_of(alice.app) == []
