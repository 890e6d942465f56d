"""Processes that write and seal at the same time, and one that dies in the middle of its work.

python -m tests.sealing_process write|seal|die <home> <database url>
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from consent.errors import StoreUnavailableError
from consent.services import sealing, sealing_publication, sealing_thread
from consent.services.clock import now_ms
from consent.services.keys import Keys, load_keys
from consent.services.sealing_head import StateFiles
from consent.services.sealing_thread import Sealer, state_files_in
from consent.store import log_sealing
from tests.world import Browser, World

BATCH = 5
PAUSE_SECONDS = 0.01

# Where the sealer dies: right after the call, if it gave what is asked for.
STEPS: dict[str, tuple[Any, str, Callable[[Any], bool]]] = {
    "the batch is taken": (log_sealing, "take_pending", bool),
    "the head is signed": (sealing, "sign_checkpoint", bool),
    "the head is moved": (log_sealing, "advance_state", bool),
    "the queue is emptied": (log_sealing, "drop_pending", bool),
    "the tiles are stored": (log_sealing, "put_tiles", lambda _: True),
    "the leaves are indexed": (log_sealing, "index_leaves", lambda _: True),
    "the checkpoint is stored": (sealing, "insert_checkpoint", lambda _: True),
    "the batch is committed": (sealing_thread, "seal_once", lambda sealed: sealed is not None),
    "the state file is written": (StateFiles, "write", lambda _: True),
    "the publication is stored": (sealing_publication, "insert_checkpoint", lambda _: True),
    "the publication is committed": (
        sealing_thread,
        "publish_checkpoint",
        lambda head: head is not None,
    ),
}


def keys_in(home: Path) -> Keys:
    folder = home / "keys"
    return load_keys(
        signing_keys=(folder / "signing.keys").read_text(),
        pseudonym_key=(folder / "pseudonym.key").read_text(),
        receipt_key=(folder / "receipt.pem").read_text(),
        log_key=(folder / "log.pem").read_text(),
        clock_key=(folder / "clock.pem").read_text(),
    )


def stop_file(home: Path) -> Path:
    return home / "stop"


def write(home: Path, url: str) -> None:
    """Record acts until told to stop; print the id of each that was acknowledged."""
    engine = create_engine(url)
    with Session(engine) as session:
        while not stop_file(home).exists():
            world = World(session, now=now_ms(), keys=keys_in(home))
            with suppress(StoreUnavailableError):  # not acknowledged; a browser tries again as well
                recorded = Browser(world).refuse_all()
                assert recorded.stored is not None
                say(recorded.stored.event.id)
            time.sleep(PAUSE_SECONDS)
    engine.dispose()


def seal(home: Path, url: str, step: str | None = None) -> None:
    """Make round after round until told to stop, or until death after a step."""
    engine = create_engine(url)
    sealing.BATCHES.update(dict.fromkeys(sealing.BATCHES, BATCH))
    if step is not None:
        die_after(*STEPS[step])
    sealer = Sealer(
        lambda: Session(engine),
        keys_in(home),
        now_ms,
        state_files=state_files_in(home),
        at_once=True,
    )
    while not stop_file(home).exists():
        with suppress(StoreUnavailableError):  # a busy machine: the service tries again as well
            done = sealer.run_once()
            assert done.refused == {}, done.refused
        time.sleep(PAUSE_SECONDS)
    engine.dispose()


def die(home: Path, url: str) -> None:
    """Have one sealer after the other die, each after another step; print how each ended."""
    for step in STEPS:
        victim = os.fork()  # nothing is open yet, and no thread runs
        if victim == 0:
            seal(home, url, step)
            os._exit(0)
        _, status = os.waitpid(victim, 0)
        say(f"{os.waitstatus_to_exitcode(status)} {step}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def die_after(owner: Any, name: str, is_reached: Callable[[Any], bool]) -> None:
    original = getattr(owner, name)

    def dying(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        if is_reached(result):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dying)


if __name__ == "__main__":
    {"write": write, "seal": seal, "die": die}[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
