"""The signed count of officers' acts: how many of a log's first leaves are records of acts.

consent-actions/v1
consent.example/shop/1
size 812
actions 57
leaves 790-791,805

`leaves` are the acts since the count before. The keys of the log's checkpoints sign it. Without it
nothing would tell, once a record is gone, whether its leaf was an officer's act or a visitor's
choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from consent.audit.encoding import MAX_SIZE
from consent.audit.notes import NoteSigner, NoteVerifier, known_signatures, split_note
from consent.core.ranges import Range, count_in
from consent.errors import RecordFormatError

HEADER = "consent-actions/v1"

_TEXT = re.compile(
    rf"{HEADER}\n"
    r"(?P<origin>[^\s+]+)\n"
    r"size (?P<size>0|[1-9][0-9]{0,18})\n"
    r"actions (?P<actions>0|[1-9][0-9]{0,18})\n"
    r"leaves (?P<leaves>[0-9,-]+)\n"
)
_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")


@dataclass(frozen=True, slots=True)
class ActionCount:
    """Of the first `size` leaves of a log, `actions` are records of officers' acts.

    `leaves` has those of them that are in no count before, in ranges as `ranges_of` makes them.
    """

    origin: str
    size: int
    actions: int
    leaves: tuple[Range, ...]

    @property
    def text(self) -> str:
        """The five lines that are signed."""
        return (
            f"{HEADER}\n{self.origin}\nsize {self.size}\nactions {self.actions}\n"
            f"leaves {spelled(self.leaves)}\n"
        )

    @property
    def added(self) -> int:
        """How many acts there are since the count before."""
        return count_in(self.leaves)


def spelled(ranges: Sequence[Range]) -> str:
    """Return ranges of leaves as a count has them: `790-791,805`."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def sign_action_count(signers: Sequence[NoteSigner], count: ActionCount) -> str:
    """Return the signed note of a count, with a line of each key; one at least is needed."""
    if not signers:
        raise RecordFormatError("a count of acts needs a key that signs it")
    _require_whole(count)
    return f"{count.text}\n{''.join(signer.line(count.text) for signer in signers)}"


def open_action_count(note: str, keys: Sequence[NoteVerifier]) -> ActionCount:
    """Return the count in a note that one of the log's keys has signed.

    Raises RecordFormatError if none has, or if a line of any of them is bad. Lines of other keys
    are passed over.
    """
    text, lines = split_note(note)
    signers = set()
    for key in keys:
        for signature in known_signatures(key, lines):
            key.verify(text, signature)
            signers.add(key.name)
    if not signers:  # only what is signed is worth reading, however long it is
        raise RecordFormatError("the count of acts is not signed by a key of the log")
    count = _parse(text)
    if count.origin not in signers:
        raise RecordFormatError(f"the count of acts is not signed by a key of {count.origin}")
    return count


def _parse(text: str) -> ActionCount:
    match = _TEXT.fullmatch(text)
    if match is None:
        raise RecordFormatError("the note is no count of officers' acts")
    leaves = tuple(_parse_range(part) for part in match["leaves"].split(","))
    count = ActionCount(match["origin"], int(match["size"]), int(match["actions"]), leaves)
    _require_whole(count)
    if count.text != text:
        raise RecordFormatError("the note does not spell its leaves as a count does")
    return count


def _parse_range(part: str) -> Range:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise RecordFormatError(f"{part!r} is no range of leaves")
    first = int(match[1])
    return first, first if match[2] is None else int(match[2])


def _require_whole(count: ActionCount) -> None:
    """A count has one leaf at least, in ranges that ascend and do not touch, below its size."""
    end = -1
    for first, last in count.leaves:
        if not end < first <= last:
            raise RecordFormatError("the leaves of a count ascend")
        end = last + 1
    if not 0 < count.added <= count.actions <= count.size <= MAX_SIZE or end > count.size:
        raise RecordFormatError("a count has no more acts than there are leaves, and one at least")
