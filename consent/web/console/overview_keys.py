"""The keys that sign for a site and the certificates that it needs, and when each of them ends."""

from __future__ import annotations

from dataclasses import dataclass

from consent.core.certificates import Condition
from consent.services.https_certificates import HostCertificate
from consent.services.overview import Expiring, SigningKey, SiteState
from consent.services.traffic_light import EXPIRES_SOON_MS, Light
from consent.web.console.words import ConsoleWords

_STAMPS = "stamps"
_QUIET = "quiet"  # the badge of what is not known


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key that signs: what for, its id, since when (ms), and until when if that is settled."""

    role: str
    digest: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """A certificate, what it is for, and until when; `kind` is that of a badge."""

    name: str
    use: str
    kind: str
    until: str


def key_lines(keys: list[SigningKey], words: ConsoleWords) -> list[KeyLine]:
    return [
        KeyLine(words(f"overview.key.{key.role}"), key.vkey.split("+")[1], key.since, key.until)
        for key in keys
    ]


def certificate_lines(state: SiteState, words: ConsoleWords) -> list[CertificateLine]:
    """Return the certificates that visitors meet first, then those of the time-stamps."""
    return [
        *(_host_line(one, words) for one in state.hosts),
        *(_root_line(one, state.now, words) for one in state.certificates),
    ]


def _host_line(one: HostCertificate, words: ConsoleWords) -> CertificateLine:
    uses = words.list([words(f"overview.use.{use}") for use in one.uses])
    date = "" if one.expires_at is None else words.date(one.expires_at)
    until = words(f"overview.until.{one.condition}", date=date)
    return CertificateLine(one.host, f"{uses[:1].upper()}{uses[1:]}", _kind(one.condition), until)


def _root_line(one: Expiring, now: int, words: ConsoleWords) -> CertificateLine:
    if one.expires_at <= now:
        condition, kind = Condition.EXPIRED, Light.BAD
    elif one.expires_at - now <= EXPIRES_SOON_MS:
        condition, kind = Condition.SOON, Light.WARNING
    else:
        condition, kind = Condition.GOOD, Light.GOOD
    until = words(f"overview.until.{condition}", date=words.date(one.expires_at))
    return CertificateLine(one.name, words(f"overview.use.{_STAMPS}"), kind.value, until)


def _kind(condition: Condition) -> str:
    if condition.is_refused:
        return Light.BAD.value
    if condition.is_late:
        return Light.WARNING.value
    return Light.GOOD.value if condition is Condition.GOOD else _QUIET
