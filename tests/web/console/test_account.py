"""What people change about themselves: password, one-time codes, language, sessions."""

from __future__ import annotations

import re

import pyotp
import pytest
from werkzeug.test import TestResponse

from consent.audit.signed import Keyring
from consent.core.roles import Role
from consent.errors import TokenError
from consent.services.one_time_codes import RECOVERY_CODES, is_totp_secret
from consent.services.secrets_kept import decrypt, encrypt, is_newest
from consent.services.sessions import FRESH_MS
from consent.services.sign_in import MOST_FAILURES
from consent.store.database import db
from consent.store.people import find_person_by_name, totp_of
from tests.service import keys_of
from tests.web.console.people import Browser, Console

PASSWORD = "drie losse woorden"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NEW = "vier andere losse woorden"
GRANTS = {"programme": (Role.OFFICER,)}


@pytest.fixture
def olga(console: Console) -> Browser:
    """Olga, who has a password and is signed in."""
    link = console.invite("Olga", GRANTS)
    browser = console.stranger()
    browser.post(link, {"password": PASSWORD, "again": PASSWORD})
    token = browser.page("/console/account").select_one("input[name=csrf]")
    assert token
    browser.csrf = str(token["value"])
    return browser


def sign_in(console: Console, password: str = PASSWORD) -> tuple[Browser, TestResponse]:
    browser = console.stranger()
    return browser, browser.post("/console/sign-in", {"name": "Olga", "password": password})


def turn_on(console: Console, olga: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Turn codes on as the page says; return the app, and the recovery codes.

    The secret is not the page's but a fixed one, so that no code is right by chance.
    """
    page = olga.page("/console/account/codes")
    field = page.select_one("input[name=secret]")
    assert field
    assert is_totp_secret(str(field["value"]))
    app = pyotp.TOTP(SECRET)
    form = {"secret": app.secret, "code": app.at(console.clock.now // 1000)}
    done = olga.post("/console/account/codes", form)
    assert done.status_code == 200
    codes = re.findall(r"<code>([2-9A-Z-]{14})</code>", done.text)
    assert len(set(codes)) == RECOVERY_CODES
    return app, codes


def test_a_password_is_changed_by_who_knows_it(console: Console, olga: Browser) -> None:
    elsewhere, _ = sign_in(console)
    wrong = {"current": "geraden geraden", "new": NEW, "again": NEW}
    assert olga.post("/console/account/password", wrong).status_code == 403
    short = {"current": PASSWORD, "new": "kort", "again": "kort"}
    assert olga.post("/console/account/password", short).status_code == 400
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    assert olga.post("/console/account/password", form).location == "/console/account"
    assert "The password is changed" in olga.page("/console/account").text
    assert elsewhere.get("/console/account").status_code == 303
    assert sign_in(console)[1].status_code == 403
    assert sign_in(console, NEW)[1].status_code == 303


def test_a_message_is_said_once(olga: Browser) -> None:
    olga.post("/console/account/language", {"language": "en"})
    assert "The language is changed" in olga.page("/console/account").text
    assert "The language is changed" not in olga.page("/console/account").text


@pytest.mark.parametrize(
    "path", ["password", "codes", "codes/off", "passkeys/new", "passkeys/remove"]
)
def test_ways_to_sign_in_are_changed_only_after_signing_in_just_now(
    console: Console, olga: Browser, path: str
) -> None:
    console.clock.now += FRESH_MS
    response = olga.post(f"/console/account/{path}")
    assert response.status_code == 303
    assert response.location == "/console/sign-in?next=/console/account&again=1"
    assert "that it is you" in olga.page(response.location).text
    again = olga.post("/console/sign-in", {"name": "Olga", "password": PASSWORD})
    assert again.status_code == 303


def test_with_codes_on_a_password_alone_is_half_the_way(console: Console, olga: Browser) -> None:
    app, _ = turn_on(console, olga)
    console.clock.now += 60_000
    browser, response = sign_in(console)
    assert response.location == "/console/second-step"
    half = browser.cookie
    assert browser.get("/console/account").status_code == 303
    assert browser.post("/console/second-step", {"code": "000000"}).status_code == 403
    code = app.at(console.clock.now // 1000)
    assert browser.post("/console/second-step", {"code": code}).location == "/console/"
    assert browser.get("/console/account").status_code == 200
    assert browser.cookie != half


def test_a_code_counts_once_and_only_around_its_time(console: Console, olga: Browser) -> None:
    app, _ = turn_on(console, olga)
    console.clock.now += 120_000
    seconds = console.clock.now // 1000
    for off, fits in ((-60, False), (60, False), (-30, True), (-30, False), (30, True), (0, False)):
        browser, _ = sign_in(console)
        response = browser.post("/console/second-step", {"code": app.at(seconds + off)})
        assert (response.status_code == 303) is fits, off


def test_a_recovery_code_stands_for_a_code_once(console: Console, olga: Browser) -> None:
    _, codes = turn_on(console, olga)
    browser, _ = sign_in(console)
    typed = codes[0].lower().replace("-", " ")
    assert browser.post("/console/second-step", {"code": typed}).status_code == 303
    again, _ = sign_in(console)
    assert again.post("/console/second-step", {"code": codes[0]}).status_code == 403
    assert "9 recovery codes left" in browser.page("/console/account").text


def test_guessing_codes_is_stopped(console: Console, olga: Browser) -> None:
    app, _ = turn_on(console, olga)
    console.clock.now += 60_000
    browser, _ = sign_in(console)
    for _ in range(MOST_FAILURES):
        assert browser.post("/console/second-step", {"code": "000000"}).status_code == 403
    code = app.at(console.clock.now // 1000)
    assert browser.post("/console/second-step", {"code": code}).status_code == 429


def test_half_the_way_ends_after_ten_minutes(console: Console, olga: Browser) -> None:
    app, _ = turn_on(console, olga)
    browser, _ = sign_in(console)
    console.clock.now += 10 * 60_000
    code = app.at(console.clock.now // 1000)
    response = browser.post("/console/second-step", {"code": code})
    assert response.location == "/console/sign-in"


def test_codes_are_turned_off_again(console: Console, olga: Browser) -> None:
    turn_on(console, olga)
    assert olga.post("/console/account/codes/off").status_code == 303
    assert sign_in(console)[1].location == "/console/"


def test_a_wrong_first_code_turns_nothing_on(console: Console, olga: Browser) -> None:
    response = olga.post("/console/account/codes", {"secret": SECRET, "code": "000000"})
    assert response.status_code == 400
    assert SECRET[:4] in response.text
    assert sign_in(console)[1].location == "/console/"


def test_the_secret_of_the_codes_is_kept_encrypted(console: Console, olga: Browser) -> None:
    app, _ = turn_on(console, olga)
    with console.app.app_context():
        person = find_person_by_name(db.session, "Olga")
        assert person
        stored, _ = totp_of(db.session, person.id)
    assert stored
    assert app.secret not in stored
    assert decrypt(keys_of(console.app).keyring, "officer totp", stored) == app.secret


def test_what_is_encrypted_outlives_a_new_key_and_no_change() -> None:
    old, new = b"o" * 32, b"n" * 32
    value = encrypt(Keyring([old]), "meaning", "geheim")
    both = Keyring([old, new])
    assert decrypt(both, "meaning", value) == "geheim"
    assert (is_newest(both, value), is_newest(Keyring([old]), value)) == (False, True)
    changed = value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1]
    for ring, meaning, given in (
        (Keyring([new]), "meaning", value),
        (both, "another", value),
        (both, "meaning", changed),
        (both, "meaning", ""),
        (both, "meaning", value.partition(".")[0] + ".ü"),
    ):
        with pytest.raises(TokenError):
            decrypt(ring, meaning, given)


def test_sessions_are_listed_and_ended_by_their_owner_only(console: Console, olga: Browser) -> None:
    elsewhere, _ = sign_in(console)
    other = console.person("Otto", GRANTS)
    page = olga.page("/console/account")
    keys = [str(one["value"]) for one in page.select("input[name=session]")]
    assert len(keys) == 1
    other.post("/console/account/sessions/end", {"session": keys[0]})
    assert elsewhere.get("/console/account").status_code == 200
    olga.post("/console/account/sessions/end", {"session": keys[0]})
    assert elsewhere.get("/console/account").status_code == 303
    assert olga.get("/console/account").status_code == 200
    third, _ = sign_in(console)
    olga.post("/console/account/sessions/end")
    assert third.get("/console/account").status_code == 303


def test_a_passkey_of_somebody_else_is_not_found(olga: Browser) -> None:
    for name, status in (("AAAA", 404), ("", 404), ("ü", 404), ("a\x00", 400)):
        removal = olga.post("/console/account/passkeys/remove", {"passkey": name})
        assert removal.status_code == status


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", '{"id": "AAAA"}', '{"id": "\\u0000"}', '{"id": 1}', "null",
                   '{"id":"AAAA","response":{"clientDataJSON":"e30"}}'],
)  # fmt: skip
def test_nonsense_is_no_passkey(console: Console, olga: Browser, credential: str) -> None:
    refused = console.stranger().post("/console/sign-in/passkey", {"credential": credential})
    assert refused.status_code == 403
    assert "not known here" in refused.text
    added = olga.post("/console/account/passkeys/new", {"credential": credential, "name": "x"})
    assert added.status_code == 400


def test_pages_are_in_the_language_of_the_person_or_the_browser(console: Console) -> None:
    dutch = console.stranger().get("/console/sign-in", headers={"Accept-Language": "nl-BE"})
    assert '<html lang="nl">' in dutch.text
    assert "Wachtwoord" in dutch.text
    chosen = console.person("Neeltje", GRANTS, language="nl")
    page = chosen.get("/console/account", headers={"Accept-Language": "en"})
    assert "Uw account" in page.text
    assert chosen.post("/console/account/language", {"language": "xx"}).status_code == 400
