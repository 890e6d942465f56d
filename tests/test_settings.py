"""Settings are read whole: every fault is told at once, nothing unknown or half-right passes."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from consent.errors import ConfigurationError
from consent.services.keys import make_key_files
from consent.settings import (
    SECRETS,
    checked_database_url,
    database_fault,
    database_url_of,
    home_of,
    load_settings,
    read_settings,
    secret_path,
)
from consent.settings_table import SETTINGS


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    make_key_files(tmp_path / "keys")
    return {"CONSENT_HOME": str(tmp_path), "PATH": "/bin", "PORT": "8000"}


def faults_of(environ: dict[str, str]) -> list[str]:
    _, faults = read_settings(environ)
    return faults


def test_a_home_with_keys_is_enough(environ: dict[str, str], tmp_path: Path) -> None:
    settings = load_settings(environ)
    assert settings.home == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/consent.sqlite3"
    assert settings.signing_keys == (tmp_path / "keys" / "signing.keys").read_text()
    assert (settings.mount, settings.trusted_proxies) == ("", ())
    assert settings.writes_per_minute == 60


def test_each_setting_has_a_name_a_meaning_and_occurs_once() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(set(names)) == len(names)
    assert set(SECRETS) < set(names)
    assert all(name.startswith("CONSENT_") for name in names)
    assert all(setting.help.endswith(".") for setting in SETTINGS)


def test_secrets_do_not_show_when_settings_are_printed(environ: dict[str, str]) -> None:
    settings = load_settings(environ)
    assert settings.pseudonym_key.strip() not in repr(settings)


def test_the_environment_of_the_process_is_the_default(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [setting.name for setting in SETTINGS]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONSENT_HOME", environ["CONSENT_HOME"])
    assert load_settings().home == Path(environ["CONSENT_HOME"])


def test_the_home_follows_the_folder_for_data_of_the_user(tmp_path: Path) -> None:
    assert home_of({"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "consent"
    assert home_of({}) == Path("~/.local/share/consent").expanduser()
    assert home_of({"CONSENT_HOME": "~/here"}) == Path("~/here").expanduser()
    assert home_of({"CONSENT_HOME": "here"}).is_absolute()


def test_a_secret_may_come_from_the_environment_or_a_named_file(
    environ: dict[str, str], tmp_path: Path
) -> None:
    named = tmp_path / "elsewhere"
    named.write_text("c2VjcmV0\n")
    named.chmod(0o600)
    environ |= {"CONSENT_PSEUDONYM_KEY_FILE": str(named), "CONSENT_SIGNING_KEYS": "b3RoZXI="}
    settings = load_settings(environ)
    assert settings.pseudonym_key == "c2VjcmV0\n"
    assert settings.signing_keys == "b3RoZXI="
    assert secret_path(environ, "CONSENT_PSEUDONYM_KEY") == named
    assert secret_path(environ, "CONSENT_SIGNING_KEYS") is None


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o644, 0o660])
def test_a_secret_that_others_may_read_or_write_is_refused(
    environ: dict[str, str], tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "keys" / "receipt.pem"
    path.chmod(mode)
    assert faults_of(environ) == [
        f"CONSENT_RECEIPT_KEY: others may read {path}; run `chmod 600 {path}`"
    ]


def test_a_missing_secret_says_how_to_make_it(environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.keys"
    path.unlink()
    fault = f"CONSENT_SIGNING_KEYS: there is no file {path}; run `consent init`, or set "
    assert faults_of(environ) == [f"{fault}CONSENT_SIGNING_KEYS or CONSENT_SIGNING_KEYS_FILE"]


@pytest.mark.parametrize("content", [b"\xff\xfe", "é".encode()])
def test_a_secret_that_is_no_text_is_refused(
    environ: dict[str, str], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "keys" / "signing.keys"
    path.write_bytes(content)
    assert faults_of(environ) == [
        f"CONSENT_SIGNING_KEYS: {path} cannot be read (UnicodeDecodeError)"
    ]


def test_an_unknown_setting_is_refused(environ: dict[str, str]) -> None:
    environ |= {"CONSENT_DATABASEURL": "x", "CONSENT_MOUNT_FILE": "y", "CONSENTED": "z"}
    assert faults_of(environ) == [
        "CONSENT_DATABASEURL: there is no such setting",
        "CONSENT_MOUNT_FILE: there is no such setting",
    ]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(
            {
                "CONSENT_HOME": str(tmp_path / "nowhere"),
                "CONSENT_DATABASE_URL": "mysql://localhost/consent",
                "CONSENT_MOUNT": "consent",
                "CONSENT_TRUSTED_PROXIES": "10.0.0.1,proxy",
                "CONSENT_WRITES_PER_MINUTE": "-1",
                "CONSENT_X": "1",
            }
        )
    named = [fault.partition(":")[0] for fault in caught.value.faults]
    assert named == [
        "CONSENT_X", *SECRETS, "CONSENT_DATABASE_URL", "CONSENT_MOUNT", "CONSENT_TRUSTED_PROXIES",
        "CONSENT_WRITES_PER_MINUTE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not a database address"),
        ("mysql://localhost/consent", "mysql is not supported"),
        ("postgresql+pg8000://localhost/x", "the driver pg8000 is not installed"),
        ("postgresql+nosuch://localhost/x", "not a database address"),
    ],
)
def test_a_database_that_cannot_be_tried_is_refused(url: str, words: str) -> None:
    assert words in str(database_fault(url))
    with pytest.raises(ConfigurationError, match=f"CONSENT_DATABASE_URL: .*{words}"):
        checked_database_url({"CONSENT_DATABASE_URL": url})


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://olga@db/consent", "postgresql+psycopg://olga@db/consent"),
        ("postgresql+psycopg://db/consent", "postgresql+psycopg://db/consent"),
        ("sqlite:////var/lib/consent.db", "sqlite:////var/lib/consent.db"),
    ],
)
def test_postgresql_means_our_driver(given: str, used: str) -> None:
    assert database_url_of({"CONSENT_DATABASE_URL": given}) == used
    assert database_fault(used) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CONSENT_SEALING", ("background", "command")),
        ("CONSENT_AUDIT_RECEIPT", ("promise", "proof")),
    ],
)
def test_a_setting_of_two_words_takes_no_third(
    environ: dict[str, str], name: str, words: tuple[str, str]
) -> None:
    for word in words:
        assert faults_of(environ | {name: word}) == []
    assert faults_of(environ | {name: "both"}) == [
        f"{name}: 'both' is neither {words[0]} nor {words[1]}"
    ]


def test_every_process_seals_unless_that_is_left_to_a_command(environ: dict[str, str]) -> None:
    settings = load_settings(environ)
    assert (settings.sealing, settings.audit_receipt) == ("background", "promise")
    assert settings.log_key is not None
    assert settings.clock_key is not None
    left = load_settings(environ | {"CONSENT_SEALING": "command"})
    assert (left.log_key, left.clock_key) == (None, None)
    command = load_settings(environ | {"CONSENT_SEALING": "command"}, secrets=SECRETS)
    assert command.log_key == settings.log_key


@pytest.mark.parametrize("name", ["log", "clock"])
def test_a_process_that_seals_needs_the_keys_of_the_log(
    environ: dict[str, str], tmp_path: Path, name: str
) -> None:
    (tmp_path / "keys" / f"{name}.pem").unlink()
    with pytest.raises(ConfigurationError, match=f"CONSENT_{name.upper()}_KEY: there is no file"):
        load_settings(environ)
    assert load_settings(environ | {"CONSENT_SEALING": "command"}).sealing == "command"


@pytest.mark.parametrize(
    ("given", "used"), [("/consent", "/consent"), ("/a/b/", "/a/b"), ("/", "")]
)
def test_a_mount_has_no_slash_at_its_end(environ: dict[str, str], given: str, used: str) -> None:
    assert load_settings(environ | {"CONSENT_MOUNT": given}).mount == used


def test_proxies_are_addresses_and_networks(environ: dict[str, str]) -> None:
    settings = load_settings(environ | {"CONSENT_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,,::1"})
    assert settings.trusted_proxies == tuple(
        map(ipaddress.ip_network, ("127.0.0.1/32", "10.0.0.0/8", "::1/128"))
    )


@pytest.mark.parametrize("text", ["many", "1.5", "-1", "٣", "1e3", " 7"])
def test_a_limit_is_a_whole_number(environ: dict[str, str], text: str) -> None:
    assert faults_of(environ | {"CONSENT_WRITES_PER_MINUTE": text}) == [
        f"CONSENT_WRITES_PER_MINUTE: {text!r} is not a whole number"
    ]


def test_an_empty_value_is_as_good_as_none(environ: dict[str, str]) -> None:
    names = ("CONSENT_DATABASE_URL", "CONSENT_SIGNING_KEYS", "CONSENT_MOUNT",
             "CONSENT_TRUSTED_PROXIES", "CONSENT_WRITES_PER_MINUTE")  # fmt: skip
    with_blanks, without = load_settings(environ | dict.fromkeys(names, "")), load_settings(environ)
    assert with_blanks == without


@pytest.mark.parametrize("name", ["LOG", "CLOCK", "RECEIPT"])
def test_a_key_that_is_none_is_told_with_its_file_and_what_to_do(
    environ: dict[str, str], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "keys" / f"{name.lower()}.pem"
    path.write_text("nonsense")
    fault = f"{path} is not a PKCS#8 PEM private key; put it back from your safe copy"
    assert faults_of(environ) == [f"CONSENT_{name}_KEY: {fault}"]


@pytest.mark.parametrize(
    "origin", ["https://console.example", "http://console.localhost:8000", "http://127.0.0.1:8000"]
)
def test_the_console_has_an_origin_of_its_own(environ: dict[str, str], origin: str) -> None:
    assert load_settings(environ | {"CONSENT_CONSOLE_ORIGIN": origin}).console_origin == origin
    assert load_settings(environ).console_origin is None


@pytest.mark.parametrize(
    "origin", ["http://console.example", "https://console.example/", "console.example", "https://",
               "https://console.example:443", "https://a.example/console"],
)  # fmt: skip
def test_what_is_no_origin_or_not_safe_is_no_console(environ: dict[str, str], origin: str) -> None:
    (fault,) = faults_of(environ | {"CONSENT_CONSOLE_ORIGIN": origin})
    assert fault.startswith("CONSENT_CONSOLE_ORIGIN: ")


OIDC = {
    "CONSENT_CONSOLE_ORIGIN": "https://console.example",
    "CONSENT_OIDC_ISSUER": "https://login.example",
    "CONSENT_OIDC_CLIENT_ID": "consent",
}


def test_the_openid_provider_is_read_whole(environ: dict[str, str], tmp_path: Path) -> None:
    assert load_settings(environ).provider is None
    provider = load_settings(environ | OIDC).provider
    assert provider
    assert (provider.issuer, provider.client_id, provider.client_secret, provider.name) == (
        "https://login.example", "consent", None, "single sign-on",
    )  # fmt: skip
    secret = tmp_path / "secret"
    secret.write_text("between us\n")
    given = {"CONSENT_OIDC_CLIENT_SECRET_FILE": str(secret), "CONSENT_OIDC_NAME": "my university"}
    provider = load_settings(environ | OIDC | given).provider
    assert provider
    assert (provider.client_secret, provider.name) == ("between us", "my university")
    assert "between us" not in repr(provider)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"CONSENT_OIDC_CLIENT_ID": ""}, "CONSENT_OIDC_CLIENT_ID"),
        ({"CONSENT_CONSOLE_ORIGIN": ""}, "CONSENT_CONSOLE_ORIGIN"),
        ({"CONSENT_OIDC_ISSUER": "http://login.example"}, "CONSENT_OIDC_ISSUER"),
        ({"CONSENT_OIDC_CLIENT_SECRET_FILE": "/nowhere"}, "CONSENT_OIDC_CLIENT_SECRET"),
    ],
)
def test_half_a_provider_is_a_fault(
    environ: dict[str, str], change: dict[str, str], named: str
) -> None:
    (fault,) = faults_of(environ | OIDC | change)
    assert fault.startswith(f"{named}: ")
