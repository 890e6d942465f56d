"""The automatic blocker: ways past it that were found, each closed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.auto_fixture import (
    ADS,
    BUILD,
    MAPS,
    OTHER,
    SCRIPTS,
    contacted,
    insertion,
    wait_for_contacts,
    with_choice,
)
from tests.browser.script_fixture import Website
from tests.browser.waiting import settle, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("automatic")]
NewPage = Callable[..., Page]


@pytest.mark.legal("PB-11", "PB-12")
@pytest.mark.parametrize("event", ["mouseover", "click"])
def test_a_placeholder_lets_through_its_own_embed_alone(
    website: Website, new_page: NewPage, event: str
) -> None:
    website.page(
        f"<main></main><script>{BUILD}"
        f"{insertion('property', 'frame', website.url('', MAPS))};"
        f"document.addEventListener('{event}', () => {{ self.heard = true;"
        f"new Image().src = '{website.url('/late.png', ADS)}'; }}, true);</script>",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    page.evaluate("consent.open()")
    page.locator("#consent-category-ads").wait_for()
    page.locator("#consent-save").click()
    placeholder = page.locator(".consent-embed")
    expect(placeholder).to_contain_text("Map")
    page.evaluate("self.heard = false")
    if event == "click":
        placeholder.locator("button").first.click()
        wait_for_contacts(page, website, {"frame"}, MAPS)
    else:
        placeholder.hover()
    wait_until(page, "self.heard")
    settle(page)
    page.evaluate("fetch('/own.png')")
    assert contacted(website) == set()


@pytest.mark.legal("PB-06")
@pytest.mark.parametrize("claim", ["constructor", "toString", "__proto__", " ads", "ads "])
def test_no_claim_of_a_tag_is_taken_for_a_yes(
    website: Website, new_page: NewPage, claim: str
) -> None:
    website.page(
        f"""<main>Page</main><script>
        const image = new Image();
        image.dataset.consent = {json.dumps(claim)};
        image.src = "{website.url("/claimed.png", OTHER)}";
        </script>""",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert contacted(website, OTHER) == set()


CLOBBERED = {
    "form": '<form id="consent"><input name="released"></form>',
    "link": '<a id="consent"></a>',
    "frame": '<iframe name="consent" title="x"></iframe>',
    "twice": '<a id="consent"></a><a id="consent"></a>',
    "instance": "<script>self.consent = new (class { released = true; })()</script>",
    "object": "<script>self.consent = { released: true }</script>",
    "number": "<script>self.consent = 7</script>",
}


@pytest.mark.legal("PB-06")
@pytest.mark.parametrize("case", CLOBBERED)
def test_what_has_our_name_before_us_switches_nothing_off(
    website: Website, new_page: NewPage, case: str
) -> None:
    website.page(
        f"<main>Page</main><script>new Image().src = '{website.url('/x.png', ADS)}'</script>",
        script=CLOBBERED[case] + SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert contacted(website) == set()
    page.locator("#consent-accept-all").click()
    wait_for_contacts(page, website, {"x"})
    # What was let through is known to the banner's script, which loads the page again.
    page.evaluate("self.isOld = true")
    page.evaluate("void consent.withdraw()")
    wait_until(page, "!self.isOld && document.readyState === 'complete'")


MARKUP = {
    "apostrophe": "<img alt=it's src={url}/image.png>",
    "bare quote": '<img alt=5" src={url}/image.png>',
    "no blank": '<img alt="a"src="{url}/image.png">',
    "decimal": '<img alt="" src="{scheme}&#58;//{rest}/image.png">',
    "hexadecimal": '<img alt="" src="{scheme}:&#X2f;&#x2F;{rest}/image.png">',
}


@pytest.mark.legal("PB-02", "PB-06")
@pytest.mark.parametrize("case", MARKUP)
def test_unusual_markup_waits(website: Website, new_page: NewPage, case: str) -> None:
    url = website.url("", ADS)
    scheme, _, rest = url.partition("://")
    markup = json.dumps(MARKUP[case].format(url=url, scheme=scheme, rest=rest))
    markup = markup.replace("</", "<\\/")
    website.page(
        f"<main>Page</main><script>document.querySelector('main').innerHTML = {markup}</script>",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert contacted(website) == set()
    page.locator("#consent-accept-all").click()
    wait_for_contacts(page, website, {"image"})


def test_markup_that_only_speaks_of_addresses_stays_as_it_is(
    website: Website, new_page: NewPage
) -> None:
    url = website.url("/x.png", ADS)
    title = f"write src={url} > here"
    markup = json.dumps(f'<p title="{title}" id=kept>Text')
    website.page(
        f"<main>Page</main><script>document.querySelector('main').innerHTML = {markup}</script>",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    expect(page.locator("#kept")).to_have_attribute("title", title)


NODES = {
    "attribute node": """
        const image = document.createElement("img");
        const source = document.createAttribute("src");
        source.value = url;
        image.setAttributeNode(source);""",
    "attribute node of a namespace": """
        const image = document.createElement("img");
        const source = document.createAttributeNS(null, "src");
        source.value = url;
        image.setAttributeNodeNS(source);""",
}


@pytest.mark.legal("PB-02", "PB-06")
@pytest.mark.parametrize("way", NODES)
def test_attribute_nodes_wait(website: Website, new_page: NewPage, way: str) -> None:
    website.page(
        f"<main>Page</main><script>const url = '{website.url('/image.png', ADS)}';"
        f"{NODES[way]}</script>",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert contacted(website) == set()
    page.locator("#consent-accept-all").click()
    wait_for_contacts(page, website, {"image"})


def test_subclasses_of_connections_are_what_they_say(website: Website, new_page: NewPage) -> None:
    website.page(
        f"""<main>Page</main><script>
        self.made = [["WebSocket", "ws"], ["EventSource", "http"]].map(([name, scheme]) => {{
            class Ours extends self[name] {{ hello() {{ return name; }} }}
            const one = new Ours(scheme + "{website.url("/live").removeprefix("http")}");
            return one instanceof Ours && one instanceof self[name] && one.hello();
        }});
        </script>""",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    assert page.evaluate("self.made") == ["WebSocket", "EventSource"]


EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"


@pytest.mark.legal("PB-01", "PB-09")
def test_only_what_deletes_a_refused_cookie_is_written(website: Website, new_page: NewPage) -> None:
    website.page("<main>Page</main>", script=SCRIPTS)
    page = new_page()
    page.goto(website.url())
    written = """(attributes) => {
        document.cookie = "_ads_one=1" + attributes;
        return document.cookie.includes("_ads_one");
    }"""
    for attributes in (
        "; Max-Age=03600",
        f"; expires={EPOCH}; max-age=3600",
        f"; max-age=3600; expires={EPOCH}",
    ):
        assert not page.evaluate(written, attributes), attributes

    with_choice(website, page, "ads")
    page.reload()
    for attributes in (
        "; Max-Age=0",
        "; max-age=00 ; Path=/",
        "; Max-Age=-1",
        f"; Expires={EPOCH}",
        f"; expires={EPOCH}; Max-Age=0",
    ):
        with_choice(website, page, "ads")
        page.reload()
        assert page.evaluate(written, ""), attributes
        with_choice(website, page)
        page.reload()
        # The banner's script deletes it as well: set again from outside, with no script to see it.
        page.context.add_cookies([{"name": "_ads_one", "value": "1", "url": website.url()}])
        assert not page.evaluate(written, attributes), attributes
