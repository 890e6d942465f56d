"""The proof of a choice: in words, checked at the moment it is shown, and to take along."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text

from consent.core.model import ErasureMode, Site
from consent.core.roles import Role
from consent.services import timelines
from consent.services.erasing import erase_found, find_by_code
from consent.services.officers import operator
from consent.services.restricting import SPREADING_MS, restrict_erased
from consent.store.database import db
from consent.store.events import StoredEvent
from consent.store.log_anchors import Anchor, insert_anchor
from consent.store.log_heads import latest_published
from tests.service import engine_session
from tests.web.console.people import Browser
from tests.web.console.recorded import (
    RECORDS,
    SUBJECTS,
    Recorded,
    keep_picture,
    olga,
    one,
    png,
    recorded,
)
from tests.web.visitor import Visitor, publish_now, words

__all__ = ["olga", "recorded"]

LOG = "leiden-university/1"


def part(page: BeautifulSoup, heading: str) -> str:
    """Return what is read in the part of a page under a heading."""
    found = page.select_one(f"section[aria-labelledby={heading}]")
    assert found is not None
    return words(found)


def signs(page: BeautifulSoup) -> list[str]:
    """Return how each line of the check turned out."""
    return [str(one["class"][-1]) for one in page.select("dl.checks .badge")]


def spoil(recorded: Recorded, change: str, stored: StoredEvent) -> None:
    """Change a record behind the back of the service, as who holds the database can."""
    with engine_session(recorded.console.app) as session:
        session.execute(text("DROP TRIGGER consent_event_refuses_update"))
        session.execute(text(f"UPDATE consent_event SET {change} WHERE id = '{stored.event.id}'"))  # noqa: S608 -- a test's own words
        session.commit()


def test_the_page_says_what_was_chosen_and_what_became_of_it(
    olga: Browser, recorded: Recorded
) -> None:
    recorded.seal()
    page = olga.page(recorded.path(recorded.saved))
    assert one(page, "h1").text == "Proof of the choice of 22 November 2026, 12:01 UTC"
    standing = "still keeps its last choice recorded here, consent counts now, until the end of"
    assert f"{standing} 21 May 2027." in words(page)
    assert recorded.code in words(page)
    choice = part(page, "choice")
    for line in ("Functional: allowed", "Personalisation: refused", "Ads: refused"):
        assert line in choice
    assert "“ Save my choice ”, on the preference page" in choice
    assert "It counts until the end of 21 May 2027, if the browser still keeps it." in choice
    assert "The record is kept until 22 May 2029." in choice


def test_the_newest_state_is_compared_with_nothing_newer(olga: Browser, recorded: Recorded) -> None:
    recorded.seal()
    checked = part(olga.page(recorded.path(recorded.saved)), "checks")
    assert "This is the newest state of the log" in checked
    assert "taken out" not in checked


def test_the_timeline_has_all_choices_of_this_browser_oldest_first(
    olga: Browser, recorded: Recorded
) -> None:
    recorded.seal()
    page = olga.page(recorded.path(recorded.saved))
    acts = [words(one) for one in page.select("ol.timeline > li")]
    assert len(acts) == 2
    assert acts[0].startswith("22 November 2026, 12:00 UTC Everything allowed")
    assert "It counted until the next choice on 22 November 2026, 12:01 UTC." in acts[0]
    assert acts[1].startswith("22 November 2026, 12:01 UTC Partly allowed (this record)")
    assert all("Proven" in act for act in acts)
    other = olga.page(str(one(page, "ol.timeline a")["href"]))
    assert one(other, "h1").text == "Proof of the choice of 22 November 2026, 12:00 UTC"
    assert len(other.select("ol.timeline > li")) == 2


def test_of_very_many_choices_the_newest_are_shown_and_the_one_looked_at(
    olga: Browser, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "MOST_ACTS", 1)
    page = olga.page(recorded.path(recorded.saved))
    assert len(page.select("ol.timeline > li")) == 1
    assert "One earlier choice is not shown" in part(page, "timeline")
    assert len(olga.page(recorded.path(recorded.allowed)).select("ol.timeline > li")) == 2


def test_a_code_shows_the_newest_choice(olga: Browser, recorded: Recorded) -> None:
    page = olga.page(f"{SUBJECTS}/{recorded.code}")
    assert recorded.saved.event.id in words(page)
    assert olga.get(f"{SUBJECTS}/nonsense").status_code == 404


def test_a_refusal_stands_alone_and_has_no_code(olga: Browser, recorded: Recorded) -> None:
    page = olga.page(recorded.path(recorded.refused))
    assert "If the browser still keeps this refusal, it counts now, until the end of" in words(page)
    assert part(page, "timeline").startswith("This choice alone This record has no mark")
    assert len(page.select("ol.timeline > li")) == 1
    assert "Reference code" not in [one.text for one in page.select("dl.details dt")]
    assert "Who refuses everything gets no mark" in part(page, "unknown")


def test_a_withdrawal_ends_what_was_given(olga: Browser, recorded: Recorded) -> None:
    code = recorded.code
    recorded.alice.choose("withdraw_all")
    page = olga.page(f"{SUBJECTS}/{code}")
    assert "consent was withdrawn on 22 November 2026, 12:02 UTC; none of it counts" in words(page)
    acts = [words(one) for one in page.select("ol.timeline > li")]
    assert "until consent was withdrawn on 22 November 2026, 12:02 UTC" in acts[1]
    assert "What was allowed before counts no more since then." in acts[2]
    assert "Withdraw all" in words(one(page, ".facsimile"))
    assert "“ Withdraw all ”, on the preference page" in part(page, "choice")


def asking_anew(site: Site, *names: str) -> Site:
    """Return a site that asks anew about categories: they are for further data."""
    return replace(
        site,
        categories=tuple(
            replace(one, data=(*one.data, "device")) if one.id in names else one
            for one in site.categories
        ),
    )


def publish_later(recorded: Recorded, site: Site) -> None:
    recorded.clock.now += 60_000
    publish_now(recorded.console.app, site, recorded.clock.now)
    recorded.clock.now += 60_000


def test_what_the_notice_in_force_asks_anew_counts_no_more(
    olga: Browser, recorded: Recorded, demo_site: Site
) -> None:
    recorded.alice.choose("accept_all")
    path = recorded.path(recorded.events[-1])
    publish_later(recorded, asking_anew(demo_site, "functional"))
    page = olga.page(path)
    standing = words(one(page, "p.lead"))
    assert "this part of it counts now, until the end of 21 May 2027: Personal" in standing
    assert "does not answer what the notice in force asks about Functional; that" in standing
    choice = part(page, "choice")
    assert "This part of it counts until the end of 21 May 2027, if the browser still" in choice
    assert "12:03 UTC on, the notice asks anew about Functional: what this" in choice
    body = json.loads(olga.get(f"{path}/proof.json").data)
    assert body["standing"] in standing
    assert body["record"]["what_became_of_it"] in choice
    assert "anew" not in words(one(page, "ol.timeline > li"))
    refused = words(olga.page(recorded.path(recorded.refused)))
    assert "Personalisation: refused, Ads: refused. It does not answer what the" in refused
    publish_later(recorded, demo_site)
    page = olga.page(path)
    assert "consent counts now, until" in words(one(page, "p.lead"))
    assert "what this choice said about Functional counts again" in part(page, "choice")


def test_where_all_that_was_allowed_is_asked_anew_no_consent_counts(
    olga: Browser, recorded: Recorded, demo_site: Site
) -> None:
    publish_later(recorded, asking_anew(demo_site, "functional"))
    page = olga.page(recorded.path(recorded.saved))
    assert "recorded here, no consent counts now. It does not answer" in words(one(page, "p.lead"))
    erasing = olga.post(
        "/console/sites/programme/rights/subject", {"code": str(recorded.code)}
    ).text
    assert "No consent that counts" in erasing
    answered = recorded.alice.read("/consent/sites/programme/preferences")
    assert "Please answer again for: Functional." in words(answered)


def test_a_choice_that_ran_out_counts_no_more(olga: Browser, recorded: Recorded) -> None:
    path = f"{SUBJECTS}/{recorded.code}"
    recorded.clock.pass_days(182)
    anew = recorded.console.person("Otto", {"programme": (Role.OFFICER,)})
    assert "ended by itself at the end of 21 May 2027" in words(anew.page(path))


def test_what_was_shown_is_in_the_words_of_that_version_and_language(
    recorded: Recorded, demo_site: Site, olga: Browser
) -> None:
    visitor = Visitor(recorded.console.app)
    visitor.press("refuse_all", page=visitor.read("/consent/sites/programme/preferences?lang=nl"))
    dutch = recorded.events[-1]
    changed = replace(demo_site, texts={"nl": {"page.title": "Een heel andere titel"}})
    recorded.clock.pass_days(0.25)
    publish_now(recorded.console.app, changed, recorded.clock.now)
    page = recorded.console.officer.page(recorded.path(dutch))
    shown = page.select_one(".facsimile")
    assert shown is not None
    assert shown["lang"] == "nl"
    assert "Voorkeuren" in words(shown)
    assert "Alles weigeren" in words(shown)
    pressed = page.select_one("#choice ~ dl bdi")
    assert pressed is not None
    assert (pressed["lang"], pressed.text) == ("nl", "Alles weigeren")
    assert "Alles intrekken" not in words(shown)
    assert "Een heel andere titel" not in words(page)
    assert "in this language: Nederlands" in part(page, "shown")
    assert "A newer version has replaced it since" in part(page, "shown")
    assert dutch.event.notice in part(page, "shown")


def test_a_picture_of_the_same_layer_and_language_is_shown(
    olga: Browser, recorded: Recorded
) -> None:
    assert "No picture of this version" in words(olga.page(recorded.path(recorded.saved)))
    keep_picture(recorded, recorded.saved, layer="dialog")
    page = olga.page(recorded.path(recorded.saved))
    assert "on the preference page no picture is kept. Its words" in part(page, "shown")
    other = one(page, "ul[aria-labelledby=others] a")
    assert other.text == "What a computer showed in the choice window"
    assert olga.get(str(other["href"])).data == png()
    recorded.clock.now += 1
    keep_picture(recorded, recorded.saved)
    picture = olga.page(recorded.path(recorded.saved)).select_one("figure img")
    assert picture is not None
    assert picture["alt"] == "What a computer showed on the preference page"
    response = olga.get(str(picture["src"]))
    assert (response.mimetype, response.data) == ("image/png", png())


def test_the_proof_is_checked_when_it_is_shown(olga: Browser, recorded: Recorded) -> None:
    page = olga.page(recorded.path(recorded.saved))
    assert signs(page) == ["warning", "good"]
    assert "waits for the log" in part(page, "checks")
    recorded.seal()
    page = olga.page(recorded.path(recorded.saved))
    assert signs(page) == ["good", "good", "good", "good", "unanchored", "good"]
    checks = part(page, "checks")
    assert "It is entry 6 of 10" in checks
    assert "nobody outside this organisation has confirmed the log" in checks


def test_who_vouches_for_the_log_is_named(olga: Browser, recorded: Recorded) -> None:
    recorded.seal()
    now = recorded.clock.now
    with engine_session(recorded.console.app) as session:
        head = latest_published(session, LOG)
        assert head is not None
        insert_anchor(
            session,
            Anchor(LOG, head.size, head.created, "rfc3161", "Time Ltd", b"reply", now),
        )
        session.commit()
    page = olga.page(recorded.path(recorded.saved))
    assert signs(page) == ["good"] * 6
    assert "time-stamp of Time Ltd, 22 November 2026, 12:02 UTC" in part(page, "checks")


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("payload = replace(payload, 'false', 'true')", "not the one its entry was made from"),
        ("choices = replace(choices, 'false', 'true')", "something else than the record"),
        ("salt = zeroblob(64)", "not the one its entry was made from"),
    ],
)
def test_a_record_that_was_tampered_with_is_not_proven(
    olga: Browser, recorded: Recorded, change: str, finding: str
) -> None:
    recorded.seal()
    spoil(recorded, change, recorded.saved)
    page = olga.page(recorded.path(recorded.saved))
    assert "bad" in signs(page)
    assert finding in part(page, "checks")
    assert "Proven" not in one(page, "dl.details").text


def test_a_log_that_was_rewritten_proves_nothing(olga: Browser, recorded: Recorded) -> None:
    recorded.seal()
    with engine_session(recorded.console.app) as session:
        session.execute(text("UPDATE log_tile SET data = zeroblob(length(data)) WHERE level = 0"))
        session.commit()
    page = olga.page(recorded.path(recorded.saved))
    assert "Do not rely on this record" in part(page, "checks")


def test_a_record_in_no_log_is_told(olga: Browser, recorded: Recorded) -> None:
    with engine_session(recorded.console.app) as session:
        session.execute(text("DELETE FROM log_pending"))
        session.commit()
    assert "it is in no log" in part(olga.page(recorded.path(recorded.saved)), "checks")


def test_what_is_not_known_is_said(olga: Browser, recorded: Recorded) -> None:
    unknown = part(olga.page(recorded.path(recorded.saved)), "unknown")
    for said in (
        "Who the person is",
        "in another browser",
        "internet address",
        "deleted the cookies",
        "which page it was",
    ):
        assert said in unknown


def test_everything_is_in_dutch_too(recorded: Recorded) -> None:
    recorded.seal()
    olaf = recorded.console.person("Olaf", {"programme": (Role.OFFICER,)}, language="nl")
    page = olaf.page(recorded.path(recorded.saved))
    assert one(page, "h1").text == "Bewijs van de keuze van 22 november 2026, 12:01 UTC"
    assert "Voorkeuren: toegestaan" in part(page, "choice")
    assert "Wie de persoon is" in part(page, "unknown")


def test_a_locked_record_is_shown_to_who_checks_it_and_alone(
    recorded: Recorded, demo_site: Site
) -> None:
    console = recorded.console
    keeps = replace(
        demo_site,
        erasure=ErasureMode.UNLINK,
        erasure_reason=dict.fromkeys(demo_site.languages, "The law asks for it."),
    )
    publish_now(console.app, keeps, console.clock.now)
    console.clock.now += SPREADING_MS + 1
    with console.app.app_context():
        found = find_by_code(db.session, "programme", recorded.code)
        officer = operator("test")
        erase_found(db.session, found, officer=officer, now=console.clock.now_ms())
        now = console.clock.now_ms()
        assert restrict_erased(db.session, until=now, now=now) == 3
        db.session.remove()
    with engine_session(console.app) as session:
        hidden = session.scalars(text("SELECT event_id FROM restriction ORDER BY event_id")).all()
    page = console.officer.page(f"{RECORDS}/{hidden[0]}")
    assert "erased at the visitor's request" in words(page)
    assert len(page.select("ol.timeline > li")) == 1
    assert "Reference code" not in [one.text for one in page.select("dl.details dt")]
