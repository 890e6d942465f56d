"""Acts by the preference page's plain form: what is recorded, set, told, refused and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http.cookies import SimpleCookie

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from consent.core.ids import reference_code
from consent.core.model import Control, EventName, Layer, Site
from consent.services.builds import page_build
from consent.store import database
from consent.store.database import db
from tests.service import Clock
from tests.web.visitor import (
    POLICY,
    PREFERENCES,
    Visitor,
    counted_refusals,
    events_of,
    form_with,
    hidden_fields,
    publish_now,
    soup,
    ticked,
    words,
)


def set_cookies(response: object) -> SimpleCookie:
    jar: SimpleCookie = SimpleCookie()
    for line in response.headers.getlist("Set-Cookie"):  # type: ignore[attr-defined]
        jar.load(line)
    return jar


@pytest.mark.legal("SL-09", "SL-01", "CT-03", "CT-05")
def test_saving_records_the_act_and_sets_the_cookies(alice: Visitor) -> None:
    response = alice.press("save", "functional", page=alice.read(f"{PREFERENCES}?lang=nl"))
    assert response.status_code == 303
    assert response.headers["Cache-Control"] == "private, no-store"
    stored = [one.event for one in events_of(alice.app)]
    assert [one.event for one in stored] == [EventName.PARTLY_GRANTED]
    event = stored[0]
    assert dict(event.choices) == {"functional": True, "personalisation": False, "ads": False}
    assert (event.control, event.layer, event.language) == (Control.SAVE, Layer.PAGE, "nl")
    assert event.build == page_build()
    cookies = set_cookies(response)
    assert set(cookies) == {"__Host-consent", "__Host-consent-id"}
    seconds_left = (event.valid_until - event.at) // 1000
    for cookie in cookies.values():
        assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/", "Lax", "")
        assert cookie["secure"]
        assert int(cookie["max-age"]) == seconds_left <= 400 * 86_400
    assert cookies["__Host-consent-id"]["httponly"]


@pytest.mark.legal("SL-04")
@pytest.mark.parametrize("button", ["save", "refuse_all"])
def test_saving_nothing_is_a_refusal_without_any_identifier(alice: Visitor, button: str) -> None:
    page = alice.choose(button)
    event = events_of(alice.app)[0].event
    assert (event.event, event.subject) == (EventName.REFUSED, None)
    assert alice.cookie("__Host-consent-id") is None
    assert "Everything you can choose is off." in words(page)
    assert "this browser holds no identifier" in words(page)
    assert "This receipt is the only link" in words(page)


def test_buttons_for_all_speak_for_all_whatever_is_ticked(alice: Visitor, clock: Clock) -> None:
    alice.choose("refuse_all", "ads", "functional")
    clock.now += 1
    alice.choose("accept_all")
    assert [set(one.event.choices.values()) for one in events_of(alice.app)] == [{False}, {True}]


@pytest.mark.legal("SG-01")
def test_accepting_all_under_gpc_leaves_its_categories_off_and_says_so(alice: Visitor) -> None:
    alice.headers["Sec-GPC"] = "1"
    page = alice.choose("accept_all")
    assert "Left off because your browser asks for privacy" in words(page)
    event = events_of(alice.app)[0].event
    assert dict(event.choices) == {"functional": True, "personalisation": True, "ads": False}
    assert (event.gpc, event.dnt) == (True, False)


@pytest.mark.legal("SG-04")
def test_do_not_track_is_taken_for_the_same_refusal_on_the_page(alice: Visitor) -> None:
    alice.headers["DNT"] = "1"
    assert "Global Privacy Control or Do Not Track" in words(alice.read())
    page = alice.choose("accept_all")
    assert "Left off because your browser asks for privacy" in words(page)
    stored = events_of(alice.app)[0]
    assert not stored.event.choices["ads"]
    assert (stored.event.gpc, stored.event.dnt) == (False, True)
    assert json.loads(stored.payload)["signals"] == {"dnt": True}


@pytest.mark.legal("SG-05")
def test_a_choice_of_its_own_on_the_page_overrides_gpc_and_the_record_says_so(
    alice: Visitor,
) -> None:
    alice.headers["Sec-GPC"] = "1"
    page = alice.choose("save", "ads")
    assert ticked(page) == ["ads"]
    stored = events_of(alice.app)[0]
    assert stored.event.choices["ads"]
    assert json.loads(stored.payload)["signals"] == {"gpc": True}


@pytest.mark.legal("WD-02", "WD-03", "WD-07", "WD-10")
def test_one_press_withdraws_everything_and_the_grant_stays_on_record(alice: Visitor) -> None:
    granted = alice.choose("accept_all")
    forms = granted.select('form:has(button[value="withdraw_all"])')
    assert [bool(form.find_parent("footer")) for form in forms] == [False, True]
    before = events_of(alice.app)[0]
    page = alice.choose("withdraw_all", page=granted)
    first, second = events_of(alice.app)
    assert first == before
    assert second.event.event is EventName.WITHDRAWN
    assert second.event.prev == first.event.id
    assert "Your consent is withdrawn." in words(page)
    assert alice.cookie("__Host-consent-id") is None
    assert "_functional-0" not in (alice.cookie("__Host-consent") or "")
    assert not alice.read().select('button[value="withdraw_all"]')


def test_the_code_is_shown_while_something_is_allowed_and_once_after(alice: Visitor) -> None:
    alice.choose("accept_all")
    code = reference_code(events_of(alice.app)[0].event.subject or "")
    assert code in words(alice.read())
    page = alice.choose("withdraw_all")
    assert code in words(page)
    assert "we show this code for the last time" in words(page)
    assert code not in words(alice.read())


@pytest.mark.legal("WD-08", "WD-09")
def test_one_category_can_be_withdrawn_and_cookies_of_others_are_told(alice: Visitor) -> None:
    alice.choose("accept_all")
    page = alice.choose("save", "functional", "personalisation")
    assert ticked(page) == ["functional", "personalisation"]
    message = page.select_one(".message")
    assert message is not None
    assert "Cookies of these other sites may still be in your browser: tracker.localhost." in words(
        message
    )
    policy = message.select_one("a")
    assert policy is not None
    assert str(policy["href"]).startswith(POLICY)
    assert "may still be" not in words(alice.read())


@pytest.mark.legal("WD-05")
def test_cookies_of_refused_categories_are_deleted_by_the_declared_list(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    ads = next(one for one in demo_site.trackers if one.name == "_study_ads_*")
    extra = (
        replace(ads, name="ads_seen", http_only=True),
        replace(ads, name="ads_deep", path="/programme"),
    )
    alice = Visitor(serve(replace(demo_site, trackers=(*demo_site.trackers, *extra))))
    for name in ("_study_ads_1", "_study_ads_2", "ads_seen", "viewed_programmes", "PHPSESSID"):
        alice.client.set_cookie(name, "x", domain="site.example")
    response = alice.press("save", "personalisation")
    deleted = {
        name: cookie["path"]
        for name, cookie in set_cookies(response).items()
        if cookie["max-age"] == "0" and name != "__Host-consent-id"
    }
    assert deleted == {
        "_study_ads_1": "/",
        "_study_ads_2": "/",
        "ads_seen": "/",
        "ads_deep": "/programme",
    }
    assert "Cookies removed: 3." in words(alice.read(str(response.location)))
    assert alice.cookie("viewed_programmes") == "x"
    assert alice.cookie("PHPSESSID") == "x"
    assert alice.cookie("ads_seen") is None


@pytest.mark.legal("SL-10")
def test_the_history_has_every_act_of_this_browser_newest_first(
    alice: Visitor, bob: Visitor, clock: Clock
) -> None:
    bob.choose("accept_all")
    alice.choose("save", "functional")
    clock.pass_days(1)
    page = alice.choose("accept_all")
    history = [words(one) for one in page.select(".history > li")]
    assert len(history) == 2
    assert history[0].startswith(
        "23 November 2026, 12:00 UTC Everything allowed (Accept all · Preference page)"
    )
    assert history[1].startswith("22 November 2026, 12:00 UTC Partly allowed")
    for one in page.select(".history a"):
        assert alice.get(str(one["href"])).status_code == 200


def test_a_form_sent_twice_is_one_act_and_answered_alike(alice: Visitor) -> None:
    page = alice.read()
    # `Expires` is by the clock of the machine, which may pass a second between the two.
    with time_machine.travel(datetime.now(UTC), tick=False):
        first, second = (alice.press("accept_all", page=page) for _ in range(2))
    assert first.headers.getlist("Set-Cookie") == second.headers.getlist("Set-Cookie")
    assert len(events_of(alice.app)) == 1


def test_another_choice_with_a_used_page_is_not_lost_without_a_word(alice: Visitor) -> None:
    page = alice.read()
    alice.press("accept_all", page=page)
    again = alice.press("save", "ads", page=page)
    assert again.status_code == 409
    assert "already used for another choice" in words(soup(again))
    assert ticked(soup(again)) == ["ads"]
    assert "Set-Cookie" not in again.headers
    assert len(events_of(alice.app)) == 1
    assert ticked(alice.choose("save", "ads", page=soup(again))) == ["ads"]


def test_a_grant_to_a_question_that_changed_is_asked_again(
    alice: Visitor, clock: Clock, demo_site: Site
) -> None:
    page = alice.read()
    fewer = tuple(one for one in demo_site.categories if one.id != "functional")
    trackers = tuple(one for one in demo_site.trackers if one.category != "functional")
    publish_now(alice.app, replace(demo_site, categories=fewer, trackers=trackers), clock.now)
    again = alice.press("save", "functional", page=page)
    assert again.status_code == 409
    assert "The question changed while this page was open." in words(soup(again))
    assert [box["value"] for box in soup(again).select('[name="allow"]')] == [
        "personalisation",
        "ads",
    ]
    assert events_of(alice.app) == []
    alice.choose("accept_all", page=soup(again))
    assert len(events_of(alice.app)) == 1


def test_a_refusal_of_a_question_that_changed_counts(
    alice: Visitor, clock: Clock, demo_site: Site
) -> None:
    page = alice.read()
    changed = tuple(replace(one, data=(*one.data, "interests")) for one in demo_site.categories)
    publish_now(alice.app, replace(demo_site, categories=changed), clock.now)
    assert alice.press("refuse_all", page=page).status_code == 303
    assert [one.event.event for one in events_of(alice.app)] == [EventName.REFUSED]


def test_a_page_that_was_open_too_long_is_shown_again(alice: Visitor, clock: Clock) -> None:
    page = alice.read()
    clock.pass_days(31)
    again = alice.press("accept_all", page=page)
    assert again.status_code == 403
    assert "This page was open too long" in words(soup(again))
    assert alice.press("accept_all", page=soup(again)).status_code == 303


def test_a_database_that_takes_no_writes_costs_nobody_his_ticks(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = alice.read()
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    monkeypatch.setattr(database, "LOCK_TIMEOUT_MS", 100)
    with alice.app.app_context():
        db.engine.dispose()  # so that the next connections have these limits
        engine = db.engine
    with Session(engine) as other:
        if engine.dialect.name == "sqlite":
            other.connection(execution_options={"writes": True})
        else:
            other.execute(text("LOCK TABLE submission IN ACCESS EXCLUSIVE MODE"))
        busy = alice.press("save", "ads", page=page)
    assert busy.status_code == 503
    assert int(busy.headers["Retry-After"]) > 0
    assert "Set-Cookie" not in busy.headers
    shown = soup(busy)
    assert "has saved nothing" in words(shown)
    assert ticked(shown) == ["ads"]
    assert hidden_fields(form_with(shown, "save")) == hidden_fields(form_with(page, "save"))
    assert ticked(alice.choose("save", *ticked(shown), page=shown)) == ["ads"]


@pytest.mark.parametrize(
    "fault",
    [
        {"control": "accept"},
        {"control": "embed"},
        {"control": ["save", "accept_all"]},
        {"control": []},
        {"allow": ["ads", "ads"]},
        {"allow": ["necessary"]},
        {"allow": ["ads", "cats"]},
        {"consent": "yes"},
        {"submission_id": "1"},
        {"submission_id": []},
        {"notice_token": ""},
        {"notice_token": "x" * 513},
    ],
    ids=str,
)
def test_a_form_the_page_could_not_have_sent_is_refused_on_a_readable_page(
    alice: Visitor, fault: dict[str, str | list[str]]
) -> None:
    form = hidden_fields(form_with(alice.read(), "save"))
    response = alice.send({**form, "control": "save", **fault})
    assert response.status_code == 422
    assert response.mimetype == "text/html"
    assert soup(response).h1
    assert events_of(alice.app) == []


@pytest.mark.legal("PB-15")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://site.example"}, 303),
    ],
    ids=str,
)
def test_only_the_page_itself_may_send_its_form(
    alice: Visitor, headers: dict[str, str], status: int
) -> None:
    response = alice.press("accept_all", headers=headers)
    assert response.status_code == status
    assert len(events_of(alice.app)) == (status == 303)


def test_too_many_acts_are_told_to_wait(serve: Callable[..., Flask], demo_site: Site) -> None:
    alice = Visitor(serve(demo_site, CONSENT_WRITES_PER_MINUTE="1"))
    assert alice.press("refuse_all").status_code == 303
    answer = alice.press("refuse_all")
    assert answer.status_code == 429
    assert "Please wait a moment" in words(soup(answer))


def test_a_site_that_counts_refusals_says_saved_and_offers_no_receipt(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    alice = Visitor(serve(replace(demo_site, record_refusals="count")))
    page = alice.choose("refuse_all")
    assert "Your choice is saved. Everything you can choose is off." in words(page)
    assert page.select("a[download]") == []
    assert counted_refusals(alice.app) == 1
    assert events_of(alice.app) == []


def test_a_browser_that_keeps_no_cookies_is_not_told_that_the_choice_counts(
    alice: Visitor,
) -> None:
    response = alice.press("accept_all")
    alice.client.delete_cookie("__Host-consent", domain="site.example")
    alice.client.delete_cookie("__Host-consent-id", domain="site.example")
    page = alice.read(str(response.location))
    assert "Your browser did not keep your choice" in words(page)
    assert "Your choice is saved" not in words(page)


def test_what_an_address_tells_of_an_act_ends_and_cannot_be_made_up(
    alice: Visitor, clock: Clock
) -> None:
    location = str(alice.press("refuse_all").location)
    assert "ads" not in location
    assert "Your choice is saved." in words(alice.read(location))
    assert "Your choice is saved." not in words(alice.read(location[:-1]))
    later = str(alice.press("accept_all").location)
    assert "Your choice is saved." in words(alice.read(later))
    assert "Your choice is saved." not in words(alice.read(location))
    clock.now += 601_000
    assert "Your choice is saved." not in words(alice.read(later))
