"""What pictures of a notice are missing, and what is said when none can be taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from consent.services.browsing import BrowserUnavailableError, find_browser
from consent.services.picturing import (
    Scene,
    missing_scenes,
    take_pictures,
)
from consent.services.sites import LiveSite
from consent.store.database import write_transaction
from consent.store.pictures import find_picture, insert_picture, list_pictures
from tests.make_pictures import make_picture
from tests.world import World

BUILD = "ab" * 32


@pytest.fixture
def live(session: Session) -> LiveSite:
    return World(session).publish()


def executable(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def take(session: Session, live: LiveSite, browser: str | None) -> int:
    return take_pictures(
        session, live, BUILD, lambda _site, _language: b"", executable=browser, now_ms=lambda: 1
    )


@pytest.mark.legal("RP-02")
def test_each_language_layer_and_size_is_drawn(session: Session, live: LiveSite) -> None:
    assert missing_scenes(session, live, BUILD) == [
        Scene(language, layer, viewport)
        for language in ("en", "nl")
        for viewport in ("phone", "desktop")
        for layer in ("banner", "dialog")
    ]


def test_what_is_drawn_is_not_drawn_again_until_the_script_changes(
    session: Session, live: LiveSite
) -> None:
    picture = make_picture(notice_hash=live.notice.hash, build=BUILD)
    with write_transaction(session):
        insert_picture(session, picture)
    drawn = Scene(picture.language, picture.layer, picture.viewport)
    assert drawn not in missing_scenes(session, live, BUILD)
    assert len(missing_scenes(session, live, BUILD)) == 7
    assert drawn in missing_scenes(session, live, "cd" * 32)


def test_a_picture_is_found_by_its_notice_and_its_digest(session: Session, live: LiveSite) -> None:
    picture = make_picture(notice_hash=live.notice.hash)
    with write_transaction(session):
        insert_picture(session, picture)
    assert find_picture(session, live.notice.hash, picture.sha256) == picture
    assert find_picture(session, "00" * 32, picture.sha256) is None
    assert find_picture(session, live.notice.hash, "00" * 32) is None
    assert find_picture(session, live.notice.hash, "../secrets") is None
    [listed] = list_pictures(session, live.notice.hash)
    assert (listed.id, listed.sha256) == (picture.id, picture.sha256)


def test_a_site_that_asks_about_nothing_has_no_layers_to_draw(
    session: Session, live: LiveSite
) -> None:
    document = {**live.notice.document, "categories": []}
    silent = replace(live, notice=type(live.notice)(document))
    assert missing_scenes(session, silent, BUILD) == []


def test_the_first_browser_on_the_path_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() is None
    chrome = executable(tmp_path, "google-chrome", "")
    assert find_browser() == str(chrome)
    chromium = executable(tmp_path, "chromium", "")
    assert find_browser() == str(chromium)
    assert find_browser(str(chrome)) == str(chrome)
    assert find_browser("my-browser") is None


def test_without_a_browser_nothing_is_stored_and_a_sentence_says_why(
    session: Session, live: LiveSite
) -> None:
    with pytest.raises(BrowserUnavailableError, match="there is no browser no-such-browser;"):
        take(session, live, "no-such-browser")
    assert list_pictures(session, live.notice.hash) == []
