"""Meet the HTTPS certificates that browsers meet: which ones end soon, which ones are refused."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.x509 import Certificate, load_der_x509_certificate

from consent.core.certificates import Fault, HttpsCertificate, host_and_port
from consent.core.sentence import Sentence, sentence, words_of_others
from consent.services.anchoring import format_instant
from consent.services.diagnosis.client import reason_of
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, warning

TIMEOUT_SECONDS = 5

# What OpenSSL calls them (x509_vfy.h).
_HAS_EXPIRED = 10
_NO_ISSUER = (20, 21)  # not at hand, or not sent with the first certificate
_OTHER_NAME = (62, 64)  # of a host, of an IP address

_REFUSED = "{address}: browsers refuse its certificate: {reason}."
# Some browsers fetch what is missing of a chain, or have met it elsewhere.
_INCOMPLETE = (
    "{address}: its certificate has an incomplete chain or an unknown authority, so some browsers "
    "refuse it: {reason}."
)
_WHOLE_CHAIN = (
    "Have the web server send the whole chain of an authority that browsers know. If the "
    "authority is your own, name its file in SSL_CERT_FILE."
)
_TRUST = {
    Fault.WRONG_NAME: (
        _REFUSED,
        "Get a certificate for this name, or correct which one is used for it.",
    ),
    Fault.INCOMPLETE: (_INCOMPLETE, _WHOLE_CHAIN),
    Fault.UNTRUSTED: (_REFUSED, _WHOLE_CHAIN),
}


@dataclass(frozen=True, slots=True)
class Met:
    """What was met at a host now (ms); `reason` says why it is refused, or why nothing was met."""

    certificate: HttpsCertificate
    now: int
    reason: Sentence = field(default_factory=lambda: Sentence(""))

    @property
    def address(self) -> str:
        return f"https://{self.certificate.host}"


CERTIFICATES = Checks[Met]("certificates")


@CERTIFICATES.add("reachable")
def check_reachable(met: Met) -> Iterator[Observation]:
    if met.certificate.fault is Fault.UNREACHABLE:
        yield warning(
            "{address}: its certificate could not be looked at: {reason}.",
            "Mend it, unless browsers do reach it and only this machine cannot.",
            address=met.address,
            reason=met.reason,
        )


@CERTIFICATES.add("trust")
def check_trust(met: Met) -> Iterator[Observation]:
    """Say whether browsers accept it; that it expired is told with its date."""
    fault = met.certificate.fault
    if fault in _TRUST:
        found, advice = _TRUST[fault]
        yield problem(found, advice, address=met.address, reason=met.reason)
    elif fault is None:
        yield ok("{address}: its certificate is for this name, and trusted.", address=met.address)


@CERTIFICATES.add("validity")
def check_validity(met: Met) -> Iterator[Observation]:
    certificate = met.certificate
    if certificate.expires_at is None:
        return
    told = {"address": met.address, "end": format_instant(certificate.expires_at)}
    if certificate.expires_at <= met.now:
        yield problem(
            "{address}: its certificate expired at {end}, so browsers refuse it.",
            "Renew it at once, and find out why that did not happen by itself.",
            **told,
        )
    elif certificate.ends_soon(met.now):
        yield warning(
            "{address}: its certificate ends at {end} and should have been renewed by now.",
            "Renew it, and find out why that did not happen by itself.",
            **told,
        )
    else:
        yield ok("{address}: its certificate is valid until {end}.", **told)


def meet(host: str, now: int) -> Met:
    """Look at the certificate of a host, given with its port unless that is 443."""
    try:
        return Met(_described(host, _leaf(host, ssl.create_default_context())), now)
    except ssl.SSLCertVerificationError as error:
        return _meet_refused(host, error, now)
    except ssl.SSLError:
        reason = sentence("what answers there does not speak TLS as browsers do")
    except OSError as error:
        reason = reason_of(error, TIMEOUT_SECONDS)
    return Met(HttpsCertificate(host, fault=Fault.UNREACHABLE), now, reason)


def _meet_refused(host: str, error: ssl.SSLCertVerificationError, now: int) -> Met:
    """Look at a certificate that is not accepted: when it ends is worth knowing all the same."""
    accepting = ssl.create_default_context()
    accepting.check_hostname = False
    accepting.verify_mode = ssl.CERT_NONE  # nothing is sent, and nothing of it believed
    try:
        seen = _described(host, _leaf(host, accepting))
    except OSError:
        seen = HttpsCertificate(host)
    fault, reason = _fault_of(error), words_of_others(error.verify_message.rstrip("."))
    if fault is Fault.WRONG_NAME:
        reason = sentence("it is for another name")
    if seen.expires_at is not None and seen.expires_at <= now:
        fault = Fault.EXPIRED
    elif error.verify_code == _HAS_EXPIRED:
        reason = sentence("one that it relies on has expired")
    return Met(HttpsCertificate(host, seen.expires_at, seen.lifetime, fault), now, reason)


def _fault_of(error: ssl.SSLCertVerificationError) -> Fault:
    if error.verify_code in _OTHER_NAME:
        return Fault.WRONG_NAME
    return Fault.INCOMPLETE if error.verify_code in _NO_ISSUER else Fault.UNTRUSTED


def _leaf(host: str, context: ssl.SSLContext) -> Certificate | None:
    """Return a host's own certificate, None if it cannot be read; no request is made."""
    name, port = host_and_port(host)
    with (
        socket.create_connection((name, port), TIMEOUT_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=name) as secured,
    ):
        encoded = secured.getpeercert(binary_form=True)
    try:
        return None if encoded is None else load_der_x509_certificate(encoded)
    except ValueError:
        return None


def _described(host: str, leaf: Certificate | None) -> HttpsCertificate:
    if leaf is None:
        return HttpsCertificate(host)
    begin, end = (
        int(moment.timestamp() * 1000)
        for moment in (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    )
    return HttpsCertificate(host, end, end - begin)
