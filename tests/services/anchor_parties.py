"""A real time-stamp authority and a real witness on loopback, and a log for them to look at."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509 import load_pem_x509_certificates
from sqlalchemy.orm import Session

from consent.audit.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from consent.audit.encoding import decode_base64
from consent.audit.notes import ClockSigner, NoteSigner, NoteVerifier, split_note
from consent.audit.policies import Policy, Witness
from consent.audit.proofs import verify_consistency
from consent.audit.tiles import append_entries
from consent.audit.tree import EMPTY_ROOT
from consent.core.times import parse_rfc3339
from consent.errors import ProofError, RecordFormatError
from consent.services.anchors.configured import Anchors
from consent.services.anchors.timestamps import Authority
from consent.store.database import write_transaction
from consent.store.log import tile_reader
from consent.store.log_heads import StoredCheckpoint, insert_checkpoint
from consent.store.log_sealing import advance_state, insert_state, put_tiles
from consent.store.publications import ensure_log

LOG_ID = "university/1"
ORIGIN = "www.university.example/consent/log/university/1"
START = parse_rfc3339("2026-11-22T12:00:00Z")

_CERTIFICATES = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = Example Root
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
authorityKeyIdentifier = keyid
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def log_signer() -> NoteSigner:
    return NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"l" * 32))


def clock_signer() -> ClockSigner:
    return ClockSigner(f"{ORIGIN}/clock", Ed25519PrivateKey.from_private_bytes(b"c" * 32))


@dataclass
class GrowingLog:
    """A log in a database that grows when told, with a published head each time."""

    open_session: Callable[[], Session]
    size: int = 0
    root: bytes = EMPTY_ROOT
    salt: str = ""

    def begin(self) -> None:
        with self.open_session() as session, write_transaction(session):
            ensure_log(session, LOG_ID, ORIGIN, START)
            insert_state(session, LOG_ID, EMPTY_ROOT, START)

    def grow(self, count: int, now: int, *, published: bool = True) -> Checkpoint:
        """Append entries and sign the new head."""
        new = [
            hashlib.sha256(f"{self.salt}{number}".encode()).digest()
            for number in range(self.size, self.size + count)
        ]
        with self.open_session() as session, write_transaction(session):
            appended = append_entries(tile_reader(session, LOG_ID), self.size, new)
            put_tiles(session, LOG_ID, appended.tiles)
            advance_state(
                session,
                LOG_ID,
                size=self.size,
                root=self.root,
                new_size=appended.size,
                new_root=appended.root,
            )
        self.size, self.root = appended.size, appended.root
        return self.sign(now, published=published)

    def sign(self, now: int, *, published: bool = True) -> Checkpoint:
        """Sign the head as it is, at an instant."""
        checkpoint = Checkpoint(ORIGIN, self.size, self.root)
        note = sign_checkpoint(checkpoint, [log_signer()], [clock_signer()], now // 1000)
        with self.open_session() as session, write_transaction(session):
            insert_checkpoint(session, StoredCheckpoint(LOG_ID, self.size, now, note, published))
        return checkpoint


@dataclass
class TimeStampAuthority:
    """What an authority does: `behaviour` is honest, refuses, mangles, replays or fails."""

    folder: Path
    port: int = 0
    behaviour: str = "honest"
    requests: list[bytes] = field(default_factory=list)
    last: bytes = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsr"

    @property
    def roots(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def authority(self) -> Authority:
        roots = load_pem_x509_certificates(self.roots.read_bytes())
        return Authority(self.url, tuple(roots))

    def make(self) -> None:
        """Make a root and a certificate of an authority."""
        (self.folder / "tsa.cnf").write_text(_CERTIFICATES.format(folder=self.folder))
        (self.folder / "serial").write_text("01\n")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        config = ["-config", "tsa.cnf"]
        days = ["-days", "3650"]
        self.openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", *days,
                     *config, "-extensions", "root")  # fmt: skip
        self.openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr",
                     "-subj", "/CN=Example Authority", *config)  # fmt: skip
        self.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-extfile", "tsa.cnf", "-extensions", "authority",
                     "-out", "tsa.pem", *days)  # fmt: skip

    def openssl(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60
        )

    def answer(self, query: bytes) -> bytes:
        self.requests.append(query)
        if self.behaviour == "replays":
            return self.last
        (self.folder / "query.tsq").write_bytes(b"" if self.behaviour == "refuses" else query)
        self.openssl("ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.cnf",
                     "-out", "reply.tsr")  # fmt: skip
        reply = (self.folder / "reply.tsr").read_bytes()
        if self.behaviour == "mangles":
            return reply[:-1] + bytes([reply[-1] ^ 1])
        self.last = reply
        return reply


@contextmanager
def running_authority(folder: Path) -> Iterator[TimeStampAuthority]:
    """Serve an authority that answers by `openssl ts -reply`."""
    authority = TimeStampAuthority(folder)
    authority.make()

    class Handler(_Quiet):
        def do_POST(self) -> None:
            query = self.body()
            assert self.headers["Content-Type"] == "application/timestamp-query"
            if authority.behaviour == "fails":
                self.reply(500, b"no", "text/plain")
            else:
                self.reply(200, authority.answer(query), "application/timestamp-reply")

    with _served(Handler) as port:
        authority.port = port
        yield authority


@dataclass
class LittleWitness:
    """A witness as C2SP's tlog-witness has it: it keeps its state, checks, and only then signs.

    `behaviour` is honest, or one of: silent (no size in a 409), forges, refuses, babbles, fails.
    """

    key: Ed25519PrivateKey
    trusted: dict[str, NoteVerifier]
    now_s: int
    name: str = "witness.example/w1"
    port: int = 0
    behaviour: str = "honest"
    state: dict[str, Checkpoint] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)

    @property
    def signer(self) -> ClockSigner:
        return ClockSigner(self.name, self.key)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def witness(self) -> Witness:
        return Witness("w1", self.signer.verifier, self.url)

    @property
    def policy(self) -> Policy:
        return Policy((), witnesses=(self.witness,), quorum="w1")

    def answer(self, body: str) -> tuple[int, str, str]:
        """Return status, body and content type, in the order of checks that the spec has."""
        self.requests.append(body)
        self.asked.set()
        lines, _, note = body.partition("\n\n")
        first, *proof = lines.split("\n")
        old = int(first.removeprefix("old "))
        try:
            checkpoint = parse_checkpoint(split_note(note)[0])
            if checkpoint.origin not in self.trusted:
                return 404, "", "text/plain"
            self.trusted[checkpoint.origin].open(note)
        except RecordFormatError:
            return 403, "", "text/plain"
        if old > checkpoint.size:
            return 400, "", "text/plain"
        return self._extend(old, checkpoint, [decode_base64(line, "proof") for line in proof])

    def _extend(self, old: int, new: Checkpoint, proof: list[bytes]) -> tuple[int, str, str]:
        known = self.state.get(new.origin, Checkpoint(new.origin, 0, EMPTY_ROOT))
        if old != known.size:
            return self._conflict(known)
        if old == new.size and known.root != new.root:
            return self._conflict(known)
        try:
            verify_consistency(old, known.root, new.size, new.root, proof)
        except ProofError:
            return 422, "", "text/plain"
        self.state[new.origin] = new
        return 200, self._signed(new), "text/plain"

    def _conflict(self, known: Checkpoint) -> tuple[int, str, str]:
        if self.behaviour == "silent" and known.size:
            self.behaviour = "honest"
            return 409, "", "text/plain"
        return 409, f"{known.size}\n", "text/x.tlog.size"

    def _signed(self, checkpoint: Checkpoint) -> str:
        unknown = ClockSigner("witness.example/w2", Ed25519PrivateKey.from_private_bytes(b"u" * 32))
        lines = unknown.line(checkpoint.text, self.now_s)
        text = checkpoint.text
        if self.behaviour == "forges":
            text = text.replace(f"\n{checkpoint.size}\n", f"\n{checkpoint.size + 1}\n")
        if self.behaviour == "babbles":
            return "no line of a note\n"
        if self.behaviour != "refuses":
            lines += self.signer.line(text, self.now_s)
        return lines


@contextmanager
def running_witness(now: int = START) -> Iterator[LittleWitness]:
    """Serve a witness that knows the log."""
    witness = LittleWitness(
        Ed25519PrivateKey.from_private_bytes(b"w" * 32),
        {ORIGIN: log_signer().verifier},
        now // 1000,
    )

    class Handler(_Quiet):
        def do_POST(self) -> None:
            body = self.body().decode()
            if self.path != "/add-checkpoint" or witness.behaviour == "fails":
                self.reply(500, b"no", "text/plain")
                return
            status, text, kind = witness.answer(body)
            self.reply(status, text.encode(), kind)

    with _served(Handler) as port:
        witness.port = port
        yield witness


def anchors_of(*parties: TimeStampAuthority | LittleWitness) -> Anchors:
    """Return the configuration that asks these."""
    authorities = [one.authority for one in parties if isinstance(one, TimeStampAuthority)]
    witnesses = [one.witness for one in parties if isinstance(one, LittleWitness)]
    policy = Policy((), witnesses=tuple(witnesses)) if witnesses else None
    return Anchors(tuple(authorities), policy)


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Say nothing: what was asked is kept where a test can read it."""


@contextmanager
def _served(handler: type[_Quiet]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
