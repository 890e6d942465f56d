"""Hosts that several trackers declare open for none of them by way of another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.core.gate import gate_findings
from consent.core.model import Kind, OwnPolicy
from tests.core.test_content_policy import policy_of, site_with, tracker


@pytest.mark.legal("PB-02")
@pytest.mark.parametrize("kind", [Kind.COOKIE, Kind.LOCAL_STORAGE])
def test_a_host_that_a_cookie_or_storage_declares_is_held_like_any_other(kind: Kind) -> None:
    """Whatever is loaded from there can set it."""
    stored = tracker("ads", kind, "connect.adnet.example", "cdn.both.example")
    site = site_with(stored, own={"script-src": ("connect.adnet.example",)})
    [fault] = policy_of(site).faults()
    assert "connect.adnet.example, and that is declared under ads" in fault
    policy = policy_of(
        site_with(stored, tracker("functional", Kind.SCRIPT, "cdn.both.example"), own={})
    )
    assert "cdn.both.example" not in policy.header({"functional"})
    assert "cdn.both.example" not in policy.header({"ads"})
    assert "cdn.both.example" in policy.header({"functional", "ads"})
    assert policy.undivided() == [
        "cdn.both.example needs ads as well as functional: both declare it"
    ]


@pytest.mark.legal("PB-02")
def test_frames_that_stay_open_may_not_let_in_what_another_category_declares() -> None:
    embed = tracker("functional", Kind.EMBED, "*.vid.example")
    framed = tracker("ads", Kind.SCRIPT, "ads.vid.example", directives=("frame",))
    stored = tracker("ads", Kind.COOKIE, "set.vid.example")
    site = replace(site_with(embed, framed, stored), content_policy=OwnPolicy({}, load_once=True))
    faults = policy_of(site).faults()
    assert [fault.split(" is declared under ads")[0] for fault in faults] == [
        "ads.vid.example",
        "set.vid.example",
    ]
    assert [one.message for one in gate_findings(site) if one.rule == "PB-02"] == faults
    # Of its own category, or another frame that a click may load: that is what load_once is for.
    sound = (tracker("functional", Kind.COOKIE, "a.vid.example"),
             tracker("ads", Kind.EMBED, "b.vid.example"))  # fmt: skip
    site = replace(site_with(embed, *sound), content_policy=OwnPolicy({}, load_once=True))
    assert policy_of(site).faults() == []
