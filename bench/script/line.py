"""A slow line: a relay before the website that delays and meters bytes, as a phone's network does.

A browser's own throttle adds its delay to each request, which is the same for one file and for
ten. On a line, opening a connection costs a round trip as well, and everything shares its rate.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 1_460  # what one packet carries


@dataclass
class Direction:
    """One way of the line; all connections share its rate."""

    rate: int  # bytes a second
    delay: float  # seconds
    free_at: float = 0

    def arrival(self, now: float, size: int) -> float:
        """Return when so many bytes, sent now, are at the other end."""
        self.free_at = max(now, self.free_at) + size / self.rate
        return self.free_at + self.delay


@dataclass
class Line:
    """A relay to `target`; `rtt` in seconds, `rate` in bytes a second, each way."""

    target: int
    rtt: float
    rate: int
    port: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.up = Direction(self.rate, self.rtt / 2)
        self.down = Direction(self.rate, self.rtt / 2)

    async def serve(self, ready: threading.Event, over: asyncio.Event) -> None:
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        with suppress(asyncio.CancelledError):  # what goes on when all is measured
            await self._join(reader, writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Loopback has shaken hands already; on the line that takes a round trip.
        await asyncio.sleep(self.rtt)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_carry(reader, far_writer, self.up))
                both.create_task(_carry(far_reader, writer, self.down))
        except* (ConnectionError, OSError):
            pass  # the browser has closed its end
        finally:
            far_writer.close()
            writer.close()


async def _carry(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Direction
) -> None:
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            due, packet = await under_way.get()
            await asyncio.sleep(due - loop.time())
            if not packet:
                return
            writer.write(packet)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    try:
        while packet := await reader.read(_CHUNK):
            under_way.put_nowait((way.arrival(loop.time(), len(packet)), packet))
        under_way.put_nowait((way.arrival(loop.time(), 0), b""))
        await delivering
        writer.close()
    finally:
        delivering.cancel()


@contextmanager
def running_line(target: int, *, rtt: float, rate: int) -> Iterator[int]:
    """Relay to `target` on a free loopback port, which is returned."""
    line = Line(target, rtt, rate)
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(line.serve(ready, over),))
    thread.start()
    try:
        ready.wait()
        yield line.port
    finally:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
