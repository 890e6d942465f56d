"""`consent report send` sends a month or prints it; its mail holds the log to its word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from sqlalchemy import create_engine, update
from sqlalchemy.orm import Session

from consent.services.reporting.delivering import MOST_TRIES
from consent.store.database import write_transaction
from consent.store.report_deliveries import list_deliveries
from consent.store.tables import ReportDeliveryRow
from tests.cli.findings import sentence
from tests.cli.installations import Home
from tests.make import make_site_text
from tests.services.report_parties import (
    OLGA,
    SECRET,
    SENDER,
    MailServer,
    running_mail_server,
    running_receiver,
)

OCTOBER, NOVEMBER = "2026-10-05T12:00:00Z", "2026-11-05T12:00:00Z"


def run_at(moment: str, home: Home, *arguments: str | Path, **environ: str) -> Result:
    with time_machine.travel(moment, tick=False):
        return home.run(*arguments, **environ)


def publish(home: Home, folder: Path, moment: str, text: str) -> None:
    file = folder / "programme.toml"
    file.write_text(text)
    done = run_at(moment, home, "publish", file, "--yes")
    assert done.exit_code == 0, done.output
    assert run_at(moment, home, "log", "seal").exit_code == 0


@pytest.fixture
def autumn(home: Home, tmp_path: Path) -> Home:
    """An installation whose site was published in October."""
    publish(home, tmp_path, OCTOBER, make_site_text())
    return home


@pytest.fixture
def server() -> Iterator[MailServer]:
    with running_mail_server() as server:
        yield server


def mailing(server: MailServer) -> dict[str, str]:
    return {
        "CONSENT_REPORT_TO": OLGA,
        "CONSENT_REPORT_FROM": SENDER,
        "CONSENT_SMTP_HOST": "localhost",
        "CONSENT_SMTP_PORT": str(server.port),
        "CONSENT_SMTP_TLS": "none",
    }


def send(home: Home, *options: str, **environ: str) -> Result:
    return run_at(NOVEMBER, home, "report", "send", *options, **environ)


def test_a_month_is_sent_once_unless_it_is_to_be_sent_again(
    autumn: Home, server: MailServer
) -> None:
    environ = mailing(server)
    what = f"2026-10 of programme to {OLGA}"
    assert send(autumn, **environ).output == f"{what}: sent.\n"
    again = send(autumn, **environ)
    assert again.output == f"{what}: was sent before; --again sends it once more.\n"
    assert again.exit_code == 0
    assert send(autumn, "--again", **environ).output == f"{what}: sent.\n"
    assert len(server.messages) == 2


def test_it_can_go_to_somebody_else_and_to_a_webhook(autumn: Home, server: MailServer) -> None:
    environ = mailing(server)
    result = send(autumn, "--to", "ines@university.example", "--month", "2026-10", **environ)
    assert result.output == "2026-10 of programme to ines@university.example: sent.\n"
    assert [str(message["To"]) for message in server.messages] == ["ines@university.example"]
    with running_receiver() as receiver:
        hook = {
            "CONSENT_REPORT_WEBHOOK": receiver.url, "CONSENT_REPORT_WEBHOOK_SECRET": SECRET,
        }  # fmt: skip
        assert send(autumn, **hook).exit_code == 0
    assert len(receiver.requests) == 1


def test_a_dry_run_prints_it_and_sends_nothing(autumn: Home, server: MailServer) -> None:
    environ = mailing(server) | {"CONSENT_REPORT_LANGUAGE": "nl"}
    text = send(autumn, "--dry-run", **environ).output
    assert text.startswith("Toestemming in oktober 2026\n")
    assert "— programme.example/consent/log/leiden-university/1 " in text
    assert send(autumn, "--dry-run", "--format", "html", **environ).output.startswith("<!doctype")
    document = json.loads(send(autumn, "--dry-run", "--format", "json", **environ).stdout)
    assert (document["month"], document["name"]) == ("2026-10", "Biomedische wetenschappen")
    assert server.messages == []
    assert known(autumn) == []


def known(home: Home) -> list[object]:
    engine = create_engine(f"sqlite:///{home.database}")
    with Session(engine) as session:
        found: list[object] = list(list_deliveries(session))
    engine.dispose()
    return found


def test_what_cannot_be_sent_ends_with_a_sentence(autumn: Home) -> None:
    for options, code, fault in (
        ((), 1, "nobody gets reports; set CONSENT_REPORT_TO"),
        (("--to", OLGA), 1, "no mail server is set"),
        (("--month", "2026-11"), 1, "2026-11 is not over"),
        (("--month", "2026-09"), 1, "no site was published in 2026-09"),
        (("--site", "nowhere"), 1, "there is no site 'nowhere'"),
        (("--month", "October"), 2, "'October' is not a month written as 2026-10"),
        (("--to", "Olga"), 2, "'Olga' is not an e-mail address"),
    ):
        result = send(autumn, *options)
        assert result.exit_code == code, options
        assert fault in result.output


def test_a_failure_ends_with_1_and_the_doctor_tells_it(autumn: Home, server: MailServer) -> None:
    environ = mailing(server)
    assert (
        report_findings(autumn, environ, "ok")
        == f"programme: {OLGA} gets a report when a month is over. "
    )
    server.answer = "550 nobody here"
    result = send(autumn, **environ)
    error = "the mail server answered 550 nobody here"
    assert (result.exit_code, result.output) == (
        1, f"2026-10 of programme to {OLGA}: not sent, {error}.\n",
    )  # fmt: skip
    told = f"programme: {OLGA} did not get the report of 2026-10: {error}"
    assert report_findings(autumn, environ, "warning").startswith(f"{told}; the next try is at ")
    give_up(autumn)
    assert f"{told}; it is not tried any more." in report_findings(autumn, environ, "problem")
    server.answer = "250 OK"
    assert send(autumn, **environ).exit_code == 0
    done = report_findings(autumn, environ, "ok")
    assert done == f"programme: {OLGA} got the report of 2026-10 at 2026-11-05 12:00 UTC. "


def report_findings(home: Home, environ: dict[str, str], level: str) -> str:
    found = home.findings("--url", "http://localhost:9", **environ)
    return sentence(found, "reports", "delivery", level)


def give_up(home: Home) -> None:
    engine = create_engine(f"sqlite:///{home.database}")
    with Session(engine) as session, write_transaction(session):
        session.execute(update(ReportDeliveryRow).values(tries=MOST_TRIES))
    engine.dispose()


@pytest.mark.legal("AE-09")
def test_a_saved_mail_proves_that_the_log_was_set_back(
    autumn: Home, server: MailServer, tmp_path: Path
) -> None:
    before, after, mail = tmp_path / "before", tmp_path / "after", tmp_path / "message.eml"
    assert run_at(NOVEMBER, autumn, "log", "export", before).exit_code == 0
    publish(
        autumn, tmp_path, "2026-10-20T12:00:00Z", make_site_text().replace("90 days", "60 days")
    )
    assert send(autumn, **mailing(server)).exit_code == 0
    mail.write_bytes(server.messages[0].as_bytes())
    assert run_at(NOVEMBER, autumn, "log", "export", after).exit_code == 0
    held = run_at(NOVEMBER, autumn, "verify", after, "--checkpoint", mail)
    assert held.exit_code == 0, held.output
    set_back = run_at(NOVEMBER, autumn, "verify", before, "--checkpoint", mail, "--json")
    assert set_back.exit_code == 1
    (log,) = json.loads(set_back.stdout)["logs"]
    assert "rolled_back" in {finding["type"] for finding in log["findings"]}


def test_a_site_may_be_named_like_a_command(autumn: Home) -> None:
    assert "there is no site 'send'" in autumn.run("report", "totals", "send").output
