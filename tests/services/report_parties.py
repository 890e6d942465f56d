"""A real mail server and a real receiver of webhooks on loopback, which keep what they are sent."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SENDER, OLGA = "consent@university.example", "olga@university.example"
USER, PASSWORD = "consent", "a long word"
TURNS = 20
SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


@dataclass
class MailServer:
    """A server that takes mail, unless it is told to answer otherwise."""

    port: int = 0
    loop: asyncio.AbstractEventLoop | None = None
    answer: str = "250 OK"
    messages: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    authenticated: list[bool] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 -- as the library calls it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        if self.answer.startswith("250"):
            message = email.message_from_bytes(content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
            assert server.transport is not None
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
            self.authenticated.append(bool(session.authenticated))
            self.greetings.append(session.host_name or "")
        return self.answer


def _sign_in(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    wanted = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=data == wanted, handled=False)


@contextmanager
def running_mail_server(
    context: ssl.SSLContext | None = None, *, at_once: bool = False, sign_in: bool = False
) -> Iterator[MailServer]:
    """Run a server with STARTTLS if it has a certificate, or with TLS at once."""
    server = MailServer()
    started, stopped = threading.Event(), asyncio.Event()
    connections: list[SMTP] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()

        def connection() -> SMTP:
            connections.append(
                SMTP(
                    server,
                    hostname="mail.university.example",
                    tls_context=None if at_once else context,
                    require_starttls=context is not None and not at_once,
                    authenticator=_sign_in if sign_in else None,
                    # With TLS at once it sees no TLS of its own, and would refuse or warn.
                    auth_required=sign_in and not at_once,
                    auth_require_tls=not at_once,
                    loop=loop,
                )
            )
            return connections[-1]

        server.loop = loop
        secured = context if at_once else None
        listening = await loop.create_server(connection, "127.0.0.1", 0, ssl=secured)
        server.port = listening.sockets[0].getsockname()[1]
        started.set()
        await stopped.wait()
        listening.close()
        for one in connections:
            if isinstance(one.transport, asyncio.Transport):
                one.transport.abort()
        for _ in range(TURNS):  # until the loop has closed what was ended
            await asyncio.sleep(0)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        assert server.loop is not None
        server.loop.call_soon_threadsafe(stopped.set)
        thread.join()


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return the file of a certificate for this machine, and what serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "mail.pem", folder / "mail.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return path, context


@dataclass(frozen=True, slots=True)
class Request:
    """A POST as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A program that takes webhooks; it answers with each of `statuses` once, then takes all."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    location: str = ""
    requests: list[Request] = field(default_factory=list)


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append(Request(dict(self.headers), body))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?for=consent"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
