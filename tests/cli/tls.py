"""Servers on this machine that speak TLS, with certificates of an authority made for the tests."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

DAY = dt.timedelta(days=1)
HANDSHAKE_SECONDS = 20


@dataclass(frozen=True)
class Issued:
    """A certificate with its key, and what stands between it and the root."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def expires_at(self) -> int:
        return int(self.certificate.not_valid_after_utc.timestamp() * 1000)

    @property
    def pem(self) -> bytes:
        """What a web server is given: its certificate, the chain without the root, and the key."""
        shown = [one.public_bytes(Encoding.PEM) for one in (self.certificate, *self.chain)]
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return b"".join([*shown, key])

    def issue(self, name: str, *, lasts: float, left: float, is_authority: bool = False) -> Issued:
        """Return a certificate for a host or an authority that lasts, and has left, some days."""
        key = ec.generate_private_key(ec.SECP256R1())
        end = dt.datetime.now(dt.UTC) + left * DAY
        certificate = _certificate(
            name, key, end - lasts * DAY, end, is_authority=is_authority, issuer=self
        )
        is_root = self.certificate.issuer == self.certificate.subject
        return Issued(certificate, key, () if is_root else (self.certificate, *self.chain))


def make_authority(name: str) -> Issued:
    """Return the root of an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    return Issued(_certificate(name, key, now - 900 * DAY, now + 900 * DAY, is_authority=True), key)


@contextmanager
def tls_server(folder: Path, issued: Issued) -> Iterator[int]:
    """Shake hands with everybody on a free port, with a certificate, and say no more."""
    path = folder / f"{issued.certificate.serial_number}.pem"
    path.write_bytes(issued.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(HANDSHAKE_SECONDS)
            with suppress(OSError):  # who does not trust it goes away
                context.wrap_socket(self.request, server_side=True).close()

    with _serving(Handler) as port:
        yield port


@contextmanager
def plain_server() -> Iterator[int]:
    """Answer everybody on a free port with words that are no TLS."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(HANDSHAKE_SECONDS)
            with suppress(OSError):
                self.request.recv(1024)
                self.request.sendall(b"220 this is another protocol\r\n")

    with _serving(Handler) as port:
        yield port


@contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    begin: dt.datetime,
    end: dt.datetime,
    *,
    is_authority: bool,
    issuer: Issued | None = None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing = key if issuer is None else issuer.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([_san(name)]), critical=False)
    return builder.sign(signing, hashes.SHA256())


def _san(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=is_authority, crl_sign=is_authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
