"""Taking an invitation with a passkey: a device in software, all else as a browser sends it."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import TestResponse

from consent.core.roles import Role
from consent.services.passkeys import CHALLENGE_MS
from consent.services.people import reset_sign_in, revoke
from consent.store.database import db
from consent.store.people import find_person_by_name
from consent.store.tables import OfficerActionRow, OfficerPasskeyRow
from tests.authenticator import Device
from tests.web.console.people import COMMAND_LINE, CONSOLE, COOKIE, Browser, Console, secret_in

PASSWORD = "drie losse woorden"
GRANTS = {"programme": (Role.OFFICER,)}
HERE = "This passkey could not be used"


@pytest.fixture
def device() -> Device:
    return Device(CONSOLE)


@pytest.fixture
def olga(console: Console, device: Device) -> Browser:
    """The browser in which Olga took up her invitation with a passkey, and nothing else."""
    browser = console.stranger()
    take(browser, console.invite("Olga", GRANTS), device)
    token = browser.page("/console/account").select_one("input[name=csrf]")
    assert token
    browser.csrf = str(token["value"])
    return browser


def options_on(browser: Browser, path: str) -> str:
    """Return what a page gives its script to ask the device."""
    form = browser.page(path).select_one("form[data-passkey]")
    assert form
    return str(form["data-options"])


def send(browser: Browser, link: str, credential: str, origin: str = CONSOLE) -> TestResponse:
    form = {"credential": credential}
    return browser.post(f"{link}/passkey", form, headers={"Origin": origin})


def take(browser: Browser, link: str, device: Device) -> TestResponse:
    return send(browser, link, device.create(options_on(browser, link)))


def sign_in(browser: Browser, device: Device) -> TestResponse:
    answer = device.get(options_on(browser, "/console/sign-in"))
    return browser.post("/console/sign-in/passkey", {"credential": answer})


def add_password(browser: Browser) -> TestResponse:
    form = {"new": PASSWORD, "again": PASSWORD}
    return browser.post("/console/account/password", form)


def acts_of(console: Console, name: str) -> list[tuple[str, str]]:
    with console.app.app_context():
        rows = db.session.query(OfficerActionRow).order_by(OfficerActionRow.id).all()
        return [(row.action, row.detail) for row in rows if row.officer == name]


def refused(console: Console, link: str, response: TestResponse, status: int = 400) -> None:
    """Nothing came of it: no session, no passkey, and the invitation as it was."""
    assert (response.status_code, secret_in(response)) == (status, None)
    with console.app.app_context():
        assert db.session.query(OfficerPasskeyRow).count() == 0
    assert console.stranger().get(link).status_code == 200


def test_a_passkey_takes_an_invitation_once(console: Console, device: Device) -> None:
    link = console.invite("Olga", GRANTS)
    browser = console.stranger()
    asked = options_on(browser, link)
    first = take(browser, link, device)
    assert (first.status_code, first.location) == (303, "/console/")
    assert browser.page("/console/").h1
    other, again = console.stranger(), Device(CONSOLE)
    assert other.get(link).status_code == 404
    assert send(other, link, again.create(asked)).status_code == 404
    with console.app.app_context():
        person = find_person_by_name(db.session, "Olga")
        assert person
        assert (person.has_password, person.has_passkey) == (False, True)
    assert sorted(acts_of(console, "Olga")) == [
        ("account:passkey_added", '{"passkey":"First passkey"}'),
        ("person:accept", '{"name":"Olga"}'),
        ("session:begin", '{"means":"invitation"}'),
    ]


def test_the_passkey_then_lets_in_by_itself_and_no_password_does(
    console: Console, olga: Browser, device: Device
) -> None:
    browser = console.stranger()
    assert sign_in(browser, device).location == "/console/"
    assert browser.get("/console/account").status_code == 200
    for password in ("", PASSWORD):
        form = {"name": "Olga", "password": password}
        assert console.stranger().post("/console/sign-in", form).status_code == 403


def test_a_session_planted_before_is_worth_nothing_after(console: Console, device: Device) -> None:
    link, victim = console.invite("Olga", GRANTS), console.stranger()
    for planted in ("chosen-by-me", console.officer.cookie):
        assert planted
        victim.client.set_cookie(COOKIE, planted, domain="console.example", secure=True)
    response = take(victim, link, device)
    assert secret_in(response) not in (None, "chosen-by-me", planted)
    thief = Browser(console.app, planted)
    assert thief.get("/console/account").status_code == 303


def test_an_answer_that_is_not_as_it_should_be_leaves_all_as_it_was(console: Console) -> None:
    link = console.invite("Olga", GRANTS)
    asked = options_on(console.stranger(), link)
    made_up = json.dumps(json.loads(asked) | {"challenge": "A" * 54})
    for answer in (
        Device("https://evil.example").create(asked),
        Device(CONSOLE, knows_owner=False).create(asked),
        Device(CONSOLE).create(made_up),
        "",
        "{}",
        "null",
    ):
        response = send(console.stranger(), link, answer)
        refused(console, link, response)
        assert HERE in response.text


def test_a_form_of_another_origin_is_refused(console: Console, device: Device) -> None:
    link = console.invite("Olga", GRANTS)
    answer = device.create(options_on(console.stranger(), link))
    stolen = send(console.stranger(), link, answer, origin="https://evil.example")
    refused(console, link, stolen, 403)


def test_a_challenge_is_for_one_invitation_and_a_short_time(console: Console) -> None:
    mine, other = console.invite("Olga", GRANTS), console.invite("Otto", GRANTS)
    page = console.stranger()
    of_other = options_on(page, other)
    of_sign_in = options_on(page, "/console/sign-in")
    late = options_on(page, mine)
    with_sign_in = json.dumps(json.loads(late) | {"challenge": json.loads(of_sign_in)["challenge"]})
    for asked in (of_other, with_sign_in):
        refused(console, mine, send(page, mine, Device(CONSOLE).create(asked)))
    console.clock.now += CHALLENGE_MS
    refused(console, mine, send(page, mine, Device(CONSOLE).create(late)))


def test_an_answered_challenge_does_not_take_the_next_invitation(
    console: Console, device: Device
) -> None:
    """The same answer again, after the person was invited anew."""
    link, browser = console.invite("Olga", GRANTS), console.stranger()
    answer = device.create(options_on(browser, link))
    assert send(browser, link, answer).status_code == 303
    assert send(console.stranger(), link, answer).status_code == 404
    with console.app.app_context():
        now = console.clock.now_ms()
        token = reset_sign_in(db.session, "Olga", by=COMMAND_LINE, now=now).token
        db.session.remove()
    anew = f"/console/invitation/{token}"
    refused(console, anew, send(console.stranger(), anew, answer))
    assert browser.get("/console/account").status_code == 303
    assert sign_in(console.stranger(), device).status_code == 403


def test_wrong_used_expired_and_revoked_invitations_get_one_answer(
    console: Console, olga: Browser
) -> None:
    wrong = "/console/invitation/never-made"
    revoked = console.invite("Otto", GRANTS)
    answer = Device(CONSOLE).create(options_on(console.stranger(), revoked))
    with console.app.app_context():
        revoke(db.session, "Otto", by=COMMAND_LINE, now=console.clock.now_ms())
        db.session.remove()
    expired = console.invite("Iris", GRANTS)
    console.clock.pass_days(7.01)
    told = {send(console.stranger(), one, answer).text for one in (wrong, revoked, expired)}
    assert len(told) == 1
    assert "sign in" in told.pop()
    for link in (wrong, revoked, expired):
        assert send(console.stranger(), link, answer).status_code == 404


def test_when_the_browser_is_lost_before_its_answer_the_invitation_still_counts(
    console: Console, device: Device
) -> None:
    link = console.invite("Olga", GRANTS)
    device.create(options_on(console.stranger(), link))
    assert take(console.stranger(), link, Device(CONSOLE)).status_code == 303


def test_who_has_only_a_passkey_keeps_it_until_there_is_a_password(
    console: Console, olga: Browser, device: Device
) -> None:
    with console.app.app_context():
        name = db.session.query(OfficerPasskeyRow).one().credential_id
    page = olga.page("/console/account")
    assert "your only way to sign in" in page.text
    assert page.select_one("input[name=passkey]") is None
    assert "Add a password" in page.text
    kept = olga.post("/console/account/passkeys/remove", {"passkey": name})
    assert (kept.status_code, "your only way to sign in" in kept.text) == (409, True)
    assert sign_in(console.stranger(), device).status_code == 303
    assert add_password(olga).status_code == 303
    assert "The password is added" in olga.page("/console/account").text
    gone = olga.post("/console/account/passkeys/remove", {"passkey": name})
    assert gone.status_code == 303
    assert sign_in(console.stranger(), device).status_code == 403
    form = {"name": "Olga", "password": PASSWORD}
    assert console.stranger().post("/console/sign-in", form).status_code == 303


def test_with_scripts_off_the_page_offers_the_password(console: Console) -> None:
    page = console.stranger().page(console.invite("Olga", GRANTS))
    part = page.select_one("[data-passkey-part]")
    assert part
    assert part.has_attr("hidden")
    hint = page.select_one("[data-passkey-none]")
    assert hint
    assert "JavaScript" in hint.text
    assert page.select_one("form:not([data-passkey]) input[name=password]")
