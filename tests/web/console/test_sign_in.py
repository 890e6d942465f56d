"""Coming in with a password or an invitation, and going out again."""

from __future__ import annotations

from unittest.mock import patch

import argon2
import pytest
from werkzeug.test import TestResponse

from consent.core.roles import Role
from consent.services.sessions import digest_of
from consent.services.sign_in import MOST_FAILURES, MOST_FAILURES_OF_ALL, WINDOW_MS
from consent.store.database import db
from consent.store.officers import find_officer_by_name
from consent.store.people import Failures, find_person_by_name, store_failures
from consent.store.tables import OfficerActionRow, OfficerSessionRow
from tests.web.console.people import COOKIE, Browser, Console, secret_in

PASSWORD = "drie losse woorden"
GRANTS = {"programme": (Role.OFFICER,)}
MINUTE = 1 / (24 * 60)


@pytest.fixture
def olga(console: Console) -> Browser:
    """The browser in which Olga took up her invitation."""
    link = console.invite("Olga", GRANTS)
    browser = console.stranger()
    response = browser.post(link, {"password": PASSWORD, "again": PASSWORD})
    assert (response.status_code, response.location) == (303, "/console/")
    return browser


def sign_in(
    browser: Browser, name: str = "Olga", password: str = PASSWORD, target: str = ""
) -> TestResponse:
    form = {"name": name, "password": password, "next": target}
    return browser.post("/console/sign-in", form)


def fail_before(console: Console, key: str, count: int) -> None:
    """Have signing in failed so often already; each real attempt costs a password hash."""
    with console.app.app_context():
        store_failures(db.session, key, Failures(count, console.clock.now))
        db.session.commit()


def test_an_invitation_lets_in_once(console: Console) -> None:
    link = console.invite("Olga", GRANTS)
    browser = console.stranger()
    assert "Olga" in browser.page(link).text
    browser.post(link, {"password": PASSWORD, "again": PASSWORD})
    assert browser.page("/console/").h1
    assert console.stranger().get(link).status_code == 404
    again = console.stranger().post(link, {"password": PASSWORD, "again": PASSWORD})
    assert again.status_code == 404
    assert sign_in(console.stranger()).status_code == 303


def test_an_invitation_ends_after_a_week(console: Console) -> None:
    link = console.invite("Olga", GRANTS)
    console.clock.pass_days(6.99)
    assert console.stranger().get(link).status_code == 200
    console.clock.pass_days(0.02)
    assert console.stranger().get(link).status_code == 404


def test_an_unfit_password_leaves_the_invitation_as_it_was(console: Console) -> None:
    link = console.invite("Olga", GRANTS)
    for password, again in (
        ("kort", "kort"),
        (PASSWORD, "iets heel anders"),
        ("a" * 12, "a" * 12),
        ("p" * 257, "p" * 257),
    ):
        response = console.stranger().post(link, {"password": password, "again": again})
        assert response.status_code == 400
        assert secret_in(response) is None
    assert console.stranger().get(link).status_code == 200


def test_the_right_password_lets_in(console: Console, olga: Browser) -> None:
    browser = console.stranger()
    response = sign_in(browser, target="/console/account")
    assert (response.status_code, response.location) == (303, "/console/account")
    assert "Olga" in browser.page("/console/account").text


def test_signing_in_leads_to_no_other_place(console: Console, olga: Browser) -> None:
    for target in (
        "https://evil.example/console/",
        "//evil.example",
        "/console/../../x//y",
        "/elsewhere",
        "/console/\\evil",
        "javascript:alert(1)",
        "/console/\r\nX: 1",
    ):
        assert sign_in(console.stranger(), target=target).location == "/console/", target


def test_unknown_and_known_names_get_the_same_answer(console: Console, olga: Browser) -> None:
    known = sign_in(console.stranger(), password="iets heel anders")
    unknown = sign_in(console.stranger(), name="Otto", password="iets heel anders")
    assert known.status_code == unknown.status_code == 403
    before, _, after = known.text.replace("Olga", "Otto").partition("data-options")
    assert unknown.text.partition("data-options")[0] == before
    assert unknown.text.partition("data-options")[2].partition(">")[2] == after.partition(">")[2]
    assert list(known.headers.keys()) == list(unknown.headers.keys())


@pytest.mark.parametrize("name", ["Olga", "Otto", "Invited", "Revoked", "", "O\x00"])
def test_each_attempt_verifies_one_hash(console: Console, olga: Browser, name: str) -> None:
    """Equal work is what makes equal time; a clock in a test would measure the machine."""
    console.invite("Invited", GRANTS)
    console.person("Revoked", GRANTS)
    sign_in(console.stranger(), name="first", password="warm up")
    with (
        patch.object(argon2.PasswordHasher, "verify", autospec=True) as verify,
        patch.object(argon2.PasswordHasher, "hash", autospec=True) as hashing,
    ):
        verify.side_effect = argon2.exceptions.VerifyMismatchError
        assert sign_in(console.stranger(), name=name).status_code == 403
    assert (verify.call_count, hashing.call_count) == (1, 0)


@pytest.mark.parametrize("name", ["Olga", "Otto"])
def test_guessing_is_stopped_for_a_while(console: Console, olga: Browser, name: str) -> None:
    fail_before(console, digest_of(f"name:{name}"), MOST_FAILURES - 1)
    assert sign_in(console.stranger(), name=name, password="geraden").status_code == 403
    stopped = sign_in(console.stranger(), name=name)
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) == WINDOW_MS // 1000 + 1
    assert "16 minutes" in stopped.text
    assert sign_in(console.stranger(), name="Somebody else").status_code == 403
    console.clock.now += WINDOW_MS + 1
    assert sign_in(console.stranger(), name=name).status_code == (303 if name == "Olga" else 403)


def test_a_success_forgives(console: Console, olga: Browser) -> None:
    fail_before(console, digest_of("name:Olga"), MOST_FAILURES - 1)
    assert sign_in(console.stranger()).status_code == 303
    assert sign_in(console.stranger(), password="geraden").status_code == 403
    assert sign_in(console.stranger()).status_code == 303


def test_guessing_over_many_names_is_stopped_too(console: Console, olga: Browser) -> None:
    fail_before(console, "all", MOST_FAILURES_OF_ALL - 1)
    assert sign_in(console.stranger(), name="a").status_code == 403
    assert sign_in(console.stranger(), name="b").status_code == 429
    assert sign_in(console.stranger()).status_code == 429


def test_the_cookie_is_for_this_host_and_this_site_only(console: Console, olga: Browser) -> None:
    response = sign_in(console.stranger())
    (line,) = response.headers.getlist("Set-Cookie")
    name, *attributes = line.split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}


def test_the_database_does_not_hold_what_the_cookie_holds(console: Console, olga: Browser) -> None:
    with console.app.app_context():
        keys = {row.key for row in db.session.query(OfficerSessionRow).all()}
    assert olga.cookie
    assert keys == {digest_of(olga.cookie)}
    assert olga.cookie not in keys


def test_a_session_planted_before_is_worth_nothing_after(console: Console, olga: Browser) -> None:
    planted = console.officer
    victim = console.stranger()
    assert planted.cookie
    victim.client.set_cookie(COOKIE, planted.cookie, domain="console.example", secure=True)
    fresh = secret_in(sign_in(victim))
    assert fresh not in (None, planted.cookie)
    assert planted.get("/console/account").status_code == 303
    made_up = console.stranger()
    made_up.client.set_cookie(COOKIE, "chosen-by-me", domain="console.example", secure=True)
    assert secret_in(sign_in(made_up)) not in (None, "chosen-by-me")


def test_a_session_ends_when_it_is_not_used(console: Console) -> None:
    officer = console.officer
    for _ in range(3):
        console.clock.pass_days(29 * MINUTE)
        assert officer.get("/console/account").status_code == 200
    console.clock.pass_days(30 * MINUTE)
    assert officer.get("/console/account").status_code == 303


def test_a_session_ends_after_twelve_hours_in_any_case(console: Console) -> None:
    officer = console.officer
    for _ in range(35):
        console.clock.pass_days(20 * MINUTE)
        assert officer.get("/console/account").status_code == 200
    console.clock.pass_days(20 * MINUTE)
    assert officer.get("/console/account").status_code == 303


def test_signing_out_ends_the_session_on_the_server(console: Console) -> None:
    officer = console.officer
    copied = officer.cookie
    assert copied
    response = officer.post("/console/sign-out")
    assert response.location == "/console/sign-in?out=1"
    assert "signed out" in officer.page("/console/sign-in?out=1").text
    officer.client.set_cookie(COOKIE, copied, domain="console.example", secure=True)
    assert officer.get("/console/account").status_code == 303


def test_signing_in_is_recorded_without_where_from(console: Console, olga: Browser) -> None:
    console.clock.now += 1
    sign_in(console.stranger())
    with console.app.app_context():
        rows = db.session.query(OfficerActionRow).order_by(OfficerActionRow.id).all()
        mine = [(row.action, row.detail) for row in rows if row.officer == "Olga"]
    assert mine[-1] == ("session:begin", '{"means":"password"}')
    assert set(mine) == {
        ("person:accept", '{"name":"Olga"}'),
        ("session:begin", '{"means":"invitation"}'),
        ("session:begin", '{"means":"password"}'),
    }


def test_somebody_invited_has_no_access_token(console: Console, olga: Browser) -> None:
    with console.app.app_context():
        officer = find_officer_by_name(db.session, "Olga")
        person = find_person_by_name(db.session, "Olga")
    assert officer
    assert person
    assert (officer.sites, person.has_password) == (("programme",), True)
    for token in ("", "None", "cnst_"):
        answer = console.app.test_client().get(
            "/api/v1/audit/export", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 401
