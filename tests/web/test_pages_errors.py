"""Errors are pages people can read, in their language; machines get problem+json."""

from __future__ import annotations

import re

import pytest

from consent.store.database import Base, db
from tests.web.visitor import Visitor, soup, words

NOWHERE = "/consent/sites/programme/notices/none"


@pytest.mark.parametrize(
    ("language", "heading", "back"),
    [
        ("en", "Not found", "Back to the cookie preferences"),
        ("nl", "Niet gevonden", "Terug naar de cookievoorkeuren"),
        ("nb", "Not found", "Back to the cookie preferences"),
    ],
)
def test_an_error_is_told_in_the_readers_language_with_a_way_back(
    alice: Visitor, language: str, heading: str, back: str
) -> None:
    response = alice.get(NOWHERE, Accept_Language=language, Accept="text/html,*/*;q=0.8")
    page = soup(response)
    assert response.status_code == 404
    assert page.h1
    assert words(page.h1) == heading
    link = page.find("a", string=back)
    assert link is not None
    assert alice.get(str(link["href"])).status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/consent/sites/none/preferences", "/consent/none", "/none"])
def test_where_there_is_no_site_there_is_still_a_page(alice: Visitor, path: str) -> None:
    response = alice.get(path)
    assert response.status_code == 404
    page = soup(response)
    assert page.h1
    for sheet in page.select("link[rel=stylesheet]"):
        assert alice.get(str(sheet["href"])).status_code == 200


def test_programs_get_the_same_as_problem_json(alice: Visitor) -> None:
    response = alice.get(NOWHERE, Accept="application/json")
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["status"] == 404


def test_what_went_wrong_inside_is_never_shown(alice: Visitor) -> None:
    with alice.app.app_context():
        Base.metadata.tables["policy"].drop(db.engine)
    response = alice.get("/consent/sites/programme/policy")
    page = words(soup(response))
    assert response.status_code == 500
    assert "Something went wrong on our side" in page
    assert re.search(r"Number of this error: [0-9a-f]{12} ", page)
    assert not any(word in page for word in ("Traceback", "sqlalchemy", "policy WHERE", "no such"))
