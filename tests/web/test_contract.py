"""The OpenAPI document is valid, complete, and true to the running service."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openapi_spec_validator import validate
from werkzeug.serving import make_server

from consent.services.officers import add_officer
from consent.store.database import db
from tests.browser.demo_fixture import QuietHandler
from tests.make import make_site
from tests.service import make_app


@dataclass(frozen=True, slots=True)
class Running:
    """A service on a real HTTP server: the URL of its API document, and an officer's token."""

    document: str
    officer_token: str


@pytest.fixture
def running_service(sqlite_url: str, tmp_path: Path) -> Iterator[Running]:
    app = make_app(sqlite_url, tmp_path, make_site(), CONSENT_WRITES_PER_MINUTE="0")
    with app.app_context():
        token = add_officer(db.session, "Olga", ["programme"], by="cli:root", now=1)
        db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Running(f"http://127.0.0.1:{server.server_port}/openapi.json", token)
    server.shutdown()
    server.server_close()
    thread.join()


RULES = """
[parameters]
"path.site_id" = "programme"

[checks]
positive_data_acceptance.expected-statuses = [
  "2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx",
]
"""


def require_agreement(url: str, folder: Path, *options: str) -> None:
    """Fail with what schemathesis finds wrong with a running service."""
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [
        *(program, "--no-color", "run", url, "--checks", "all"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "25"),
        *("--generation-deterministic", *options),
    ]
    finished = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    if finished.returncode != 0:
        pytest.fail(finished.stdout[-8000:] + finished.stderr, pytrace=False)


@pytest.mark.slow
def test_whatever_the_document_allows_is_taken(running_service: Running, tmp_path: Path) -> None:
    """On a site that does not exist, a valid request is not found, and never invalid."""
    require_agreement(running_service.document, tmp_path, "--exclude-path", "/api/v1/audit/export")


@pytest.mark.slow
def test_a_published_site_keeps_what_the_document_promises(
    running_service: Running, tmp_path: Path
) -> None:
    """On a site that exists, rules may still refuse choices and periods (422)."""
    (tmp_path / "schemathesis.toml").write_text(RULES, encoding="utf-8")
    bearer = f"Authorization: Bearer {running_service.officer_token}"
    require_agreement(running_service.document, tmp_path, "-H", bearer)


def test_the_document_is_openapi_3_1(sqlite_url: str, tmp_path: Path) -> None:
    document = make_app(sqlite_url, tmp_path, make_site()).test_client().get("/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    validate(document)
