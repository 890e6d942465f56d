"""Visitors whose choices the console shows, and what is read of them there."""

from __future__ import annotations

import hashlib
import struct
import zlib
from pathlib import Path

import pytest
from bs4 import Tag

from consent.core.ids import reference_code, uuid7
from consent.core.roles import Role
from consent.store.events import StoredEvent
from consent.store.pictures import DrawnPicture, insert_picture
from tests.service import Clock, engine_session
from tests.web.console.people import Browser, Console
from tests.web.sealing import seal_and_publish
from tests.web.visitor import Visitor, events_of

RECORDS = "/console/sites/programme/records"
SUBJECTS = "/console/sites/programme/subjects"


def one(page: Tag, selector: str) -> Tag:
    """Return the first element that a selector finds; there is one."""
    found = page.select_one(selector)
    assert found is not None, f"nothing is {selector}"
    return found


class Recorded:
    """Alice allowed everything, later only functional cookies; Bob refused."""

    def __init__(self, console: Console, home: Path, clock: Clock) -> None:
        self.console, self._home, self.clock = console, home, clock
        self.alice = Visitor(console.app)
        self.alice.choose("accept_all")
        clock.now += 60_000
        self.alice.choose("save", "functional")
        clock.now += 60_000
        Visitor(console.app).choose("refuse_all")
        clock.now += 1  # records of one millisecond have no order among them

    @property
    def events(self) -> list[StoredEvent]:
        return events_of(self.console.app)

    @property
    def allowed(self) -> StoredEvent:
        return self.events[0]

    @property
    def saved(self) -> StoredEvent:
        return self.events[1]

    @property
    def refused(self) -> StoredEvent:
        return self.events[2]

    @property
    def code(self) -> str:
        """The code that Alice reads out."""
        subject = self.allowed.event.subject
        assert subject is not None
        return reference_code(subject)

    def seal(self) -> None:
        """Have everything in the published log."""
        seal_and_publish(self.console.app, self._home, self.clock)

    def path(self, stored: StoredEvent, file: str = "") -> str:
        return f"{RECORDS}/{stored.event.id}{file}"


@pytest.fixture
def recorded(console: Console, tmp_path: Path, clock: Clock) -> Recorded:
    return Recorded(console, tmp_path, clock)


def png(width: int = 4, height: int = 3) -> bytes:
    """Return a small grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def keep_picture(recorded: Recorded, stored: StoredEvent, layer: str | None = None) -> str:
    """Keep a picture of what a visitor saw on a computer, or of a layer; return its digest."""
    content = png()
    digest = hashlib.sha256(content).hexdigest()
    event = stored.event
    picture = DrawnPicture(
        id=uuid7(recorded.clock.now, bytes(10)),
        notice_hash=event.notice,
        build=event.build,
        language=event.language,
        layer=layer or event.layer.value,
        viewport="desktop",
        media_type="image/png",
        sha256=digest,
        taken_at=recorded.clock.now,
        content=content,
    )
    with engine_session(recorded.console.app) as session:
        insert_picture(session, picture)
        session.commit()
    return digest


@pytest.fixture
def olga(recorded: Recorded) -> Browser:
    return recorded.console.person("Olga", {"programme": (Role.OFFICER,)})
