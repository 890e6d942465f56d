"""How far a check is, on a terminal only: with rich where it is installed, plainly elsewhere."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from consent.verify.log_check import Progress

_WIDTH = 30


@contextmanager
def shown_progress(what: str) -> Iterator[Progress]:
    """Give what to tell about progress; it is shown if a person can see it."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
    elif importlib.util.find_spec("rich") is None:
        yield from _plain(what)
    else:
        yield from _rich(what)


def _plain(what: str) -> Iterator[Progress]:
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        part = done * _WIDTH // max(total, 1)
        if part != shown:
            shown = part
            sys.stderr.write(f"\r{what} [{'#' * part:<{_WIDTH}}] {done}/{total}")
            sys.stderr.flush()

    yield show
    sys.stderr.write("\r\x1b[K")


def _rich(what: str) -> Iterator[Progress]:
    from rich.console import Console  # noqa: PLC0415 -- the self-contained file has no rich
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar  # noqa: PLC0415

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
