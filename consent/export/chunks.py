"""Lines to chunks of a size worth sending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

CHUNK_CHARACTERS = 64 * 1024


def gather(lines: Iterable[str]) -> Iterator[bytes]:
    """Give the lines as UTF-8, many at a time."""
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= CHUNK_CHARACTERS:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()
