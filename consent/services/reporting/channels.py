"""Where reports go: people by mail, programs by webhook; what is not set is not sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from consent.store.report_deliveries import MAIL, WEBHOOK, DeliveryKey

DEFAULT_LANGUAGE = "en"


class Tls(StrEnum):
    """How a mail server is spoken to safely: at once, after STARTTLS, or not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


DEFAULT_PORTS = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """The server that takes our mail, and in whose name it is sent."""

    host: str
    port: int
    tls: Tls
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A program that takes reports over HTTPS, and the secret that signs them for it."""

    url: str = field(repr=False)  # the path of some is a secret itself
    secret: str = field(repr=False)

    @property
    def name(self) -> str:
        """What may be told of it: scheme and host."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets the reports of one site, or of all where `site` is None."""

    kind: str
    address: str
    site: str | None = None

    def key(self, month: str, site: str) -> DeliveryKey:
        return DeliveryKey(month, site, self.kind, self.address)


@dataclass(frozen=True, slots=True)
class Channels:
    """All ways in which an installation sends its reports."""

    language: str = DEFAULT_LANGUAGE
    people: tuple[Recipient, ...] = ()
    server: MailServer | None = None
    webhook: Webhook | None = None

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        if self.webhook is None:
            return self.people
        return (*self.people, Recipient(WEBHOOK, self.webhook.name))

    def recipients_of(self, site: str) -> tuple[Recipient, ...]:
        """Return who gets the report of a site, each once."""
        fitting = {
            (one.kind, one.address): one for one in self.recipients if one.site in (None, site)
        }
        return tuple(fitting.values())

    def __bool__(self) -> bool:
        return bool(self.recipients)


def person(address: str, site: str | None = None) -> Recipient:
    return Recipient(MAIL, address, site)


def delivery_id(key: DeliveryKey) -> str:
    """Return the name of one report for one recipient, the same whenever it is tried."""
    parts = f"{key.month}\n{key.site}\n{key.kind}\n{key.recipient}"
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
