"""What a pack says, in each language: the same facts, in that language's words and no other's."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import consent
from consent.core.model import EventName
from consent.core.texts import placeholders, without_placeholders
from consent.core.words import LANGUAGES, load_words
from consent.export.archive import Written
from consent.export.facts import (
    Absent,
    Anchored,
    LogFacts,
    PackFacts,
    SiteFacts,
    Tally,
    Version,
)
from consent.export.inspection import Attached, Inspection, InspectionFile, Observed
from consent.export.purposes import Purpose
from consent.export.readme import readmes
from consent.export.statement import statement
from consent.export.wording import CATALOGUE
from consent.services.anchoring import AnchoredState
from tests.make_events import NOON

EXPORT = Path(consent.__file__).parent / "export"
TEMPLATES = EXPORT / "templates"
NOTICE, POLICY = "ab" * 32, "cd" * 32
HOUR = 3_600_000
A_SENTENCE = 3  # words: shorter texts can be the same in both

UNANCHORED = Anchored(has_published=True, unanchored_since=NOON - HOUR)
VOUCHED = Anchored(has_published=True, kinds=("rfc3161", "witness"), last_at=NOON)
FILES = {
    name: Written(1, "0f" * 32)
    for name in (
        "records/records.csv",
        "records/records.jsonl",
        "records/records.jsonld",
        "records/records.parquet",
        "records/kantara.jsonl",
        "publications.json",
        "notices/a",
        "policies/a",
        "builds/a",
        "pictures/a",
        "inspection/a",
        "log/university-1/checkpoint",
    )
}


def make_log(
    anchored: Anchored = UNANCHORED, *, waiting: int = 1, size: int | None = 2600
) -> LogFacts:
    is_signed = size is not None
    return LogFacts(
        log_id="university/1",
        origin="www.university.example/log/university/1",
        folder="log/university-1",
        size=size,
        root="cm9vdA==" if is_signed else None,
        signed_at=NOON if is_signed else None,
        covered=1_234 if is_signed else 0,
        waiting=waiting,
        anchored=anchored,
    )


def make_facts(**changes: object) -> PackFacts:
    """Return the facts of a pack in which all is otherwise than it should be."""
    months = {
        "2026-09": Counter({EventName.GRANTED: 1_200, EventName.REFUSED: 33}),
        "2026-11": Counter({EventName.WITHDRAWN: 1}),
    }
    seen = Observed(NOON - HOUR, NOON, frozenset())
    files = (InspectionFile("undecided.har", b"", seen),)
    site = SiteFacts(
        id="programme",
        names={"nl": "Levenswetenschappen & meer", "en": "Life Sciences & more"},
        origins=("https://www.university.example",),
        controller={
            "name": "Leiden <University>",
            "address": "Rapenburg 70",
            "email": "info@university.example",
            "dpo_name": "D. Officer",
            "dpo_email": "dpo@university.example",
        },
        consent_days=180,
        refusal_days=90,
        proof_months=24,
        versions=(Version(NOON - 2 * HOUR, NOTICE, "ef" * 32, POLICY),),
    )
    facts = PackFacts(
        export_id="019cf1a0-0000-7000-8000-000000000001",
        officer="cli:root",
        made_at=NOON,
        generator="consent 1.0",
        wanted={
            "site": ["programme"],
            "from": "2026-03-01T00:00:00.000Z",
            "to": "2026-12-01T12:30:00.500Z",
            "event": "partly_granted",
            "category": "ads",
            "language": "nl",
            "notice": NOTICE,
            "provider": "study-ads",
        },
        reason="case <12>",
        tally=Tally(months, tests=2),
        sites=(site,),
        logs=(make_log(), make_log(Anchored(has_published=False), size=None, waiting=1_200)),
        absent=Absent((NOTICE,), (), ("bb" * 32,), (NOTICE, "aa" * 32)),
        attached=Attached(Inspection(files), "programme", NOON - 2 * HOUR),
        purpose=Purpose.REGULATOR,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


# Each other way that a pack can be.
OTHERS: tuple[dict[str, object], ...] = (
    {
        "reason": None,
        "officer": "Olga",
        "wanted": {},
        "logs": (make_log(VOUCHED, waiting=0),),
        "absent": Absent(pictures=(NOTICE,), policies=(POLICY,)),
        "purpose": None,
        "tally": Tally(tests=1),
    },
    {"wanted": {"site": ["a", "b"]}, "logs": (make_log(Anchored(has_published=True)),)},
    {"logs": (make_log(Anchored(has_published=False)),)},
    {"logs": (), "attached": None},
)


def written(facts: PackFacts, language: str) -> dict[str, str]:
    """Return the files in one language by the names that they have in English."""
    files = {**statement(facts, FILES), **readmes(facts)}
    is_dutch = {name: ".nl." in name for name in files}
    return {
        name.replace(".nl.", "."): content.decode()
        for name, content in files.items()
        if is_dutch[name] == (language == "nl")
    }


def words_of(page: str) -> str:
    soup = BeautifulSoup(page, "html.parser")
    for style in soup.find_all("style"):
        style.decompose()
    return re.sub(r"\s+", " ", soup.get_text(" "))


def test_dutch_says_all_of_it_in_dutch() -> None:
    files = written(make_facts(), "nl")
    page = words_of(files["statement.html"])
    assert '<html lang="nl">' in files["statement.html"]
    for said in (
        "Leiden <University>: Levenswetenschappen & meer",
        "van 1 maart 2026 tot 1 december 2026, 12:30:00,500, dat er zelf niet meer bij hoort (UTC)",
        "website programme; alleen van de soort “deels toegestaan”; alleen waar “ads”",
        "1.236, waarvan 2 door inspecteurs bij tests zijn gemaakt",
        "15 maart 2026, 12:00:00 UTC, aangevraagd op de opdrachtregel, door de beheerder",
        "Doel een toezichthouder vroeg erom",
        "met de registraties woord voor woord, om deze reden: case <12>",
        "Wat ontbreekt: cookiemelding: 1, script of pagina: 1.",
        "september 2026 tot en met november 2026: alles toegestaan 1.200, deels toegestaan 0,",
        "okt 2026 0 0 0 0 0 0",
        "Een toestemming geldt 180 dagen, een weigering 90.",
        "Van 2 cookiemeldingen is er geen afbeelding",
        "is bijgevoegd in inspection/ (1 bestand)",
        "Vóór een keuze: vastgelegd Nadat alles is geweigerd: ontbreekt",
        "2.600 vermeldingen, wortel cm9vdA== , ondertekend op 15 maart 2026, 12:00:00 UTC",
        "1.234 van de 1.236 registraties; 1 vermelding wacht op verzegeling",
        "niet verankerd sinds 15 maart 2026, 11:00 UTC: wie de sleutels heeft",
        "er is nog geen ondertekende stand gepubliceerd; 1.200 vermeldingen wachten",
        "verify/README.nl.md hoe u dit alles controleert",
    ):
        assert said in page, said
    plain = files["statement.txt"]
    labels = re.findall(r"(?m)^(Periode|Gemaakt|Pseudoniemen|Reden)( +)", plain)
    assert {len("".join(label)) for label in labels} == {14}
    assert "sep 2026" in files["statement.html"]
    assert "Reden         case <12>\n" in plain
    assert "vóór een keuze                    vastgelegd\n" in plain
    assert max(map(len, plain.partition("WAT DIT BEWIJST")[2].splitlines())) <= 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_is_used_and_none_of_another_language(language: str) -> None:
    all_facts = [make_facts(), *(make_facts(**changes) for changes in OTHERS)]
    all_facts += [make_facts(purpose=purpose) for purpose in Purpose]
    all_facts += [make_facts(wanted={"event": event.value}) for event in EventName]
    told = ""
    for facts in all_facts:
        for name, text in written(facts, language).items():
            told += words_of(text) if name.endswith(".html") else " ".join(text.split())
    told = told.casefold()
    mine = load_words(CATALOGUE, language).texts
    (other,) = LANGUAGES.keys() - {language}
    foreign = load_words(CATALOGUE, other).texts
    assert [key for key in mine if key != "statement.link" and not is_told(mine[key], told)] == []
    assert is_told(foreign["statement.link"], told)
    sentences = [
        key
        for key, text in foreign.items()
        if len(re.findall(r"\w+", without_placeholders(text))) >= A_SENTENCE
        and key != "statement.link"
    ]
    assert len(sentences) > len(foreign) / 2
    assert [key for key in sentences if is_told(foreign[key], told)] == []


def is_told(text: str, told: str) -> bool:
    parts = re.split(r"\{[a-z_]+\}", " ".join(text.casefold().split()))
    return all(part.strip() in told for part in parts)


def test_languages_have_the_same_texts_with_the_same_values() -> None:
    english = load_words(CATALOGUE, "en").texts
    for language in LANGUAGES:
        texts = load_words(CATALOGUE, language).texts
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert placeholders(text) == placeholders(english[key]), (language, key)
            assert text.strip() == text != "", (language, key)


@pytest.mark.parametrize("name", ["statement.html", "statement.txt", "readme.md"])
def test_no_template_has_words_of_its_own(name: str) -> None:
    """Names of files and commands are the same in every language; they stand in backquotes."""
    source = (TEMPLATES / name).read_text("utf-8")
    code = r"(?s)<style>.*?</style>|```.*?```|`[^`]*`|\{[{%].*?[}%]\}|<[^>]*>"
    bare = re.sub(code, " ", source.replace("manifest.json", ""))
    assert re.findall(r"[A-Za-z]{2,}", bare) in ([], ["SHA", "SHA"], ["SHA"])


def test_the_commands_to_check_with_are_the_same() -> None:
    facts = make_facts(logs=(make_log(),))
    commands = {
        language: re.findall(r"(?s)```sh\n(.*?)```", written(facts, language)["verify/README.md"])
        for language in LANGUAGES
    }
    assert commands["nl"] == commands["en"]
    assert len(commands["nl"]) == 5


@pytest.mark.parametrize(
    "anchored", [Anchored(has_published=False), UNANCHORED, Anchored(has_published=True), VOUCHED]
)
def test_the_statement_says_of_anchors_what_the_service_says(anchored: Anchored) -> None:
    state = AnchoredState(
        "university/1",
        anchored.kinds,
        anchored.last_at,
        anchored.unanchored_since,
        anchored.has_published,
    )
    files = written(make_facts(logs=(make_log(anchored),)), "en")
    assert state.wording in words_of(files["statement.html"])
    assert f"\n  {state.wording}\n" in files["statement.txt"]
