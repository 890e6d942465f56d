"""A log is written as files that fit together, can be mirrored, and open nothing without reason."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import delete, event

from consent.audit.tiles import tile_widths
from consent.core.retention import DisposalClass
from consent.errors import LogRefusedError, NotFoundError, NotPermittedError, RuleError
from consent.services import log_export as service
from consent.services.log_export import (
    EVERYTHING,
    LogCut,
    count_tiles,
    cut_log,
    end_recorded,
    log_files,
    start_recorded,
)
from consent.services.log_targets import target_for
from consent.services.officers import operator
from consent.services.retention import Sealing, run_retention
from consent.store.database import write_transaction
from consent.store.disposal import queue_subject
from consent.store.events import EventFilter
from consent.store.log import tile_reader
from consent.store.log_anchors import Anchor, insert_anchor
from consent.store.officers import Officer, list_actions
from consent.store.tables import LogTileRow
from consent.verify.findings import Kind
from tests.audit.make_keys import witness_signer
from tests.log import WorldLog
from tests.verify.make_log import check, kinds
from tests.world import Browser, World

WITNESS = witness_signer("witness.example", 21)


@pytest.fixture
def log(world: World, tmp_path: Path) -> WorldLog:
    """A log with a grant and refusals, published."""
    log = WorldLog(world, tmp_path / "state")
    Browser(world).accept_all()
    for _ in range(5):
        world.now += 1000
        Browser(world).refuse_all()
    publish(log)
    return log


def publish(log: WorldLog) -> None:
    log.world.now += 30_000
    log.seal()
    log.publish()


def cut(log: WorldLog, opened: EventFilter | None = None) -> LogCut:
    return cut_log(log.world.session, log.log_id, opened=opened, now=log.world.now)


def write(log: WorldLog, path: Path, opened: EventFilter | None = None) -> Path:
    session = log.world.session
    wanted = cut(log, opened)
    target = target_for(path, wanted, tile_reader(session, log.log_id))
    target.write(log_files(session, wanted, log.world.keys.receipt), lambda _: None)
    session.rollback()
    return path


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["log", "log.tar"])
def test_what_is_written_passes_the_check(log: WorldLog, tmp_path: Path, name: str) -> None:
    report = check(write(log, tmp_path / name, EVERYTHING))
    assert not kinds(report)
    seen = report.logs[0]
    assert seen.opened == seen.size > 6
    assert seen.unopened == 0


def test_without_a_reason_nothing_about_any_person_is_written(
    log: WorldLog, tmp_path: Path
) -> None:
    folder = write(log, tmp_path / "log")
    lines = (folder / "records.jsonl").read_text().splitlines()
    types = {json.loads(json.loads(line)["rec"])["type"] for line in lines}
    assert types == {"config", "key"}
    report = check(folder)
    assert not kinds(report)
    assert report.logs[0].unopened == 6
    assert json.loads((folder / "manifest.json").read_text())["openings"] == "log"


def test_some_records_are_opened_for_a_part_of_the_log(log: WorldLog, tmp_path: Path) -> None:
    folder = write(log, tmp_path / "log", EventFilter(category="ads"))
    report = check(folder)
    assert not kinds(report)
    assert report.logs[0].unopened == 5
    assert json.loads((folder / "manifest.json").read_text())["openings"] == "some"


def test_the_files_are_those_of_the_published_form(log: WorldLog, tmp_path: Path) -> None:
    folder = write(log, tmp_path / "log")
    head = cut(log).head
    tiles = {tile.path for tile in tile_widths(head.size)}
    notice = log.world.site().notice.hash
    assert names(folder) == tiles | {
        "checkpoint",
        "policy",
        "manifest.json",
        "export.note",
        "records.jsonl",
        "disposals.jsonl",
        "hidden.json",
        f"notices/{notice}.json",
        f"checkpoints/{head.size:016}-{head.created:014}",
    }
    assert count_tiles(cut(log)) == len(tiles)


def test_everything_is_cut_to_the_newest_published_head(log: WorldLog, tmp_path: Path) -> None:
    size = cut(log).head.size
    Browser(log.world).refuse_all()
    log.seal()
    report = check(write(log, tmp_path / "log", EVERYTHING))
    assert not kinds(report)
    assert report.logs[0].size == size


def test_a_disposal_that_is_not_published_yet_explains_what_is_gone(
    log: WorldLog, tmp_path: Path
) -> None:
    world = log.world
    world.pass_days(181)
    run_retention(world.session, world.now, Sealing(world.keys, log.state_files))
    folder = write(log, tmp_path / "log", EVERYTHING)
    assert not kinds(check(folder))
    lines = (folder / "disposals.jsonl").read_text().splitlines()
    assert [json.loads(line)["i"] for line in lines] == [None]
    publish(log)
    folder = write(log, tmp_path / "log", EVERYTHING)
    assert not kinds(check(folder))
    lines = (folder / "disposals.jsonl").read_text().splitlines()
    assert [json.loads(line)["i"] for line in lines] == [cut(log).head.size - 1]


def test_what_was_erased_is_kept_back(log: WorldLog, tmp_path: Path) -> None:
    world = log.world
    alice = Browser(world).accept_all()
    publish(log)
    assert alice.stored is not None
    subject = alice.stored.event.subject
    assert subject is not None
    with write_transaction(world.session):
        queue_subject(world.session, "programme", subject, DisposalClass.ERASURE, world.now)
    folder = write(log, tmp_path / "log", EVERYTHING)
    report = check(folder)
    assert not kinds(report)
    assert report.logs[0].unopened == 1
    assert subject not in (folder / "records.jsonl").read_text()


def test_anchors_and_lines_of_witnesses_are_written(log: WorldLog, tmp_path: Path) -> None:
    session, head, log_id = log.world.session, cut(log).head, log.log_id
    body = head.note.split("\n\n")[0] + "\n"
    line = WITNESS.line(body, head.created // 1000)
    with write_transaction(session):
        for kind, blob in (("witness", line.encode()), ("rfc3161", b"reply"), ("url", b"x")):
            insert_anchor(
                session, Anchor(log_id, head.size, head.created, kind, kind, blob, head.created)
            )
    folder = write(log, tmp_path / "log")
    name = f"{head.size:016}-{head.created:014}"
    assert {path.name for path in (folder / "anchors").iterdir()} == {
        f"{name}-rfc3161-1.tsr",
        f"{name}-url-2",
    }
    for path in ("checkpoint", f"checkpoints/{name}"):
        assert (folder / path).read_text() == head.note + line
    assert kinds(check(folder)) == {Kind.BAD_SIGNATURE}  # the reply is none


# A folder that is brought up to date.


def test_a_folder_is_brought_up_to_date(log: WorldLog, tmp_path: Path) -> None:
    folder = write(log, tmp_path / "log", EVERYTHING)
    for _ in range(300):
        Browser(log.world).refuse_all()
    log.world.pass_days(2)
    publish(log)
    write(log, folder, EVERYTHING)
    assert not kinds(check(folder))
    settled = {
        name: (folder / name).stat().st_mtime_ns
        for name in names(folder)
        if name in ("tile/entries/000", "tile/0/000")
    }
    assert len(settled) == 2
    read = queries_of(log, lambda: write(log, folder, EVERYTHING))
    assert settled == {name: (folder / name).stat().st_mtime_ns for name in settled}
    assert sum("log_tile" in query for query in read) < count_tiles(cut(log)) + 4
    assert not kinds(check(folder))


def queries_of(log: WorldLog, act: object) -> list[str]:
    seen: list[str] = []
    engine = log.world.session.get_bind()

    def remember(_c: object, _k: object, statement: str, *_others: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    try:
        assert callable(act)
        act()
    finally:
        event.remove(engine, "before_cursor_execute", remember)
    return seen


def test_the_head_is_written_last(log: WorldLog) -> None:
    wanted = cut(log)
    assert [name for name, _ in log_files(log.world.session, wanted, log.world.keys.receipt)][
        -1
    ] == "checkpoint"


def test_a_folder_with_more_of_the_log_is_left_as_it_is(log: WorldLog, tmp_path: Path) -> None:
    """It may be the only copy of what a restore has lost."""
    wanted = cut(log)
    Browser(log.world).refuse_all()
    publish(log)
    folder = write(log, tmp_path / "log")
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    with pytest.raises(LogRefusedError, match="set back"):
        target_for(folder, wanted, tile_reader(log.world.session, log.log_id))
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before


def test_a_folder_with_another_log_or_history_is_left_as_it_is(
    log: WorldLog, tmp_path: Path
) -> None:
    folder = write(log, tmp_path / "log")
    read = tile_reader(log.world.session, log.log_id)
    head = (folder / "checkpoint").read_text()
    for wrong, said in (
        (head.replace("programme.example", "shop.example"), "another log"),
        (head.replace(head.split("\n")[2], "A" * 43 + "="), "another history"),
        ("nonsense", "no head"),
    ):
        (folder / "checkpoint").write_text(wrong)
        with pytest.raises(LogRefusedError, match=said):
            target_for(folder, cut(log), read)


def test_a_tar_appears_only_when_it_is_complete(log: WorldLog, tmp_path: Path) -> None:
    session = log.world.session
    path = tmp_path / "out" / "log.tar"
    path.parent.mkdir()
    with write_transaction(session):
        session.execute(delete(LogTileRow))
    with pytest.raises(Exception, match="is missing"):
        write(log, path)
    assert list(path.parent.iterdir()) == []


def test_a_tar_is_the_same_each_time(log: WorldLog, tmp_path: Path) -> None:
    one = write(log, tmp_path / "one.tar").read_bytes()
    assert write(log, tmp_path / "two.tar").read_bytes() == one
    with tarfile.open(tmp_path / "one.tar") as archive:
        assert archive.getnames()[-1] == "checkpoint"


def test_openings_are_for_their_owner_only(log: WorldLog, tmp_path: Path) -> None:
    assert write(log, tmp_path / "one.tar", EVERYTHING).stat().st_mode & 0o077 == 0
    folder = write(log, tmp_path / "log", EVERYTHING)
    assert (folder / "records.jsonl").stat().st_mode & 0o077 == 0
    assert (folder / "checkpoint").stat().st_mode & 0o077 == 0o044
    shutil.rmtree(folder)


# Who may have it.


def test_opening_records_needs_a_reason_and_is_recorded(log: WorldLog) -> None:
    session, alice = log.world.session, operator("alice")
    for reason in (None, " "):
        with pytest.raises(RuleError, match="reason"):
            start_recorded(session, log.log_id, reason, officer=alice, now=log.world.now)
    recorded = start_recorded(
        session, log.log_id, "request 7 of the authority", officer=alice, now=log.world.now
    )
    end_recorded(session, recorded, cut(log, EVERYTHING), now=log.world.now + 1)
    create, finish = list_actions(session, recorded.id)
    assert (create.action, finish.action) == (service.CREATE, service.FINISH)
    assert create.detail == {"log": log.log_id, "reason": "request 7 of the authority"}
    assert finish.detail == {"size": cut(log).head.size}
    broken = start_recorded(session, log.log_id, "again", officer=alice, now=log.world.now)
    end_recorded(session, broken, None, now=log.world.now + 1)
    assert [one.action for one in list_actions(session, broken.id)][-1] == service.ABORT


def test_a_whole_log_is_for_officers_of_all_sites(log: WorldLog) -> None:
    bob = Officer("1", "bob", ("programme",), 0, None)
    with pytest.raises(NotPermittedError):
        start_recorded(log.world.session, log.log_id, "why", officer=bob, now=0)


def test_a_log_that_there_is_not_or_that_shows_nothing_is_not_written(
    world: World, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="no log"):
        cut_log(world.session, "nobody/1", now=world.now)
    log = WorldLog(world, tmp_path)
    with pytest.raises(NotFoundError, match="published"):
        cut(log)
