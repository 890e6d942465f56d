"""Statistics without consent stand on the pages in a part of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from consent.core.config import load_site
from tests.make import make_site_text
from tests.web.visitor import ORIGIN, POLICY, Visitor, words

DECLARED = """
[[trackers]]
name = "visits"
category = "necessary"
provider = "controller"
kind = "cookie"
lifetime = "6 months"
purpose = { en = "Counts visits.", nl = "Telt bezoeken." }
necessity_reason = { en = "Counts, of us alone.", nl = "Tellingen, van ons alleen." }
exempt = "statistics"
measures = ["effectiveness"]
cross_site_id = false
shared = false
ip_stored = false
data_months = 12
"""
Serve = Callable[..., Flask]


def visitor(serve: Serve, categories: Sequence[str] = ("ads",)) -> Visitor:
    text = make_site_text(origin=ORIGIN, categories=categories, extra=DECLARED)
    return Visitor(serve(load_site(text, "site.toml")))


@pytest.mark.legal("PB-13")
def test_the_preference_page_tells_of_them_apart_from_what_is_necessary(serve: Serve) -> None:
    page = visitor(serve).read()
    part = page.select_one('section[aria-labelledby="exempt"]')
    necessary = page.select_one('section[aria-labelledby="necessary"]')
    assert part is not None
    assert necessary is not None
    assert "Statistics without consent" in part.get_text()
    assert "your IP address is not stored" in part.get_text()
    assert [cell.get_text(strip=True) for cell in part.select("tbody th, tbody td")] == [
        "visits", "Cookie", "Leiden University", "Counts visits.", "6 months",
        "Counts, of us alone.",
    ]  # fmt: skip
    assert "visits" not in [cell.get_text(strip=True) for cell in necessary.select("tbody th")]


@pytest.mark.legal("PB-13")
def test_a_page_does_not_call_all_of_it_necessary_where_there_is_nothing_to_choose(
    serve: Serve,
) -> None:
    said = words(visitor(serve, categories=()).read())
    assert "Statistics without consent" in said
    assert "only what is necessary" not in said


@pytest.mark.legal("PB-13")
def test_the_served_policy_lists_them(serve: Serve) -> None:
    said = words(visitor(serve).read(f"{POLICY}?lang=nl"))
    assert "Statistieken zonder toestemming" in said
    assert "Tellingen, van ons alleen." in said
    assert "12 maanden" in said
