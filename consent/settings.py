"""Read every setting from the environment; a bad or missing value stops the start.

Each is an environment variable; secrets may also come from a file named by `<NAME>_FILE`.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from consent.core.config_addresses import origin_fault, service_url_fault
from consent.core.provider import ProviderSettings
from consent.core.suppression import DEFAULT_MINIMUM, LEAST_MINIMUM, NO_MINIMUM
from consent.errors import ConfigurationError
from consent.services.anchors.configured import Anchors, load_authorities, load_witnesses
from consent.services.anchors.timestamps import Authority
from consent.services.keys import (
    CLOCK_KEY_FILE,
    LOG_KEY_FILE,
    PSEUDONYM_KEY_FILE,
    RECEIPT_KEY_FILE,
    SIGNING_KEYS_FILE,
    LogKeys,
    load_clock_keys,
    load_log_keys,
    loose_permissions,
)
from consent.services.known_keys import known_roles, lost_key_advice
from consent.services.reporting.channels import Channels
from consent.settings_reports import REPORT_SECRETS, read_channels
from consent.settings_table import SETTINGS
from consent.web.proxies import Network

SECRETS = {
    "CONSENT_SIGNING_KEYS": SIGNING_KEYS_FILE,
    "CONSENT_PSEUDONYM_KEY": PSEUDONYM_KEY_FILE,
    "CONSENT_RECEIPT_KEY": RECEIPT_KEY_FILE,
    "CONSENT_LOG_KEY": LOG_KEY_FILE,
    "CONSENT_CLOCK_KEY": CLOCK_KEY_FILE,
}
SEALING_SECRETS = ("CONSENT_LOG_KEY", "CONSENT_CLOCK_KEY")
UNSEALING_SECRETS = tuple(name for name in SECRETS if name not in SEALING_SECRETS)
SECRET_OF_ROLE = {
    "log": "CONSENT_LOG_KEY",
    "clock": "CONSENT_CLOCK_KEY",
    "receipt": "CONSENT_RECEIPT_KEY",
}

OIDC_ISSUER, OIDC_SECRET = "CONSENT_OIDC_ISSUER", "CONSENT_OIDC_CLIENT_SECRET"
METRICS = "CONSENT_METRICS_TOKEN"
LEAST_TOKEN = 16  # letters: what can be asked for from anywhere is not to be guessed

BACKGROUND, COMMAND = "background", "command"
PROMISE, PROOF = "promise", "proof"
OFFICERS, PUBLIC = "officers", "public"


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The settings of one process, parsed and complete; it has no repr, since it holds secrets."""

    home: Path
    database_url: str
    signing_keys: str
    pseudonym_key: str
    receipt_key: str
    log_key: str | None  # these two are None in a process that does not seal
    clock_key: str | None
    sealing: str
    audit_receipt: str
    log_tiles: str
    anchors: Anchors
    mount: str
    console_origin: str | None
    provider: ProviderSettings | None
    trusted_proxies: tuple[Network, ...]
    writes_per_minute: int
    report_minimum: int
    metrics_token: str | None
    reports: Channels


def home_of(environ: Mapping[str, str]) -> Path:
    """Return the folder of the embedded database and the keys."""
    if environ.get("CONSENT_HOME"):
        return Path(environ["CONSENT_HOME"]).expanduser().absolute()
    data_home = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data_home).expanduser().absolute() / "consent"


def console_origin_of(environ: Mapping[str, str]) -> str | None:
    """Return where the console is; None where there is none."""
    return environ.get("CONSENT_CONSOLE_ORIGIN") or None


def database_url_of(environ: Mapping[str, str]) -> str:
    """Return the database's address: what is set, or the embedded one in the home folder."""
    url = environ.get("CONSENT_DATABASE_URL") or f"sqlite:///{home_of(environ)}/consent.sqlite3"
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def checked_database_url(environ: Mapping[str, str]) -> str:
    """Return the database's address; raise ConfigurationError when it cannot be tried."""
    faults: list[str] = []
    url = _read_database_url(environ, faults)
    if faults:
        raise ConfigurationError(faults)
    return url


def keys_directory_of(environ: Mapping[str, str]) -> Path:
    return home_of(environ) / "keys"


def secret_path(environ: Mapping[str, str], name: str) -> Path | None:
    """Return the file a secret is read from; None when the environment holds the secret itself."""
    if environ.get(name):
        return None
    named = environ.get(f"{name}_FILE")
    return Path(named).expanduser() if named else keys_directory_of(environ) / SECRETS[name]


def needed_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys that a serving process needs: not those of the log if it does not seal."""
    if environ.get("CONSENT_SEALING") == COMMAND:
        return UNSEALING_SECRETS
    return tuple(SECRETS)


def log_keys_at_hand(environ: Mapping[str, str]) -> LogKeys | None:
    """Return what an installation has of the keys that seal; None where it need not have any.

    What is absent or faulty is left out: this is for showing which keys there are.
    """
    if environ.get("CONSENT_SEALING") == COMMAND:
        return None
    found: dict[str, tuple[Ed25519PrivateKey, ...]] = {}
    for name, load in zip(SEALING_SECRETS, (load_log_keys, load_clock_keys), strict=True):
        try:
            path = secret_path(environ, name)
            found[name] = load(environ[name] if path is None else path.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError, ConfigurationError):
            found[name] = ()
    return LogKeys(*found.values())


def load_settings(
    environ: Mapping[str, str] | None = None, *, secrets: Collection[str] | None = None
) -> Settings:
    """Return the settings in an environment; raise ConfigurationError with every fault.

    `secrets` names the keys to read, if not those that a serving process needs.
    """
    environ = os.environ if environ is None else environ
    needed = needed_secrets(environ) if secrets is None else secrets
    settings, faults = read_settings(environ, needed)
    if faults:
        raise ConfigurationError(faults)
    return settings


def read_settings(
    environ: Mapping[str, str], needed: Collection[str] = tuple(SECRETS)
) -> tuple[Settings, list[str]]:
    """Return the settings in an environment, and every fault; stand-ins replace faulty values."""
    faults: list[str] = _unknown_settings(environ)
    secrets = {name: _read_secret(environ, name, faults) for name in SECRETS if name in needed}
    settings = Settings(
        home=home_of(environ),
        database_url=_read_database_url(environ, faults),
        signing_keys=secrets.get("CONSENT_SIGNING_KEYS", ""),
        pseudonym_key=secrets.get("CONSENT_PSEUDONYM_KEY", ""),
        receipt_key=secrets.get("CONSENT_RECEIPT_KEY", ""),
        log_key=secrets.get("CONSENT_LOG_KEY"),
        clock_key=secrets.get("CONSENT_CLOCK_KEY"),
        sealing=_read_word(environ, "CONSENT_SEALING", (BACKGROUND, COMMAND), faults),
        audit_receipt=_read_word(environ, "CONSENT_AUDIT_RECEIPT", (PROMISE, PROOF), faults),
        log_tiles=_read_word(environ, "CONSENT_LOG_TILES", (OFFICERS, PUBLIC), faults),
        anchors=_read_anchors(environ, faults),
        mount=_read_mount(environ, faults),
        console_origin=_read_console_origin(environ, faults),
        provider=_read_provider(environ, faults),
        trusted_proxies=_read_networks(environ, faults),
        writes_per_minute=_read_number(environ, "CONSENT_WRITES_PER_MINUTE", 60, faults),
        report_minimum=_read_minimum(environ, faults),
        metrics_token=_read_metrics_token(environ, faults),
        reports=read_channels(environ, faults, _read_optional_secret),
    )
    return settings, faults


def _unknown_settings(environ: Mapping[str, str]) -> list[str]:
    secrets = (*SECRETS, OIDC_SECRET, METRICS, *REPORT_SECRETS)
    known = {setting.name for setting in SETTINGS} | {f"{name}_FILE" for name in secrets}
    unknown = sorted(name for name in environ if name.startswith("CONSENT_") and name not in known)
    return [f"{name}: there is no such setting" for name in unknown]


def _read_secret(environ: Mapping[str, str], name: str, faults: list[str]) -> str:
    path = secret_path(environ, name)
    if path is None:
        return environ[name]
    try:
        text = path.read_text(encoding="ascii")
        loose = loose_permissions(path)
    except FileNotFoundError:
        advice = lost_key_advice_for(environ, name)
        if advice is None:
            advice = f"run `consent init`, or set {name} or {name}_FILE"
        faults.append(f"{name}: there is no file {path}; {advice}")
        return ""
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{name}: {path} cannot be read ({type(error).__name__})")
        return ""
    if loose:
        faults.append(f"{name}: others may read {path}; run `chmod 600 {path}`")
    if name in SECRET_OF_ROLE.values():
        _check_pem(name, path, text, faults)
    return text


def _check_pem(name: str, path: Path, text: str, faults: list[str]) -> None:
    """Look at a key while it is known where it came from."""
    try:
        load_log_keys(text)
    except ConfigurationError as error:
        fault = str(error).removeprefix("the log key ")
        faults.append(f"{name}: {path} {fault}; put it back from your safe copy")


def lost_key_advice_for(environ: Mapping[str, str], name: str) -> str | None:
    """Say what to do about a missing key file that a log relies on; None if none relies on it."""
    path = secret_path(environ, name)
    role = next((role for role, secret in SECRET_OF_ROLE.items() if secret == name), None)
    url = database_url_of(environ)
    if path is None or path.exists() or role is None or database_fault(url):
        return None
    return lost_key_advice(role, path) if role in known_roles(url) else None


def _read_database_url(environ: Mapping[str, str], faults: list[str]) -> str:
    text = database_url_of(environ)
    fault = database_fault(text)
    if fault is not None:
        faults.append(f"CONSENT_DATABASE_URL: {fault}")
    return text


def database_fault(text: str) -> str | None:
    """Say what is wrong with the address of a database; nothing if it can be tried."""
    try:
        url = make_url(text)
        backend = url.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            return f"{backend} is not supported; use sqlite or postgresql"
        url.get_dialect().import_dbapi()
    except ArgumentError:
        return "this is not a database address"
    except ModuleNotFoundError as error:
        return f"the driver {error.name} is not installed; `pip install 'consent[postgres]'`"
    return None


def _read_word(
    environ: Mapping[str, str], name: str, words: Sequence[str], faults: list[str]
) -> str:
    """Return the setting's word; the first one when nothing is set."""
    word = environ.get(name) or words[0]
    if word not in words:
        faults.append(f"{name}: {word!r} is neither {' nor '.join(words)}")
        return words[0]
    return word


def browser_of(environ: Mapping[str, str]) -> str | None:
    """Return the browser that draws pictures, if one is named."""
    return environ.get("CONSENT_BROWSER") or None


def _read_anchors(environ: Mapping[str, str], faults: list[str]) -> Anchors:
    def value(name: str) -> str:
        return environ.get(name, "")

    authorities: tuple[Authority, ...] = ()
    policy = None
    try:
        authorities = load_authorities(value("CONSENT_TSA_URL"), value("CONSENT_TSA_ROOTS"))
    except ConfigurationError as error:
        faults += [f"CONSENT_TSA_URL: {fault}" for fault in error.faults]
    try:
        policy = load_witnesses(value("CONSENT_WITNESSES"))
    except ConfigurationError as error:
        faults += [f"CONSENT_WITNESSES: {fault}" for fault in error.faults]
    return Anchors(authorities, policy)


def _read_mount(environ: Mapping[str, str], faults: list[str]) -> str:
    mount = environ.get("CONSENT_MOUNT", "").rstrip("/")
    if mount and not mount.startswith("/"):
        faults.append(f"CONSENT_MOUNT: {mount!r} must begin with a slash")
    return mount


def _read_console_origin(environ: Mapping[str, str], faults: list[str]) -> str | None:
    text = console_origin_of(environ)
    fault = None if text is None else origin_fault(text)
    if fault is not None:
        faults.append(f"CONSENT_CONSOLE_ORIGIN: {fault}")
        return None
    return text


def _read_provider(environ: Mapping[str, str], faults: list[str]) -> ProviderSettings | None:
    """Return the OpenID provider; None where there is none."""
    issuer, client_id = environ.get(OIDC_ISSUER, ""), environ.get("CONSENT_OIDC_CLIENT_ID", "")
    if not issuer:
        return None
    fault = service_url_fault(issuer)
    if fault is not None:
        faults.append(f"{OIDC_ISSUER}: {fault}")
    if not client_id:
        faults.append("CONSENT_OIDC_CLIENT_ID: it has to be set with CONSENT_OIDC_ISSUER")
    if console_origin_of(environ) is None:
        faults.append("CONSENT_CONSOLE_ORIGIN: it has to be set with CONSENT_OIDC_ISSUER")
    if find_spec("authlib") is None or find_spec("requests") is None:
        faults.append(f"{OIDC_ISSUER}: a package is not installed; `pip install 'consent[oidc]'`")
    return ProviderSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=_read_optional_secret(environ, OIDC_SECRET, faults),
        name=environ.get("CONSENT_OIDC_NAME") or "single sign-on",
    )


def _read_metrics_token(environ: Mapping[str, str], faults: list[str]) -> str | None:
    token = _read_optional_secret(environ, METRICS, faults)
    if token is not None and len(token) < LEAST_TOKEN:
        faults.append(f"{METRICS}: it has fewer than {LEAST_TOKEN} letters")
    return token


def _read_optional_secret(environ: Mapping[str, str], name: str, faults: list[str]) -> str | None:
    path = environ.get(f"{name}_FILE")
    if environ.get(name) or not path:
        return environ.get(name) or None
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{name}: {path} cannot be read ({type(error).__name__})")
        return None


def _read_networks(environ: Mapping[str, str], faults: list[str]) -> tuple[Network, ...]:
    networks = []
    for text in environ.get("CONSENT_TRUSTED_PROXIES", "").split(","):
        if not text.strip():
            continue
        try:
            networks.append(ipaddress.ip_network(text.strip()))
        except ValueError:
            faults.append(f"CONSENT_TRUSTED_PROXIES: {text.strip()!r} is no address or network")
    return tuple(networks)


def _read_number(environ: Mapping[str, str], name: str, default: int, faults: list[str]) -> int:
    text = environ.get(name) or str(default)
    if not text.isascii() or not text.isdigit():
        faults.append(f"{name}: {text!r} is not a whole number")
        return 0
    return int(text)


def _read_minimum(environ: Mapping[str, str], faults: list[str]) -> int:
    name = "CONSENT_REPORT_MINIMUM"
    minimum = _read_number(environ, name, DEFAULT_MINIMUM, faults)
    if NO_MINIMUM < minimum < LEAST_MINIMUM:
        faults.append(f"{name}: below {minimum} there is only 1, so it would be told; take 3 or 1")
    return minimum
