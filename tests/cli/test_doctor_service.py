"""`consent doctor` finds what a proxy in front of a running service spoils."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import func, select
from werkzeug.wrappers import Request, Response

from consent.store.tables import ConsentEventRow, SubmissionRow
from tests.cli.findings import levels, sentence
from tests.cli.installations import Home
from tests.cli.proxies import Behind, behind_a_proxy, publish_in, serving, site_at
from tests.service import engine_session


def is_script(request: Request) -> bool:
    return request.path.endswith("/banner.js")


@pytest.mark.legal("CT-13", "CT-16")
def test_a_service_that_runs_well_has_no_problem(running: Behind) -> None:
    findings = running.home.findings()
    assert [one for one in findings if one["level"] in ("problem", "skipped")] == []
    assert {one["check"] for one in findings if one["group"] == "service"} == {
        "answers", "ready", "clock", "description", "gpc document",
    }  # fmt: skip
    assert {one["check"] for one in findings if one["group"] == "visitors"} == {
        "script", "script build", "script caching", "script revalidation", "script compression",
        "no early cookie", "notice", "preference page", "page headers", "state", "foreign origin",
        "gpc header",
    }  # fmt: skip


def test_looking_records_nothing(running: Behind) -> None:
    running.home.findings()
    service = running.proxy.service
    assert service is not None
    with engine_session(service) as session:  # type: ignore[arg-type]
        for table in (ConsentEventRow, SubmissionRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_service_that_does_not_run_is_one_problem(home: Home) -> None:
    publish_in(home, site_at("http://localhost:1"))
    findings = home.findings()
    assert [one for one in findings if one["group"] == "visitors"] == []
    found = sentence(findings, "service", "answers", "problem")
    assert found.startswith("Nothing answers at http://localhost:1/consent: connection refused. ")


def test_another_program_at_the_address_is_a_problem(home: Home) -> None:
    with serving(Response("hello")) as port:
        findings = home.findings("--url", f"http://127.0.0.1:{port}")
    assert "is not this service" in sentence(findings, "service", "answers", "problem")


def test_what_does_not_speak_http_is_a_problem(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        findings = home.findings("--url", f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert "does not speak HTTP" in sentence(findings, "service", "answers", "problem")


def test_a_redirect_is_told_and_not_followed(running: Behind) -> None:
    def send_away(_request: Request, answer: Response) -> None:
        answer.status_code = 301
        answer.headers["Location"] = "https://elsewhere.example/"

    running.proxy.change_answer = send_away
    found = sentence(running.home.findings(), "service", "answers", "problem")
    assert "redirects to https://elsewhere.example/." in found


def test_a_certificate_nobody_signed_is_a_problem(home: Home, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with serving(Response("hello"), context) as port:
        findings = home.findings("--url", f"https://127.0.0.1:{port}")
    assert "its certificate is refused" in sentence(findings, "service", "answers", "problem")


def self_signed(folder: Path) -> Path:
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, None)
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path


def test_a_service_that_stops_answering_is_a_problem(running: Behind) -> None:
    def stop_at_the_script(request: Request, _answer: Response) -> None:
        if is_script(request):
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionAbortedError

    running.proxy.change_answer = stop_at_the_script
    found = sentence(running.home.findings(), "visitors", "answers", "problem")
    assert "It stopped answering" in found


def test_a_database_that_is_gone_is_a_problem(running: Behind) -> None:
    def refuse(request: Request, answer: Response) -> None:
        if request.path.endswith("/readyz"):
            answer.status_code = 503

    running.proxy.change_answer = refuse
    assert "(/readyz: 503)" in sentence(running.home.findings(), "service", "ready", "problem")


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_differs_is_a_problem(running: Behind, hours: int) -> None:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
    running.proxy.date = format_datetime(moment, usegmt=True)
    assert "differs" in sentence(running.home.findings(), "service", "clock", "problem")


def test_a_clock_that_cannot_be_seen_is_said_to_be(running: Behind) -> None:
    running.proxy.date = "soon"
    assert levels(running.home.findings(), "service", "clock") == ["skipped"]


@pytest.mark.parametrize(
    ("path", "check"),
    [("/openapi.json", "description"), ("/.well-known/gpc.json", "gpc document")],
)
def test_a_document_that_the_proxy_keeps_back_is_a_warning(
    running: Behind, path: str, check: str
) -> None:
    def keep_back(request: Request, answer: Response) -> None:
        if request.path.endswith(path):
            answer.status_code = 404
            answer.set_data("not found")

    running.proxy.change_answer = keep_back
    assert levels(running.home.findings(), "service", check) == ["warning"]


def test_a_site_whose_own_host_does_not_answer_is_a_warning(home: Home) -> None:
    with behind_a_proxy(home) as behind:
        publish_in(home, site_at("http://localhost:1", service_url=behind.url))
        found = sentence(behind.home.findings(), "service", "gpc document", "warning")
    assert found.startswith("http://localhost:1/.well-known/gpc.json cannot be reached")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "https://", "http://h?x=1"])
def test_what_is_no_address_is_refused(home: Home, url: str) -> None:
    result = home.run("doctor", "--url", url)
    assert result.exit_code == 2
    assert "give an address such as https://" in result.output
