"""Passkeys need a browser: made and used with Chromium's own virtual authenticator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from consent.core.roles import Role
from consent.store.database import db
from consent.store.tables import OfficerPasskeyRow
from tests.browser.axe import page_faults
from tests.browser.console_fixture import ServedConsole, served_console

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000  # of a busy machine
PASSWORD = "drie losse woorden"
EVERYTHING = {"*": tuple(Role)}
NewContext = Callable[..., BrowserContext]


@pytest.fixture
def console(sqlite_url: str, tmp_path: Path) -> Iterator[ServedConsole]:
    with served_console(sqlite_url, tmp_path) as running:
        yield running


def with_authenticator(page: Page, **options: Any) -> Any:
    """Give a page a device that keeps passkeys and always recognises its owner."""
    client = page.context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    added = client.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
                **options,
            }
        },
    )
    return client, added["authenticatorId"]


def accept(page: Page, console: ServedConsole) -> None:
    page.goto(console.invitation("Olga", EVERYTHING))
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.locator("h1")).to_have_text("Overview", timeout=PATIENCE_MS)


def add_passkey(page: Page) -> None:
    page.get_by_text("Olga").first.click()
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.fill("#name", "laptop")
    page.get_by_role("button", name="Add a passkey").click()


def test_a_passkey_takes_the_invitation_and_lets_in_by_itself(
    console: ServedConsole, new_context: NewContext
) -> None:
    page = new_context(locale="en-GB").new_page()
    device, name = with_authenticator(page)
    page.goto(console.invitation("Olga", EVERYTHING))
    expect(page.locator("[data-passkey-none]")).to_have_count(0, timeout=PATIENCE_MS)
    assert page_faults(page) == []
    page.get_by_role("button", name="Create a passkey and sign in").click()
    expect(page.locator("h1")).to_have_text("Overview", timeout=PATIENCE_MS)
    page.get_by_text("Olga").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("h1")).to_have_text("Overview", timeout=PATIENCE_MS)
    page.goto(f"{console.origin}/console/account")
    expect(page.locator("#sessions-heading ~ .scroll")).to_contain_text(
        "passkey", timeout=PATIENCE_MS
    )

    with console.app.app_context():  # the server forgets it, the device does not
        db.session.query(OfficerPasskeyRow).delete()
        db.session.commit()
    page.get_by_text("Olga").first.click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_have_text(
        "This passkey is not known here.", timeout=PATIENCE_MS
    )
    assert (
        len(device.send("WebAuthn.getCredentials", {"authenticatorId": name})["credentials"]) == 1
    )


def test_a_device_that_does_not_recognise_its_owner_lets_nobody_in(
    console: ServedConsole, new_context: NewContext
) -> None:
    page = new_context(locale="en-GB").new_page()
    device, name = with_authenticator(page)
    accept(page, console)
    add_passkey(page)
    expect(page.get_by_role("status")).to_contain_text("The passkey is added.", timeout=PATIENCE_MS)
    device.send("WebAuthn.setUserVerified", {"authenticatorId": name, "isUserVerified": False})
    page.context.clear_cookies()
    page.goto(f"{console.origin}/console/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "did not go through with it", timeout=PATIENCE_MS
    )
    expect(page.locator("h1")).to_have_text("Sign in", timeout=PATIENCE_MS)


def test_an_answer_of_a_device_counts_once(console: ServedConsole, new_context: NewContext) -> None:
    """What a browser sent is sent again, with the origin and all else right."""
    page = new_context(locale="en-GB").new_page()
    with_authenticator(page)
    accept(page, console)
    add_passkey(page)
    expect(page.get_by_role("status")).to_contain_text("The passkey is added.", timeout=PATIENCE_MS)
    page.context.clear_cookies()
    page.goto(f"{console.origin}/console/sign-in")
    with page.expect_request(f"{console.origin}/console/sign-in/passkey") as sent:
        page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("h1")).to_have_text("Overview", timeout=PATIENCE_MS)
    body = sent.value.post_data
    with console.app.app_context():  # as for the many passkeys that do not count their use
        db.session.query(OfficerPasskeyRow).update({"sign_count": 0})
        db.session.commit()
    client = console.app.test_client()
    replayed = client.post(
        "/console/sign-in/passkey",
        base_url=console.origin,
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": console.origin},
    )
    assert replayed.status_code == 403
    assert "Set-Cookie" not in replayed.headers


PAGES = ("sign-in", "", "account", "account/codes", "account/passkeys/new", "people", "people/new",
         "nothing")  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit_a_phone(
    console: ServedConsole, new_context: NewContext, scheme: str
) -> None:
    context = new_context(
        locale="en-GB", color_scheme=scheme, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    faults: dict[str, Any] = {}
    for path in PAGES:
        page.goto(f"{console.origin}/console/{path}")
        if path == PAGES[0]:
            faults[path] = page_faults(page)
            console.let_in(context, "Olga", EVERYTHING)
            continue
        faults[path] = page_faults(page)
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, path
    assert {path: found for path, found in faults.items() if found} == {}


def test_no_page_but_that_of_passkeys_needs_scripts(
    console: ServedConsole, new_context: NewContext
) -> None:
    context = new_context(locale="en-GB", java_script_enabled=False)
    console.let_in(context, "Otto", EVERYTHING)
    page = context.new_page()
    page.goto(f"{console.origin}/console/account")
    page.locator("#language").select_option("nl")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("De taal is gewijzigd.", timeout=PATIENCE_MS)
    assert page.locator("html").get_attribute("lang") == "nl"
    page.goto(f"{console.origin}/console/account/passkeys/new")
    expect(page.locator("[data-passkey-none]")).to_contain_text("JavaScript", timeout=PATIENCE_MS)
    expect(page.get_by_label("Naam")).to_be_hidden(timeout=PATIENCE_MS)
