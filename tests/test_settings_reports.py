"""Where reports go is read whole: every fault is told, and secrets have no default."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from consent.services.keys import make_key_files
from consent.services.reporting.channels import Channels, Tls
from consent.settings import read_settings

MAIL = {
    "CONSENT_REPORT_TO": "olga@university.example, programme:ines@university.example",
    "CONSENT_REPORT_FROM": "consent@university.example",
    "CONSENT_SMTP_HOST": "smtp.university.example",
}
SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()
HOOK = {
    "CONSENT_REPORT_WEBHOOK": "https://hooks.example/a?b=c",
    "CONSENT_REPORT_WEBHOOK_SECRET": SECRET,
}


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    make_key_files(tmp_path / "keys")
    return {"CONSENT_HOME": str(tmp_path)}


def read(environ: dict[str, str]) -> tuple[Channels, list[str]]:
    settings, faults = read_settings(environ)
    return settings.reports, faults


def test_nobody_gets_reports_unless_it_is_set(environ: dict[str, str]) -> None:
    channels, faults = read(environ)
    assert (bool(channels), faults) == (False, [])


def test_people_and_a_webhook_are_read(environ: dict[str, str], tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("a long word\n")
    environ |= {**MAIL, **HOOK, "CONSENT_SMTP_USER": "consent"}
    environ["CONSENT_SMTP_PASSWORD_FILE"] = str(password)
    channels, faults = read(environ)
    assert faults == []
    assert [(one.address, one.site) for one in channels.recipients] == [
        ("olga@university.example", None),
        ("ines@university.example", "programme"),
        ("https://hooks.example", None),
    ]
    assert channels.server is not None
    assert (channels.server.port, channels.server.tls) == (587, Tls.STARTTLS)
    assert channels.server.password == "a long word"
    assert "a long word" not in repr(channels)
    assert SECRET not in repr(channels)


@pytest.mark.parametrize(("tls", "port"), [("tls", 465), ("none", 25)])
def test_the_port_goes_by_the_encryption(environ: dict[str, str], tls: str, port: int) -> None:
    channels, faults = read({**environ, **MAIL, "CONSENT_SMTP_TLS": tls})
    assert faults == []
    assert channels.server is not None
    assert channels.server.port == port


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"CONSENT_REPORT_TO": "Olga"}, "CONSENT_REPORT_TO: 'Olga' is not an e-mail address"),
        (
            {"CONSENT_REPORT_TO": "My Site:olga@university.example"},
            "CONSENT_REPORT_TO: 'My Site' is no site; write programme:olga@university.example",
        ),
        ({"CONSENT_SMTP_HOST": ""}, "CONSENT_SMTP_HOST: name the mail server"),
        ({"CONSENT_REPORT_FROM": ""}, "CONSENT_REPORT_FROM: give the address"),
        ({"CONSENT_SMTP_PORT": "0"}, "CONSENT_SMTP_PORT: '0' is not a port"),
        ({"CONSENT_SMTP_TLS": "yes"}, "CONSENT_SMTP_TLS: 'yes' is neither starttls nor tls nor"),
        ({"CONSENT_SMTP_USER": "consent"}, "CONSENT_SMTP_USER: it needs CONSENT_SMTP_PASSWORD"),
        (
            {"CONSENT_SMTP_PASSWORD_FILE": "/nowhere"},
            "CONSENT_SMTP_PASSWORD: /nowhere cannot be read (FileNotFoundError)",
        ),
        (
            {"CONSENT_SMTP_USER": "u", "CONSENT_SMTP_PASSWORD": "p", "CONSENT_SMTP_TLS": "none"},
            "CONSENT_SMTP_TLS: a password is not sent over the network in clear",
        ),
        ({"CONSENT_REPORT_LANGUAGE": "de"}, "CONSENT_REPORT_LANGUAGE: 'de' is neither en nor nl"),
        (
            {"CONSENT_REPORT_WEBHOOK": "http://hooks.example/a"},
            "CONSENT_REPORT_WEBHOOK: it is plain HTTP, which is only for localhost",
        ),
        (
            {"CONSENT_REPORT_WEBHOOK_SECRET": ""},
            "CONSENT_REPORT_WEBHOOK_SECRET: it has to be set with CONSENT_REPORT_WEBHOOK",
        ),
        (
            {"CONSENT_REPORT_WEBHOOK_SECRET": "whsec_c2hvcnQ="},
            "CONSENT_REPORT_WEBHOOK_SECRET: it is not 24 to 64 bytes in base64 after `whsec_`",
        ),
        (
            {"CONSENT_REPORT_WEBHOOK_SECRET": "whsec_!"},
            "CONSENT_REPORT_WEBHOOK_SECRET: it is not 24 to 64 bytes in base64 after `whsec_`",
        ),
    ],
)
def test_what_cannot_work_is_told_before_the_start(
    environ: dict[str, str], changes: dict[str, str], fault: str
) -> None:
    _, faults = read({**environ, **MAIL, **HOOK, **changes})
    assert any(one.startswith(fault) for one in faults), faults
