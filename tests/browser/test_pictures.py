"""Pictures of a published notice, drawn by a real browser and kept beside it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from consent.services.browsing import BrowserUnavailableError
from consent.services.builds import script_build
from consent.services.installing import install
from consent.services.picturing import (
    LAYERS,
    VIEWPORTS,
    take_pictures,
)
from consent.services.sites import LiveSite
from consent.store.pictures import DrawnPicture, find_picture, list_pictures
from consent.web.context import EXTENSION, Service
from consent.web.script import composed_script
from tests.browser.script_fixture import Website
from tests.cli.installations import Home, command, process_environment, run_process
from tests.databases import copy_sqlite
from tests.make import make_site, make_site_text
from tests.service import close_apps, engine_session, make_app

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Compose = Callable[[LiveSite, str], bytes]


@dataclass
class Studio:
    """A published site, and what takes its pictures."""

    app: Flask

    @property
    def running(self) -> Service:
        service: Service = self.app.extensions[EXTENSION]
        return service

    @property
    def live(self) -> LiveSite:
        return self.running.sites.get("programme")

    def take(self, compose: Compose | None = None, executable: str | None = None) -> int:
        """Take what is missing. The tests' own browser occupies this thread."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(self._take, compose or self._compose, executable).result()

    @property
    def pictures(self) -> list[DrawnPicture]:
        notice = self.live.notice.hash
        with engine_session(self.app) as session:
            listed = list_pictures(session, notice)
            found = [find_picture(session, notice, one.sha256) for one in listed]
        return [one for one in found if one is not None]

    def _compose(self, site: LiveSite, language: str) -> bytes:
        return composed_script(self.running, site, language)

    def _take(self, compose: Compose, executable: str | None) -> int:
        with engine_session(self.app) as session:
            return take_pictures(
                session,
                self.live,
                script_build(),
                compose,
                executable=executable,
                now_ms=self.running.now_ms,
            )


@pytest.fixture
def studio(sqlite_template: Path, tmp_path: Path) -> Studio:
    return Studio(make_app(copy_sqlite(sqlite_template, tmp_path), tmp_path, make_site()))


@pytest.fixture(scope="module")
def taken(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[DrawnPicture]]:
    """The pictures of one notice, taken once for all tests that look at them."""
    folder = tmp_path_factory.mktemp("studio")
    studio = Studio(make_app(copy_sqlite(sqlite_template, folder), folder, make_site()))
    assert studio.take() == 8
    yield studio.pictures
    close_apps()


def size_of(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def different_rows(png: bytes) -> int:
    """Return how many rows of pixels differ: of an empty page, next to none."""
    data, at = b"", 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(data)
    row = len(raw) // size_of(png)[1]
    return len({raw[start : start + row] for start in range(0, len(raw), row)})


@pytest.mark.legal("RP-02")
def test_both_layers_are_drawn_in_each_language_at_each_size(
    taken: Sequence[DrawnPicture],
) -> None:
    drawn = [(one.language, one.viewport, one.layer) for one in taken]
    assert sorted(drawn) == [
        (language, viewport, layer)
        for language in ("en", "nl")
        for viewport in sorted(VIEWPORTS)
        for layer in LAYERS
    ]
    assert [size_of(one.content) for one in taken] == [VIEWPORTS[one.viewport] for one in taken]


@pytest.mark.legal("RP-02")
def test_no_two_pictures_are_alike_and_none_is_empty(taken: Sequence[DrawnPicture]) -> None:
    assert len({one.sha256 for one in taken}) == 8
    assert all(different_rows(one.content) > 100 for one in taken)


@pytest.mark.legal("RP-02")
def test_a_picture_is_dated_and_names_its_notice_its_script_and_itself(
    taken: Sequence[DrawnPicture], studio: Studio
) -> None:
    for one in taken:
        assert one.sha256 == hashlib.sha256(one.content).hexdigest()
        assert one.notice_hash == studio.live.notice.hash
        assert one.build == script_build()
        assert one.taken_at == studio.running.now_ms()


def test_a_picture_is_small(taken: Sequence[DrawnPicture]) -> None:
    assert max(len(one.content) for one in taken) < 200_000


def test_the_script_drawn_can_send_nothing_to_anybody(studio: Studio, website: Website) -> None:
    urls = [website.url("/pixel.png", host) for host in ("localhost", "127.0.0.1")]
    calling = "".join(f"fetch('{url}'); new Image().src = '{url}';" for url in urls).encode()
    studio.take(lambda site, language: calling + composed_script(studio.running, site, language))
    assert len(studio.pictures) == 8
    assert website.seen == []


def test_what_was_drawn_stays_when_a_later_picture_fails(studio: Studio) -> None:
    """A second run takes what the first has left."""

    def english_only(site: LiveSite, language: str) -> bytes:
        return composed_script(studio.running, site, language) if language == "en" else b"throw 0"

    with pytest.raises(BrowserUnavailableError, match="could not draw"):
        studio.take(english_only)
    assert [one.language for one in studio.pictures] == ["en"] * 4
    assert studio.take() == 4
    assert studio.take() == 0


def test_a_program_that_is_no_browser_gives_a_sentence(studio: Studio, tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(BrowserUnavailableError, match=r"chromium could not draw \("):
        studio.take(executable=str(program))
    assert studio.pictures == []


@pytest.mark.legal("RP-02")
def test_publishing_takes_the_pictures(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    install(home.path, home.keys, f"sqlite:///{home.database}")
    site_file = tmp_path / "programme.toml"
    site_file.write_text(make_site_text())
    environ = process_environment({"CONSENT_HOME": str(home.path)})
    published = run_process(command("publish", site_file, "--yes"), environ)
    assert published.returncode == 0, published.stderr
    assert "Pictures of the notice: 8 taken." in published.stdout
    engine = create_engine(f"sqlite:///{home.database}")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM picture")) == 8
    engine.dispose()
    again = run_process(command("publish", site_file, "--yes"), environ)
    assert "Pictures" not in again.stdout
