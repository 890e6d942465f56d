"""The journeys that every engine has to make: Chromium, Firefox, and WebKit, which is Safari's.

They run against the real demo and service; `test_engines_banner` and `test_engines_tags` have the
script's own behaviour, in the same engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.demo_fixture import Demo, running_demo
from tests.browser.engines import NewVisitor, Settings, Visitor, eventually

pytestmark = pytest.mark.browser

ALL = {"functional": True, "personalisation": True, "ads": True}
NONE = dict.fromkeys(ALL, False)
EMBEDS = {"/embed/map", "/embed/video"}
VIEWED = {"/viewed.js"}
ADS = {"/ads.js", "/pixel.gif"}
BANNER = "#consent-banner"
STATUS = "#consent-status"
TICKED = "() => [...document.querySelectorAll('[name=allow]:checked')].map(one => one.value)"


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Demo]:
    with running_demo(sqlite_url, tmp_path) as demo:
        yield demo


def wait_for_events(demo: Demo, *names: str) -> None:
    eventually(
        lambda: [event["event"] for event in demo.events()] == list(names), f"events are {names}"
    )


def wait_for_tags(demo: Demo, paths: set[str]) -> None:
    eventually(lambda: set(demo.tracker_requests()) >= paths, f"tags are {sorted(paths)}")


def click_until_loaded_again(visitor: Visitor, selector: str) -> None:
    """Click what makes the page load again: with the policy of the new choice, or to end a tag."""
    visitor.evaluate("() => { window.isBeforeReload = true; }")
    visitor.click(selector)
    visitor.wait_until("() => !window.isBeforeReload && document.readyState === 'complete'")


def scroll_down(visitor: Visitor) -> None:
    """Bring what loads lazily into view."""
    visitor.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    visitor.rest()


@pytest.mark.legal("PB-01", "PB-02", "PB-03", "BF-01", "BF-16")
def test_before_a_choice_nothing_is_contacted_or_stored(visitor: Visitor, demo: Demo) -> None:
    for path in ("/visit", "/"):
        visitor.goto(demo.url + path)
        visitor.wait_for(BANNER)
        assert visitor.sees(BANNER)
        assert visitor.texts(f"{BANNER} button") == ["Refuse all", "Accept all", "Choose"]
        scroll_down(visitor)
    assert demo.tracker_requests() == {}
    assert visitor.cookies() == {}
    assert visitor.stored() == []
    assert demo.events() == []


@pytest.mark.legal("PB-09", "RE-01", "RP-06")
def test_refusing_leaves_our_answer_and_nothing_else(visitor: Visitor, demo: Demo) -> None:
    visitor.goto(f"{demo.url}/visit")
    visitor.wait_for(BANNER)
    visitor.click("#consent-refuse-all")
    visitor.wait_without(BANNER)
    wait_for_events(demo, "refused")
    visitor.wait_until_saved()
    for path in ("/programme", "/visit"):
        visitor.goto(demo.url + path)
        scroll_down(visitor)
        assert not visitor.sees(BANNER)
    assert demo.tracker_requests() == {}
    assert list(visitor.cookies()) == ["consent"]
    assert visitor.stored() == []
    (event,) = demo.events()
    assert event["choices"] == NONE
    assert "subject" not in event


@pytest.mark.legal("RP-01", "WD-04", "WD-05", "WD-07", "WD-10")
def test_accepting_runs_every_tag_until_all_is_withdrawn(visitor: Visitor, demo: Demo) -> None:
    visitor.goto(f"{demo.url}/visit")
    visitor.wait_for(BANNER)
    click_until_loaded_again(visitor, "#consent-accept-all")
    visitor.wait_without(BANNER)
    scroll_down(visitor)
    wait_for_tags(demo, ADS | VIEWED | EMBEDS)
    wait_for_events(demo, "granted")
    visitor.wait_until_saved()
    visitor.goto(f"{demo.url}/programme")
    visitor.rest()
    assert not visitor.sees(BANNER)
    kept = {"_study_ads_session", "viewed_programmes", "consent", "consent-id"}
    eventually(lambda: set(visitor.cookies()) == kept, f"the cookies are {kept}")
    assert visitor.stored() == ["viewed_programmes"]

    click_until_loaded_again(visitor, "#consent-withdraw-all")
    visitor.rest()
    wait_for_events(demo, "granted", "withdrawn")
    visitor.wait_until_saved("ads-0")
    before = demo.tracker_requests()
    for path in ("/programme", "/visit"):
        visitor.goto(demo.url + path)
        scroll_down(visitor)
        assert not visitor.sees(BANNER)
    assert demo.tracker_requests() == before
    assert list(visitor.cookies()) == ["consent"]
    assert visitor.stored() == []
    granted, withdrawn = demo.events()
    assert granted["choices"] == ALL
    assert (withdrawn["choices"], withdrawn["prev"]) == (NONE, granted["id"])


@pytest.mark.legal("PB-06", "BF-16")
def test_a_refusal_while_the_service_is_down_arrives_later(visitor: Visitor, demo: Demo) -> None:
    visitor.goto(demo.url)
    visitor.wait_for(BANNER)
    demo.is_down = True
    visitor.click("#consent-refuse-all")
    visitor.wait_without(BANNER)
    visitor.wait_until(f"() => !!document.querySelector('{STATUS}')?.innerText")
    assert visitor.sees(STATUS)
    eventually(lambda: demo.unanswered_acts == 1, "the refusal is sent")
    assert visitor.cookies() == {}
    assert visitor.stored() == ["consent-unsent"]

    demo.is_down = False
    visitor.goto(f"{demo.url}/programme")
    visitor.wait_until_saved()
    visitor.wait_until("() => localStorage.length === 0")
    assert not visitor.sees(BANNER)
    assert [event["event"] for event in demo.events()] == ["refused"]
    assert demo.tracker_requests() == {}


@pytest.mark.legal("SL-02", "SL-10", "WD-03")
def test_the_preference_page_saves_and_shows_the_choice(visitor: Visitor, demo: Demo) -> None:
    visitor.goto(demo.preferences)
    assert visitor.evaluate(TICKED) == []
    visitor.click("#allow-ads")
    visitor.click("#save")
    visitor.wait_for(".message")
    assert "Your choice is saved." in visitor.text(".message")
    assert visitor.evaluate(TICKED) == ["ads"]
    (event,) = demo.events()
    assert (event["layer"], event["choices"]) == ("page", NONE | {"ads": True})
    visitor.goto(f"{demo.url}/visit")
    scroll_down(visitor)
    assert not visitor.sees(BANNER)
    wait_for_tags(demo, ADS)
    assert not set(demo.tracker_requests()) & (EMBEDS | VIEWED)


@pytest.mark.legal("SL-02", "BF-11")
def test_without_scripts_a_notice_leads_to_where_the_first_choice_is_made(
    new_visitor: NewVisitor, demo: Demo
) -> None:
    visitor = new_visitor(Settings(runs_scripts=False))
    visitor.goto(f"{demo.url}/visit")
    assert visitor.sees(".no-script")
    assert not visitor.sees(BANNER)
    visitor.click(".no-script a")
    visitor.wait_for("#allow-ads")
    visitor.click("#allow-ads")
    visitor.click("#save")
    visitor.wait_for(".message")
    assert "Your choice is saved." in visitor.text(".message")
    assert visitor.evaluate(TICKED) == ["ads"]
    (event,) = demo.events()
    assert (event["layer"], event["choices"]) == ("page", NONE | {"ads": True})
    assert demo.tracker_requests() == {}
