"""Versions of notices in the console: listed, read in words, compared, and seen again at work."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from consent.core.roles import Role
from consent.services.builds import script_content
from tests.make import make_site_text
from tests.web.console.notices import NOTICES, Publishing, demo_site, publishing
from tests.web.console.people import Browser
from tests.web.console.recorded import one
from tests.web.sealing import seal_and_publish

__all__ = ["demo_site", "publishing"]

SECOND = make_site_text().replace('["embedded_maps"]', '["embedded_maps", "embedded_media"]')
THIRD = SECOND.replace("Shows a map of the campus.", "Shows a map of our campus.").replace(
    'lifetime = "90 days"', 'lifetime = "30 days"'
)


@pytest.fixture
def auditor(publishing: Publishing) -> Browser:
    return publishing.console.person("Anna", {"programme": (Role.AUDITOR,)})


def cells(page: BeautifulSoup, row: int) -> list[str]:
    found = page.select("#versions-caption")[0].find_parent("table")
    assert found is not None
    line = found.select("tbody tr")[row]
    return [cell.get_text(" ", strip=True) for cell in line.select("th, td")]


def test_versions_are_listed_newest_first_with_who_was_asked_and_by_whom(
    publishing: Publishing, auditor: Browser
) -> None:
    publishing.publish(SECOND, by="command line: ruud")
    publishing.publish(THIRD)
    page = auditor.page(NOTICES)
    third, second, first = (cells(page, row) for row in range(3))
    assert third[0] == "Version 3 ✓ In force"
    assert third[2] == "– Nobody is asked again"
    assert third[4] == "not recorded"
    assert second[0] == "Version 2"
    assert second[2] == "! Asked again about: Functional"
    assert second[4] == "command line: ruud"
    assert first[2] == "– First version"
    assert "without anybody’s approval" in page.get_text()


def test_a_long_list_goes_on_at_the_number_where_it_ended(
    publishing: Publishing, auditor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consent.web.console import notices

    monkeypatch.setattr(notices, "ROWS", 2)
    publishing.publish(SECOND)
    publishing.publish(THIRD)
    page = auditor.page(NOTICES)
    assert page.select("#versions-caption ~ tbody tr") != []
    assert [cells(page, row)[0][:9] for row in range(2)] == ["Version 3", "Version 2"]
    older = one(page, ".pager a")
    assert older["href"] == f"{NOTICES}?before=2"
    last = auditor.page(str(older["href"]))
    assert cells(last, 0)[0] == "Version 1"
    assert "Older versions" not in last.get_text()
    assert auditor.get(f"{NOTICES}?before=x").status_code == 400
    assert auditor.get(f"{NOTICES}/4").status_code == 404
    assert auditor.get(f"{NOTICES}/0").status_code == 404


@pytest.mark.legal("RP-02")
def test_a_version_is_read_in_each_of_its_languages(
    publishing: Publishing, auditor: Browser
) -> None:
    publishing.publish(SECOND)
    page = auditor.page(f"{NOTICES}/1?lang=nl")
    first, second = page.select(".facsimile")
    assert (first["lang"], first["dir"]) == ("nl", "ltr")
    assert "Alles weigeren" in first.get_text()
    assert "Alles accepteren" in second.get_text()
    assert "{" not in first.get_text() + second.get_text()
    assert one(page, ".tongues [aria-current]").get_text() == "Nederlands"
    declared = one(page, "#declared-functional-caption").find_parent("table")
    assert declared is not None
    assert "Toont een kaart van de campus." in declared.get_text()
    assert "Text only" in one(page, "section:has(#pictures)").get_text()
    assert "In force until" in one(page, ".lead").get_text()


def test_a_version_shows_its_digests_and_its_place_in_the_log(
    publishing: Publishing, auditor: Browser
) -> None:
    page = auditor.page(f"{NOTICES}/1")
    log = one(page, "section:has(#log)").get_text(" ", strip=True)
    live = publishing.live
    assert live.notice.hash in log
    assert live.notice.scope in log
    assert live.policy_version in log
    assert "! Waits for the log" in log
    seal_and_publish(publishing.console.app, publishing.home, publishing.console.clock)
    assert "In the signed log" in one(auditor.page(f"{NOTICES}/1"), "#log ~ .scroll").get_text()


def test_pictures_are_shown_where_they_are_stored(publishing: Publishing, auditor: Browser) -> None:
    digest = publishing.keep_picture("en", "banner", "phone")
    page = auditor.page(f"{NOTICES}/1?lang=en")
    picture = one(page, ".shots img")
    assert picture["alt"] == "First layer on a phone"
    assert str(picture["src"]).endswith(digest)
    served = auditor.get(str(picture["src"]))
    assert (served.status_code, served.mimetype) == (200, "image/png")
    assert auditor.page(f"{NOTICES}/1?lang=nl").select(".shots img") == []
    assert auditor.get(str(picture["src"]).replace(digest, "0" * 64)).status_code == 404


def test_two_versions_are_compared_in_words(publishing: Publishing, auditor: Browser) -> None:
    publishing.publish(SECOND)
    publishing.publish(THIRD)
    asked = auditor.page(f"{NOTICES}/2/compare")
    assert one(asked, ".reasons dt").get_text() == "Functional"
    assert one(asked, ".reasons dd").get_text().startswith("New purpose: ")
    page = auditor.page(f"{NOTICES}/3/compare")
    assert "Nobody is asked again" in one(page, "section:has(#asked)").get_text()
    changed = one(page, "section:has(#trackers)").get_text(" ", strip=True)
    assert "Shows a map of the campus. Shows a map of our campus." in changed
    assert "90 days" in changed
    assert "30 days" in changed
    both = auditor.page(f"{NOTICES}/3/compare?with=1")
    assert one(both, "h1").get_text() == "Version 3 compared with version 1"
    assert both.select(".reasons dt") != []


def test_texts_are_compared_word_by_word_in_each_language(
    publishing: Publishing, auditor: Browser
) -> None:
    publishing.publish(
        make_site_text(
            extra='[texts.en]\n"dialog.intro" = "You decide. Read what each choice means."\n'
        )
    )
    page = auditor.page(f"{NOTICES}/2/compare")
    section = one(page, "section:has(#texts)")
    assert [part["lang"] for part in section.select("summary [lang]")] == ["en"]
    row = one(section, ".texts > div")
    assert "dialog.intro" in one(row, "dt").get_text()
    before, after = row.select(".said")
    assert (before["lang"], after["dir"]) == ("en", "ltr")
    assert before.select("ins") == after.select("del") == []
    assert one(before, "del .hidden").get_text().strip() == "Gone:"
    assert one(after, "ins .hidden").get_text().strip() == "New:"


def test_what_the_gate_said_is_kept_and_asked_again(
    publishing: Publishing, auditor: Browser
) -> None:
    unknown = one(auditor.page(f"{NOTICES}/1"), "section:has(#gate)").get_text()
    assert unknown.count("Not kept for this version") == 2
    publishing.publish(
        SECOND.replace("[categories.ads]", "[categories.ads]\ngpc = false"), by="Ruud"
    )
    told = [item.get_text(" ") for item in auditor.page(f"{NOTICES}/2").select(".findings li")]
    assert told
    assert all("Warning" in one_told for one_told in told)


def test_a_version_is_seen_again_by_the_script_that_was_served(
    publishing: Publishing, auditor: Browser
) -> None:
    response = auditor.get(f"{NOTICES}/1/replay?layer=dialog&lang=nl")
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]
    page = BeautifulSoup(response.text, "html.parser")
    frame = one(page, "iframe")
    assert frame["sandbox"] == ["allow-scripts"]
    inside = auditor.get(str(frame["src"]))
    policy = inside.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy
    assert "connect-src" not in policy  # so default-src 'none' holds: nothing can leave
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert inside.headers["X-Frame-Options"] == "SAMEORIGIN"
    scripts = BeautifulSoup(inside.text, "html.parser").select("script")
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy)
    assert nonce is not None
    assert {script["nonce"] for script in scripts} == {nonce[1]}
    assert inside.text.count(script_content().decode()) == 1
    assert 'lang="nl"' in inside.text
    assert "Alles weigeren" in inside.text
    assert auditor.get(str(frame["src"]).replace("build=", "build=0")).status_code == 404


def test_a_text_cannot_break_out_of_the_frame(publishing: Publishing, auditor: Browser) -> None:
    evil = "You decide </script><script>alert(1)</script>"
    site = publishing.site(make_site_text())
    texts = {**site.texts, "en": {**site.texts.get("en", {}), "dialog.intro": evil}}
    publishing.bring(replace(site, texts=texts))
    frame = one(auditor.page(f"{NOTICES}/2/replay?lang=en"), "iframe")
    inside = auditor.get(str(frame["src"])).text
    assert "alert(1)" in inside
    assert "<script>alert" not in inside
    assert inside.count("</script>") == 2


def test_looking_at_versions_is_recorded(publishing: Publishing, auditor: Browser) -> None:
    for path in ("", "/1", "/1/compare", "/1/replay"):
        auditor.page(f"{NOTICES}{path}")
    assert {one_act.action for one_act in publishing.acts("Anna")} == {
        "notice:list",
        "notice:show",
        "notice:compare",
        "notice:replay",
    }
    assert all(one_act.detail["site"] == "programme" for one_act in publishing.acts("Anna"))


def test_in_dutch(publishing: Publishing) -> None:
    publishing.publish(SECOND)
    nina = publishing.console.person("Nina", {"programme": (Role.PUBLISHER,)}, language="nl")
    assert "Opnieuw gevraagd naar: Voorkeuren" in nina.page(NOTICES).get_text()
    assert "Nieuw, doel: " in one(nina.page(f"{NOTICES}/2/compare"), ".reasons dd").get_text()
