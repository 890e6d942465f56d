"""The automatic blocker's address: for sites that use it, cacheable, and named in the log."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import brotli
import pytest
from flask import Flask

from consent.core.model import Blocking, Site
from consent.services.builds import blocker_build, blocker_content
from consent.web.blocker import CONFIG_PREFIX
from tests.service import Clock
from tests.web.visitor import Visitor, publish_now

PATH = "/consent/sites/programme/auto.js"
TRANSPARENCY = "/consent/sites/programme/transparency.json"
ON = Blocking(automatic=True, own_hosts=("static.site.example",))


@pytest.fixture
def blocking_site(demo_site: Site) -> Site:
    return replace(demo_site, blocking=ON)


@pytest.fixture
def anna(serve: Callable[..., Flask], blocking_site: Site) -> Visitor:
    """A visitor of a site that uses the automatic blocker."""
    return Visitor(serve(blocking_site))


@pytest.mark.legal("PB-02")
def test_it_is_the_rules_of_the_site_and_the_committed_bundle(anna: Visitor) -> None:
    answer = anna.get(PATH)
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    line, _, bundle = answer.data.partition(b"\n")
    assert bundle == blocker_content()
    written = line.removeprefix(CONFIG_PREFIX.encode()).removesuffix(b";")
    config: dict[str, Any] = json.loads(written)
    assert len(config.pop("scope")) == 16
    rules = config.pop("rules")
    assert ["tracker.localhost", "/pixel.gif/", "ads"] in rules
    assert (rules[0], rules[-1]) == (["static.site.example", "/"], ["site.example", "/"])
    assert config == {
        "cookie": "__Host-consent",
        "holds": False,
        "trackers": [
            {"name": "viewed_programmes", "category": "personalisation", "kind": "cookie"},
            {"name": "viewed_programmes", "category": "personalisation", "kind": "local_storage"},
            {"name": "_study_ads_*", "category": "ads", "kind": "cookie"},
        ],
    }


@pytest.mark.legal("CT-13", "PB-03")
def test_it_is_cacheable_and_the_same_for_everyone(anna: Visitor) -> None:
    answer = anna.get(PATH)
    assert answer.headers["Cache-Control"] == "public, max-age=3600, stale-if-error=604800"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert anna.get(PATH, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for encoding, decode in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        packed = anna.get(PATH, **{"Accept-Encoding": encoding})
        assert packed.headers["Content-Encoding"] == encoding
        assert packed.headers["ETag"] != answer.headers["ETag"]
        assert decode(packed.data) == answer.data


def test_all_of_it_is_small(anna: Visitor) -> None:
    """With the demo's rules; the bundle alone has a budget of its own (size.test.js)."""
    assert len(anna.get(PATH, **{"Accept-Encoding": "br"}).data) <= 3300


def test_a_site_that_does_not_use_it_does_not_serve_it(alice: Visitor) -> None:
    answer = alice.get(PATH)
    assert answer.status_code == 404
    assert "automatic" in answer.get_data(as_text=True)


@pytest.mark.legal("RP-02", "RP-14")
def test_the_log_names_it_from_when_the_site_uses_it(
    service_app: Flask, alice: Visitor, blocking_site: Site, clock: Clock
) -> None:
    before = alice.get("/consent/api/v1/sites/programme/notice").get_json()
    clock.now += 1_000
    publish_now(service_app, blocking_site, clock.now)
    newest, first = alice.get(TRANSPARENCY).get_json()["published"]
    assert "script.auto" not in first["builds"]
    bundle = alice.get(PATH).data.partition(b"\n")[2]
    assert newest["builds"]["script.auto"] == blocker_build() == hashlib.sha256(bundle).hexdigest()
    # It is nothing to ask visitors about, and changes nothing that they are shown.
    assert newest["notice"] == first["notice"]
    after = alice.get("/consent/api/v1/sites/programme/notice").get_json()
    assert after["scope_hash"] == before["scope_hash"]
