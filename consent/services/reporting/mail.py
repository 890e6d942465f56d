"""Send a report by mail: as text, as HTML without anything from elsewhere, with its checkpoint."""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from consent.core.monthly_report import MonthlyReport
from consent.core.words import Words
from consent.export.monthly_report import checkpoints_of, report_html, report_text, subject_of
from consent.services.reporting.channels import MailServer, Tls
from consent.services.reporting.errors import DeliveryError

TIMEOUT_SECONDS = 20


def make_message(
    report: MonthlyReport, words: Words, *, sender: str, recipient: str, name: str, now: int
) -> EmailMessage:
    """Return the message; `name` is the same whenever it is sent, so that two are seen as one."""
    domain = sender.rpartition("@")[2]
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(words("mail.sender"), addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject_of(report, words)
    message["Date"] = format_datetime(dt.datetime.fromtimestamp(now // 1000, dt.UTC))
    message["Message-ID"] = f"<{name}@{domain}>"
    message["List-Id"] = f"<report.{report.site}.{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = words.language
    message.set_content(report_text(report, words), cte="quoted-printable")
    message.add_alternative(report_html(report, words), subtype="html", cte="quoted-printable")
    for file_name, note in checkpoints_of(report):
        # As bytes: a note whose line ends were changed on the way could not be checked.
        message.add_attachment(
            note.encode(),
            maintype="text",
            subtype="plain",
            params={"charset": "utf-8"},
            filename=file_name,
        )
    return message


def send_mail(server: MailServer, message: EmailMessage, recipient: str) -> None:
    """Hand a message to the mail server; raise DeliveryError unless it takes it."""
    try:
        with _connected(server) as connection:
            connection.send_message(message, server.sender, [recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise DeliveryError(_answer(code, text)) from error
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(_answer(error.smtp_code, error.smtp_error)) from error
    except smtplib.SMTPException as error:
        raise DeliveryError(str(error) or type(error).__name__) from error
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(f"its certificate is refused: {error.verify_message}") from error
    except TimeoutError as error:
        raise DeliveryError(f"no answer within {TIMEOUT_SECONDS} seconds") from error
    except OSError as error:
        raise DeliveryError((error.strerror or type(error).__name__).lower()) from error


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Give a connection that is encrypted and signed in as the settings say."""
    # What this machine is called inside is nobody's business.
    own_name = server.sender.rpartition("@")[2]
    if server.tls is Tls.TLS:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host,
            server.port,
            local_hostname=own_name,
            timeout=TIMEOUT_SECONDS,
            context=ssl.create_default_context(),
        )
    else:
        connection = smtplib.SMTP(
            server.host, server.port, local_hostname=own_name, timeout=TIMEOUT_SECONDS
        )
    with connection:
        if server.tls is Tls.STARTTLS:
            connection.starttls(context=ssl.create_default_context())
        if server.user is not None and server.password is not None:
            connection.login(server.user, server.password)
        yield connection


def _answer(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"the mail server answered {code} {said}"
