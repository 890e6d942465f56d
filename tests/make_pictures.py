"""Pictures with plain defaults: one pixel, of the banner in English on a phone."""

from __future__ import annotations

import hashlib
from typing import Any

from consent.core.ids import uuid7
from consent.store.pictures import DrawnPicture
from tests.world import START

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def make_picture(*, notice_hash: str, content: bytes = PIXEL, **changes: Any) -> DrawnPicture:
    values: dict[str, Any] = {
        "id": uuid7(START, hashlib.sha256(content + f"{notice_hash}{changes}".encode()).digest()),
        "notice_hash": notice_hash,
        "build": "ab" * 32,
        "language": "en",
        "layer": "banner",
        "viewport": "phone",
        "media_type": "image/png",
        "sha256": hashlib.sha256(content).hexdigest(),
        "taken_at": START,
        "content": content,
    }
    return DrawnPicture(**{**values, **changes})
