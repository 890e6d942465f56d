"""What a log is not put right from: copies that are short, false, or of another history."""

from __future__ import annotations

import pytest

from consent.errors import LogRefusedError
from consent.services.recovering import recover
from consent.store.log import ROLLED_BACK
from tests.drilling import LOG, Installation

pytestmark = [pytest.mark.slow, pytest.mark.legal("RR-13", "RP-07")]


def test_a_copy_that_does_not_go_far_enough_is_refused(drill: Installation) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    drill.mirror()
    drill.visit()
    drill.start_sealer()
    drill.restore(backup)
    drill.start_sealer()
    with pytest.raises(LogRefusedError, match="this machine has signed"):
        drill.plan()
    assert drill.status() == ROLLED_BACK


def test_a_copy_whose_entries_do_not_give_the_signed_root_is_refused(drill: Installation) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    path = drill.mirror()
    [bundle] = (path / "tile" / "entries").rglob("*.p/*")
    content = bytearray(bundle.read_bytes())
    content[-1] ^= 1
    bundle.write_bytes(content)
    (path / "records.jsonl").write_bytes(b"")
    drill.restore(backup)
    drill.start_sealer()
    with pytest.raises(LogRefusedError, match="do not give the root that was signed"):
        drill.plan()


def test_records_of_the_copy_that_open_nothing_are_refused(drill: Installation) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.world.publish(page_groups=("programme",))
    drill.start_sealer()
    path = drill.mirror()
    records = path / "records.jsonl"
    records.write_text(records.read_text().replace("2026", "2025").replace('"at\\":1', '"at\\":2'))
    drill.restore(backup)
    drill.start_sealer()
    with pytest.raises(LogRefusedError, match="is not the one that was sealed"):
        drill.plan()


def test_a_log_that_went_on_after_the_restore_is_forked_and_not_put_right(
    drill: Installation,
) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    drill.mirror()
    drill.restore(backup)
    drill.state_files.path(LOG).unlink()
    drill.visit()
    drill.start_sealer()
    drill.visit()
    drill.start_sealer()
    with pytest.raises(LogRefusedError, match="forked"):
        drill.plan()


def test_a_plan_is_not_carried_out_on_a_log_that_has_changed(drill: Installation) -> None:
    drill.visit()
    drill.start_sealer()
    backup = drill.place.back_up("monday")
    drill.visit()
    drill.start_sealer()
    drill.mirror()
    drill.restore(backup)
    drill.start_sealer()
    plan = drill.plan()
    recover(drill.session, plan, now=drill.world.now)
    with pytest.raises(LogRefusedError, match="in the meantime"):
        recover(drill.session, plan, now=drill.world.now)
