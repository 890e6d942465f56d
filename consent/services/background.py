"""Work beside the requests, round after round, in a thread of its own and without anybody's help.

The first request of a process starts the thread: a server may fork between making the application
and serving it, and a fork takes no thread along.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize

_log = logging.getLogger(__name__)

_WITH_THE_FIRST = 10  # among what is done at the end of a process


class Background(ABC):
    """The thread of one process; at the end of the process it ceases wherever it is."""

    def __init__(self, name: str, *, first_seconds: float, every_seconds: float) -> None:
        self._name = name
        self._first_seconds = first_seconds
        self._every_seconds = every_seconds
        self._starting = threading.Lock()
        self._woken = threading.Event()
        self._is_stopped = False
        self._thread: threading.Thread | None = None

    def ensure_started(self) -> None:
        """Start the thread if it does not run yet; returns at once.

        Where the system gives no thread, that is logged, and the next call tries again: the request
        that calls is answered all the same.
        """
        if self._thread is None:
            self._start()

    def wake(self) -> None:
        """Have the next round now, and start the thread if it does not run yet."""
        self._woken.set()
        self.ensure_started()

    def end(self) -> None:
        """Have no further round; returns at once."""
        self._is_stopped = True
        self._woken.set()

    def stop(self) -> None:
        """End the thread after the round it is in, which a long one looks for itself."""
        self.end()
        with self._starting:
            thread = self._thread
        if thread is not None:
            thread.join()

    def run_until_ended(self) -> None:
        """Make a round every so often until `end`."""
        seconds = self._first_seconds
        while True:
            self._woken.wait(seconds)
            self._woken.clear()  # before the look at what `end` sets before it wakes
            if self._is_stopped:
                return
            self._run_safely()
            seconds = self._every_seconds

    @abstractmethod
    def _run_safely(self) -> None:
        """Make a round; a fault is told and does not end the thread."""

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._is_stopped:
                try:
                    self._begin()
                except RuntimeError as error:
                    _log.error("%s could not be started: %s", self._name, error)

    def _begin(self) -> None:
        thread = threading.Thread(target=self.run_until_ended, name=self._name, daemon=True)
        thread.start()
        self._thread = thread


class StoppedAtExit(Background):
    """A thread that the end of the process stops, since it leaves nothing undone."""

    _at_exit: Finalize | None = None

    def stop(self) -> None:
        super().stop()
        if self._at_exit is not None:
            self._at_exit.cancel()

    def _begin(self) -> None:
        super()._begin()
        self._at_exit = Finalize(None, self.stop, exitpriority=_WITH_THE_FIRST)


@contextmanager
def faults_told(log: logging.Logger, message: str) -> Iterator[None]:
    """Log a fault and go on; `message` takes its kind."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- nobody waits for a background thread
        # Only the kind of error: its message could name records.
        log.error(message, type(error).__name__)  # noqa: TRY400 -- nor a traceback
