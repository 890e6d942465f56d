"""A log in memory that can be written as an export: time passes only when a test says so."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from consent.audit.action_counts import ActionCount, sign_action_count
from consent.audit.checkpoints import Checkpoint, sign_checkpoint
from consent.audit.entry import commitment
from consent.audit.notes import ClockSigner, NoteSigner
from consent.audit.packs import PackNote, export_key_name, sign_pack
from consent.audit.policies import Policy, Witness, format_policy
from consent.audit.receipts import make_receipt, sign_receipt
from consent.audit.records import config_record, disposal_record
from consent.audit.tiles import append_entries, cut, tile_widths
from consent.audit.tree import EMPTY_ROOT
from consent.core.canonical import canonical_bytes, record_bytes
from consent.core.ids import uuid7
from consent.core.ranges import ranges_of
from consent.core.retention import POLICIES, Disposal, DisposalClass, Role
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.verify.exports import open_exports
from consent.verify.findings import Kind
from consent.verify.log_check import Evidence
from consent.verify.report import Report
from consent.verify.running import check_all
from tests.audit.make_keys import ORIGIN, clock_signer, log_signer, private_key, receipt_signer

BEGIN = parse_rfc3339("2026-01-05T09:00:00Z")
NOTICE = canonical_bytes({"lifetimes": {"proof_months": 24}})
NOTICE_HASH = hashlib.sha256(NOTICE).hexdigest()
ALICE, BOB = "a1" * 32, "b0" * 32


@dataclass
class LogFolder:
    """A log that grows: `records` has what each leaf opens to, None where that is gone."""

    now: int = BEGIN
    signer: NoteSigner = field(default_factory=log_signer)
    clock: ClockSigner = field(default_factory=clock_signer)
    witnesses: list[ClockSigner] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    records: list[tuple[bytes, bytes] | None] = field(default_factory=list)
    tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    notes: list[tuple[int, int, str]] = field(default_factory=list)
    announced: list[tuple[bytes, bytes]] = field(default_factory=list)
    anchors: dict[str, bytes] = field(default_factory=dict)
    openings: str = "all"
    withheld: list[list[int]] = field(default_factory=list)
    counts: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0

    def copy(self) -> LogFolder:
        """Return a log that goes on from here apart from this one."""
        own: dict[str, Any] = {
            one.name: value.copy()
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), list | dict)
        }
        return replace(self, **own)

    @property
    def size(self) -> int:
        return len(self.entries)

    def new_id(self, at: int | None = None) -> str:
        self.count += 1
        return uuid7(self.now if at is None else at, self.count.to_bytes(10, "big"))

    def salt(self) -> bytes:
        return hashlib.sha512(b"salt %d" % self.count).digest()

    def seal(self, payload: bytes) -> int:
        """Append a record and return its leaf."""
        salt = self.salt()
        self.records.append((salt, payload))
        return self.append(commitment(payload, salt))

    def append(self, entry: bytes) -> int:
        """Append an entry of which nothing is known."""
        if len(self.records) == self.size:
            self.records.append(None)
        grown = append_entries(lambda level, n: self.tiles[level, n], self.size, [entry])
        self.tiles |= grown.tiles
        self.entries.append(entry)
        self.root = grown.root
        return self.size - 1

    root: bytes = EMPTY_ROOT

    def announce(self, site: str = "programme", notice: str = NOTICE_HASH) -> int:
        """Record a publication."""
        return self.seal(
            config_record(
                id=self.new_id(),
                at=self.now,
                site=site,
                notice=notice,
                scope="5c" * 32,
                policy="90" * 32,
                builds={},
            )
        )

    def consent(self, subject: str | None = None, **values: Any) -> int:
        """Record an act, and let a second pass."""
        self.now += 1000
        at = values.get("at", self.now)
        record = {
            "v": 1,
            "type": "consent",
            "id": self.new_id(at),
            "at": at,
            "site": "programme",
            "notice": NOTICE_HASH,
            "event": "refused" if subject is None else "granted",
            **({} if subject is None else {"subject": subject}),
            **values,
        }
        return self.seal(record_bytes(record))

    def id_of(self, leaf: int) -> str:
        opened = self.records[leaf]
        assert opened is not None
        return str(json.loads(opened[1])["id"])

    def publish(self, after_ms: int = 30_000, **changes: Any) -> str:
        """Sign the tree as it is, some time later."""
        self.now += after_ms
        head = Checkpoint(self.signer.name, self.size, changes.get("root", self.root))
        signed_at = changes.get("at", self.now)
        note = sign_checkpoint(head, [self.signer], [self.clock], signed_at // 1000)
        note += "".join(one.line(head.text, signed_at // 1000) for one in self.witnesses)
        self.notes.append((self.size, signed_at, note))
        return note

    def count_acts(self, *leaves: int, before: int = 0, size: int | None = None) -> str:
        """Sign that these leaves are acts of officers, beside so many before them."""
        count = ActionCount(
            self.signer.name,
            self.size if size is None else size,
            before + len(leaves),
            ranges_of(leaves),
        )
        note = sign_action_count([self.signer], count)
        self.counts.append((count.size, note))
        return note

    def pass_days(self, days: int) -> None:
        """Let days pass in which the log is signed at their ends."""
        for _ in range(days):
            self.publish(MILLIS_PER_DAY)

    def disposal(self, reason: str, *leaves: int, **changes: Any) -> bytes:
        return disposal_record(
            Disposal(
                id=self.new_id(),
                at=changes.get("at", self.now),
                reason=DisposalClass(reason),
                policy=POLICIES[DisposalClass(reason)],
                role=Role.SERVICE,
                count=changes.get("count", len(leaves)),
                leaves=changes.get("ranges", ranges_of(leaves)),
            )
        )

    def dispose(self, reason: str, *leaves: int, **changes: Any) -> int:
        """Remove records with a disposal that names them."""
        for leaf in leaves:
            if leaf < self.size:
                self.records[leaf] = None
        return self.seal(self.disposal(reason, *leaves, **changes))

    def receipt(self, leaf: int) -> str:
        receipt = make_receipt(ORIGIN, self.id_of(leaf), self.entries[leaf], self.now)
        return sign_receipt(receipt_signer(), receipt)

    @property
    def policy(self) -> str:
        witnesses = tuple(Witness(one.name, one.verifier) for one in self.witnesses)
        return format_policy(
            Policy(
                (self.signer.verifier,),
                (self.clock.verifier,),
                (receipt_signer().verifier,),
                witnesses,
                quorum=witnesses[0].name if witnesses else "none",
            )
        )

    def write(self, folder: Path) -> Path:
        """Write the export and return its folder."""
        files = {
            "checkpoint": self.notes[-1][2],
            "policy": self.policy,
            f"notices/{NOTICE_HASH}.json": NOTICE.decode(),
        }
        for size, created, note in self.notes:
            files[f"checkpoints/{size:016}-{created:014}"] = note
        opened = list(enumerate(self.records))
        lines = [line_of(leaf, *one) for leaf, one in opened if one is not None]
        files["records.jsonl"] = "".join(lines)
        again = [line for line in lines if '\\"type\\":\\"disposal\\"' in line]
        again += [line_of(None, *one) for one in self.announced]
        files["disposals.jsonl"] = "".join(again)
        if self.counts:
            lines = [json.dumps({"size": size, "note": note}) + "\n" for size, note in self.counts]
            files["actions.jsonl"] = "".join(lines)
        files |= self.signed_manifest(files)
        for path, text in files.items():
            put(folder / path, text.encode())
        for path, blob in self.anchors.items():
            put(folder / "anchors" / path, blob)
        for tile in tile_widths(self.notes[-1][0]):
            put(folder / tile.path, cut(tile, self.tiles[tile.level, tile.n]))
        return folder

    def signed_manifest(self, files: dict[str, str]) -> dict[str, str]:
        """Return the manifest of an export and its signature."""
        listed = [name for name in files if name.endswith(".jsonl")]
        digests = {name: hashlib.sha256(files[name].encode()).hexdigest() for name in listed}
        manifest = json.dumps(
            {
                "v": 1,
                "size": self.notes[-1][0],
                "openings": self.openings,
                "withheld": self.withheld,
                "files": digests,
            }
        )
        digest = hashlib.sha256(manifest.encode()).digest()
        signer = NoteSigner(export_key_name(ORIGIN), private_key(9))
        note = PackNote(uuid7(self.now, bytes(10)), digest, self.now)
        return {"manifest.json": manifest, "export.note": sign_pack([signer], note)}

    def check(self, folder: Path, **evidence: Any) -> Report:
        """Write the export and check it."""
        return check(self.write(folder), **evidence)


def line_of(leaf: int | None, salt: bytes, payload: bytes) -> str:
    encoded = base64.b64encode(salt).decode()
    return json.dumps({"i": leaf, "salt": encoded, "rec": payload.decode()}) + "\n"


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def check(path: Path, *, require_anchor: bool = False, **evidence: Any) -> Report:
    return check_all(open_exports(path), Evidence(**evidence), require_anchor=require_anchor)


def kinds(report: Report) -> set[Kind]:
    """Return what was found beside that nobody vouches for the log."""
    return {kind for log in report.logs for kind in log.findings.counts} - {Kind.UNANCHORED}


def found(log: LogFolder, folder: Path, **evidence: Any) -> set[Kind]:
    return kinds(log.check(folder, **evidence))


def places(report: Report) -> list[int | None]:
    return [one.leaf for one in report.logs[0].findings if one.kind is not Kind.UNANCHORED]
