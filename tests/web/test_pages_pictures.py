"""The archived notice shows its dated pictures, each named by its digest, or says "text only"."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from consent.store.database import write_transaction
from consent.store.pictures import DrawnPicture, insert_picture
from consent.web.context import EXTENSION
from tests.make_pictures import PIXEL, make_picture
from tests.service import engine_session
from tests.web.visitor import Visitor, words


def notice_page(visitor: Visitor) -> str:
    live = visitor.app.extensions[EXTENSION].sites.get("programme")
    return f"/consent/sites/programme/notices/{live.notice.hash}"


def kept(visitor: Visitor, **changes: Any) -> DrawnPicture:
    """Store a picture of the notice in force."""
    live = visitor.app.extensions[EXTENSION].sites.get("programme")
    picture = make_picture(**{"notice_hash": live.notice.hash, **changes})
    with engine_session(visitor.app) as session, write_transaction(session):
        insert_picture(session, picture)
    return picture


@pytest.mark.legal("RP-02")
def test_a_notice_without_pictures_is_marked_text_only(alice: Visitor) -> None:
    page = alice.read(notice_page(alice))
    assert "There are no pictures of this notice in this language: text only." in words(page)
    assert page.select("img") == []


@pytest.mark.legal("RP-02")
def test_a_picture_is_shown_with_its_date_and_in_words(alice: Visitor) -> None:
    picture = kept(alice)
    page = alice.read(notice_page(alice))
    [image] = page.select("figure img")
    assert image["alt"] == "The banner in English, on a phone"
    assert (image["width"], image["height"], image["loading"]) == ("390", "844", "lazy")
    caption = words(page.select_one("figcaption"))  # type: ignore[arg-type]
    assert "Taken on 22 November 2026, 12:00 UTC. Text that did not fit could be" in caption
    digests = words(page.select_one("figcaption details"))  # type: ignore[arg-type]
    assert f"SHA-256 {picture.sha256}" in digests
    assert "script abababababababab" in digests


@pytest.mark.legal("RP-02")
def test_the_address_of_a_picture_has_the_digest_of_its_bytes(alice: Visitor) -> None:
    picture = kept(alice)
    [image] = alice.read(notice_page(alice)).select("figure img")
    response = alice.get(str(image["src"]))
    assert response.data == PIXEL
    assert str(image["src"]).endswith(hashlib.sha256(response.data).hexdigest())
    assert response.mimetype == picture.media_type
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in response.headers


def test_each_language_shows_its_own_pictures(alice: Visitor) -> None:
    kept(alice)
    dutch = kept(alice, language="nl", layer="dialog", viewport="desktop", content=PIXEL + b"nl")
    page = alice.read(f"{notice_page(alice)}?lang=nl")
    [image] = page.select("figure img")
    assert image["alt"] == "Het keuzevenster in het Nederlands, op een computer"
    assert dutch.sha256 in str(image["src"])


def test_a_picture_is_found_under_its_own_notice_only(alice: Visitor) -> None:
    picture = kept(alice)
    other = f"/consent/sites/programme/notices/{'00' * 32}/pictures/{picture.sha256}"
    assert alice.get(other).status_code == 404
    kept(alice, notice_hash="00" * 32)  # of a notice that this site never had
    assert alice.get(other).status_code == 404
    assert alice.get(f"{notice_page(alice)}/pictures/{'00' * 32}").status_code == 404
    assert alice.get(f"{notice_page(alice)}/pictures/{picture.sha256[:-1]}").status_code == 404
