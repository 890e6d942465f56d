"""The generated documents say what the configuration says, and invent nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from consent.core.deployment import deployment_of
from consent.core.documents.assessment import CRITERIA
from consent.core.documents.facts import Facts, Surroundings
from consent.core.documents.fields import COLUMNS
from consent.core.documents.making import DOCUMENTS, make_document
from consent.core.documents.model import Document
from consent.core.documents.words import own_words
from consent.core.limits import ACTION_RECORD_MONTHS
from consent.core.model import ErasureMode, Lifetimes, Site
from consent.core.notice import Notice, notice_document
from consent.core.texts import placeholders
from consent.core.words import LANGUAGES
from consent.export.documents import as_json, as_markdown
from consent.store.tables import ConsentEventRow
from tests.make import make_site
from tests.world import START

CONSOLE = Surroundings(has_console=True)


def facts_of(site: Site, surroundings: Surroundings = CONSOLE) -> Facts:
    notice = Notice(notice_document(site))
    return Facts(notice, deployment_of(site), "ab" * 32, START, START, surroundings)


def text_of(document_id: str, site: Site, language: str = "en", **more: Surroundings) -> str:
    return as_markdown(make_document(document_id, facts_of(site, **more), language))


def lines_of(document: Document) -> list[str]:
    return [line.text for one in document.sections for line in (*one.lines, *one.items)]


@pytest.mark.legal("RP-18")
def test_the_record_names_each_point_of_the_article_from_the_configuration() -> None:
    site = replace(make_site(), backup_days=35, lifetimes=Lifetimes(90, 180, 12))
    text = text_of("record", site)
    controller = site.controller
    for told in (
        controller.name,
        controller.address,
        controller.dpo_email,
        controller.authority_name,
        "at most 90 days; then 12 months as proof",
        "A refusal: 180 days",
        "Backups: deleted after at most 35 days",
        *site.origins,
        *(category.label["en"] for category in site.categories),
    ):
        assert told in text
    for letter in "abcdefg":
        assert f"30(1)({letter})" in text


@pytest.mark.legal("RP-18")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("document_id", DOCUMENTS)
def test_every_document_is_dated_and_names_the_notice_it_belongs_to(
    document_id: str, language: str
) -> None:
    facts = facts_of(make_site())
    document = make_document(document_id, facts, language)
    about = [value for _, value in document.about]
    assert facts.notice.hash in about
    assert facts.policy_version in about
    assert any("2026" in value for value in about)
    assert document.language == language


@pytest.mark.legal("RP-18", "RR-14")
def test_the_record_lists_every_column_of_a_record() -> None:
    assert set(COLUMNS) == set(ConsentEventRow.__table__.columns.keys())
    text = text_of("record", make_site())
    assert all(f"`{column}`" in text for column in COLUMNS)


def test_what_is_not_known_is_a_marked_blank_and_never_invented() -> None:
    facts = facts_of(make_site())
    document = make_document("record", facts, "en")
    text = as_markdown(document)
    assert "**[To complete: who hosts the service" in text
    assert "**[To complete: how long backups are kept" in text
    assert text.count("[To complete:") == document.blanks
    known = make_document("record", facts_of(replace(make_site(), backup_days=35)), "en")
    assert known.blanks == document.blanks - 1
    assert as_json(document).count('"answer": null') == document.blanks


def test_what_a_site_does_otherwise_is_told_otherwise() -> None:
    counting = replace(make_site(), record_refusals="count")
    assert "only the number per day" in text_of("record", counting)
    assert "Of refusals we keep only the number per day." in text_of("privacy", counting)
    reasons = {"en": "Claims can be made for two years.", "nl": "Er kan nog worden geklaagd."}
    kept = replace(make_site(), erasure=ErasureMode.UNLINK, erasure_reason=reasons)
    assert "Claims can be made for two years." in text_of("record", kept)
    assert "Er kan nog worden geklaagd." in text_of("privacy", kept, "nl")
    longer = replace(make_site(), lifetimes=Lifetimes(180, 180, 36), proof_reason="A court case.")
    assert "36 months" in text_of("record", longer)
    assert "more than 24 months" in text_of("record", longer)
    assert "24 months stands" not in text_of("record", make_site())


def test_staff_are_told_of_only_where_there_is_a_console() -> None:
    signed = Surroundings(
        has_console=True, provider="idp.university.example", report_server="mail.example"
    )
    assert "Second entry" in text_of("record", make_site())
    assert "idp.university.example" in text_of("privacy", make_site(), surroundings=signed)
    assert "mail.example" in text_of("record", make_site(), surroundings=signed)
    alone = Surroundings()
    assert "Second entry" not in text_of("record", make_site(), surroundings=alone)
    assert "If you work with the records" not in text_of("privacy", make_site(), surroundings=alone)


@pytest.mark.legal("RP-18", "SL-12")
@pytest.mark.parametrize(
    ("language", "kept"), [("en", "5 years, as long"), ("nl", "5 jaar, zo lang")]
)
def test_staff_are_told_how_long_their_acts_are_kept_and_that_they_see_them(
    language: str, kept: str
) -> None:
    assert ACTION_RECORD_MONTHS == 60
    account = {"en": "under “Your account”, you see", "nl": "onder “Uw account”, ziet u"}
    for document_id in ("record", "privacy"):
        text = text_of(document_id, make_site(), language)
        assert kept in text
        assert "24 months)" not in text
        assert "24 maanden)" not in text
    assert account[language] in text


def test_who_vouches_for_the_log_is_named_and_no_recipient_of_personal_data() -> None:
    anchored = Surroundings(anchors=("tsa.example", "library"))
    text = text_of("record", make_site(), surroundings=anchored)
    assert "No recipients of personal data, and named only because they are asked: tsa" in text
    assert "tsa.example and library" in text
    assert "No recipients of personal data" not in text_of("record", make_site())


@pytest.mark.legal("SL-12")
@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            [
                "Article 6(1)(c) with Article 7(1)",
                "24 months",
                "180 days",
                "Article 13(2)(b), (c) and (d)",
            ],
        ),
        ("nl", ["artikel 6, lid 1, onder c, met artikel 7, lid 1", "24 maanden", "180 dagen"]),
    ],
)
def test_the_privacy_statement_says_purpose_basis_retention_rights_and_contacts(
    language: str, told: list[str]
) -> None:
    site = make_site()
    text = text_of("privacy", site, language)
    controller = site.controller
    contacts = [controller.dpo_email, controller.email, controller.authority_name]
    pages = [f"{site.service_url}/sites/{site.id}/{one}" for one in ("policy", "preferences")]
    for one in (*told, *contacts, *pages):
        assert one in text, one
    assert text.replace("\\", "").count("__Host-consent") == 2


@pytest.mark.legal("SL-12")
def test_the_documents_ask_for_no_age_and_make_no_profile() -> None:
    assert "no profile is made" in text_of("privacy", make_site())
    assert "their age is not asked" in text_of("assessment", make_site())


@pytest.mark.legal("RP-18")
@pytest.mark.parametrize(("groups", "unmet"), [(("programme",), 6), ((), 7)])
def test_the_note_on_an_assessment_has_all_criteria_and_leaves_the_decision_open(
    groups: tuple[str, ...], unmet: int
) -> None:
    document = make_document("assessment", facts_of(replace(make_site(), page_groups=groups)), "en")
    criteria = next(one for one in document.sections if one.id == "assessment.criteria")
    assert len(criteria.rows) == len(CRITERIA) == 9
    assert any(f"{unmet} are not met" in line for line in lines_of(document))
    result = next(one for one in document.sections if one.id == "assessment.result")
    assert [line.is_blank for line in result.lines] == [False, True, True, True, True]


@pytest.mark.legal("RR-10")
def test_the_note_explains_why_objection_does_not_apply() -> None:
    text = text_of("assessment", make_site())
    assert "rests on a legal obligation, not on a legitimate interest" in text


def test_languages_have_the_same_texts_with_the_same_values() -> None:
    english = own_words("en").texts
    for language in LANGUAGES:
        texts = own_words(language).texts
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert placeholders(text) == placeholders(english[key]), (language, key)


def test_every_text_is_used() -> None:
    shown = ""
    reasons = {"en": "A reason.", "nl": "Een reden."}
    sites = [
        make_site(),
        replace(
            make_site(),
            record_refusals="count",
            page_groups=(),
            erasure=ErasureMode.UNLINK,
            erasure_reason=reasons,
            backup_days=9,
            lifetimes=Lifetimes(180, 180, 36),
        ),
        replace(make_site(), categories=()),
    ]
    around = Surroundings(
        ("tsa.example",), has_console=True, provider="idp.example", report_server="mail.example"
    )
    for site in sites:
        for document_id in DOCUMENTS:
            document = make_document(document_id, facts_of(site, around), "en")
            shown += repr(document) + as_markdown(document)
    plain = " ".join(shown.replace("\\", "").split())
    unused = []
    for key, text in own_words("en").texts.items():
        parts = [one for one in re.split(r"\{[a-z_]+\}", text) if len(one) > 3]
        is_other = key.startswith(("role.", "transfer.", "document.blanks."))
        if not is_other and not all(part.strip() in plain for part in parts):
            unused.append(key)
    assert unused == []


def test_a_text_of_the_configuration_cannot_become_markup() -> None:
    site = make_site()
    controller = replace(site.controller, name="*Leiden* <script>[x](y)\n# Heading")
    text = text_of("record", replace(site, controller=controller))
    assert "\\*Leiden\\* \\<script\\>\\[x\\](y) \\# Heading" in text
    assert "\n# Heading" not in text
