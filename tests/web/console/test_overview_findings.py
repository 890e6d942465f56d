"""What the self-check says, in Dutch: every sentence of it, and none that it does not say."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

import consent
from consent.core.checks import CheckKind, Outcome
from consent.core.roles import Role
from consent.core.sentence import Sentence, parse_sentence, sentence, words_of_others
from consent.core.texts import placeholders
from consent.services.check_commands import Result, failed, read_result
from consent.services.diagnosis.findings import Observation, problem, warning
from consent.web.console.overview_findings import told
from tests.web.console.counted import SITE, all_well, made
from tests.web.console.people import Console
from tests.web.console.recorded import one

SERVICES = Path(consent.__file__).parent / "services"
MODULES = (*sorted(SERVICES.glob("diagnosis/*.py")), SERVICES / "diagnosing.py")
# Beside the modules of the self-check, what others have to say to it or instead of it.
ELSEWHERE = {
    "anchoring.py": ("told", "_WAYS", "_and"),
    "check_commands.py": ("_SOMEBODY", "run", "read_result"),
}
SPEAKING = {"ok", "warning", "problem", "skipped", "sentence", "Sentence"}
TABLES = {"_STATES", "_LENGTHS", "_WAYS"}  # of few words
NO_SENTENCES = {"no early cookie"}  # the name of a check
DUTCH = json.loads(files("consent").joinpath("locales/doctor/nl/doctor.json").read_text("utf-8"))


def texts_in(code: ast.AST) -> Iterator[str]:
    """Yield the strings in a piece of code, without what documents it."""
    nodes = list(ast.walk(code))
    documenting = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text and id(node) not in documenting:
            yield text


def said_by(code: ast.AST) -> Iterator[str]:
    """Yield what a piece of code says: by itself, or as strings of several words."""
    for node in ast.walk(code):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SPEAKING:
            for argument in node.args:
                assert not isinstance(argument, ast.JoinedStr), ast.unparse(node)
                yield from texts_in(argument) if not isinstance(argument, ast.Call) else ()
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in TABLES:
            told = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            yield from (text for part in told for text in texts_in(part))
    for text in texts_in(code):
        if (len(text.split()) > 2 or " {" in text) and text not in NO_SENTENCES:
            yield text


def parts_of(path: Path, names: tuple[str, ...]) -> Iterator[ast.AST]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in names:
            yield node
        if isinstance(node, ast.FunctionDef) and node.name in names:
            yield node


def test_every_sentence_of_the_self_check_is_there_in_dutch() -> None:
    sentences: set[str] = set()
    for path in MODULES:
        sentences |= set(said_by(ast.parse(path.read_text("utf-8"))))
    for file, names in ELSEWHERE.items():
        for part in parts_of(SERVICES / file, names):
            sentences |= set(said_by(part))
    assert len(sentences) > 200
    assert sorted(DUTCH) == sorted(sentences)
    for english, dutch in DUTCH.items():
        assert placeholders(dutch) == placeholders(english), english


def kept_of(group: str, *seen: Observation) -> Result:
    """Return what the daily check keeps of a report with these observations."""
    findings: list[dict[str, Any]] = [
        {
            "group": group,
            "check": "x",
            "level": one.level.value,
            "found": str(one.found),
            "advice": str(one.advice),
            "said": {"found": one.found.as_record(), "advice": one.advice.as_record()},
        }
        for one in seen
    ]
    report = {"summary": {"warning": len(seen)}, "findings": findings}
    return read_result(CheckKind.SERVICE, json.dumps(report), 0)


def dutch_page(console: Console) -> BeautifulSoup:
    return console.person("Neeltje", {"programme": (Role.AUDITOR,)}, language="nl").page(SITE)


def test_a_dutch_page_tells_a_finding_in_dutch_and_an_english_one_in_english(
    console: Console,
) -> None:
    kept = kept_of(
        "service",
        warning("Others may read {file}.", "Run `chmod 600 {file}`.", file="/srv/<a>"),
        problem("Nothing answers at {url}: {reason}.", "Be kind.", url="https://site.example",
                reason=words_of_others("the cat sat on it")),
    )  # fmt: skip
    before = {"group": "clock", "check": "x", "level": "warning", "found": "So it was said.",
              "advice": "Run `it`."}  # fmt: skip
    all_well(console, [*kept.summary["findings"], before])
    english = one(console.officer.page(SITE), ".findings tbody")
    assert english.select("[lang]") == []
    assert "Nothing answers at https://site.example: the cat sat on it." in english.get_text()
    assert [one.get_text() for one in english.select("code")] == ["chmod 600 /srv/<a>", "it"]
    cells = one(dutch_page(console), ".findings tbody").select("td:not(:first-child)")
    assert [(cell.get_text(), cell.get("lang")) for cell in cells] == [
        ("Op https://site.example antwoordt niets: the cat sat on it.", None),
        ("Be kind.", "en"),
        ("Anderen mogen /srv/<a> lezen.", None),
        ("Voer chmod 600 /srv/<a> uit.", None),
        ("So it was said.", "en"),
        ("Run it.", "en"),
    ]
    assert [(one.get_text(), one["lang"]) for one in cells[0].select("span")] == [
        ("the cat sat on it", "en")
    ]


def test_why_a_check_could_not_be_made_is_told_in_dutch(console: Console) -> None:
    result = failed(sentence("it took too long and was ended")).summary
    made(console.app, console.clock.now, CheckKind.LOG, Outcome.FAILED, result)
    made(console.app, console.clock.now, CheckKind.SERVICE, Outcome.FAILED, {"reason": "<so>"})
    page = dutch_page(console)
    told_of = {kind: one(page, f"[aria-labelledby=check-{kind}]") for kind in ("log", "service")}
    assert "uitgevoerd: het duurde te lang en is afgebroken" in told_of["log"].get_text()
    assert [one.get_text() for one in told_of["service"].select("[lang=en]")] == ["<so>"]


def test_words_within_words_are_told_in_dutch_too() -> None:
    other = words_of_others("{x} me")
    ways = sentence("{one} and {other}", one=Sentence("a witness"), other=other)
    state = sentence("anchored by {ways}, last at {moment}", ways=ways, moment="noon")
    record = sentence("{log}: {state}.", log="a/1", state=state).as_record()
    said = parse_sentence(json.loads(json.dumps(record)))
    assert str(said) == "a/1: anchored by a witness and {x} me, last at noon."
    dutch = told(str(said), said.as_record(), "nl")
    assert dutch.tag == "nl"
    assert dutch.html == (
        'a/1: verankerd door een getuige en <span lang="en">{x} me</span>, laatst op noon.'
    )


def test_for_whom_a_report_was_is_not_kept_apart_either() -> None:
    told_whom = problem(
        "{site}: {recipient} did not get the report of {month}: {reason}; it is not tried any "
        "more.",
        "Correct the cause, then run `consent report send --month {month}`.",
        site="alpha", recipient="dpo@alpha.nl", month="2026-10",
        reason=words_of_others("550 <dpo@alpha.nl>: no"),
    )  # fmt: skip
    kept = kept_of("reports", told_whom).summary
    assert "dpo" not in json.dumps(kept)
    (finding,) = kept["findings"]
    said = parse_sentence(finding["said"]["found"])
    assert str(said) == finding["found"]
    assert told("", finding["said"]["found"], "nl").html.startswith(
        "alpha: een ontvanger heeft het maandbericht van 2026-10 niet gekregen: "
    )
