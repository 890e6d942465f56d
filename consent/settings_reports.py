"""Read where the regular report goes; what is set without what it needs is a fault."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping

from consent.core.config_addresses import email_fault, host_fault, is_loopback
from consent.core.words import LANGUAGES
from consent.services.reporting.channels import (
    DEFAULT_LANGUAGE,
    DEFAULT_PORTS,
    Channels,
    MailServer,
    Recipient,
    Tls,
    Webhook,
    person,
)
from consent.services.reporting.webhook import webhook_fault

REPORT_TO, LANGUAGE = "CONSENT_REPORT_TO", "CONSENT_REPORT_LANGUAGE"
FROM, HOST, PORT = "CONSENT_REPORT_FROM", "CONSENT_SMTP_HOST", "CONSENT_SMTP_PORT"
TLS, USER, PASSWORD = "CONSENT_SMTP_TLS", "CONSENT_SMTP_USER", "CONSENT_SMTP_PASSWORD"
WEBHOOK, WEBHOOK_SECRET = "CONSENT_REPORT_WEBHOOK", "CONSENT_REPORT_WEBHOOK_SECRET"

REPORT_SECRETS = (PASSWORD, WEBHOOK_SECRET)

LEAST_SECRET_BYTES, MOST_SECRET_BYTES = 24, 64  # as Standard Webhooks says
LAST_PORT = 65_535

_SITE = re.compile(r"[a-z][a-z0-9-]{0,31}")

ReadSecret = Callable[[Mapping[str, str], str, list[str]], str | None]


def read_channels(
    environ: Mapping[str, str], faults: list[str], read_secret: ReadSecret
) -> Channels:
    """Return where reports go, adding what is wrong to `faults`.

    `read_secret` gives what the environment, or a file that it names, has under a name.
    """
    language = environ.get(LANGUAGE) or DEFAULT_LANGUAGE
    if language not in LANGUAGES:
        faults.append(f"{LANGUAGE}: {language!r} is neither {' nor '.join(LANGUAGES)}")
        language = DEFAULT_LANGUAGE
    people = tuple(_read_people(environ.get(REPORT_TO, ""), faults))
    password = read_secret(environ, PASSWORD, faults)
    secret = read_secret(environ, WEBHOOK_SECRET, faults)
    return Channels(
        language=language,
        people=people,
        server=_read_server(environ, password, faults, is_needed=bool(people)),
        webhook=_read_webhook(environ.get(WEBHOOK, ""), secret, faults),
    )


def _read_people(text: str, faults: list[str]) -> Iterator[Recipient]:
    for part in filter(None, map(str.strip, text.split(","))):
        site, colon, address = part.rpartition(":")
        fault = email_fault(address)
        if fault is not None:
            faults.append(f"{REPORT_TO}: {address!r} {fault}")
        elif colon and not _SITE.fullmatch(site):
            faults.append(f"{REPORT_TO}: {site!r} is no site; write programme:{address}")
        else:
            yield person(address, site or None)


def _read_server(
    environ: Mapping[str, str], password: str | None, faults: list[str], *, is_needed: bool
) -> MailServer | None:
    """Return the mail server; None where nobody gets mail and none is named."""
    host = environ.get(HOST, "")
    if not host and not is_needed:
        return None
    before = len(faults)
    if not is_loopback(host) and host_fault(host) is not None:
        faults.append(f"{HOST}: name the mail server, such as smtp.example.org")
    sender = environ.get(FROM, "")
    if email_fault(sender) is not None:
        faults.append(f"{FROM}: give the address that reports are sent from")
    tls = _read_tls(environ, faults)
    port = _read_port(environ, DEFAULT_PORTS[tls], faults)
    user = environ.get(USER) or None
    if (user is None) is not (password is None):
        faults.append(f"{USER}: it needs {PASSWORD}, and the other way round")
    if tls is Tls.NONE and password is not None and not is_loopback(host):
        faults.append(f"{TLS}: a password is not sent over the network in clear; take starttls")
    if len(faults) > before:
        return None
    return MailServer(host, port, tls, sender, user, password)


def _read_tls(environ: Mapping[str, str], faults: list[str]) -> Tls:
    text = environ.get(TLS) or Tls.STARTTLS.value
    try:
        return Tls(text)
    except ValueError:
        faults.append(f"{TLS}: {text!r} is neither {' nor '.join(Tls)}")
        return Tls.STARTTLS


def _read_port(environ: Mapping[str, str], default: int, faults: list[str]) -> int:
    text = environ.get(PORT) or str(default)
    if text.isascii() and text.isdigit() and 0 < int(text) <= LAST_PORT:
        return int(text)
    faults.append(f"{PORT}: {text!r} is not a port")
    return default


def _read_webhook(url: str, secret: str | None, faults: list[str]) -> Webhook | None:
    if not url:
        return None
    fault = webhook_fault(url)
    if fault is not None:
        faults.append(f"{WEBHOOK}: it {fault}")
        return None
    if secret is None:
        faults.append(f"{WEBHOOK_SECRET}: it has to be set with {WEBHOOK}")
        return None
    if not _is_webhook_secret(secret):
        faults.append(
            f"{WEBHOOK_SECRET}: it is not {LEAST_SECRET_BYTES} to {MOST_SECRET_BYTES} bytes in "
            "base64 after `whsec_`"
        )
        return None
    return Webhook(url, secret)


def _is_webhook_secret(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith("whsec_") and LEAST_SECRET_BYTES <= len(key) <= MOST_SECRET_BYTES
