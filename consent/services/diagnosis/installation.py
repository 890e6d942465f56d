"""Check what lies on this machine: settings, home folder, keys, clock."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from consent.core.sentence import Sentence, sentence, words_of_others
from consent.errors import ConfigurationError
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, skipped, warning
from consent.services.keys import (
    LogKeys,
    load_clock_keys,
    load_keyring,
    load_log_keys,
    load_pseudonyms,
    load_receipt_keys,
    loose_permissions,
)
from consent.services.reporting.channels import Channels
from consent.store.inspection import embedded_file

FIRST_YEAR = 2026
LAST_YEAR = 2099
LARGEST_DRIFT_MS = 1000

KEY_LOADERS: dict[str, Callable[[str], object]] = {
    "CONSENT_SIGNING_KEYS": load_keyring,
    "CONSENT_PSEUDONYM_KEY": load_pseudonyms,
    "CONSENT_RECEIPT_KEY": load_receipt_keys,
    "CONSENT_LOG_KEY": load_log_keys,
    "CONSENT_CLOCK_KEY": load_clock_keys,
}


@dataclass(frozen=True, slots=True)
class Secret:
    """One key: its setting, and its text or its file, and advice if that is gone."""

    name: str
    text: str | None = field(repr=False)
    path: Path | None
    if_gone: str = "Run `consent init`, or put back the key from your backup."


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of day and a clock that only counts up, both in milliseconds."""

    now: Callable[[], int]
    counter: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Installation:
    """What the environment says of an installation.

    `faults` are those of settings other than keys; a faulty database address is None.
    """

    home: Path
    database_url: str | None = field(repr=False)
    secrets: tuple[Secret, ...]
    faults: tuple[str, ...]
    writes_per_minute: int
    widest_proxy_prefix: int | None  # bits of the widest network of trusted proxies, if any
    mount: str
    clock: Clock
    log_keys: LogKeys | None = field(default=None, repr=False)  # if it seals: those at hand
    console_origin: str | None = None
    reports: Channels = field(default_factory=Channels, repr=False)

    @property
    def seals(self) -> bool:
        """Whether a process of this installation seals: then it needs the key of the log."""
        return any(secret.name == "CONSENT_LOG_KEY" for secret in self.secrets)

    @property
    def needs_home(self) -> bool:
        """Whether a key or the database is to be found in the home folder."""
        paths = [secret.path for secret in self.secrets]
        if self.database_url is not None:
            paths.append(embedded_file(self.database_url))
        return any(path is not None and path.is_relative_to(self.home) for path in paths)


SETTINGS = Checks[Installation]("settings")
KEYS = Checks[Installation]("keys")
CLOCK = Checks[Installation]("clock")


@SETTINGS.add("values")
def check_values(installation: Installation) -> Iterator[Observation]:
    for fault in installation.faults:
        name, _, text = fault.partition(": ")
        yield problem(
            "{setting}: {fault}.",
            "Correct or remove {setting}; the service does not start.",
            setting=name,
            fault=words_of_others(text),
        )
    if not installation.faults:
        yield ok("Every setting is known and well formed.")


@SETTINGS.add("write limit")
def check_write_limit(installation: Installation) -> Iterator[Observation]:
    if installation.writes_per_minute == 0:
        yield warning(
            "The limit on choices from one address is off.",
            "Remove CONSENT_WRITES_PER_MINUTE=0 unless your proxy has such a limit.",
        )
    else:
        yield ok(
            "One address may send {choices} choices in a minute.",
            choices=installation.writes_per_minute,
        )


@SETTINGS.add("trusted proxies")
def check_trusted_proxies(installation: Installation) -> Iterator[Observation]:
    widest = installation.widest_proxy_prefix
    if widest == 0:
        yield problem(
            "Every address is a trusted proxy, so anybody can forge where a choice comes from.",
            "Give CONSENT_TRUSTED_PROXIES the addresses of your own proxies only.",
        )
    elif widest is not None:
        yield ok("X-Forwarded-For is believed from the trusted proxies only.")
    else:
        yield ok("No proxy is trusted, so X-Forwarded-For is ignored.")


@KEYS.add("home folder")
def check_home(installation: Installation) -> Iterator[Observation]:
    home = installation.home
    if not home.is_dir():
        if installation.needs_home:
            yield problem("There is no folder {folder}.", "Run `consent init`.", folder=home)
        else:
            yield ok("No home folder is needed: keys and database are elsewhere.")
    else:
        yield from _owner_only(home, "700")


@KEYS.add("key folders")
def check_key_folders(installation: Installation) -> Iterator[Observation]:
    folders = {secret.path.parent for secret in installation.secrets if secret.path is not None}
    for folder in sorted(folders - {installation.home}):
        if folder.is_dir():
            yield from _owner_only(folder, "700")


@KEYS.add("keys")
def check_keys(installation: Installation) -> Iterator[Observation]:
    for secret in installation.secrets:
        yield _examine(secret)


@KEYS.add("different keys")
def check_different_keys(installation: Installation) -> Iterator[Observation]:
    texts = {secret.name: _text_of(secret) for secret in installation.secrets}
    signing, pseudonym = texts["CONSENT_SIGNING_KEYS"], texts["CONSENT_PSEUDONYM_KEY"]
    if not signing or not pseudonym:
        yield skipped("The keys could not be compared, since one cannot be read.")
    elif pseudonym.strip() in signing.split():
        yield problem(
            "One key both signs cookies and makes pseudonyms.",
            "Give CONSENT_SIGNING_KEYS a new key of its own, as its last line.",
        )
    else:
        yield ok("Signing key and pseudonym key are different.")


@CLOCK.add("year")
def check_year(installation: Installation) -> Iterator[Observation]:
    moment = dt.datetime.fromtimestamp(installation.clock.now() / 1000, dt.UTC)
    if FIRST_YEAR <= moment.year <= LAST_YEAR:
        yield ok("This machine's clock says {moment}.", moment=f"{moment:%Y-%m-%d %H:%M} UTC")
    else:
        yield problem(
            "This machine's clock says {day}, which cannot be.",
            "Set the clock, and let a time service keep it.",
            day=f"{moment:%Y-%m-%d}",
        )


@CLOCK.add("steadiness")
def check_steadiness(installation: Installation) -> Iterator[Observation]:
    clock = installation.clock
    wall, counted = clock.now(), clock.counter()
    _spend_a_moment()
    drift = abs((clock.now() - wall) - (clock.counter() - counted))
    if drift > LARGEST_DRIFT_MS:
        yield problem(
            "The clock jumped by {seconds} seconds while it was watched.",
            "Let one time service keep the clock, and let it slew and not step.",
            seconds=f"{drift / 1000:.1f}",
        )
    else:
        yield ok("The clock runs steadily.")


def _spend_a_moment() -> None:
    """Do something that takes long enough to see a clock move."""
    for _ in range(64):
        os.urandom(1 << 16)


def _owner_only(folder: Path, mode: str) -> Iterator[Observation]:
    if loose_permissions(folder):
        yield problem(
            "Others may look into {folder}.", "Run `chmod {mode} {folder}`.",
            folder=folder, mode=mode,
        )  # fmt: skip
    else:
        yield ok("Only its owner may look into {folder}.", folder=folder)


def _examine(secret: Secret) -> Observation:
    if secret.path is None:
        return _judge(secret, secret.text or "", sentence("the environment"))
    try:
        text = secret.path.read_text(encoding="ascii")
        loose = loose_permissions(secret.path)
    except FileNotFoundError:
        return problem(
            "{setting}: there is no file {file}.",
            words_of_others(secret.if_gone),
            setting=secret.name,
            file=secret.path,
        )
    except (OSError, UnicodeDecodeError) as error:
        return problem(
            "{setting}: {file} cannot be read ({error}).",
            "Make it readable to the account that runs the service.",
            setting=secret.name,
            file=secret.path,
            error=type(error).__name__,
        )
    if loose:
        return problem(
            "{setting}: others may read {file}.", "Run `chmod 600 {file}`.",
            setting=secret.name, file=secret.path,
        )  # fmt: skip
    return _judge(secret, text, str(secret.path))


def _judge(secret: Secret, text: str, source: str | Sentence) -> Observation:
    try:
        KEY_LOADERS[secret.name](text)
    except ConfigurationError as error:
        return problem(
            "{setting} in {source} is no key: {reason}.",
            "Put back the key from your backup.",
            setting=secret.name,
            source=source,
            reason=words_of_others(str(error)),
        )
    return ok("{setting} in {source} is a key.", setting=secret.name, source=source)


def _text_of(secret: Secret) -> str | None:
    if secret.path is None:
        return secret.text
    try:
        return secret.path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
