"""What waits for a choice in every engine: tags, embeds, storage, and pages under strict rules."""

from __future__ import annotations

import json

import pytest

from tests.browser.engines import Visitor, eventually
from tests.browser.script_fixture import CATEGORIES, SCRIPT, TRACKER, Website, choice_cookie

pytestmark = pytest.mark.browser

NONE = dict.fromkeys(CATEGORIES, False)
BANNER = "#consent-banner"
DIALOG = "#consent-dialog"
STATUS = "#consent-status"
RAN = "() => self.ran || []"
LEAVE_BEHIND = """async () => {
    document.cookie = "_ads_visitor=1; Path=/; Max-Age=9999";
    document.cookie = "_ads_deep=1; Path=/; Domain=localhost; Max-Age=9999";
    document.cookie = "filters=1; Path=/programmes; Max-Age=9999";
    document.cookie = "session=1; Path=/";
    localStorage.setItem("ads-profile", "1");
    localStorage.setItem("theme", "dark");
    sessionStorage.setItem("ads-tab", "1");
    sessionStorage.setItem("ads-tab-2", "1");
    for (const name of ["ads-db", "notes"]) {
        await new Promise((done) => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => { opening.result.close(); done(); };
        });
    }
}"""
WATCH = (
    "self.broken = []; addEventListener('securitypolicyviolation', (event) => "
    "broken.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));"
    "addEventListener('error', (event) => broken.push(event.message));"
)


def note(name: str) -> str:
    return f"(self.ran = self.ran || []).push('{name}')"


def gated(category: str, attributes: str = "", text: str = "") -> str:
    return f'<script type="text/plain" data-consent="{category}" {attributes}>{text}</script>'


def wait_for_runs(visitor: Visitor, names: list[str]) -> None:
    spelled = json.dumps(names, separators=(",", ":"))
    visitor.wait_until(f"() => JSON.stringify(self.ran) === '{spelled}'")


def choose(visitor: Visitor, *, opener: str, ticks: str) -> None:
    visitor.click(opener)
    visitor.wait_for(DIALOG)
    visitor.click(f"#consent-category-{ticks}")
    visitor.click("#consent-save")
    visitor.wait_without(DIALOG)


def give_cookie(visitor: Visitor, *granted: str) -> None:
    visitor.evaluate(
        f"() => {{ document.cookie = 'consent={choice_cookie(*granted)}; Path=/; Max-Age=9999' }}"
    )


@pytest.mark.legal("PB-01", "PB-02", "PB-09", "PB-10", "SL-01", "RE-01")
def test_tags_run_in_document_order_and_only_those_of_what_is_allowed(
    visitor: Visitor, website: Website
) -> None:
    visitor.goto(
        website.page(
            gated("ads", f'src="{website.tag("slow")}"')
            + gated("ads", text=note("inline"))
            + gated("functional", text=note("functional"))
            + gated("ads functional", text=note("both"))
            + gated("ads", f'src="{website.tag("quick")}"')
            + gated("functional", f'src="{website.tag("functional")}"')
            + gated("ads", text=note("last"))
            + f'<img data-consent="ads" data-src="{website.url("/pixel.png", TRACKER)}" alt="">'
            + "<main><h1>Programme</h1></main>"
        )
    )
    visitor.wait_for(BANNER)
    visitor.click("#consent-refuse-all")
    visitor.wait_until_saved()
    visitor.rest()
    assert visitor.evaluate(RAN) == []
    assert website.paths(TRACKER) == []

    in_order = ["slow", "inline", "quick", "last"]
    asked = ["/pixel.png", "/tag/quick.js", "/tag/slow.js"]
    choose(visitor, opener="#consent-control", ticks="ads")
    wait_for_runs(visitor, in_order)
    eventually(lambda: sorted(website.paths(TRACKER)) == asked, "the tags are asked for")
    eventually(lambda: len(website.acts) == 2, "the choice is sent")

    visitor.wait_until_saved("ads-1")
    visitor.reload()
    wait_for_runs(visitor, in_order)
    visitor.rest()
    assert visitor.evaluate(RAN) == in_order
    assert not visitor.sees(BANNER)
    assert set(website.paths(TRACKER)) == set(asked)
    assert len(website.acts) == 2


@pytest.mark.legal("WD-02", "WD-04", "WD-05", "WD-10")
def test_withdrawing_deletes_what_is_declared_and_loads_the_page_again(
    visitor: Visitor, website: Website
) -> None:
    website.page(gated("ads", f'src="{website.tag("ads")}"') + "<main>Text</main>")
    visitor.goto(website.url("/privacy"))
    give_cookie(visitor, *CATEGORIES)
    visitor.goto(website.url())
    wait_for_runs(visitor, ["ads"])
    visitor.evaluate(LEAVE_BEHIND)
    visitor.evaluate("() => { self.isBeforeReload = true; }")
    visitor.click("#consent-withdraw-all")
    visitor.wait_until("() => !self.isBeforeReload && !!document.querySelector('#consent-control')")
    visitor.wait_until_saved("ads-0")
    visitor.wait_until("() => indexedDB.databases().then((all) => all.length === 1)")
    visitor.rest()
    assert visitor.evaluate(RAN) == []
    assert website.paths(TRACKER) == ["/tag/ads.js"]
    assert set(visitor.cookies()) == {"consent", "session"}
    assert sorted(visitor.stored()) == ["ads-tab-2", "notes", "theme"]
    assert not visitor.sees(BANNER)
    assert not visitor.sees("#consent-withdraw-all")
    [act] = website.acts_by_id()
    assert (act["control"], act["choices"]) == ("withdraw_all", NONE)
    # Where it could be seen, and without the script, which would delete it only now.
    visitor.goto(website.page(path="/programmes", script=""))
    assert set(visitor.cookies()) == {"consent", "session"}


@pytest.mark.legal("PB-02", "PB-11", "PB-12", "AC-02")
def test_one_embed_is_loaded_once_by_keyboard_and_allows_nothing_else(
    visitor: Visitor, website: Website
) -> None:
    frame = website.url("/embed", TRACKER)
    visitor.goto(
        website.page(
            f'<main><iframe data-consent="ads" data-src="{frame}?1" title="Film"></iframe>'
            f'<iframe data-consent="ads" data-src="{frame}?2" title="Map" width="300" height="200">'
            "</iframe></main>"
        )
    )
    visitor.wait_until("() => document.querySelectorAll('.consent-embed').length === 2")
    [film, place] = visitor.texts(".consent-embed")
    assert "Film" in film
    assert "Map" in place
    assert "Demo Tracker Ltd" in place
    assert "Ads" in place
    second = ".consent-embed:nth-of-type(2)"
    assert visitor.box(second)["height"] >= 200
    assert website.paths(TRACKER) == []
    visitor.tab_to(f"{second} button")
    visitor.press("Enter")
    visitor.wait_for_focus("iframe[title=Map]")
    eventually(lambda: website.paths(TRACKER) == ["/embed?2"], "the one embed is asked for")
    assert len(visitor.texts(".consent-embed")) == 1
    assert visitor.sees(BANNER)
    assert visitor.cookies() == {}
    assert visitor.stored() == []
    assert website.acts == []
    visitor.reload()
    visitor.wait_until("() => document.querySelectorAll('.consent-embed').length === 2")


@pytest.mark.legal("PB-04", "PB-16")
def test_a_strict_policy_with_trusted_types_is_never_broken(
    visitor: Visitor, website: Website
) -> None:
    tracker = website.url("", TRACKER)
    website.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' {tracker}; style-src 'self'; connect-src 'self'; "
        f"img-src 'self' {tracker}; frame-src {tracker}; base-uri 'none'; form-action 'self'; "
        "require-trusted-types-for 'script'; trusted-types consent"
    )
    website.pages["/watch.js"] = WATCH
    visitor.goto(
        website.page(
            gated("ads", f'src="{website.tag("ads")}"')
            + f'<iframe data-consent="ads" data-src="{tracker}/embed" title="Film"></iframe>',
            script=f'<script src="/watch.js"></script><script src="{SCRIPT}" defer></script>',
        )
    )
    visitor.wait_for(BANNER)
    assert visitor.style(BANNER, "position") == {"position": "fixed"}
    visitor.rest()
    assert website.hosts() == {"localhost"}
    visitor.click("#consent-choose")
    visitor.wait_for(DIALOG)
    visitor.click("#consent-dialog-accept-all")
    wait_for_runs(visitor, ["ads"])
    visitor.wait_for_text(STATUS, website.config["texts"]["announce.saved"])
    eventually(lambda: set(website.paths(TRACKER)) == {"/tag/ads.js", "/embed"}, "tags load")
    assert visitor.evaluate("() => broken") == []
