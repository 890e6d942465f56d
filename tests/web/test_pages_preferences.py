"""What the preference page shows, before and after choices, to people and to their browsers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from consent.core.config import load_site
from consent.core.model import NECESSARY, Site
from consent.web.context import EXTENSION
from tests.make import make_site_text
from tests.service import Clock
from tests.web.visitor import (
    ORIGIN,
    PREFERENCES,
    Visitor,
    events_of,
    publish_now,
    soup,
    ticked,
    words,
)

CATEGORIES = ["functional", "personalisation", "ads"]


@pytest.mark.legal("SL-01", "SL-02", "SL-05", "BF-05")
def test_a_new_visitor_finds_one_switch_per_category_and_all_of_them_off(alice: Visitor) -> None:
    page = alice.read()
    boxes = page.select('input[type="checkbox"]')
    assert [box["value"] for box in boxes] == CATEGORIES
    assert ticked(page) == []
    assert not page.select("input[disabled], input[readonly]")
    assert "You have not chosen yet" in words(page)
    for box in boxes:
        assert page.select_one(f'label[for="{box["id"]}"]')
        assert page.find(id=str(box["aria-describedby"]))


@pytest.mark.legal("PB-03", "CT-13", "BF-11")
def test_looking_sets_no_cookie_and_stays_out_of_caches(alice: Visitor) -> None:
    response = alice.get()
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in response.headers["Vary"]
    assert events_of(alice.app) == []


@pytest.mark.legal("PB-14")
@pytest.mark.parametrize("purpose", [{}, {"Sec_Purpose": "prefetch"}])
def test_an_address_with_choices_in_it_chooses_nothing(
    alice: Visitor, purpose: dict[str, str]
) -> None:
    query = "control=accept_all&allow=ads&accept=1&choices=ads-1&submission_id=x&lang=en"
    response = alice.get(f"{PREFERENCES}?{query}", **purpose)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert ticked(soup(response)) == []
    assert events_of(alice.app) == []


@pytest.mark.legal("SL-03", "CO-08")
def test_refusing_accepting_and_saving_have_the_same_weight(alice: Visitor) -> None:
    page = alice.read()
    buttons = page.select(".buttons button")
    assert [one["value"] for one in buttons] == ["refuse_all", "accept_all", "save"]
    assert {tuple(one["class"]) for one in buttons} == {("button",)}
    assert len({id(one.parent) for one in buttons}) == 1
    assert [words(one) for one in buttons] == ["Refuse all", "Accept all", "Save my choice"]


def test_the_enter_key_saves_what_the_boxes_show(alice: Visitor) -> None:
    default = alice.read().select("#change form button")[0]
    assert default["value"] == "save"
    assert default.has_attr("hidden")


@pytest.mark.legal("SL-07", "SL-11")
def test_every_declared_item_is_listed_with_all_that_is_known_of_it(
    alice: Visitor, service_app: Flask
) -> None:
    page = alice.read()
    shown = {
        tuple(words(cell) for cell in row.select("th, td")[:5])
        for row in page.select("table tbody tr")
    }
    notice = service_app.extensions[EXTENSION].sites.get("programme").notice
    kinds = notice.texts("en")
    expected = {
        (
            tracker["name"],
            kinds[f"kind.{tracker['kind']}"],
            notice.provider_name(tracker["provider"]),
            tracker["purpose"]["en"],
        )
        for tracker in notice.document["trackers"]
    }
    assert {row[:4] for row in shown} == expected
    assert len(page.select("table tbody tr")) == len(notice.document["trackers"])
    assert ("_study_ads_*", "30 minutes") in {(row[0], row[4]) for row in shown}
    assert [words(one) for one in page.select_one("table").select("thead th")] == [  # type: ignore[union-attr]
        "Name",
        "Kind",
        "Provider",
        "Purpose",
        "How long it stays",
        "Data goes to",
    ]


@pytest.mark.legal("SL-05", "SL-06")
def test_what_is_necessary_is_explained_and_is_no_switch(
    alice: Visitor, service_app: Flask
) -> None:
    page = alice.read()
    section = page.select_one('section[aria-labelledby="necessary"]')
    assert section is not None
    assert not section.select("input, button")
    document = service_app.extensions[EXTENSION].sites.get("programme").notice.document
    for tracker in document["trackers"]:
        if tracker["category"] == NECESSARY:
            assert tracker["name"] in words(section)
            assert tracker["necessity_reason"]["en"] in words(section)


@pytest.mark.legal("SL-13")
def test_recipients_are_named_with_country_and_basis_of_transfer(alice: Visitor) -> None:
    assert (
        "Study Ads Network, United States: Standard contractual clauses (GDPR, Article 46)"
        in words(alice.read())
    )


@pytest.mark.legal("SL-09", "PB-16")
def test_the_page_has_no_script_and_allows_only_its_own(alice: Visitor) -> None:
    response = alice.get()
    page = soup(response)
    assert not page.select("script, [style], [onclick]")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_address_pins_the_language_and_the_browser_picks_it_otherwise(
    alice: Visitor,
) -> None:
    assert alice.read().html["lang"] == "en"  # type: ignore[index]
    dutch = alice.read(Accept_Language="nl-BE, en;q=0.5")
    assert dutch.html["lang"] == "nl"  # type: ignore[index]
    assert "Cookievoorkeuren" in words(dutch)
    pinned = alice.read(f"{PREFERENCES}?lang=en", Accept_Language="nl")
    assert pinned.html["lang"] == "en"  # type: ignore[index]
    hrefs = [one["href"] for one in pinned.select("nav.languages a")]
    assert hrefs == [f"{PREFERENCES}?lang=en", f"{PREFERENCES}?lang=nl"]
    assert alice.read(str(hrefs[1])).html["lang"] == "nl"  # type: ignore[index]


def test_links_find_home_when_a_proxy_took_the_mount_path_off(alice: Visitor) -> None:
    page = alice.read(PREFERENCES.removeprefix("/consent"))
    own = [str(one["href"]) for one in page.select("link[rel=stylesheet], nav.languages a")]
    assert own
    assert all(href.startswith("/consent/") for href in own)
    assert page.select_one("form")["action"] == f"{PREFERENCES}?lang=en"  # type: ignore[index]


def test_the_styles_are_served_where_the_page_says(alice: Visitor) -> None:
    for sheet in alice.read().select("link[rel=stylesheet]"):
        response = alice.get(str(sheet["href"]))
        assert response.status_code == 200
        assert response.mimetype == "text/css"
        assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.legal("SL-02", "SL-10", "WD-08")
def test_the_switches_show_what_holds_after_each_act(alice: Visitor) -> None:
    assert ticked(alice.choose("save", "functional", "ads")) == ["functional", "ads"]
    assert ticked(alice.read()) == ["functional", "ads"]
    assert ticked(alice.choose("save", "functional")) == ["functional"]
    assert ticked(alice.choose("accept_all")) == CATEGORIES
    assert ticked(alice.choose("refuse_all")) == []
    assert ticked(alice.choose("accept_all", "ads")) == CATEGORIES
    assert ticked(alice.choose("withdraw_all")) == []


@pytest.mark.legal("SL-10")
def test_the_page_tells_what_was_chosen_when_and_until_when(alice: Visitor) -> None:
    alice.choose("save", "functional")
    now = alice.read().select_one(".card")
    assert now is not None
    assert "Functional Allowed Personalisation Not allowed Ads Not allowed" in words(now)
    assert "Chosen on 22 November 2026" in words(now)
    assert "Counts until the end of 21 May 2027; then we ask again" in words(now)


@pytest.mark.legal("CT-09", "RE-04")
def test_later_visits_prolong_nothing(alice: Visitor, clock: Clock) -> None:
    alice.choose("accept_all")
    before = alice.cookie("__Host-consent")
    clock.pass_days(30)
    response = alice.get()
    assert "Set-Cookie" not in response.headers
    assert "Counts until the end of 21 May 2027" in words(soup(response))
    assert alice.cookie("__Host-consent") == before


def test_an_ended_choice_is_told_with_its_date_and_counts_for_nothing(
    alice: Visitor, clock: Clock
) -> None:
    alice.choose("accept_all")
    value = alice.cookie("__Host-consent")
    clock.pass_days(181)
    alice.client.set_cookie("__Host-consent", value or "", domain="site.example")
    page = alice.read()
    assert "Your choice ended on 21 May 2027" in words(page)
    assert ticked(page) == []
    assert not page.select('button[value="withdraw_all"]')


def test_after_a_change_of_scope_only_what_changed_is_asked_again(
    alice: Visitor, clock: Clock, demo_site: Site
) -> None:
    alice.choose("accept_all")
    clock.pass_days(2)
    changed = tuple(
        replace(one, data=(*one.data, "interests")) if one.id == "ads" else one
        for one in demo_site.categories
    )
    publish_now(alice.app, replace(demo_site, categories=changed), clock.now)
    page = alice.read()
    assert "Please answer again for: Ads." in words(page)
    assert "Ads Not answered" in words(page)
    assert ticked(page) == ["functional", "personalisation"]
    assert ticked(alice.choose("accept_all", page=page)) == CATEGORIES
    assert "Please answer again" not in words(alice.read())


@pytest.mark.legal("SG-01", "SG-02", "SG-06")
def test_global_privacy_control_is_told_and_only_the_exact_value_counts(alice: Visitor) -> None:
    told = "“Accept all” therefore leaves this off: Ads. If you switch it on here and save,"
    assert told in words(alice.read(Sec_GPC="1"))
    for other in ("0", "true", "11"):
        assert told not in words(alice.read(Sec_GPC=other))
    assert events_of(alice.app) == []


def test_a_site_without_categories_has_nothing_to_choose(serve: Callable[..., Flask]) -> None:
    text = make_site_text(origin=ORIGIN, categories=())
    alice = Visitor(serve(load_site(text, "site.toml")))
    page = alice.read()
    assert "There is nothing to choose." in words(page)
    assert not page.select("form, button, input")
    assert alice.send({"control": "save"}).status_code == 422


def test_on_another_domain_the_page_sends_visitors_to_the_site(
    serve: Callable[..., Flask], demo_site: Site
) -> None:
    away = replace(demo_site, service_url="https://consent.example/consent")
    alice = Visitor(serve(away), origin="https://consent.example")
    page = alice.read()
    assert "use “Cookie preferences” on any page" in words(page)
    assert not page.select("form, button, input")
    assert alice.send({"control": "save"}).status_code == 422
    assert page.select_one("a.site")["href"] == f"{ORIGIN}/"  # type: ignore[index]


def test_a_shared_choice_names_the_hosts_it_counts_on(serve: Callable[..., Flask]) -> None:
    top = 'cookie_domain = "site.example"\nshared_hosts = ["www.site.example", "my.site.example"]\n'
    text = make_site_text(origin="https://www.site.example", top=top)
    alice = Visitor(serve(load_site(text, "site.toml")), origin="https://www.site.example")
    assert "Your choice counts on these sites: www.site.example and my.site.example." in words(
        alice.read()
    )
