"""What was shown and answered over time: figures, charts, tables and CSV, and no record is read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select

from consent.core.roles import Role
from consent.core.times import MILLIS_PER_DAY, day_of
from consent.core.totals import Place
from consent.store.database import write_transaction
from consent.store.publications import list_publications
from consent.store.tables import LateTotalRow, NoticeRow, OfficerActionRow, PublicationRow
from consent.web.console import overview_charts
from tests.databases import PostgresServer
from tests.service import displays_of, engine_session
from tests.web.console.counted import SITE, all_well, count_day, light
from tests.web.console.people import Console


def one(tag: Tag, selector: str) -> Tag:
    """Return the first element within another that a selector finds; there is one."""
    found = tag.select_one(selector)
    assert found is not None, f"nothing is {selector}"
    return found


@pytest.fixture
def autumn(console: Console) -> Console:
    """Counted weeks before the tests' today, Sunday 22 November 2026, with few on some days."""
    with engine_session(console.app) as session:
        (published,) = list_publications(session, "programme")
        old, new = "0a" * 32, published.notice_hash
        for day, notice in (("20261027", old), ("20261110", new)):
            count_day(session, Place(day, notice, "en"), displays=100, accepted=30, partly=12,
                      refused=40, withdrawn=6)  # fmt: skip
        count_day(session, Place("20261111", new, "nl"), displays=50, accepted=20, refused=2)
        count_day(session, Place("20261121", new, "nl"))
        shape = {"scope_hash": published.scope_hash, "policy_version": published.policy_version}
        with write_transaction(session):
            deployment = session.scalar(select(PublicationRow.deployment))
            document = session.scalar(select(NoticeRow.document))
            session.execute(
                insert(NoticeRow).values(
                    notice_hash=old, site="programme", scope_hash=published.scope_hash,
                    document=document, stored_at=1,
                )
            )  # fmt: skip
            began = published.published_at - 60 * MILLIS_PER_DAY
            session.execute(
                insert(PublicationRow).values(
                    id=-2, site="programme", notice_hash=old, deployment=deployment,
                    published_at=began, **shape,
                )
            )  # fmt: skip
            session.execute(
                insert(PublicationRow).values(
                    id=-1, site="programme", notice_hash=new, deployment=deployment,
                    published_at=began + 45 * MILLIS_PER_DAY, **shape,
                )
            )  # fmt: skip
            session.execute(insert(LateTotalRow).values(site="programme", day="20261111", count=9))
    return console


def table_of(page: BeautifulSoup, chart: str) -> list[list[str]]:
    table = one(page, f"table:has(#{chart}-caption)")
    rows = table.select("thead tr, tbody tr, tfoot tr")
    return [[cell.get_text(strip=True) for cell in row.select("th, td")] for row in rows]


def test_nothing_is_counted_at_first(console: Console) -> None:
    page = console.officer.page(SITE)
    assert page.select("figure") == []
    assert "Nothing is counted yet" in page.get_text()


@pytest.mark.legal("AE-09")
def test_the_figures_of_30_days_keep_small_counts_out(autumn: Console) -> None:
    page = autumn.officer.page(SITE)
    figures = {
        one(each, "dt").get_text(): one(each, "strong").get_text()
        for each in page.select(".figures div")
    }
    assert figures == {
        "Shown": "250",
        "Chosen": "≥ 185",
        "Ignored": "≥ 36",
        "Recorded": "≥ 197",
        "Arrived late": "9",
    }


@pytest.mark.legal("AE-09")
def test_charts_and_tables_show_the_same_with_marks_where_the_notice_changed(
    autumn: Console,
) -> None:
    page = autumn.officer.page(SITE)
    assert "24 August 2026 to 15 November 2026, by week from Monday" in page.get_text()
    answers = table_of(page, "answers")
    assert answers[0] == [
        "Week",
        "Everything allowed",
        "Partly allowed",
        "Everything refused",
        "Ignored",
        "Withdrawn",
    ]
    assert answers[-2:] == [
        ["9 Nov 2026", "50", "12", "≥ 41", "≥ 18", "6"],
        ["Together", "80", "24", "≥ 81", "≥ 36", "12"],
    ]
    assert table_of(page, "languages")[-1] == ["Together", "164", "≥ 21"]
    assert table_of(page, "categories")[-1] == ["Together", "104", "80", "80"]
    (mark,) = page.select(".marks li")
    assert mark.get_text().startswith("Version 2, since")
    assert one(mark, "a")["href"] == f"{SITE}/notices/2"
    assert one(page, f'section:has(#force) a[href="{SITE}/notices/3"]').get_text() == "Version 3"
    for chart in page.select("figure.chart"):
        picture = one(chart, "svg[role=img]")
        labelled = [one(picture, f"#{name}") for name in str(picture["aria-labelledby"]).split()]
        assert [each.name for each in labelled] == ["title", "desc"]
        assert [each.get_text() for each in picture.select(".mark-name")] == ["1"]
        assert picture.select("[style]") == []
    assert "Counts from 1 to 4" in page.get_text()
    assert "Crawlers do not count" in page.get_text()


def test_a_chart_comes_as_csv_with_counts_as_the_report_writes_them(autumn: Console) -> None:
    officer = autumn.officer
    page = officer.page(f"{SITE}?by=day&from=2026-11-10&to=2026-11-11")
    link = one(page, "a.csv")["href"]
    assert str(link).startswith(f"{SITE}/overview.csv?chart=answers")
    answer = officer.get(str(link))
    assert answer.mimetype == "text/csv"
    name = "consent-programme-answers-20261110-20261111-day.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert list(csv.reader(io.StringIO(answer.text))) == [
        [
            "first day",
            "last day",
            "Everything allowed",
            "Partly allowed",
            "Everything refused",
            "Ignored",
            "Withdrawn",
        ],
        ["2026-11-10", "2026-11-10", "30", "12", "40", "18", "6"],
        ["2026-11-11", "2026-11-11", "20", "0", "<5", "untold", "0"],
    ]
    assert officer.get(f"{SITE}/overview.csv?chart=visitors").status_code == 404


def test_no_label_in_a_csv_is_a_formula(autumn: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview_charts, "label_of", lambda *_: "=1+1")
    answer = autumn.officer.get(f"{SITE}/overview.csv?chart=categories")
    head = next(csv.reader(io.StringIO(answer.text)))
    assert set(head[2:]) == {"'=1+1"}


@pytest.mark.parametrize("asked", ["to=9999-12-31", "from=0001-01-01", "from=0026-01-01"])
def test_a_year_out_of_reach_is_no_day(autumn: Console, asked: str) -> None:
    officer = autumn.officer
    page = officer.page(f"{SITE}?{asked}")
    assert "Write a day as year-month-day" in one(page, ".message.error").get_text()
    assert officer.get(f"{SITE}/overview.csv?chart=answers&{asked}").status_code == 200


def test_period_and_step_are_chosen_by_a_form(autumn: Console) -> None:
    officer = autumn.officer
    page = officer.page(f"{SITE}?by=month&from=2026-10-05&to=2026-10-31")
    assert table_of(page, "answers")[1:] == [
        ["October 2026", "30", "12", "40", "18", "6"],
        ["Together", "30", "12", "40", "18", "6"],
    ]
    page = officer.page(f"{SITE}?by=month&from=2026-10-05&to=2026-11-22")
    assert table_of(page, "answers")[1:] == [
        ["October 2026", "30", "12", "40", "18", "6"],
        ["1–21 Nov 2026", "50", "12", "≥ 41", "≥ 18", "6"],
        ["Together", "80", "24", "≥ 81", "≥ 36", "12"],
    ]
    assert "The last column is a part" in one(page, ".span").get_text()
    page = officer.page(f"{SITE}?by=day&from=2026-11-30&to=2026-11-01")
    assert "The last day comes before the first one." in one(page, ".message.error").get_text()
    assert len(table_of(page, "answers")) == 32
    page = officer.page(f"{SITE}?by=day&from=2026-11-22")
    assert "Nothing of this period is over and counted yet." in page.get_text()


def test_each_look_is_recorded_with_what_was_looked_at(autumn: Console) -> None:
    olga = autumn.person("Olga", {"programme": (Role.PUBLISHER,)})
    olga.get(f"{SITE}?by=month&from=2026-10-01&to=2026-10-31")
    olga.get(f"{SITE}/overview.csv?chart=languages&by=day&from=2026-11-10&to=2026-11-11")
    olga.post(f"{SITE}/check")
    with engine_session(autumn.app) as session:
        query = select(OfficerActionRow).where(
            OfficerActionRow.officer == "Olga", OfficerActionRow.action != "session:begin"
        )
        actions = [(one.action, json.loads(one.detail)) for one in session.scalars(query)]
    by = {"site": "programme", "by": "console"}
    shown = {"filter": {"from": "20261001", "to": "20261031", "by": "month"}}
    given = {"filter": {"from": "20261110", "to": "20261111", "by": "day"}, "chart": "languages"}
    wanted = [("overview:show", by | shown), ("overview:csv", by | given), ("checks:ask", by)]
    assert sorted(actions, key=str) == sorted(wanted, key=str)


def test_who_manages_people_only_sees_no_numbers(autumn: Console) -> None:
    anna = autumn.administrator
    page = anna.page("/console/")
    assert "do not include its overview" in one(page, ".site-card").get_text()
    assert page.select(".site-card a, .light") == []
    assert anna.get(SITE).status_code == 403


def test_it_speaks_dutch(autumn: Console) -> None:
    all_well(autumn)
    page = autumn.person("Nina", {"*": (Role.OFFICER,)}, language="nl").page(SITE)
    assert light(page)[0] == "✓ In orde"
    assert "41.233 vermeldingen" in light(page)[1][0]
    assert table_of(page, "answers")[0][:3] == ["Week", "Alles toegestaan", "Deels toegestaan"]


def test_an_act_that_browsers_kept_for_days_counts_as_late(console: Console) -> None:
    app, clock = console.app, console.clock
    client: FlaskClient = app.test_client()
    origin = "https://site.example"
    api = "/consent/api/v1/sites/programme"

    def token() -> str:
        return str(client.get(f"{api}/notice", base_url=origin).get_json()["notice_token"])

    def refuse(number: int, notice_token: str) -> int:
        body = {
            "submission_id": f"0196d5f0-0000-4000-8000-00000000000{number}",
            "notice_token": notice_token,
            "control": "refuse_all",
            "layer": "banner",
            "choices": {"functional": False, "personalisation": False, "ads": False},
        }
        answer = client.post(
            f"{api}/consents", base_url=origin, json=body, headers={"Origin": origin}
        )
        return answer.status_code

    old = token()
    clock.pass_days(1)
    assert refuse(1, old) == 201  # a page that stayed open over night is not late
    clock.pass_days(1)
    assert refuse(2, old) == 201
    assert refuse(2, old) == 200  # a repeated act is no other one
    assert refuse(3, token()) == 201
    displays_of(app).flush()
    with engine_session(app) as session:
        rows = session.execute(select(LateTotalRow.site, LateTotalRow.day, LateTotalRow.count))
        assert [tuple(row) for row in rows] == [("programme", day_of(clock.now), 1)]


class TestWithEveryEngine:
    """However many records there are, none is read."""

    @pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
    def database_url(self, request: pytest.FixtureRequest) -> Iterator[str]:
        if request.param == "sqlite":
            yield str(request.getfixturevalue("sqlite_url"))
            return
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database() as url:
            yield url

    def test_no_query_of_the_overview_is_about_records(self, autumn: Console) -> None:
        officer = autumn.officer
        all_well(autumn)
        with statements(autumn.app) as sent:
            for path in ("/console/", SITE, f"{SITE}?by=day", f"{SITE}/overview.csv?chart=answers"):
                assert officer.get(path).status_code == 200
        assert any("event_total" in statement for statement in sent)
        assert any("disposal_queue" in statement for statement in sent)
        assert [statement for statement in sent if "consent_event" in statement] == []


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Give what is sent to the database meanwhile."""
    sent: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    with engine_session(app) as session:
        engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", keep)
    yield sent
    event.remove(engine, "before_cursor_execute", keep)
