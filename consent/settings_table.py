"""The table of all settings, with their defaults and meanings, as the documentation shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table in the documentation."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting(
        "CONSENT_HOME",
        "~/.local/share/consent",
        "Folder of the embedded database and the keys; readable by its owner only.",
    ),
    Setting(
        "CONSENT_DATABASE_URL",
        "sqlite:///<home>/consent.sqlite3",
        "Database: sqlite:///path or postgresql+psycopg://user@host/name.",
    ),
    Setting(
        "CONSENT_SIGNING_KEYS",
        "<home>/keys/signing.keys",
        "Keys of cookies and tokens, base64, one a line, oldest first; the last one signs.",
    ),
    Setting(
        "CONSENT_PSEUDONYM_KEY",
        "<home>/keys/pseudonym.key",
        "Key of the pseudonyms in records, base64. Losing it parts visitors from their history.",
    ),
    Setting(
        "CONSENT_RECEIPT_KEY",
        "<home>/keys/receipt.pem",
        "Ed25519 keys (PKCS#8 PEM) that sign receipts, oldest first; the last one signs.",
    ),
    Setting(
        "CONSENT_LOG_KEY",
        "<home>/keys/log.pem",
        "Ed25519 keys (PKCS#8 PEM) that sign the log, oldest first.",
    ),
    Setting(
        "CONSENT_CLOCK_KEY",
        "<home>/keys/clock.pem",
        "Ed25519 keys (PKCS#8 PEM) that sign when the log was signed, oldest first.",
    ),
    Setting(
        "CONSENT_SEALING",
        "background",
        "What seals the log: background (every process tries) or command (`consent log seal` "
        "only; the other processes then need no log and clock key).",
    ),
    Setting(
        "CONSENT_AUDIT_RECEIPT",
        "promise",
        "What a choice is answered with: promise (a receipt at once) or proof (after a wait of up "
        "to 2 seconds, also that it is in the log).",
    ),
    Setting(
        "CONSENT_LOG_TILES",
        "officers",
        "Who may read the log's tiles, which tell how much is recorded and when: officers (with "
        "their access token) or public (everyone).",
    ),
    Setting(
        "CONSENT_TSA_URL",
        "",
        "Time-stamp authorities (RFC 3161) that are asked once a day, by commas.",
    ),
    Setting(
        "CONSENT_TSA_ROOTS",
        "",
        "File (PEM) of the root certificates that the authorities' replies lead to.",
    ),
    Setting(
        "CONSENT_WITNESSES",
        "",
        "File (C2SP tlog-policy) of the witnesses that sign each published head of the log, with "
        "their addresses and the quorum.",
    ),
    Setting(
        "CONSENT_BROWSER",
        "",
        "Chromium, by name or path, that draws pictures of published notices; without it, the "
        "first one on PATH.",
    ),
    Setting(
        "CONSENT_MOUNT",
        "",
        "Path under which a proxy passes requests on without taking it off, such as /consent.",
    ),
    Setting(
        "CONSENT_CONSOLE_ORIGIN",
        "",
        "Origin of the officers' console, a host of its own such as https://consent.example.org; "
        "without it there is no console.",
    ),
    Setting(
        "CONSENT_OIDC_ISSUER",
        "",
        "OpenID provider through which people may sign in to the console, by its issuer's address.",
    ),
    Setting(
        "CONSENT_OIDC_CLIENT_ID",
        "",
        "What the console is called at the OpenID provider.",
    ),
    Setting(
        "CONSENT_OIDC_CLIENT_SECRET",
        "",
        "The console's secret at the OpenID provider; none for a public client.",
    ),
    Setting(
        "CONSENT_OIDC_NAME",
        "single sign-on",
        "What stands on the button that leads to the OpenID provider.",
    ),
    Setting(
        "CONSENT_TRUSTED_PROXIES",
        "",
        "Addresses or networks of proxies whose X-Forwarded-For is believed, by commas.",
    ),
    Setting(
        "CONSENT_WRITES_PER_MINUTE",
        "60",
        "Choices one address may send in a minute; 0 switches the limit off.",
    ),
    Setting(
        "CONSENT_REPORT_MINIMUM",
        "5",
        "Smallest count that an aggregate report tells; 1 tells every count.",
    ),
    Setting(
        "CONSENT_REPORT_TO",
        "",
        "E-mail addresses that get the monthly report of every site, by commas; with a site in "
        "front, such as programme:officer@example.org, that of one site.",
    ),
    Setting("CONSENT_REPORT_LANGUAGE", "en", "Language of the monthly report: en or nl."),
    Setting("CONSENT_REPORT_FROM", "", "E-mail address that the monthly report is sent from."),
    Setting("CONSENT_SMTP_HOST", "", "Mail server that takes the monthly report."),
    Setting(
        "CONSENT_SMTP_PORT",
        "",
        "Its port; without it 587 (starttls), 465 (tls) or 25 (none).",
    ),
    Setting(
        "CONSENT_SMTP_TLS",
        "starttls",
        "How the mail server is spoken to: starttls, tls (at once) or none, which takes no "
        "password but on this machine.",
    ),
    Setting("CONSENT_SMTP_USER", "", "Name to sign in with at the mail server."),
    Setting(
        "CONSENT_SMTP_PASSWORD",
        "",
        "Password at the mail server; with _FILE after the name, the file that has it.",
    ),
    Setting(
        "CONSENT_REPORT_WEBHOOK",
        "",
        "Address (https) that gets the monthly report of every site as a signed POST (Standard "
        "Webhooks).",
    ),
    Setting(
        "CONSENT_REPORT_WEBHOOK_SECRET",
        "",
        "Secret that signs it: whsec_ and 24 to 64 bytes in base64; with _FILE after the name, "
        "the file that has it.",
    ),
    Setting(
        "CONSENT_METRICS_TOKEN",
        "",
        "Token that /metrics is asked with, at least 16 letters, or with _FILE after the name the "
        "file that has it; without it there is no /metrics.",
    ),
)
