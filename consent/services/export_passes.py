"""The body of an export that reads its records several times, each time from the same state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator

from sqlalchemy.orm import Session

from consent.core.model import ConsentEvent
from consent.export.digested import Hashed
from consent.export.facts import Tally
from consent.services.exporting import Export, events_of, links_of
from consent.store.snapshots import begin_snapshot


class RereadBody(Hashed, ABC):
    """Bytes on their way; `passed` counts each record every time it passes.

    What writes them counts the records once with `_tally`: these are its `rows`.
    """

    def __init__(self, session: Session, export: Export) -> None:
        self._session = session
        self._export = export
        self._links = links_of(export.asked)
        self._tally = Tally()
        self._parts = self._run()
        super().__init__(self._parts)
        self.passed = 0

    @property
    def rows(self) -> int:
        return self._tally.rows

    def close(self) -> None:
        self._parts.close()

    @abstractmethod
    def _written(self) -> Iterator[bytes]:
        """Give the bytes; called once the session reads one state of the database."""

    def _events(self) -> Iterator[ConsentEvent]:
        for event in events_of(self._session, self._export.asked.wanted):
            self.passed += 1
            yield event

    def _run(self) -> Generator[bytes, None, None]:
        begin_snapshot(self._session)
        yield from self._written()
