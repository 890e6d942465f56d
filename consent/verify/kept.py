"""Read what a checker kept: a checkpoint in a file of its own, or the message that brought it.

A message may have gone through programs that change line ends. No note has a carriage return, so
they are taken out again.
"""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.message import Message

from consent.verify.sources import UnreadableError

ATTACHED_AS = "checkpoint"  # how the names of the attached files begin


def kept_notes(content: bytes) -> list[str]:
    """Return the notes in a file; raise UnreadableError for a message that has none attached.

    Raises UnicodeDecodeError for what is no text.
    """
    if _is_note(content):
        return [_unix(content)]
    message = email.message_from_bytes(content)
    notes = list(_attached(message))
    if not notes and message["From"] and message["Message-ID"]:
        raise UnreadableError("the message you kept has no checkpoint attached")
    return notes or [_unix(content)]


def _is_note(content: bytes) -> bool:
    """Say whether this is a checkpoint: in its second line there is a number and nothing else."""
    lines = content.split(b"\n", 2)
    return len(lines) > 1 and lines[1].strip().isdigit()


def _attached(message: Message) -> Iterator[str]:
    for part in message.walk():
        if (part.get_filename() or "").startswith(ATTACHED_AS):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield _unix(payload)


def _unix(content: bytes) -> str:
    return content.decode().replace("\r\n", "\n")
