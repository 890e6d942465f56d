"""A console on a real server with something to show on every page, of last month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from consent.core.roles import Role
from consent.services.clock import now_ms
from tests.browser.console_fixture import ServedConsole, console_site, served_console
from tests.browser.demo_fixture import MovingClock
from tests.web.console.living import live, make_export

EVERYTHING = {"*": tuple(Role)}


@dataclass(frozen=True, slots=True)
class Lived:
    """A running console, and the code of a visitor who allowed something and changed it later."""

    served: ServedConsole
    code: str

    @property
    def app(self) -> Flask:
        return self.served.app


@contextmanager
def lived_console(database_url: str, home: Path) -> Iterator[Lived]:
    clock = MovingClock()
    clock.now = early_last_month(now_ms()) - now_ms()
    with served_console(database_url, home, clock) as served:
        code = live(served.app, home, clock, console_site())
        clock.now = 0
        make_export(served.app, home, clock)
        yield Lived(served, code)


def early_last_month(now: int) -> int:
    """Return noon of the third day of the month before."""
    this = dt.datetime.fromtimestamp(now / 1000, dt.UTC).replace(day=1)
    last = (this - dt.timedelta(days=1)).replace(day=3, hour=12)
    return int(last.timestamp() * 1000)
