"""A ZIP archive as a stream: one file after the other, none of them held in memory.

Nothing is ever gone back to: the size of a file follows its data, in the 64-bit form that has no
limit. The same files at the same instant give the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from consent.export.digested import Hashed

CHUNK_BYTES = 64 * 1024

_READABLE_BY_ALL = 0o644 << 16
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # that the format can say; a clock may not be set


@dataclass(frozen=True, slots=True)
class Written:
    """What a file of the archive came to."""

    size: int
    sha256: str


class Archive:
    """Give the bytes of an archive as files are added to it; `made_at` (ms) dates them all.

    `files` has what was added so far. Each name is added once.
    """

    def __init__(self, made_at: int) -> None:
        self._sink = _Sink()
        self._zip = ZipFile(self._sink, "w")
        self._date = max(time.gmtime(made_at // 1000)[:6], _EARLIEST)
        self._files: dict[str, Written] = {}

    @property
    def files(self) -> Mapping[str, Written]:
        return self._files

    def add(self, name: str, chunks: Iterable[bytes], *, compress: bool = True) -> Iterator[bytes]:
        """Add a file; what is random or compressed already is better stored as it is."""
        if name in self._files:
            raise ValueError(f"{name} is in the archive already")
        info = ZipInfo(name, self._date)
        info.compress_type = ZIP_DEFLATED if compress else ZIP_STORED
        info.external_attr = _READABLE_BY_ALL
        content = Hashed(chunks)
        with self._zip.open(info, "w", force_zip64=True) as file:
            for chunk in content:
                file.write(chunk)
                if self._sink.size >= CHUNK_BYTES:
                    yield self._sink.take()
        self._files[name] = Written(content.size, content.sha256)
        if self._sink.size >= CHUNK_BYTES:
            yield self._sink.take()

    def end(self) -> Iterator[bytes]:
        """Finish the archive with its table of contents."""
        self._zip.close()
        yield self._sink.take()


class _Sink:
    """What the archive is written to: it keeps the bytes until they are taken."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self.size = 0

    def write(self, data: bytes, /) -> int:
        self._waiting.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._waiting)
        self._waiting, self.size = [], 0
        return taken
