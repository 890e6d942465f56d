"""The contact form: it works without any consent and keeps nothing."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from bs4 import BeautifulSoup
from werkzeug.test import Client, TestResponse

from consent.demo.contact import EMAIL_LENGTH, MESSAGE_LENGTH, NAME_LENGTH

from .conftest import SITE

ALICE = {
    "name": "Alice Jansen",
    "email": "alice@example.org",
    "topic": "fees",
    "message": "Is the tuition the same in both years?",
}


def send(client: Client, **changes: str) -> TestResponse:
    return client.post("/contact", base_url=SITE, data={**ALICE, **changes})


@pytest.mark.legal("BF-15")
def test_a_question_is_thanked_for_by_name(client: Client) -> None:
    sent = send(client)
    assert sent.status_code == 303
    assert sent.headers["Location"] == "/contact/thanks"
    thanks = client.get("/contact/thanks", base_url=SITE)
    assert "<h1>Thank you, Alice Jansen</h1>" in thanks.text


def test_the_form_sets_only_its_own_session_cookie(client: Client) -> None:
    cookies = SimpleCookie()
    for header in send(client).headers.getlist("Set-Cookie"):
        cookies.load(header)
    assert list(cookies) == ["contact_form"]
    cookie = cookies["contact_form"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["max-age"]
    assert not cookie["expires"]


def test_the_thank_you_page_deletes_the_cookie(client: Client) -> None:
    send(client)
    assert client.get_cookie("contact_form", domain="localhost") is not None
    client.get("/contact/thanks", base_url=SITE)
    assert client.get_cookie("contact_form", domain="localhost") is None
    again = client.get("/contact/thanks", base_url=SITE)
    assert "<h1>Thank you</h1>" in again.text


def test_a_forged_cookie_puts_no_words_on_the_page(client: Client) -> None:
    client.set_cookie("contact_form", "IlRoZSBVbml2ZXJzaXR5Ig.forged", domain="localhost")
    thanks = client.get("/contact/thanks", base_url=SITE)
    assert thanks.status_code == 200
    assert "<h1>Thank you</h1>" in thanks.text


def test_a_name_is_shown_as_text_and_not_as_markup(client: Client) -> None:
    send(client, name="<img src=x onerror=alert(1)>")
    thanks = client.get("/contact/thanks", base_url=SITE)
    assert "<img src=x" not in thanks.text
    assert "Thank you, &lt;img src=x" in thanks.text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "  ", "Enter your name."),
        ("name", "A" * (NAME_LENGTH + 1), "at most 100 characters; it has 101"),
        ("name", "Alice\x07", "cannot be shown"),
        ("email", "", "Enter your email address."),
        ("email", "alice", "in the form name@example.org"),
        ("email", "alice@example", "in the form name@example.org"),
        ("email", "alice@@example.org", "in the form name@example.org"),
        ("email", "al ice@example.org", "in the form name@example.org"),
        ("email", "a" * EMAIL_LENGTH + "@example.org", "in the form name@example.org"),
        ("topic", "", "Choose what your question is about."),
        ("topic", "elections", "Choose what your question is about."),
        ("message", "", "Write your question."),
        ("message", "Hi", "at least 10 characters"),
        ("message", "x" * (MESSAGE_LENGTH + 1), "at most 4000 characters; it has 4001"),
    ],
)
def test_a_fault_is_named_at_its_field_and_what_was_written_is_kept(
    client: Client, field: str, value: str, sentence: str
) -> None:
    response = send(client, **{field: value})
    assert response.status_code == 422
    assert "Set-Cookie" not in response.headers
    page = BeautifulSoup(response.text, "html.parser")
    assert page.title is not None
    assert page.title.text.startswith("Please correct")
    faulty = page.select("[aria-invalid=true]")
    assert [tag["id"] for tag in faulty] == [field]
    text = page.select_one(f"#{field}-fault")
    assert text is not None
    assert sentence in text.text
    assert text["id"] in str(faulty[0]["aria-describedby"]).split()
    assert page.select(f'[role=alert] a[href="#{field}"]')
    for other in {"name", "email"} - {field}:
        assert page.select_one(f"#{other}")["value"] == ALICE[other]  # type: ignore[index]
    if field != "message":
        assert page.select_one("#message").text.strip() == ALICE["message"]  # type: ignore[union-attr]
    if field != "topic":
        assert page.select_one("option[selected]")["value"] == "fees"  # type: ignore[index]


def test_an_empty_form_names_every_fault_at_once(client: Client) -> None:
    response = client.post("/contact", base_url=SITE)
    assert response.status_code == 422
    page = BeautifulSoup(response.text, "html.parser")
    assert len(page.select("[role=alert] li")) == 4


def test_a_message_of_the_longest_kind_is_accepted_with_windows_line_ends(client: Client) -> None:
    message = "\r\n".join(["x" * 99] * 40)  # 3,999 characters once the line ends are counted as one
    assert send(client, message=message).status_code == 303


def test_a_form_that_is_too_large_is_refused_readably(client: Client) -> None:
    response = send(client, message="x" * 100_000)
    assert response.status_code == 413
    assert "Too much text" in response.text


def test_a_method_that_does_not_exist_is_answered_with_those_that_do(client: Client) -> None:
    response = client.put("/contact", base_url=SITE)
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_a_link_may_choose_the_topic(client: Client) -> None:
    page = client.get("/contact?topic=admissions", base_url=SITE).text
    assert '<option value="admissions" selected>' in page
    assert " selected" not in client.get("/contact?topic=%22%3E", base_url=SITE).text
