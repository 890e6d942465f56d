"""The automatic blocker on its main path, in all three engines."""

from __future__ import annotations

import pytest

from tests.browser.auto_fixture import ADS, BUILD, SCRIPTS, auto_config, contacted, insertion
from tests.browser.engines import Visitor, eventually
from tests.browser.script_fixture import Website

pytestmark = pytest.mark.browser

LOADED = ("script", "frame", "image", "style")
WRITTEN = {"innerHTML": "image", "clone": "image", "late": "frame", "shadow": "image"}


@pytest.mark.legal("PB-02", "PB-06", "PB-09")
def test_unmodified_tags_wait_in_every_engine(visitor: Visitor, website: Website) -> None:
    website.auto = auto_config()
    ads = website.url("", ADS)
    tags = "".join(insertion("property", name, ads) for name in LOADED)
    tags += "".join(
        insertion(way, name, website.url(f"/{way}", ADS)) for way, name in WRITTEN.items()
    )
    sent = (
        f'fetch("{ads}/fetched").catch(() => {{}}); navigator.sendBeacon("{ads}/beacon", "x");'
        'document.cookie = "_ads_one=1"; localStorage.setItem("ads-one", "1");'
    )
    website.page(f"<main>Page</main><script>{BUILD}{tags}{sent}</script>", script=SCRIPTS)
    visitor.goto(website.url())
    visitor.wait_for("#consent-banner")
    visitor.rest()
    assert contacted(website) == set()
    visitor.click("#consent-refuse-all")
    visitor.wait_without("#consent-banner")
    visitor.wait_until_saved()
    visitor.reload()
    visitor.rest()
    assert contacted(website) == set()
    assert set(visitor.cookies()) == {"consent"}
    assert visitor.stored() == []

    visitor.evaluate("() => void consent.open()")
    visitor.wait_for("#consent-category-ads")
    visitor.click("#consent-category-ads")
    visitor.click("#consent-save")
    eventually(lambda: contacted(website) >= set(LOADED), "the tags are released")
    visitor.wait_until_saved("ads-1")
    visitor.reload()
    expected = {*LOADED, "fetched", "beacon"}
    eventually(lambda: contacted(website) >= expected, "what is allowed is sent")
    assert "_ads_one" in visitor.cookies()


@pytest.mark.legal("PB-06")
def test_a_tag_of_the_markup_runs_in_no_engine_before_it_may(
    visitor: Visitor, website: Website
) -> None:
    website.auto = auto_config()
    website.page(
        f'<main>Page</main><script src="{website.url("/tag/parsed.js", ADS)}"></script>'
        "<script>(self.ran = self.ran || []).push('own')</script>",
        script=SCRIPTS,
    )
    visitor.goto(website.url())
    visitor.wait_for("#consent-banner")
    visitor.rest()
    assert visitor.evaluate("() => self.ran") == ["own"]
    visitor.click("#consent-accept-all")
    visitor.wait_until("() => self.ran.length === 2")
