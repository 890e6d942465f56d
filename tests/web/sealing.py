"""Seal and publish what an application has recorded, now and in this thread."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from consent.services.sealing_thread import Sealer, state_files_in
from tests.service import Clock, engine_session, keys_of


def seal_and_publish(app: Flask, home: Path, clock: Clock) -> None:
    """Have everything that waits in the published log."""
    sealer = Sealer(
        lambda: engine_session(app),
        keys_of(app),
        clock.now_ms,
        state_files=state_files_in(home),
        at_once=True,
    )
    assert sealer.run_once().refused == {}
