"""The log says what is shown: with each publication, and after an upgrade."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent.bundled import bundled
from consent.services import builds
from consent.services.builds import (
    page_build,
    page_content,
    register_builds,
    script_build,
    script_content,
)
from consent.services.publishing import propose, publish
from consent.store.builds import find_build, list_builds
from consent.store.log import find_leaf
from consent.store.log_records import stream_log_records
from consent.store.tables import PublicationRow
from tests.log import WorldLog, assert_whole
from tests.make import make_site, make_site_text
from tests.world import World


def configs(world: World) -> list[dict[str, Any]]:
    """Return what the log says is shown, oldest first."""
    log_id = world.site().deployment.log_id
    records = [
        json.loads(one.payload) for one in stream_log_records(world.session, log_id, "config")
    ]
    world.session.rollback()
    return sorted(records, key=lambda record: int(record["at"]))


def upgrade_script(monkeypatch: pytest.MonkeyPatch, content: bytes = b"a newer script") -> str:
    """Have this version serve another script."""
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(builds, "script_content", lambda: content)
    monkeypatch.setattr(builds, "script_build", lambda: digest)
    return digest


def test_a_build_is_the_digest_of_what_is_served() -> None:
    banner = (bundled("static/js/dist") / "banner.js").read_bytes()
    assert script_content() == banner
    assert script_build() == hashlib.sha256(banner).hexdigest()
    templates = Path(builds.__file__).parents[1] / "templates"
    names = ("base.html", "inventory.html", "preferences.html")
    parts = [(templates / name).read_bytes() for name in names]
    css = (bundled("static/css") / "pages.css").read_bytes()
    assert page_content() == b"".join([*parts, css])
    assert page_build() == hashlib.sha256(page_content()).hexdigest()


@pytest.mark.legal("RP-02")
def test_publishing_records_what_is_shown_in_the_same_transaction(world: World) -> None:
    live = world.site()
    (config,) = configs(world)
    assert config["site"] == "programme"
    assert config["notice"] == live.notice.hash
    assert config["scope"] == live.notice.scope
    assert config["policy"] == live.policy_version
    assert config["builds"] == {"script": script_build(), "page.preferences": page_build()}
    assert config["at"] == world.now
    kept = {digest: kind for digest, kind, _ in list_builds(world.session)}
    assert kept == {script_build(): "script", page_build(): "page"}
    found = find_build(world.session, script_build())
    assert found is not None
    assert found.content == script_content()


def test_a_publication_that_fails_records_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.store import publications

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(publications, "insert_publication", fail)
    with pytest.raises(RuntimeError):
        publish(session, propose(session, make_site()), now=1)
    assert list_builds(session) == []
    assert list(stream_log_records(session, "leiden-university/1")) == []


def test_publishing_again_records_the_new_notice(world: World) -> None:
    world.now += 1000
    world.publish(name={"en": "Other", "nl": "Ander"})
    first, second = configs(world)
    assert first["notice"] != second["notice"] == world.site().notice.hash


def test_nothing_is_recorded_while_nothing_changed(world: World) -> None:
    assert register_builds(world.session, now=world.now) == []
    assert len(configs(world)) == 1


def test_an_upgrade_is_recorded_once_for_each_live_site(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = make_site_text(site_id="library", origin="https://library.example")
    world.publish_site(make_site(text=text))
    digest = upgrade_script(monkeypatch)
    world.now += 1000
    assert sorted(register_builds(world.session, now=world.now)) == ["library", "programme"]
    assert register_builds(world.session, now=world.now) == []
    newest = configs(world)[-2:]
    assert {config["site"] for config in newest} == {"library", "programme"}
    assert {config["builds"]["script"] for config in newest} == {digest}
    found = find_build(world.session, digest)
    assert found is not None
    assert (found.kind, found.content) == ("script", b"a newer script")
    log = WorldLog(world, tmp_path)
    log.seal()
    assert_whole(world.session, world.keys)


def test_two_versions_at_once_are_each_recorded_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        with monkeypatch.context() as upgraded:
            digest = upgrade_script(upgraded)
            world.now += 1000
            register_builds(world.session, now=world.now)
        world.now += 1000
        assert register_builds(world.session, now=world.now) == []
    assert [config["builds"]["script"] for config in configs(world)] == [script_build(), digest]


def test_a_version_is_recorded_again_after_a_publication(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says then what is shown from that publication on, whatever was shown before it."""
    with monkeypatch.context() as upgraded:
        upgrade_script(upgraded)
        world.now += 1000
        register_builds(world.session, now=world.now)
    for changes in ({"name": {"en": "Other", "nl": "Ander"}}, {}):
        world.now += 1000
        world.publish(**changes)
    before = len(configs(world))
    upgrade_script(monkeypatch)
    world.now += 1000
    assert register_builds(world.session, now=world.now) == ["programme"]
    assert len(configs(world)) == before + 1


def test_a_site_that_was_published_before_there_was_a_log_is_recorded(session: Session) -> None:
    """Such a site has a publication, and its log has no record of it."""
    world = World(session)
    publish(session, propose(session, make_site()), now=world.now)
    rows = list(session.scalars(select(PublicationRow)))
    assert len(rows) == 1
    other = PublicationRow(
        site="programme",
        notice_hash=rows[0].notice_hash,
        scope_hash=rows[0].scope_hash,
        policy_version="0f" * 32,
        deployment=rows[0].deployment,
        published_at=world.now + 1,
    )
    session.add(other)
    session.commit()
    world.now += 1000
    assert register_builds(session, now=world.now) == ["programme"]
    assert configs(world)[-1]["policy"] == "0f" * 32


def test_what_is_recorded_is_sealed_like_everything_else(world: World, tmp_path: Path) -> None:
    WorldLog(world, tmp_path).seal()
    log_id = world.site().deployment.log_id
    records = list(stream_log_records(world.session, log_id))
    assert {record.type for record in records} == {"config", "key"}
    assert all(find_leaf(world.session, record.id) is not None for record in records)
