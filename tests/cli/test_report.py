"""`consent report` prints totals of a site: as a table, as CSV and as JSON."""

from __future__ import annotations

import json

import pytest

from consent.core.totals import Place
from consent.store.database import write_transaction
from consent.store.displays import add_displays
from tests.cli.installations import Home
from tests.cli.proxies import publish_in, site_at
from tests.make_events import NOTICE, insert_event, make_event, make_refusal
from tests.service import engine_session

MARCH = ("--from", "2026-03-01", "--to", "2026-04-01")

pytestmark = pytest.mark.legal("AE-09")


@pytest.fixture
def spring(home: Home) -> Home:
    """An installation with acts and displays of one day in March."""
    app = publish_in(home, site_at("https://programme.example"))
    with engine_session(app) as session:
        for minute in range(7):
            insert_event(session, make_event(at=f"2026-03-10T12:0{minute}:00Z"))
        insert_event(session, make_refusal(at="2026-03-10T13:00:00Z"))
        with write_transaction(session):
            add_displays(session, {("programme", Place("20260310", NOTICE, "en")): 40})
    return home


def printed(home: Home, *options: str, **environ: str) -> str:
    result = home.run("report", "programme", *options, **environ)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_table_is_for_people(spring: Home) -> None:
    lines = [line.split() for line in printed(spring, *MARCH).splitlines() if line.strip()]
    names = ["displays", "ignored", "accepted", "partly", "refused", "withdrawn", "embeds"]
    categories = ["ads", "functional", "personalisation"]
    assert lines[0] == ["period", "notice", "language", *names, *categories]
    assert lines[1] == ["2026-03-10", NOTICE[:8], "en", "40", "untold", "7", "0", "<5", "0", "0",
                        "7", "7", "7"]  # fmt: skip
    assert lines[2][:3] == ["total", "40", ">=0"]


def test_csv_and_json_say_the_same(spring: Home) -> None:
    header, row = printed(spring, *MARCH, "--by", "month", "--format", "csv").split()
    document = json.loads(printed(spring, *MARCH, "--by", "month", "--format", "json"))
    (told,) = document["rows"]
    granted = {f"granted_{name}": count for name, count in told.pop("granted").items()}
    assert header.split(",") == [*told, *granted]
    assert row.split(",") == [str(value) for value in (*told.values(), *granted.values())]


def test_the_minimum_is_a_setting(spring: Home) -> None:
    assert "<5" in printed(spring, *MARCH)
    assert "<8" in printed(spring, *MARCH, CONSENT_REPORT_MINIMUM="8")
    assert "<" not in printed(spring, *MARCH, CONSENT_REPORT_MINIMUM="1")


@pytest.mark.parametrize("minimum", ["2", "few"])
def test_a_minimum_that_tells_what_it_hides_is_refused(home: Home, minimum: str) -> None:
    result = home.run("report", "programme", CONSENT_REPORT_MINIMUM=minimum)
    assert result.exit_code == 1
    assert "CONSENT_REPORT_MINIMUM" in result.output


def test_nothing_is_told_of_days_without_anything(spring: Home) -> None:
    assert "Nothing was counted" in printed(spring, "--from", "2026-05-01", "--to", "2026-06-01")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("nowhere",), "there is no site 'nowhere'"),
        (("programme", "--from", "yesterday"), "`from` is not a day"),
        (("programme", "--from", "2026-04-01", "--to", "2026-03-01"), "the period is empty"),
    ],
)
def test_what_makes_no_report_ends_with_a_sentence(
    spring: Home, arguments: tuple[str, ...], fault: str
) -> None:
    result = spring.run("report", *arguments)
    assert result.exit_code == 1
    assert fault in result.output
