"""What visitors read is easy to read, and asks them for nothing but their choice."""

from __future__ import annotations

import re

import pytest

from consent.core.catalogue import load_catalogue
from consent.core.documents.facts import Facts
from consent.core.documents.privacy import privacy_statement
from consent.core.gate_reading import lix
from consent.core.texts import without_placeholders
from consent.web.schemas import SubmissionSchema
from tests.core.test_documents import facts_of
from tests.make import make_site

# By Björnsson's table, up to 40 is easy (stories), up to 50 plain (newspapers). Dutch joins words.
LEVELS = {"en": 40, "nl": 45}
ASKS_AGE = {
    "en": r"\b(how old|your age|date of birth|birthday|are you (over|under|at least))\b",
    "nl": r"\b(hoe oud|uw leeftijd|geboortedatum|verjaardag|bent u (ouder|jonger|minstens))\b",
}


@pytest.mark.legal("CO-03")
@pytest.mark.parametrize(("language", "level"), LEVELS.items())
def test_somebody_of_16_understands_banner_policy_and_privacy_statement(
    language: str, level: int
) -> None:
    texts = load_catalogue(language)
    facts: Facts = facts_of(make_site())
    statement = privacy_statement(facts, language)
    read = {
        "banner": [texts[f"banner.{one}"] for one in ("title", "intro", "withdraw")],
        "policy": [text for key, text in texts.items() if key.startswith("policy.")],
        "statement": [
            line.text
            for section in statement.sections
            if section.id != "privacy.staff"
            for line in (*section.lines, *section.items)
        ],
    }
    for name, lines in read.items():
        assert 0 < lix(map(without_placeholders, lines)) <= level, name


@pytest.mark.legal("CO-02")
@pytest.mark.parametrize("language", ASKS_AGE)
def test_no_text_asks_how_old_somebody_is(language: str) -> None:
    asking = [
        key
        for key, text in load_catalogue(language).items()
        if re.search(ASKS_AGE[language], text, re.IGNORECASE)
    ]
    assert asking == []


@pytest.mark.legal("CO-02")
def test_an_act_has_no_place_for_an_age() -> None:
    assert set(SubmissionSchema().fields) == {
        "submission_id",
        "notice_token",
        "control",
        "layer",
        "choices",
        "page_group",
    }
