"""An export on its way: its bytes, with the size, SHA-256 and row count of what has passed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from consent.export.columns import Row

Writer = Callable[[Iterable[Row]], Iterator[bytes]]


class Hashed:
    """Give chunks on as they are; `size` and `sha256` speak of those given so far."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._chunks = iter(chunks)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self.size += len(chunk)
        self._digest.update(chunk)
        return chunk


class Digested(Hashed):
    """Give the chunks a writer makes of rows; `rows` counts those it has taken."""

    def __init__(self, writer: Writer, rows: Iterable[Row]) -> None:
        super().__init__(writer(self._counted(rows)))
        self.rows = 0

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            yield row
