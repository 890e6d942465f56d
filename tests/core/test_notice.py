"""The notice holds all that is shown; its scope follows what consent covers, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.core.canonical import canonical_bytes
from consent.core.catalogue import load_catalogue
from consent.core.model import Kind, Provider, Role, Site
from consent.core.notice import (
    Notice,
    category_digests,
    changed_categories,
    notice_document,
    notice_hash,
    recipient_ids,
    scope_hash,
)
from tests.make import make_notice, make_site, make_site_text, make_tracker

SITE = make_site()
NOTICE = make_notice()
ANY_WORDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="{}"), min_size=1, max_size=20
)


def test_the_document_has_one_canonical_encoding() -> None:
    document = notice_document(SITE)
    assert canonical_bytes(document) == rfc8785.dumps(document)
    assert notice_hash(document) == NOTICE.hash
    assert len(NOTICE.hash) == 64


def test_the_same_site_makes_the_same_notice() -> None:
    assert make_notice() == NOTICE
    assert make_notice().hash == NOTICE.hash


@pytest.mark.legal("SL-06", "SL-07")
def test_the_services_own_cookies_are_declared_with_a_reason() -> None:
    own = NOTICE.document["trackers"][:3]
    assert [(tracker["kind"], tracker["name"]) for tracker in own] == [
        ("cookie", "__Host-consent"),
        ("cookie", "__Host-consent-id"),
        ("local_storage", "consent-unsent"),
    ]
    assert [tracker["lifetime"]["amount"] for tracker in own] == [180, 180, 30]
    assert [tracker["http_only"] for tracker in own] == [False, True, False]
    for tracker in own:
        assert tracker["category"] == "necessary"
        assert NOTICE.provider_name(tracker["provider"]) == "Leiden University"
        for language in ("en", "nl"):
            assert tracker["purpose"][language]
            assert tracker["necessity_reason"][language]


def own_names(site: Site) -> list[str]:
    return [
        tracker["name"]
        for tracker in notice_document(site)["trackers"]
        if tracker["name"].removeprefix("__Host-").startswith(("consent", "__Secure-consent"))
    ]


@pytest.mark.legal("CT-03", "CT-04")
def test_the_services_own_cookies_are_named_as_the_deployment_names_them() -> None:
    plain = make_site(text=make_site_text(origin="http://localhost:8000"))
    assert own_names(plain) == ["consent", "consent-id", "consent-unsent"]
    top = 'cookie_domain = "a.example"\nshared_hosts = ["programme.a.example"]\n'
    shared = make_site(text=make_site_text(origin="https://programme.a.example", top=top))
    assert own_names(shared) == ["__Secure-consent", "__Secure-consent-id", "consent-unsent"]
    assert make_notice(shared).document["trackers"][0]["domain"] == "a.example"
    assert make_notice(shared).document["hosts"] == ["programme.a.example"]
    other = make_site(service_url="https://consent.example")
    assert own_names(other) == ["__Host-consent", "consent-unsent"]


@pytest.mark.legal("BF-18")
def test_texts_are_resolved_in_every_language() -> None:
    assert NOTICE.languages == ("en", "nl")
    assert NOTICE.default_language == "en"
    assert "more" not in NOTICE.document["texts"]
    english, dutch = NOTICE.texts("en"), NOTICE.texts("nl")
    assert english.keys() == dutch.keys()
    assert english["button.refuse_all"] == "Refuse all"
    assert dutch["button.refuse_all"] == "Alles weigeren"
    left_out = ("policy.", "error.", "console.", "category.", "purpose.", "data.")
    assert not [key for key in english if key.startswith(left_out)]


def test_the_banner_names_what_is_offered_and_how_the_buttons_are_called() -> None:
    assert (
        "with extra functions, personalised content and relevant ads."
        in (NOTICE.texts("en")["banner.intro"])
    )
    site = make_site(
        text=make_site_text(categories=["functional"]),
        texts={"en": {"button.accept_all": "Allow all", "control.label": "My cookies"}},
    )
    texts = make_notice(site).texts("en")
    assert "a better experience with extra functions. “Allow all” means" in texts["banner.intro"]
    assert "“My cookies”" in texts["banner.withdraw"]
    assert "{controller}" in texts["banner.intro"]


def test_own_words_come_before_the_catalogues() -> None:
    site = make_site(
        texts={"nl": {"own.id.purpose": "Eigen doel"}},
        purpose_labels={"embedded_maps": {"en": "Maps!", "nl": "Kaarten!"}},
    )
    document = notice_document(site)
    assert document["trackers"][1]["purpose"]["nl"] == "Eigen doel"
    assert document["providers"][0]["country_name"] == {"en": "Netherlands", "nl": "Nederland"}
    assert document["purposes"]["embedded_maps"]["en"] == "Maps!"
    assert document["purposes"]["advertising"]["nl"] == load_catalogue("nl")["purpose.advertising"]


def test_every_country_has_its_name_in_each_language() -> None:
    providers = (replace(SITE.providers[0], country="FO"), SITE.providers[1])
    document = notice_document(make_site(providers=providers))
    assert document["providers"][0]["country_name"] == {"en": "Faroe Islands", "nl": "Faeröer"}


def test_a_provider_nothing_is_declared_for_is_not_shown() -> None:
    spare = replace(SITE.providers[0], id="spare")
    assert notice_document(make_site(providers=(*SITE.providers, spare))) == NOTICE.document


@pytest.mark.legal("RE-05")
@settings(deadline=None)
@given(words=ANY_WORDS, language=st.sampled_from(["en", "nl"]), where=st.integers(0, 3))
def test_other_words_change_the_notice_and_ask_nobody(
    words: str, language: str, where: int
) -> None:
    if where == 0:
        site = replace(SITE, texts={language: {"banner.title": words}})
    elif where == 1:
        changed = {**SITE.categories[0].description, language: words}
        site = with_category(0, description=changed)
    elif where == 2:
        trackers = [replace(one, purpose={**one.purpose, language: words}) for one in SITE.trackers]
        site = replace(SITE, trackers=tuple(trackers))
    else:
        site = replace(SITE, controller=replace(SITE.controller, address=words))
    document = notice_document(site)
    assert notice_hash(document) != NOTICE.hash
    assert scope_hash(document) == NOTICE.scope


def with_category(index: int, **changes: Any) -> Site:
    categories = list(SITE.categories)
    categories[index] = replace(categories[index], **changes)
    return replace(SITE, categories=tuple(categories))


@pytest.mark.legal("RE-05", "RE-06")
@settings(deadline=None)
@given(
    category=st.sampled_from(["functional", "personalisation", "ads"]),
    country=st.sampled_from(["NL", "DE", "US"]),
    role=st.sampled_from(list(Role)),
    kind=st.sampled_from(list(Kind)),
)
def test_a_new_recipient_changes_its_category_alone(
    category: str, country: str, role: Role, kind: Kind
) -> None:
    new = Provider("newcomer", "Newcomer", role, country, "adequacy", None)
    tracker = make_tracker(name="new", category=category, provider="newcomer", kind=kind)
    site = replace(SITE, providers=(*SITE.providers, new), trackers=(*SITE.trackers, tracker))
    document = notice_document(site)
    assert changed_categories(NOTICE.digests, category_digests(document)) == [category]
    assert scope_hash(document) != NOTICE.scope
    assert Notice(document).recipient_count == 3


@pytest.mark.legal("RE-05")
@pytest.mark.parametrize(
    "changes",
    [{"purposes": ("statistics",)}, {"data": ("device",)}, {"data": ("ip_address", "device")}],
)
def test_another_purpose_or_kind_of_data_changes_its_category(changes: dict[str, Any]) -> None:
    document = notice_document(with_category(0, **changes))
    assert changed_categories(NOTICE.digests, category_digests(document)) == ["functional"]


@pytest.mark.legal("RE-05")
@pytest.mark.parametrize("changes", [{"country": "DE"}, {"role": Role.JOINT_CONTROLLER}])
def test_another_country_or_role_of_a_recipient_changes_its_category(
    changes: dict[str, Any],
) -> None:
    providers = (replace(SITE.providers[0], **changes), SITE.providers[1])
    digests = category_digests(notice_document(make_site(providers=providers)))
    assert changed_categories(NOTICE.digests, digests) == ["functional"]


@pytest.mark.legal("RE-05")
def test_another_controller_changes_every_category() -> None:
    controller = replace(SITE.controller, id="other-university")
    digests = category_digests(notice_document(make_site(controller=controller)))
    assert changed_categories(NOTICE.digests, digests) == list(NOTICE.categories)


def test_a_new_category_is_asked_about_and_one_that_is_gone_is_not() -> None:
    fewer = make_notice(make_site(text=make_site_text(categories=["functional", "ads"])))
    assert changed_categories(fewer.digests, NOTICE.digests) == ["personalisation"]
    assert changed_categories(NOTICE.digests, fewer.digests) == []


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_in_the_file_never_changes_the_scope(randomly: random.Random) -> None:
    def shuffled(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(randomly.sample(items, len(items)))

    categories = [
        replace(one, purposes=shuffled(one.purposes), data=shuffled(one.data))
        for one in shuffled(SITE.categories)
    ]
    site = replace(
        SITE,
        trackers=shuffled(SITE.trackers),
        providers=shuffled(SITE.providers),
        categories=tuple(categories),
    )
    assert scope_hash(notice_document(site)) == NOTICE.scope


def test_a_new_cookie_of_a_known_recipient_asks_nobody() -> None:
    site = replace(SITE, trackers=(*SITE.trackers, make_tracker(name="another")))
    assert make_notice(site).scope == NOTICE.scope
    assert make_notice(site).hash != NOTICE.hash


def test_where_the_service_stands_is_not_shown() -> None:
    assert make_notice(page_groups=("x",), record_refusals="count").hash == NOTICE.hash


def test_a_notice_answers_for_its_document() -> None:
    assert NOTICE.site_id == "programme"
    assert NOTICE.scope16 == NOTICE.scope[:16] == scope_hash(NOTICE.document)[:16]
    assert NOTICE.categories == ("functional", "personalisation", "ads")
    assert NOTICE.gpc_categories == ("ads",)
    assert (NOTICE.consent_days, NOTICE.refusal_days, NOTICE.proof_months) == (180, 180, 24)
    assert NOTICE.controller_name == "Leiden University"
    assert NOTICE.site_name("nl") == "Biomedische wetenschappen"
    assert NOTICE.privacy_url("en") == "/privacy"
    assert NOTICE.theme["button"] == "#001158"
    assert NOTICE.category_texts("nl")[0] == {
        "id": "functional",
        "label": "Voorkeuren",
        "description": "Extra functies, zoals kaarten en video’s.",
        "gpc": False,
    }


@pytest.mark.legal("BF-17")
def test_recipients_are_counted_without_the_controller_and_what_is_necessary() -> None:
    assert NOTICE.recipient_count == 2
    assert recipient_ids(NOTICE.document, "ads") == {"study-ads"}
    assert recipient_ids(NOTICE.document, "personalisation") == set()
    host = replace(SITE.providers[0], id="host")
    needed = make_tracker(provider="host", category="necessary", necessity_reason={"en": "x"})
    site = replace(SITE, providers=(*SITE.providers, host), trackers=(*SITE.trackers, needed))
    assert make_notice(site).recipient_count == 2


@pytest.mark.legal("WD-05")
def test_what_the_pages_can_delete_is_told_to_the_script() -> None:
    assert NOTICE.deletable_trackers() == [
        {
            "name": "viewed",
            "category": "personalisation",
            "kind": "local_storage",
            "domain": None,
            "path": "/",
            "http_only": False,
        },
        {
            "name": "_study_ads_*",
            "category": "ads",
            "kind": "cookie",
            "domain": None,
            "path": "/",
            "http_only": False,
        },
    ]


@pytest.mark.legal("WD-09")
def test_what_only_other_sites_can_delete_is_known() -> None:
    assert NOTICE.third_party_hosts() == ["map.example"]
    assert NOTICE.third_party_hosts("functional") == ["map.example"]
    assert NOTICE.third_party_hosts("ads") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": None},
        {"domain": "programme.example"},
        {"domain": "example"},
        {"hosts": ("programme.example",)},
    ],
)
def test_what_belongs_to_a_host_of_the_site_is_first_party(changes: dict[str, Any]) -> None:
    notice = make_notice(make_site(trackers=(make_tracker(**changes),)))
    assert notice.document["trackers"][-1]["first_party"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "other.example"},
        {"domain": "gramme.example"},
        {"hosts": ("programme.example", "ads.example")},
    ],
)
def test_what_belongs_to_another_host_is_not_first_party(changes: dict[str, Any]) -> None:
    notice = make_notice(make_site(trackers=(make_tracker(**changes),)))
    assert notice.document["trackers"][-1]["first_party"] is False


@pytest.mark.legal("PB-11")
def test_who_is_behind_a_host_is_named() -> None:
    assert NOTICE.provider_hosts() == {
        "map.example": "Campus Map",
        "ads.example": "Study Ads Network",
    }
    shared = [
        make_tracker(
            name=f"{kind} {provider}", kind=kind, provider=provider, hosts=("one.example",)
        )
        for kind, provider in [
            (Kind.SCRIPT, "study-ads"),
            (Kind.EMBED, "campus-map"),
            (Kind.EMBED, "controller"),
            (Kind.EMBED, "campus-map"),
        ]
    ]
    notice = make_notice(make_site(trackers=tuple(shared)))
    assert notice.provider_hosts() == {"one.example": "Campus Map, Leiden University"}
