"""Which authorities and witnesses an installation asks, as its settings say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from consent.audit.policies import Policy, Witness, parse_policy
from consent.core.config_addresses import is_loopback
from consent.errors import ConfigurationError, RecordFormatError
from consent.services.anchors.timestamps import Authority
from consent.verify.stamps import read_roots, stamps_can_be_checked


@dataclass(frozen=True, slots=True)
class Anchors:
    """Who is asked: time-stamp authorities once a day, witnesses at every published head.

    `policy` is the operator's file of witnesses, with the quorum that others should ask for.
    """

    authorities: tuple[Authority, ...] = ()
    policy: Policy | None = None

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        return () if self.policy is None else self.policy.witnesses

    def __bool__(self) -> bool:
        return bool(self.authorities or self.witnesses)


def load_authorities(urls: str, roots: str) -> tuple[Authority, ...]:
    """Return the authorities in a list of addresses by commas; `roots` is a file of PEM.

    Plain HTTP is accepted: only a digest is sent, and the reply is signed.
    Raises ConfigurationError when they cannot be asked, or their replies not be verified.
    """
    addresses = [url.strip() for url in urls.split(",") if url.strip()]
    if not addresses:
        return ()
    if not stamps_can_be_checked():
        raise ConfigurationError(["time-stamps need the extra: `pip install 'consent[timestamp]'`"])
    faults = [f"{url!r} is no address" for url in addresses if not _is_address(url)]
    if not roots:
        faults.append("name the file of the authorities' root certificates in CONSENT_TSA_ROOTS")
    if faults:
        raise ConfigurationError(faults)
    try:
        certificates = tuple(read_roots([_read(roots)]))
    except RecordFormatError as error:
        raise ConfigurationError([f"{roots}: {error}"]) from error
    return tuple(Authority(url, certificates) for url in addresses)


def load_witnesses(path: str) -> Policy | None:
    """Return the policy in a file of witnesses; None for no file.

    Raises ConfigurationError when it is no policy, or a witness cannot be asked. A witness is
    asked over HTTPS: what it refuses stops the log, and is not signed.
    """
    if not path:
        return None
    try:
        policy = parse_policy(_read(path).decode())
    except (RecordFormatError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path} is no policy: {error}"]) from error
    faults = list(_witness_faults(policy))
    if faults:
        raise ConfigurationError(faults)
    return policy


def _witness_faults(policy: Policy) -> Iterator[str]:
    for witness in policy.witnesses:
        url = witness.url or ""
        if not _is_address(url):
            yield f"the witness {witness.name} needs the address that heads are sent to"
        elif urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname or ""):
            yield f"the witness {witness.name} must be asked over https"


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _read(path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise ConfigurationError([f"{path} cannot be read ({type(error).__name__})"]) from error
