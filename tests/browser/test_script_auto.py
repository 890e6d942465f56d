"""The automatic blocker: unmodified tags wait by host and path, however they come to the page."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.auto_fixture import (
    ADS,
    BUILD,
    INERT,
    MAPS,
    SCRIPTS,
    TAGS,
    WAYS,
    contacted,
    insertion,
    wait_for_contacts,
    with_choice,
)
from tests.browser.script_fixture import Website
from tests.browser.waiting import settle, wait_for, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("automatic")]
NewPage = Callable[..., Page]


@pytest.mark.legal("PB-02", "PB-06", "PB-07", "PB-09", "SL-01")
@pytest.mark.parametrize("way", WAYS)
def test_every_tag_waits_however_it_comes(website: Website, new_page: NewPage, way: str) -> None:
    tags = "".join(insertion(way, name, website.url("", ADS)) for name in TAGS)
    website.page(f"<main>Page</main><script>{BUILD}{tags}</script>", script=SCRIPTS)
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert contacted(website) == set()
    page.locator("#consent-refuse-all").click()
    expect(page.locator("#consent-banner")).to_have_count(0)
    page.reload()
    settle(page)
    assert contacted(website) == set()

    page.evaluate("window.stays = true")
    page.evaluate("consent.open()")
    page.locator("#consent-category-ads").check()
    page.locator("#consent-save").click()
    expected = set(TAGS) - ({"script"} if way in INERT else set())
    wait_for_contacts(page, website, expected)
    assert page.evaluate("stays")


@pytest.mark.legal("PB-10", "SL-01")
def test_who_has_allowed_a_category_notices_nothing(website: Website, new_page: NewPage) -> None:
    tags = "".join(insertion("property", name, website.url("", ADS)) for name in TAGS)
    tags += insertion("property", "image", website.url("", MAPS))
    website.page(f"<main>Page</main><script>{BUILD}{tags}</script>", script=SCRIPTS)
    page = new_page()
    with_choice(website, page, "ads")
    page.goto(website.url())
    wait_for_contacts(page, website, set(TAGS))
    settle(page)
    assert contacted(website) == set(TAGS)
    assert contacted(website, MAPS) == set()
    assert page.locator("[data-consent-src]").count() == 1


@pytest.mark.legal("PB-02", "PB-10")
def test_a_path_decides_before_its_host_and_a_shared_host_waits_for_all(
    website: Website, new_page: NewPage
) -> None:
    names = {
        MAPS: ["ads/a.png", "b.png"],
        "x.shared.localhost": ["c.png"],
        "shared.localhost": ["d.png"],
    }
    lines = [
        f"new Image().src = '{website.url('/' + path, host)}'"
        for host, paths in names.items()
        for path in paths
    ]
    website.page(f"<main>Page</main><script>{'; '.join(lines)}</script>", script=SCRIPTS)
    page = new_page()
    with_choice(website, page, "functional")
    page.goto(website.url())
    wait_for_contacts(page, website, {"b"}, MAPS)
    # A wildcard is for what is below it; the host itself is not declared, and is let through.
    wait_for_contacts(page, website, {"d"}, "shared.localhost")
    settle(page)
    assert contacted(website, MAPS) == {"b"}
    assert contacted(website, "x.shared.localhost") == set()
    page.evaluate("consent.open()")
    page.locator("#consent-category-ads").check()
    page.locator("#consent-save").click()
    wait_for_contacts(page, website, {"a", "b"}, MAPS)
    wait_for_contacts(page, website, {"c"}, "x.shared.localhost")


def test_scripts_are_released_in_the_order_they_came(website: Website, new_page: NewPage) -> None:
    """Each stands before the first script of the page, as measurement tags put themselves."""
    tags = [website.url(f"/tag/{name}.js", ADS) for name in ("slow-1", "2", "slow-3", "4")]
    website.page(
        f"""<main>Page</main><script>
        self.loaded = [];
        for (const address of {json.dumps(tags)}) {{
            const tag = document.createElement("script");
            tag.onload = () => loaded.push(address);
            tag.src = address;
            const first = document.getElementsByTagName("script")[0];
            first.parentNode.insertBefore(tag, first);
        }}
        </script>""",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    page.locator("#consent-accept-all").click()
    wait_until(page, "self.ran && ran.length === 4")
    assert page.evaluate("ran") == ["slow-1", "2", "slow-3", "4"]
    assert page.evaluate("loaded.length") == 4  # their listeners are those the page gave them


@pytest.mark.legal("PB-02")
def test_what_the_page_writes_while_it_loads_waits(website: Website, new_page: NewPage) -> None:
    ads = website.url("", ADS)
    website.page(
        f"""<main>Page</main><script>
        document.write('<script src="{ads}/tag/written.js"><' + '/script>');
        document.write('<p id="kept" title="a > b">Text</p><img alt="" src={ads}/written.png>');
        document.writeln('<IFRAME title="Map" SRC="{ads}/frame.html?a=1&amp;b=2" width=300 '
            + 'height=200></IFRAME>');
        </script>""",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert contacted(website) == set()
    expect(page.locator("#kept")).to_have_attribute("title", "a > b")
    page.locator("#consent-accept-all").click()
    wait_for_contacts(page, website, {"written", "frame"})
    wait_until(page, "(self.ran || []).includes('written')")
    assert [path for path in website.paths(ADS) if "frame" in path] == ["/frame.html?a=1&b=2"]


@pytest.mark.legal("PB-06")
def test_a_tag_of_the_page_s_own_markup_does_not_run(website: Website, new_page: NewPage) -> None:
    """The browser may fetch it before any script can say no; it still does not run."""
    website.page(
        f'<main>Page</main><script src="{website.url("/tag/parsed.js", ADS)}"></script>'
        "<script>(self.ran = self.ran || []).push('own')</script>"
        f'<script src="{website.url("/tag/second.js", ADS)}"></script>',
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    settle(page)
    assert page.evaluate("ran") == ["own"]
    page.locator("#consent-accept-all").click()
    wait_until(page, "ran.length === 3")
    assert page.evaluate("ran") == ["own", "parsed", "second"]


@pytest.mark.legal("PB-11", "PB-12")
def test_an_embed_of_a_script_gets_a_placeholder_and_loads_once(
    website: Website, new_page: NewPage
) -> None:
    website.page(
        f"<main></main><script>{BUILD}"
        f"{insertion('property', 'frame', website.url('', MAPS))}</script>",
        script=SCRIPTS,
    )
    page = new_page()
    page.goto(website.url())
    page.locator("#consent-refuse-all").click()
    expect(page.locator(".consent-embed")).to_contain_text("Map")
    assert contacted(website, MAPS) == set()
    page.locator(".consent-embed button").first.click()
    wait_for_contacts(page, website, {"frame"}, MAPS)
    expect(page.locator(".consent-embed")).to_have_count(0)
    wait_until(page, "document.cookie.includes('functional-0')")


@pytest.mark.legal("WD-05", "WD-08")
def test_withdrawing_loads_the_page_again_without_what_was_released(
    website: Website, new_page: NewPage
) -> None:
    tag = insertion("property", "script", website.url("/tag", ADS))
    website.page(f"<main>Page</main><script>{BUILD}{tag}</script>", script=SCRIPTS)
    page = new_page()
    page.goto(website.url())
    page.locator("#consent-accept-all").click()
    wait_until(page, "(self.ran || []).length === 1")
    page.evaluate("self.isOld = true")
    page.evaluate("void consent.withdraw()")
    wait_until(page, "!self.isOld && document.readyState === 'complete'")
    settle(page)
    assert page.evaluate("self.ran") is None
    assert len(website.paths(ADS)) == 1


@pytest.mark.legal("PB-16")
def test_it_works_under_a_strict_policy_and_trusted_types(
    website: Website, new_page: NewPage
) -> None:
    ads = website.url("", ADS)
    website.headers["Content-Security-Policy"] = (
        f"default-src 'self' {ads}; script-src 'nonce-abc' 'strict-dynamic'; "
        "trusted-types consent consent-auto page; require-trusted-types-for 'script'"
    )
    website.page(
        f"""<main>Page</main><script nonce="abc">
        const policy = trustedTypes.createPolicy("page", {{
            createScriptURL: (address) => address, createHTML: (markup) => markup }});
        const tag = document.createElement("script");
        tag.src = policy.createScriptURL("{ads}/tag/typed.js");
        document.head.append(tag);
        document.querySelector("main").innerHTML =
            policy.createHTML('<p>Kept</p><img alt="" src="{ads}/typed.png">');
        </script>""",
        script=SCRIPTS.replace("<script ", '<script nonce="abc" '),
    )
    page = new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if "olicy" in said.text else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(website.url())
    settle(page)
    expect(page.locator("main p")).to_have_text("Kept")
    assert contacted(website) == set()
    page.locator("#consent-accept-all").click()
    wait_for_contacts(page, website, {"typed"})
    wait_until(page, "(self.ran || []).includes('typed')")
    wait_for(page, lambda: len(website.paths(ADS)) == 2, "the script and the image are asked for")
    assert faults == []


@pytest.mark.legal("PB-10", "SL-01")
def test_marked_tags_of_a_shared_host_follow_their_own_category(
    website: Website, new_page: NewPage
) -> None:
    """Markup says which of the categories of a host a tag belongs to; it cannot say another."""
    shared = website.url("", "x.shared.localhost")
    website.page(
        f"""<main>Page</main>
        <script type="text/plain" data-src="{shared}/tag/one.js" data-consent="functional"></script>
        <script type="text/plain" data-consent="ads" src="{shared}/tag/two.js"></script>
        <img alt="" data-consent="functional" data-src="{shared}/three.png">
        <img alt="" data-consent="functional" data-src="{website.url("/four.png", ADS)}">""",
        script=SCRIPTS,
    )
    page = new_page()
    with_choice(website, page, "functional")
    page.goto(website.url())
    wait_for_contacts(page, website, {"one", "three"}, "x.shared.localhost")
    settle(page)
    assert contacted(website, "x.shared.localhost") == {"one", "three"}
    assert contacted(website) == set()
