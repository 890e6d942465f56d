"""Signing in through a real OpenID provider: PKCE, state, nonce, and invited people only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent.core.model import Site
from consent.core.roles import Role
from consent.services.clock import now_ms
from consent.services.people import revoke
from consent.store.database import db
from consent.store.people import find_person_by_name, set_email, set_provider
from tests.oidc.peer import CLIENT, SECRET, Peer, running_provider
from tests.service import Clock
from tests.web.console.people import COMMAND_LINE, CONSOLE, Browser, Console, secret_in

BACK = f"{CONSOLE}/console/provider/back"
GRANTS = {"programme": (Role.OFFICER,)}
STATE_COOKIE = "__Host-consent-console-oidc"


class LateClock(Clock):
    """The real time, which the provider goes by as well, and `now` milliseconds more."""

    def now_ms(self) -> int:
        return now_ms() + self.now


@pytest.fixture
def clock() -> LateClock:
    return LateClock(0)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with running_provider(BACK) as running:
        yield running


@pytest.fixture
def console(serve: Callable[..., Flask], demo_site: Site, clock: Clock, peer: Peer) -> Console:
    return console_beside(peer, serve, demo_site, clock)


def console_beside(
    peer: Peer, serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> Console:
    """Return the console beside a provider."""
    app = serve(
        demo_site,
        CONSENT_CONSOLE_ORIGIN=CONSOLE,
        CONSENT_OIDC_ISSUER=peer.issuer,
        CONSENT_OIDC_CLIENT_ID=CLIENT,
        CONSENT_OIDC_CLIENT_SECRET=SECRET,
        CONSENT_OIDC_NAME="your university account",
    )
    return Console(app, clock)


def depart(browser: Browser, target: str = "") -> str:
    """Return where the console sends a browser."""
    response = browser.get(f"/console/provider?{urlencode({'next': target})}")
    assert response.status_code == 303, response.text
    return response.location


def come_back(browser: Browser, address: str) -> TestResponse:
    assert address.startswith(BACK)
    return browser.get(address.removeprefix(CONSOLE))


def sign_in(browser: Browser, peer: Peer, account: str, target: str = "") -> TestResponse:
    return come_back(browser, peer.sign_in(depart(browser, target), account, BACK))


def test_an_invited_person_comes_in_and_is_known_again(console: Console, peer: Peer) -> None:
    console.invite("Olga", GRANTS, email="olga@university.example")
    browser = console.stranger()
    assert "Sign in with your university account" in browser.page("/console/sign-in").text
    response = sign_in(browser, peer, "olga", "/console/account")
    assert response.status_code == 200
    assert 'content="0; url=/console/account"' in response.text
    assert secret_in(response)
    account = browser.page("/console/account")
    assert "single sign-on" in account.text
    # Her address changes; the provider's own identifier stays.
    with console.app.app_context():
        olga = find_person_by_name(db.session, "Olga")
        assert olga
        assert olga.has_provider
        set_email(db.session, olga.id, "olga@elsewhere.example")
        db.session.commit()
    again = console.stranger()
    assert sign_in(again, peer, "olga").status_code == 200
    assert again.page("/console/account").h1


def test_an_address_may_be_told_beside_the_token(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    with running_provider(BACK, address_in="userinfo") as peer:
        console = console_beside(peer, serve, demo_site, clock)
        console.invite("Olga", GRANTS, email="olga@university.example")
        console.invite("Otto", GRANTS, email="otto@university.example")
        assert sign_in(console.stranger(), peer, "olga").status_code == 200
        assert sign_in(console.stranger(), peer, "unverified").status_code == 403


def test_who_was_not_invited_stays_outside(console: Console, peer: Peer) -> None:
    console.invite("Olga", GRANTS, email="olga@university.example")
    response = sign_in(console.stranger(), peer, "stranger")
    assert response.status_code == 403
    assert "nobody has invited you" in response.text
    assert secret_in(response) is None


def test_an_address_the_provider_has_not_verified_is_nobodys(console: Console, peer: Peer) -> None:
    console.invite("Otto", GRANTS, email="otto@university.example")
    assert sign_in(console.stranger(), peer, "unverified").status_code == 403


def test_an_address_that_is_linked_belongs_to_no_other_account(
    console: Console, peer: Peer
) -> None:
    console.invite("Olga", GRANTS, email="olga@university.example")
    with console.app.app_context():
        olga = find_person_by_name(db.session, "Olga")
        assert olga
        set_provider(db.session, olga.id, "f" * 64)
        db.session.commit()
    assert sign_in(console.stranger(), peer, "olga").status_code == 403


def test_the_question_has_a_challenge_a_state_and_a_nonce(console: Console) -> None:
    browser = console.stranger()
    asked = {key: one[0] for key, one in parse_qs(urlsplit(depart(browser)).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == BACK
    assert min(len(asked[one]) for one in ("state", "nonce", "code_challenge")) >= 43
    kept = browser.client.get_cookie(STATE_COOKIE, domain="console.example")
    assert kept
    assert (kept.http_only, kept.secure, kept.same_site) == (True, True, "Lax")
    assert asked["state"] not in kept.value
    other = {key: one[0] for key, one in parse_qs(urlsplit(depart(browser)).query).items()}
    assert not {asked[one] for one in ("state", "nonce", "code_challenge")} & set(other.values())


def test_an_answer_counts_in_the_browser_that_asked_and_once(console: Console, peer: Peer) -> None:
    console.invite("Olga", GRANTS, email="olga@university.example")
    browser, other = console.stranger(), console.stranger()
    answer = peer.sign_in(depart(browser), "olga", BACK)
    assert come_back(other, answer).status_code == 403
    depart(other)  # it has a question of its own open
    assert come_back(other, answer).status_code == 403
    kept = browser.client.get_cookie(STATE_COOKIE, domain="console.example")
    assert kept
    assert come_back(browser, answer).status_code == 200
    browser.client.set_cookie(STATE_COOKIE, kept.value, domain="console.example", secure=True)
    replayed = come_back(browser, answer)
    assert replayed.status_code == 403  # the provider takes a code once
    assert secret_in(replayed) is None


def test_an_answer_comes_too_late_after_ten_minutes(console: Console, peer: Peer) -> None:
    console.invite("Olga", GRANTS, email="olga@university.example")
    browser = console.stranger()
    answer = peer.sign_in(depart(browser), "olga", BACK)
    console.clock.now += 10 * 60_000
    assert come_back(browser, answer).status_code == 403


@pytest.mark.parametrize(
    "change",
    [{"state": "x"}, {"iss": "https://other.example"}, {"code": "made up"}, {"code": ""},
     {"error": "access_denied"}],
)  # fmt: skip
def test_a_changed_answer_lets_nobody_in(
    console: Console, peer: Peer, change: dict[str, str]
) -> None:
    console.invite("Olga", GRANTS, email="olga@university.example")
    browser = console.stranger()
    answer = urlsplit(peer.sign_in(depart(browser), "olga", BACK))
    given = {key: one[0] for key, one in parse_qs(answer.query).items()} | change
    response = come_back(browser, f"{BACK}?{urlencode(given)}")
    assert response.status_code == 403
    assert secret_in(response) is None
    assert "did not confirm" in response.text


def test_a_nonce_of_another_question_is_no_proof(console: Console, peer: Peer) -> None:
    """The state and the code are right; the token inside answers another question."""
    console.invite("Olga", GRANTS, email="olga@university.example")
    browser = console.stranger()
    asked = urlsplit(depart(browser))
    question = {key: one[0] for key, one in parse_qs(asked.query).items()} | {"nonce": "n" * 43}
    changed = asked._replace(query=urlencode(question)).geturl()
    assert come_back(browser, peer.sign_in(changed, "olga", BACK)).status_code == 403


def test_a_revoked_person_stays_outside(console: Console, peer: Peer) -> None:
    console.invite("Olga", GRANTS, email="olga@university.example")
    assert sign_in(console.stranger(), peer, "olga").status_code == 200
    with console.app.app_context():
        revoke(db.session, "Olga", by=COMMAND_LINE, now=console.clock.now_ms())
    assert sign_in(console.stranger(), peer, "olga").status_code == 403


def test_a_provider_out_of_reach_leaves_the_other_ways(
    serve: Callable[..., Flask], demo_site: Site, clock: Clock
) -> None:
    app = serve(
        demo_site,
        CONSENT_CONSOLE_ORIGIN=CONSOLE,
        CONSENT_OIDC_ISSUER="http://127.0.0.1:9",
        CONSENT_OIDC_CLIENT_ID=CLIENT,
    )
    response = Console(app, clock).stranger().get("/console/provider")
    assert response.status_code == 502
    assert "sign in another way" in response.text


def test_an_invitation_says_whether_the_provider_recognises_its_person(console: Console) -> None:
    address = "olga@university.example"
    with_address = console.stranger().page(console.invite("Olga", GRANTS, email=address))
    assert with_address.select_one('main a[href="/console/provider"]')
    assert address in with_address.text
    without = console.stranger().page(console.invite("Otto", GRANTS))
    assert without.select_one('main a[href="/console/provider"]') is None
    assert "You could also sign in with your university account" in without.text
