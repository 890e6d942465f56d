"""An export on its way: its bytes, with the row count and SHA-256 of what has passed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator

from consent.export.columns import Row

Writer = Callable[[Iterable[Row]], Iterator[bytes]]


class Digested:
    """Give the chunks a writer makes of rows; `rows` and `sha256` speak of those given so far."""

    def __init__(self, writer: Writer, rows: Iterable[Row]) -> None:
        self.rows = 0
        self._digest = hashlib.sha256()
        self._chunks = writer(self._counted(rows))

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self._digest.update(chunk)
        return chunk

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            yield row
