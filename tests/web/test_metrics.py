"""/metrics tells how the service fares, to who has the token, and nothing about visitors."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from consent.core.certificates import Fault, HttpsCertificate
from consent.core.checks import CheckKind, Outcome
from consent.core.model import Site
from consent.core.times import MILLIS_PER_DAY
from consent.store.database import db
from tests.service import Clock
from tests.web.console.counted import made
from tests.web.sealing import seal_and_publish
from tests.web.visitor import Visitor

TOKEN = "a-token-for-the-monitoring"
LOG = "leiden-university/1"

Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def measured(serve: Callable[..., Flask], demo_site: Site) -> Flask:
    return serve(demo_site, CONSENT_METRICS_TOKEN=TOKEN)


def numbers_in(body: str) -> Numbers:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body)
        for sample in family.samples
    }


def numbers_of(app: Flask) -> Numbers:
    response = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "text/plain"
    return numbers_in(response.text)


def acts(numbers: Numbers, event: str) -> float:
    return numbers.get(("consent_acts_total", (("event", event), ("site", "programme"))), 0)


def of_log(numbers: Numbers, name: str) -> float | None:
    return numbers.get((f"consent_log_{name}", (("log", LOG),)))


def test_without_a_token_in_the_settings_there_is_nothing(service_app: Flask) -> None:
    client = service_app.test_client()
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_without_the_right_token_nothing_is_told(measured: Flask) -> None:
    client = measured.test_client()
    for given in (None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        headers = {} if given is None else {"Authorization": given}
        response = client.get("/metrics", headers=headers)
        assert response.status_code == 401, given
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert "consent_" not in response.text


def test_acts_are_counted_by_event_and_site_once_each(measured: Flask) -> None:
    alice, bob = Visitor(measured), Visitor(measured)
    alice.press("accept_all")
    alice.press("withdraw_all")
    page = bob.read()
    for _ in range(2):
        assert bob.press("refuse_all", page=page).status_code == 303
    numbers = numbers_of(measured)
    assert [acts(numbers, one) for one in ("granted", "withdrawn", "refused")] == [1, 1, 1]
    site = (("site", "programme"),)
    assert numbers["consent_write_seconds_count", site] == 3
    assert numbers["consent_write_seconds_sum", site] > 0
    assert numbers.get(("consent_write_failures_total", site), 0) == 0


def test_the_queue_the_seals_and_the_last_publication_are_told(
    measured: Flask, tmp_path: Path, clock: Clock
) -> None:
    Visitor(measured).press("accept_all")
    before = numbers_of(measured)
    waiting = of_log(before, "waiting")
    assert waiting is not None
    assert waiting >= 1
    assert of_log(before, "published_size") is None
    clock.now += 5_000
    assert (of_log(numbers_of(measured), "oldest_waiting_seconds") or 0) >= 5
    seal_and_publish(measured, tmp_path, clock)
    after = numbers_of(measured)
    assert of_log(after, "waiting") == 0
    assert of_log(after, "oldest_waiting_seconds") == 0
    assert of_log(after, "size") == of_log(after, "published_size") == waiting
    assert of_log(after, "ok") == 1
    published = of_log(after, "published_timestamp_seconds")
    assert published is not None
    assert abs(published - clock.now / 1000) < 3600


def test_the_ends_of_certificates_are_told_as_the_last_check_met_them(
    measured: Flask, clock: Clock
) -> None:
    end = clock.now + 20 * MILLIS_PER_DAY
    met = (
        HttpsCertificate("site.example", end, 90 * MILLIS_PER_DAY),
        HttpsCertificate("old.example", end, 90 * MILLIS_PER_DAY, Fault.WRONG_NAME),
        HttpsCertificate("far.example", fault=Fault.UNREACHABLE),
    )
    result = {"counts": {}, "findings": [], "certificates": [one.as_record() for one in met]}
    made(measured, clock.now, CheckKind.SERVICE, Outcome.PROBLEM, result)
    numbers = numbers_of(measured)
    told = {
        (name.removeprefix("consent_certificate_"), dict(labels)["host"]): value
        for (name, labels), value in numbers.items()
        if name.startswith("consent_certificate_")
    }
    assert told == {
        ("expiry_timestamp_seconds", "site.example"): end / 1000,
        ("expiry_timestamp_seconds", "old.example"): end / 1000,
        ("ok", "site.example"): 1,
        ("ok", "old.example"): 0,
    }


@pytest.mark.legal("RP-03", "CO-04")
def test_no_label_says_anything_about_a_visitor(measured: Flask) -> None:
    Visitor(measured).press("accept_all")
    labels = {name for _, pairs in numbers_of(measured) for name, _ in pairs}
    assert labels <= {"site", "event", "log", "le", "version"}


def test_a_database_out_of_reach_is_told_and_acts_that_fail_are_counted(measured: Flask) -> None:
    visitor = Visitor(measured)
    page = visitor.read()
    with measured.app_context():
        db.session.execute(text("ALTER TABLE log_state RENAME TO elsewhere"))
        db.session.execute(text("ALTER TABLE log_pending RENAME TO elsewhere_too"))
        db.session.commit()
        db.session.remove()
    assert visitor.press("accept_all", page=page).status_code >= 500
    numbers = numbers_of(measured)
    assert numbers["consent_database_up", ()] == 0
    assert numbers["consent_write_failures_total", (("site", "programme"),)] == 1
    assert acts(numbers, "granted") == 0


def test_processes_of_one_folder_answer_for_each_other(tmp_path: Path) -> None:
    program = """
import os
from consent.services.measures import Measures
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
measures = Measures(lambda: Session(create_engine("sqlite://")), lambda: 0, "1.0")
other = os.fork()
measures.recorded("programme", "granted", 0.01)
if other == 0:
    os._exit(0)
os.waitpid(other, 0)
print(measures.told("")[0].decode())
"""
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    numbers = numbers_in(told.stdout)
    assert acts(numbers, "granted") == 2
    assert numbers["consent_write_seconds_count", (("site", "programme"),)] == 2


def test_a_token_that_is_easily_guessed_stops_the_start() -> None:
    from consent.settings import read_settings

    _, faults = read_settings({"CONSENT_METRICS_TOKEN": "short"}, ())
    assert "CONSENT_METRICS_TOKEN: it has fewer than 16 letters" in faults


def test_the_token_may_come_from_a_file(tmp_path: Path) -> None:
    from consent.settings import read_settings

    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    settings, faults = read_settings({"CONSENT_METRICS_TOKEN_FILE": str(path)}, ())
    assert settings.metrics_token == TOKEN
    assert faults == []
