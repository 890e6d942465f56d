"""The signed count of officers' acts: how many of a log's first leaves are records of acts.

consent-actions/v1
consent.example/shop/1
size 812
actions 57

The keys of the log's checkpoints sign it. Without it nothing would tell, once a record is gone,
whether its leaf was an officer's act or a visitor's choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consent.audit.encoding import MAX_SIZE
from consent.audit.notes import NoteSigner, NoteVerifier, known_signatures, split_note
from consent.errors import RecordFormatError

HEADER = "consent-actions/v1"

_TEXT = re.compile(
    rf"{HEADER}\n"
    r"(?P<origin>[^\s+]+)\n"
    r"size (?P<size>0|[1-9][0-9]{0,18})\n"
    r"actions (?P<actions>0|[1-9][0-9]{0,18})\n"
)


@dataclass(frozen=True, slots=True)
class ActionCount:
    """Of the first `size` leaves of a log, `actions` are records of officers' acts."""

    origin: str
    size: int
    actions: int

    @property
    def text(self) -> str:
        """The four lines that are signed."""
        return f"{HEADER}\n{self.origin}\nsize {self.size}\nactions {self.actions}\n"


def sign_action_count(signers: Sequence[NoteSigner], count: ActionCount) -> str:
    """Return the signed note of a count, with a line of each key; one at least is needed."""
    if not signers or not 0 <= count.actions <= count.size <= MAX_SIZE:
        raise RecordFormatError("a count has a key that signs it, and no more acts than leaves")
    return f"{count.text}\n{''.join(signer.line(count.text) for signer in signers)}"


def open_action_count(note: str, keys: Sequence[NoteVerifier]) -> ActionCount:
    """Return the count in a note that one of the log's keys has signed.

    Raises RecordFormatError if none has, or if a line of any of them is bad. Lines of other keys
    are passed over.
    """
    text, lines = split_note(note)
    match = _TEXT.fullmatch(text)
    if match is None:
        raise RecordFormatError("the note is no count of officers' acts")
    count = ActionCount(match["origin"], int(match["size"]), int(match["actions"]))
    if not count.actions <= count.size <= MAX_SIZE:
        raise RecordFormatError("the note counts more acts than there are leaves")
    signed = False
    for key in keys:
        for signature in known_signatures(key, lines):
            key.verify(text, signature)
            signed = signed or key.name == count.origin
    if not signed:
        raise RecordFormatError(f"the count of acts is not signed by a key of {count.origin}")
    return count
