"""Each report reaches each recipient once, is tried again where it failed, and is then given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import Engine, create_engine, select, update
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from consent.audit.notes import split_note
from consent.core.months import Month
from consent.core.times import MILLIS_PER_DAY
from consent.services.reporting.channels import (
    Channels,
    MailServer,
    Tls,
    Webhook,
    person,
)
from consent.services.reporting.delivering import (
    MINUTE_MS,
    MOST_TRIES,
    WAITS_MS,
    Outcome,
    Sender,
    due_months,
    is_given_up,
    send_due,
)
from consent.services.reporting.gathering import Telling
from consent.services.reporting.thread import Reporting
from consent.store.database import write_transaction
from consent.store.log_heads import latest_published
from consent.store.report_deliveries import (
    MAIL,
    Delivery,
    DeliveryKey,
    claim_delivery,
    list_deliveries,
    mark_sent,
)
from consent.store.tables import LogAnchorRow, ReportDeliveryRow
from consent.verify.kept import kept_notes
from tests.log import WorldLog
from tests.services.report_parties import (
    OLGA,
    PASSWORD,
    SECRET,
    SENDER,
    USER,
    make_certificate,
    running_mail_server,
    running_receiver,
)
from tests.world import World

NOVEMBER = Month(2026, 11)
KEY = DeliveryKey("2026-11", "programme", MAIL, OLGA)


@pytest.fixture
def engine_of_one(sqlite_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine_of_one: Engine, tmp_path: Path) -> Iterator[World]:
    """A site in December, with a published head; where the engine makes no difference."""
    with Session(engine_of_one) as session:
        world = World(session)
        world.publish()
        log = WorldLog(world, tmp_path / "log-state")
        log.act(2)
        log.seal()
        log.publish()
        world.pass_days(10)
        yield world


def sender_of(world: World, channels: Channels) -> Sender:
    engine = world.session.get_bind()
    return Sender(lambda: Session(engine), channels, Telling("en", 5), lambda: world.now)


def by_mail(port: int, tls: Tls = Tls.NONE, **options: str) -> Channels:
    server = MailServer("localhost", port, tls, SENDER, **options)
    return Channels(people=(person(OLGA),), server=server)


def deliveries(world: World) -> list[Delivery]:
    found = list_deliveries(world.session)
    world.session.rollback()
    return found


def errors(outcomes: list[Outcome]) -> list[str]:
    return [outcome.error for outcome in outcomes]


def test_a_report_is_mailed_once_with_its_checkpoint(world: World) -> None:
    with running_mail_server() as server:
        sender = sender_of(world, by_mail(server.port))
        assert errors(list(send_due(sender))) == [""]
        assert list(send_due(sender)) == []
    (message,) = server.messages
    assert server.greetings == ["university.example"]
    assert str(message["To"]) == OLGA
    assert str(message["From"]) == f"Consent service <{SENDER}>"
    subject = "Biomedical Sciences: consent in November 2026, please have a look"
    assert str(message["Subject"]) == subject
    assert str(message["Date"]).startswith("Wed, 02 Dec 2026 12:00:00")
    assert str(message["List-Id"]) == "<report.programme.university.example>"
    assert str(message["Auto-Submitted"]) == "auto-generated"
    assert str(message["Message-ID"]).endswith("@university.example>")
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    (attached,) = message.iter_attachments()
    head = latest_published(world.session, "leiden-university/1")
    assert head is not None
    assert text is not None
    assert html is not None
    assert attached.get_filename() == "checkpoint.txt"
    assert attached.get_payload(decode=True) == head.note.encode()
    assert head.note in text.get_content().replace("\r\n", "\n")
    assert "src=" not in html.get_content()
    assert kept_notes(message.as_bytes()) == [head.note]
    (row,) = deliveries(world)
    assert (row.key, row.sent_at, row.error) == (KEY, world.now, "")


def test_who_holds_a_head_by_mail_is_remembered_with_it(world: World) -> None:
    with running_mail_server() as server:
        list(send_due(sender_of(world, by_mail(server.port))))
    (row,) = world.session.scalars(select(LogAnchorRow))
    head = latest_published(world.session, "leiden-university/1")
    assert head is not None
    assert (row.kind, row.size, row.created) == ("mail", head.size, head.created)
    assert OLGA not in f"{row.name}{row.blob!r}"


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.TLS])
def test_mail_is_encrypted_and_signed_in(
    world: World, tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_mail_server(context, at_once=tls is Tls.TLS, sign_in=True) as server:
        channels = by_mail(server.port, tls, user=USER, password=PASSWORD)
        assert errors(list(send_due(sender_of(world, channels)))) == [""]
    assert (server.encrypted, server.authenticated) == ([True], [True])


def test_a_server_with_another_certificate_gets_nothing(world: World, tmp_path: Path) -> None:
    _, context = make_certificate(tmp_path)
    with running_mail_server(context) as server:
        (error,) = errors(list(send_due(sender_of(world, by_mail(server.port, Tls.STARTTLS)))))
    assert error.startswith("its certificate is refused: ")
    assert server.messages == []


def test_a_server_without_tls_gets_nothing_where_tls_is_wanted(world: World) -> None:
    with running_mail_server() as server:
        (error,) = errors(list(send_due(sender_of(world, by_mail(server.port, Tls.STARTTLS)))))
    assert "STARTTLS" in error
    assert server.messages == []


def test_a_wrong_password_is_told(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_mail_server(context, sign_in=True) as server:
        channels = by_mail(server.port, Tls.STARTTLS, user=USER, password="no")
        (error,) = errors(list(send_due(sender_of(world, channels))))
    assert error.startswith("the mail server answered 535 ")


def test_a_failure_is_tried_again_later_and_later_and_then_given_up(world: World) -> None:
    with running_mail_server() as server:
        server.answer = "451 come back\tlater"
        sender = sender_of(world, by_mail(server.port))
        for wait in WAITS_MS:
            told = ["the mail server answered 451 come back later"]
            assert errors(list(send_due(sender))) == told
            world.now += wait - 1
            assert list(send_due(sender)) == []
            world.now += 1
            (row,) = deliveries(world)
            assert not is_given_up(row)
        assert len(list(send_due(sender))) == 1
        world.now += 2 * MILLIS_PER_DAY
        server.answer = "250 OK"
        assert list(send_due(sender)) == []
    (row,) = deliveries(world)
    assert (is_given_up(row), row.tries, row.sent_at) == (True, MOST_TRIES, None)


def test_a_later_try_has_the_same_name(world: World) -> None:
    with running_mail_server() as server:
        sender = sender_of(world, by_mail(server.port))
        list(send_due(sender))
        with write_transaction(world.session):  # as if the process had died before it was noted
            world.session.execute(update(ReportDeliveryRow).values(sent_at=None))
        list(send_due(sender))
    first, second = server.messages
    assert str(first["Message-ID"]) == str(second["Message-ID"])


def test_nobody_at_the_address_is_told_and_blocks_nobody_else(world: World) -> None:
    with running_receiver() as receiver:
        silent = MailServer("127.0.0.1", 9, Tls.NONE, SENDER)
        channels = Channels(
            people=(person(OLGA),), server=silent, webhook=Webhook(receiver.url, SECRET)
        )
        mail, hook = send_due(sender_of(world, channels))
    assert (mail.error, hook.error) == ("connection refused", "")
    assert len(receiver.requests) == 1


def test_a_webhook_is_signed_as_the_standard_says(world: World) -> None:
    with running_receiver() as receiver:
        channels = Channels(webhook=Webhook(receiver.url, SECRET))
        assert errors(list(send_due(sender_of(world, channels)))) == [""]
    (request,) = receiver.requests
    other = "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC1vdGhlcg=="
    with time_machine.travel(world.now / 1000, tick=False):
        event = Verifier(SECRET).verify(request.body, request.headers)
        with pytest.raises(WebhookVerificationError):
            Verifier(other).verify(request.body, request.headers)
    assert event["type"] == "consent.report.monthly"
    assert (event["data"]["month"], event["data"]["site"]) == ("2026-11", "programme")
    (log,) = event["data"]["logs"]
    assert split_note(log["checkpoint"])[0].startswith("programme.example/consent/log/")
    (row,) = deliveries(world)
    assert row.key.recipient == receiver.url.removesuffix("/hook?for=consent")


def test_a_webhook_is_tried_again_under_its_id_and_never_elsewhere(world: World) -> None:
    with running_receiver() as receiver, running_receiver() as elsewhere:
        receiver.statuses = [302, 500]
        receiver.location = elsewhere.url
        sender = sender_of(world, Channels(webhook=Webhook(receiver.url, SECRET)))
        told = errors(list(send_due(sender)))
        world.now += WAITS_MS[0]
        told += errors(list(send_due(sender)))
        world.now += WAITS_MS[1]
        told += errors(list(send_due(sender)))
    redirected = "it redirects (HTTP status 302), which is not followed"
    assert told == [redirected, "it answered with HTTP status 500", ""]
    assert elsewhere.requests == []
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


def sent(month: str, *, at: int | None = 1) -> Delivery:
    return Delivery(DeliveryKey(month, "programme", MAIL, OLGA), 1, 0, at, "")


@pytest.mark.parametrize(
    ("known", "first", "due"),
    [
        ([], "2026-01", ["2026-11"]),  # a new recipient begins with the last month
        ([], "2026-12", []),  # the site was not published yet
        ([sent("2026-11")], "2026-01", []),
        ([sent("2026-09")], "2026-01", ["2026-10", "2026-11"]),
        ([sent("2026-10", at=None)], "2026-01", ["2026-10", "2026-11"]),
        ([sent("2026-01")], "2026-01", ["2026-09", "2026-10", "2026-11"]),
        ([sent("2026-01")], "2026-10", ["2026-10", "2026-11"]),
    ],
)
def test_no_month_is_left_out_after_a_time_off(
    known: list[Delivery], first: str, due: list[str]
) -> None:
    year, number = map(int, first.split("-"))
    months = due_months(known, person(OLGA), "programme", NOVEMBER, Month(year, number))
    assert [str(month) for month in months] == due


def test_a_recipient_of_one_site_gets_no_other_one() -> None:
    people = (person(OLGA, "programme"), person("ines@university.example"), person(OLGA))
    channels = Channels(people=people)
    everybody = [OLGA, "ines@university.example"]
    assert sorted(one.address for one in channels.recipients_of("programme")) == sorted(everybody)
    assert Channels(people=people[:1]).recipients_of("beside") == ()


def test_a_report_is_claimed_by_one_and_by_the_next_when_that_one_died(session: Session) -> None:
    def claim(now: int, **options: object) -> bool:
        with write_transaction(session):
            until = now + 15 * MINUTE_MS
            return claim_delivery(session, KEY, now=now, until=until, **options)  # type: ignore[arg-type]

    assert claim(0)
    assert not claim(1)
    assert claim(15 * MINUTE_MS, most_tries=2)
    assert not claim(40 * MINUTE_MS, most_tries=2)
    assert claim(40 * MINUTE_MS)
    with write_transaction(session):
        mark_sent(session, KEY, 41 * MINUTE_MS)
    assert not claim(90 * MINUTE_MS)
    assert claim(90 * MINUTE_MS, again=True)


def test_two_processes_at_once_send_it_once(world: World) -> None:
    with running_mail_server() as server:
        sender = sender_of(world, by_mail(server.port))
        start = threading.Barrier(4)
        found: list[Outcome] = []

        def run() -> None:
            start.wait()
            found.extend(send_due(sender))

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.messages) == 1
    assert errors(found) == [""]


def test_the_thread_sends_what_is_due_and_tells_of_failures_without_addresses(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with running_mail_server() as server:
        server.answer = "550 no"
        sender = sender_of(world, by_mail(server.port))
        reporting = Reporting(sender, first_seconds=0)
        reporting.run_once()
    assert "the report of 2026-11 about programme could not be sent (mail)" in caplog.text
    assert OLGA not in caplog.text


def test_the_first_request_starts_the_thread_if_anybody_gets_reports(world: World) -> None:
    with running_mail_server() as server:
        began = threading.Event()
        sender = sender_of(world, by_mail(server.port))

        def clock() -> int:
            began.set()
            return world.now

        timed = Sender(sender.open_session, sender.channels, sender.telling, clock)
        reporting = Reporting(timed, first_seconds=0)
        reporting.ensure_started()
        reporting.ensure_started()
        assert began.wait(60)
        reporting.stop()
        assert len(server.messages) == 1
    nobody = Reporting(sender_of(world, Channels()), first_seconds=0)
    nobody.ensure_started()
    assert nobody._thread is None
    nobody.stop()
