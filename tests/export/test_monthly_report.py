"""The monthly report as text, HTML and JSON: the same in each form, with nothing from elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import consent
from consent.core.monthly_report import (
    Check,
    Figure,
    Head,
    Host,
    LogMonth,
    MonthlyReport,
    Point,
    Publication,
    Removal,
    Weight,
)
from consent.core.months import Month
from consent.core.suppression import UNTOLD, Cell, Known, exactly
from consent.core.texts import placeholders
from consent.core.times import parse_rfc3339
from consent.core.words import LANGUAGES, load_words
from consent.export.monthly_report import (
    checkpoints_of,
    report_html,
    report_json,
    report_text,
    subject_of,
)

ROOT = Path(consent.__file__).parent
NOTE = "www.university.example/log/university/1\n9\ncm9vdA==\n\n— www.university.example/log AAAA\n"
AT = parse_rfc3339("2026-11-01T00:12:00Z")
ENGLISH = load_words("report", "en")


def make_report(**changes: object) -> MonthlyReport:
    """Return the report of a month in which something of everything happened."""
    log = LogMonth(
        log_id="university/1",
        origin="www.university.example/log/university/1",
        is_in_force=True,
        status="ok",
        since=AT,
        size=9,
        vouched_at=AT,
        unanchored_since=None,
        stamps=31,
        cosignatures=1,
        removals=(Removal("erasure", 1, 1), Removal("retired", 1200, 2)),
        head=Head(9, AT, NOTE),
    )
    report = MonthlyReport(
        month=Month(2026, 10),
        site="programme",
        site_name="Biomedical <Sciences>",
        controller="Leiden University",
        address="https://www.university.example",
        made_at=AT,
        minimum=5,
        figures=(
            Figure("displays", exactly(12345), exactly(10000)),
            Figure("ignored", UNTOLD, Cell(Known.BELOW, 5)),
            Figure("accepted", exactly(600), exactly(0)),
            Figure("partly", exactly(100), exactly(100)),
            Figure("refused", exactly(300), exactly(600)),
            Figure("withdrawn", Cell(Known.AT_LEAST, 31), exactly(40)),
        ),
        granted=(Figure("ads", exactly(600), exactly(500), "Ads"),),
        publications=(
            Publication(AT, "0a" * 32, tuple(f"~ change {n}" for n in range(8)), ("Ads",), False),
        ),
        hosts=tuple(Host(f"h{number}.example", 10 - number) for number in range(10)),
        logs=(log,),
        check=Check(AT, is_ok=True),
        acts={"looks": 3, "searches": 0},
        expiries=(),
        points=(Point(Weight.WARNING, "hosts", {"hosts": "h0.example"}),),
        console="https://console.example/console/sites/programme",
    )
    return replace(report, **changes)  # type: ignore[arg-type]


def test_each_language_has_the_same_texts_with_the_same_places() -> None:
    for language in LANGUAGES:
        texts = load_words("report", language).texts
        assert texts.keys() == ENGLISH.texts.keys(), language
        for key, text in texts.items():
            assert placeholders(text) == placeholders(ENGLISH.texts[key]), (language, key)


def test_no_text_is_left_over() -> None:
    """A key stands whole in the sources, or its beginning does where the end is filled in."""
    files = [
        ROOT / "export" / "monthly_report.py",
        ROOT / "export" / "templates" / "monthly.html",
        *(ROOT / "services" / "reporting").glob("*.py"),
    ]
    source = "\n".join(file.read_text("utf-8") for file in files)
    begun = tuple(re.findall(r"""f?"([a-z_.]+\.)(?:\{|" ~)""", source))
    for key in ENGLISH.texts:
        named = {f'"{key}"', '"{}"'.format(re.sub(r"\.(one|other)$", "", key))}
        assert key.startswith(begun) or any(one in source for one in named), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_and_html_tell_the_same(language: str) -> None:
    words = load_words("report", language)
    report = make_report()
    text, html = report_text(report, words), report_html(report, words)
    page = BeautifulSoup(html, "html.parser").get_text(" ")
    for told in (
        words.month(report.month), words.number(12345), "+" + words.percent(0.2345),
        "−" + words.percent(0.5), "±" + words.percent(0), words("cell.untold"), "< 5", "≥ 31",
        "h7.example", "~ change 4", words.count("notices.more", 3), NOTE.splitlines()[-1],
        words.percent(0.6), "university/1", words.number(1200),
    ):  # fmt: skip
        assert told in text, told
        assert told in page, told
    assert "h8.example" not in text + page
    assert "~ change 5" not in text + page


def test_the_html_is_escaped_and_loads_nothing() -> None:
    html = report_html(make_report(), ENGLISH)
    assert "Biomedical &lt;Sciences&gt;" in html
    page = BeautifulSoup(html, "html.parser")
    assert page.find_all(["img", "link", "script", "iframe", "object", "form"]) == []
    assert "url(" not in html
    assert "@import" not in html
    links = [str(link["href"]) for link in page.find_all("a")]
    assert links == ["https://console.example/console/sites/programme"]


def test_lines_of_text_are_short_but_for_what_is_verbatim() -> None:
    lines = report_text(make_report(), ENGLISH).splitlines()
    assert [line for line in lines if len(line) > 78 and "https://" not in line] == []


@pytest.mark.parametrize(
    ("points", "weight", "ending"),
    [
        ((), "good", "nothing needs you"),
        ((Point(Weight.WARNING, "check_old", {}),), "warning", "please have a look"),
        (
            (
                Point(Weight.WARNING, "check_old", {}),
                Point(Weight.BAD, "check_failed", {"moment": "now"}),
            ),
            "bad",
            "something is wrong",
        ),
    ],
)
def test_the_weightiest_point_decides_the_subject(
    points: tuple[Point, ...], weight: str, ending: str
) -> None:
    report = make_report(points=points)
    assert subject_of(report, ENGLISH).endswith(f"consent in October 2026, {ending}")
    assert report_json(report)["state"] == weight


def test_the_json_has_numbers_where_they_are_told() -> None:
    document = json.loads(json.dumps(report_json(make_report())))
    assert document["counts"]["displays"] == {"count": 12345, "month_before": 10000}
    assert document["counts"]["ignored"] == {"count": "untold", "month_before": "<5"}
    assert document["granted"]["ads"]["count"] == 600
    assert document["logs"][0]["checkpoint"] == NOTE
    assert len(document["undeclared_hosts"]) == 10


def test_the_checkpoint_of_the_log_in_force_comes_first() -> None:
    (log,) = make_report().logs
    old = replace(log, log_id="university/0", is_in_force=False)
    names = [name for name, _ in checkpoints_of(make_report(logs=(old, log)))]
    assert names == ["checkpoint.txt", "checkpoint-university-0.txt"]


def test_a_month_without_anything_is_told_in_sentences() -> None:
    report = make_report(publications=(), hosts=(), acts={"looks": 0}, logs=(), points=())
    text = report_text(report, ENGLISH)
    for key in ("notices.none", "hosts.none", "acts.none", "checkpoint.none", "verdict.good.text"):
        assert ENGLISH(key).split(".")[0].split(",")[0] in text.replace("\n", " "), key
