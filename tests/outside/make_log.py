"""An exported log made with the log's own modules alone: no database, the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.audit.encoding import encode_base64
from consent.audit.entry import commitment
from consent.audit.policies import Policy, format_policy
from consent.audit.proofs import inclusion_proof
from consent.audit.records import consent_record, disposal_record, key_record
from consent.audit.tiles import append_entries, cut, root_at, tile_widths
from consent.audit.tlog_proof import TlogProof, opening_extra
from consent.core.ids import uuid7
from consent.core.retention import POLICIES, Disposal, DisposalClass, Role
from tests.audit.make_keys import ORIGIN, clock_signer, log_signer, receipt_signer
from tests.audit.make_tree import Tiles, reader_of
from tests.make_events import NOON, make_event

GONE = (20, 24)  # the leaves that the disposal at the end names, where the log is that long
SECOND = 1000


def record_id(number: int) -> str:
    return uuid7(NOON + number * SECOND, number.to_bytes(10))


def make_records(count: int) -> list[bytes]:
    """Return the records of a log: a key, consents, and a disposal of some of them at the end."""
    records = [
        key_record(
            id=record_id(0),
            at=NOON,
            vkey=log_signer().verifier.vkey,
            role="log",
            action="add",
            reason="first key",
        )
    ]
    records += [
        consent_record(make_event(id=record_id(n), at=NOON + n * SECOND)) for n in range(1, count)
    ]
    if count > GONE[1] + 1:
        records[-1] = _disposal(count - 1)
    return records


def _disposal(number: int) -> bytes:
    reason = DisposalClass.RETENTION_GRANT
    gone = GONE[1] - GONE[0] + 1
    return disposal_record(
        Disposal(
            record_id(number),
            NOON + number * SECOND,
            reason,
            POLICIES[reason],
            Role.SERVICE,
            gone,
            leaves=(GONE,),
        )
    )


def salt_of(number: int) -> bytes:
    return hashlib.sha512(b"salt %d" % number).digest()


@dataclass
class MadeLog:
    """A log that grows by batches, each of which ends in a published checkpoint."""

    records: list[bytes]
    tiles: Tiles = field(default_factory=dict)
    heads: list[tuple[int, int, str]] = field(default_factory=list)  # size, created (ms), note

    def grow_to(self, size: int) -> None:
        """Seal the records up to `size` and sign the tree."""
        old = self.heads[-1][0] if self.heads else 0
        entries = [commitment(self.records[n], salt_of(n)) for n in range(old, size)]
        appended = append_entries(reader_of(self.tiles), old, entries)
        self.tiles |= appended.tiles
        created = NOON + size * SECOND
        head = Checkpoint(ORIGIN, appended.size, appended.root)
        note = sign_checkpoint(head, [log_signer()], [clock_signer()], created // 1000)
        self.heads.append((size, created, note))

    def proof(self, leaf: int) -> TlogProof:
        """Return the proof of a leaf in the newest tree, with what opens it."""
        size, _, note = self.heads[-1]
        path = inclusion_proof(reader_of(self.tiles), size, leaf)
        extra = opening_extra(salt_of(leaf), self.records[leaf])
        return TlogProof(extra, leaf, tuple(path), note)

    def root(self) -> bytes:
        return root_at(reader_of(self.tiles), self.heads[-1][0])

    def write(self, folder: Path) -> Path:
        """Write the export of the log into a folder, and return the folder."""
        size, _, newest = self.heads[-1]
        for tile in tile_widths(size):
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cut(tile, self.tiles[tile.level, tile.n]))
        (folder / "checkpoints").mkdir(parents=True)
        for head_size, created, note in self.heads:
            (folder / "checkpoints" / f"{head_size:016}-{created:014}").write_text(note)
        (folder / "checkpoint").write_text(newest)
        policy = Policy(
            (log_signer().verifier,), (clock_signer().verifier,), (receipt_signer().verifier,)
        )
        (folder / "policy").write_text(format_policy(policy))
        gone = range(GONE[0], GONE[1] + 1) if size > GONE[1] + 1 else range(0)
        lines = [self._opening(leaf) for leaf in range(size) if leaf not in gone]
        (folder / "records.jsonl").write_text("".join(lines))
        disposals = [line for line in lines if r"\"type\":\"disposal\"" in line]
        (folder / "disposals.jsonl").write_text("".join(disposals))
        manifest = {
            "v": 1,
            "log": ORIGIN.removeprefix("consent.example/"),
            "origin": ORIGIN,
            "size": size,
            "openings": "all",
            "made_at": NOON,
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    def _opening(self, leaf: int) -> str:
        opening = {
            "i": leaf,
            "salt": encode_base64(salt_of(leaf)),
            "rec": self.records[leaf].decode(),
        }
        return json.dumps(opening, ensure_ascii=False, separators=(",", ":")) + "\n"


def make_log(sizes: Sequence[int]) -> MadeLog:
    """Return a log whose tree was signed at each of these sizes."""
    log = MadeLog(make_records(sizes[-1]))
    for size in sizes:
        log.grow_to(size)
    return log
