"""The logs of an export: a folder, tar or zip as `consent log export` writes it, or a part of one.

An evidence pack has each of its logs in a folder of its own; any depth is found.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from consent.audit.notes import NoteVerifier
from consent.audit.packs import PackNote, export_key_name, open_pack
from consent.audit.receipts import receipt_key_name
from consent.audit.tiles import TILE_WIDTH, Tile
from consent.core.canonical import MAX_RECORD_BYTES
from consent.errors import RecordFormatError
from consent.verify.files import Files, open_files
from consent.verify.findings import Finding, Kind
from consent.verify.sources import Anchor, Note, Opening, Scope, UnreadableError

CHECKPOINT = "checkpoint"
POLICY = "policy"
MANIFEST = "manifest.json"
NOTE = "export.note"
RECORDS = "records.jsonl"
DISPOSALS = "disposals.jsonl"
COUNTS = "actions.jsonl"
HIDDEN = "hidden.json"

MAX_TEXT_BYTES = 256 * 1024
MAX_TILE_BYTES = TILE_WIDTH * 34
MAX_HIDDEN_BYTES = 64 * 1024 * 1024
MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MAX_NOTICE_BYTES = 16 * 1024 * 1024
READ_BYTES = 1024 * 1024
MAX_COUNT_BYTES = 8 * 1024 * 1024  # the first one of a log may name very many leaves
MAX_LINE_BYTES = 2 * 6 * MAX_RECORD_BYTES  # a record as a JSON string, each character escaped

_NOTE_NAME = re.compile(r"(?P<size>[0-9]{16})-(?P<created>[0-9]{14})")
_ANCHOR_NAME = re.compile(
    r"(?P<size>[0-9]{16})-(?P<created>[0-9]{14})-(?P<kind>[a-z0-9]+)-[0-9]+(\.[a-z]+)?"
)
_DISPOSAL = b'"type":"disposal"'
_DIGEST = re.compile(r"[0-9a-f]{64}")


def open_exports(path: Path) -> list[ExportSource]:
    """Return every log that lies under a path; raise UnreadableError if there is none."""
    return exports_in(open_files(path))


def exports_in(files: Files) -> list[ExportSource]:
    """Return every log among these files; raise UnreadableError if there is none."""
    if has(files, CHECKPOINT):
        return [ExportSource(files, "")]
    found = sorted(
        name.removesuffix(CHECKPOINT)
        for name in files.names()
        if name.endswith(f"/{CHECKPOINT}") and has(files, name.removesuffix(CHECKPOINT) + POLICY)
    )
    if not found:
        raise UnreadableError(
            f"{files.name} has no log in it: there is no {CHECKPOINT} beside a policy"
        )
    return [ExportSource(files, folder) for folder in found]


class ExportSource:
    """One log of an export; `folder` is where its files lie, with a slash at its end or empty."""

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self._folder = folder
        self._digest = b""
        self._manifest = self._read_manifest()
        self._made_at: int | None = None
        self._disposals: dict[int, bytes] = {}
        self._has_read_records = False

    @property
    def name(self) -> str:
        return f"{self._files.name}, {self._folder}" if self._folder else self._files.name

    @property
    def scope(self) -> Scope:
        try:
            return Scope(self._manifest.get("openings", Scope.ALL))
        except ValueError as error:
            raise UnreadableError(f"{self.name}: its manifest opens something unknown") from error

    def policy(self) -> str:
        return self._text(POLICY)

    def head(self) -> str:
        return self._text(CHECKPOINT)

    def notes(self) -> Iterator[Note | Finding]:
        for name in self._files.names_in(f"{self._folder}checkpoints"):
            match = _NOTE_NAME.fullmatch(name)
            text = None if match is None else self._read(f"checkpoints/{name}", MAX_TEXT_BYTES)
            if match is None or text is None:
                yield Finding(Kind.ALTERED, f"checkpoints/{name} is no checkpoint")
                continue
            yield Note(int(match["size"]), int(match["created"]), text.decode(errors="replace"))

    def anchors(self) -> Iterator[Anchor | Finding]:
        for name in self._files.names_in(f"{self._folder}anchors"):
            match = _ANCHOR_NAME.fullmatch(name)
            blob = None if match is None else self._read(f"anchors/{name}", MAX_TEXT_BYTES)
            if match is None or blob is None:
                yield Finding(Kind.ALTERED, f"anchors/{name} is no anchor of a checkpoint")
                continue
            yield Anchor(int(match["size"]), int(match["created"]), match["kind"], blob)

    def counts(self) -> Iterator[Note | Finding]:
        for number, line in self._lines_of(COUNTS, MAX_COUNT_BYTES):
            count = _parse_count(line)
            if count is None:
                yield Finding(Kind.ALTERED, f"line {number} of {COUNTS} is no count of acts")
            else:
                yield count

    @property
    def acts_since(self) -> int | None:
        return None

    def tile(self, tile: Tile) -> bytes | None:
        data = self._read(tile.path, MAX_TILE_BYTES)
        if data is None and tile.width < TILE_WIDTH:
            data = self._read(Tile(tile.level, tile.n, TILE_WIDTH).path, MAX_TILE_BYTES)
        return data

    def openings(self) -> Iterator[Opening | Finding]:
        for opening in self._openings(RECORDS):
            if isinstance(opening, Finding) or opening.leaf is None:
                pass
            elif _DISPOSAL in opening.record:
                self._disposals[opening.leaf] = _digest(opening)
            yield opening
        self._has_read_records = True

    def announced(self) -> Iterator[Opening | Finding]:
        for opening in self._openings(DISPOSALS):
            if isinstance(opening, Finding) or opening.leaf is None:
                yield opening

    def require_vouched(self, receipt_keys: Sequence[NoteVerifier]) -> None:
        signed = self._read(NOTE, MAX_TEXT_BYTES)
        if signed is None:
            raise RecordFormatError(f"there is no {NOTE} that signs the manifest")
        note = _open_note(receipt_keys, signed.decode(errors="replace"))
        if note.manifest != self._digest:
            raise RecordFormatError(f"{NOTE} signs another manifest")
        digests = self._manifest.get("files")
        for name in (RECORDS, DISPOSALS, HIDDEN, COUNTS):
            listed = digests.get(name) if isinstance(digests, dict) else None
            digest = self._digest_of(name)
            if digest != listed and not (name == HIDDEN and digest is None):
                raise RecordFormatError(f"{name} is not the file that the manifest names")
        self._made_at = note.made_at

    @property
    def read_at(self) -> int | None:
        return self._made_at

    def withheld(self) -> Sequence[tuple[int, int]]:
        ranges = []
        for pair in self._manifest.get("withheld", []):
            match pair:
                case [int(first), int(last)]:
                    ranges.append((first, last))
                case _:
                    raise UnreadableError(f"{self.name}: its manifest withholds no ranges")
        return ranges

    def hidden(self) -> bytes | None:
        """Return the list of leaves whose records were erased and still exist, if there is one."""
        return self._read(HIDDEN, MAX_HIDDEN_BYTES)

    def notice(self, digest: str) -> bytes | None:
        if not _DIGEST.fullmatch(digest):
            return None
        return self._read(f"notices/{digest}.json", MAX_NOTICE_BYTES)

    @property
    def has_notices(self) -> bool:
        return bool(self._files.names_in(f"{self._folder}notices"))

    def own_findings(self, size: int) -> Iterator[Finding]:
        """The manifest says what the log says; disposals to apply again are those of the log."""
        claimed = self._manifest.get("size", size)
        if claimed != size:
            yield Finding(
                Kind.ALTERED, f"the manifest says {claimed} leaves, the checkpoint {size}"
            )
        yield from self._faults_of_counts()
        if not self._has_read_records or not has(self._files, self._folder + DISPOSALS):
            return
        again = {
            one.leaf: _digest(one)
            for one in self._openings(DISPOSALS)
            if isinstance(one, Opening) and one.leaf is not None
        }
        for leaf in sorted(_differing(self._disposals, again)):
            yield Finding(
                Kind.ALTERED, f"{DISPOSALS} and {RECORDS} differ about leaf {leaf}", leaf=leaf
            )

    def _faults_of_counts(self) -> Iterator[Finding]:
        """Without the counts nothing would tell that acts are missing."""
        digests = self._manifest.get("files")
        listed = digests.get(COUNTS) if isinstance(digests, dict) else None
        if listed is not None and listed != (digest := self._digest_of(COUNTS)):
            kind = Kind.MISSING if digest is None else Kind.ALTERED
            yield Finding(kind, f"{COUNTS} is not the file that the manifest names")

    def _openings(self, name: str) -> Iterator[Opening | Finding]:
        for number, line in self._lines_of(name):
            opening = _parse_opening(line)
            if opening is None:
                yield Finding(Kind.ALTERED, f"line {number} of {name} is no record of a log")
            else:
                yield opening

    def _lines_of(self, name: str, limit: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes]]:
        file = self._files.open(self._folder + name)
        if file is None:
            return
        with file:
            yield from enumerate(_lines(file, self.name, limit), start=1)

    def _digest_of(self, name: str) -> str | None:
        file = self._files.open(self._folder + name)
        if file is None:
            return None
        digest = hashlib.sha256()
        with file, _reading(self.name):
            while chunk := file.read(READ_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def _read_manifest(self) -> dict[str, Any]:
        data = self._read(MANIFEST, MAX_MANIFEST_BYTES)
        if data is None:
            return {}
        self._digest = hashlib.sha256(data).digest()
        try:
            manifest = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise UnreadableError(f"{self.name}: its manifest is not JSON") from error
        return manifest if isinstance(manifest, dict) else {}

    def _text(self, path: str) -> str:
        data = self._read(path, MAX_TEXT_BYTES)
        if data is None:
            raise UnreadableError(f"{self.name} has no file {path}")
        return data.decode(errors="replace")

    def _read(self, path: str, limit: int) -> bytes | None:
        """Return the content of a file, cut where it is longer than anything of ours can be."""
        file = self._files.open(self._folder + path)
        if file is None:
            return None
        with file, _reading(self.name):
            return file.read(limit + 1)


def has(files: Files, path: str) -> bool:
    """Say whether there is a file of this path."""
    file = files.open(path)
    if file is not None:
        file.close()
    return file is not None


def _open_note(receipt_keys: Sequence[NoteVerifier], signed: str) -> PackNote:
    """Return what one of the keys has signed of an export; raise RecordFormatError if none did."""
    for key in receipt_keys:
        origin = key.name.removesuffix(receipt_key_name(""))
        try:
            return open_pack(NoteVerifier(export_key_name(origin), key.public), signed)
        except RecordFormatError:
            continue
    raise RecordFormatError(f"no receipt key of the log signed {NOTE}")


def _lines(file: IO[bytes], name: str, limit: int) -> Iterator[bytes]:
    """Give the lines of a file; one that is longer than the limit comes in pieces, as faults."""
    while True:
        with _reading(name):
            line = file.readline(limit)
        if not line:
            return
        yield line


def _parse_opening(line: bytes) -> Opening | None:
    """Return what a line opens, None if it is no such line. Only disposals can be unsealed."""
    try:
        match json.loads(line):
            case {"i": int() | None as leaf, "salt": str(salt), "rec": str(record), **rest}:
                if rest or isinstance(leaf, bool) or (leaf is not None and leaf < 0):
                    return None
                return Opening(leaf, base64.b64decode(salt, validate=True), record.encode())
    except (ValueError, RecursionError):
        pass
    return None


def _parse_count(line: bytes) -> Note | None:
    """Return the count of acts in a line, None if there is none."""
    try:
        match json.loads(line):
            case {"size": int(size), "note": str(note), **rest} if not rest:
                return Note(size, None, note)
    except (ValueError, RecursionError):
        pass
    return None


def _digest(opening: Opening) -> bytes:
    return hashlib.sha256(opening.salt + opening.record).digest()


def _differing(one: Mapping[int, bytes], other: Mapping[int, bytes]) -> Iterator[int]:
    return (leaf for leaf in one.keys() | other.keys() if one.get(leaf) != other.get(leaf))


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableError(f"{name} cannot be read ({type(error).__name__})") from error
