"""No policy ever lets a refused host through, however the site and its choices are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.core.content_policy import ANY, ContentPolicy, content_policy
from consent.core.content_sources import (
    FALLBACKS,
    Directives,
    effective,
    format_policy,
    guard,
    merge,
    parse_policy,
    reaches,
    with_nonce,
)
from consent.core.declared_hosts import parse_declared_host
from consent.core.deployment import deployment_of, parse_deployment
from consent.core.gate import gate_findings
from consent.core.model import NECESSARY, Kind, OwnPolicy, Site, Tracker
from consent.core.notice import notice_document
from consent.errors import ConfigurationError, RuleError
from tests.make import make_site, make_site_text, make_tracker

CATEGORIES = ("functional", "personalisation", "ads")
unhurried = settings(deadline=None)
NONCE = "c29tZXRoaW5nIG5ldw=="


def policy_of(site: Site) -> ContentPolicy:
    return content_policy(notice_document(site), deployment_of(site))


def tracker(category: str, kind: Kind, *hosts: str, **changes: Any) -> Tracker:
    reason = {"en": "Asked for.", "nl": "Gevraagd."} if category == NECESSARY else {}
    return make_tracker(
        name=f"{category} {kind} {hosts}",
        category=category,
        kind=kind,
        hosts=hosts,
        necessity_reason=reason,
        **changes,
    )


def site_with(*trackers: Tracker, own: dict[str, tuple[str, ...]] | None = None) -> Site:
    site = make_site()
    policy = None if own is None else OwnPolicy(own)
    return replace(site, trackers=(*site.trackers, *trackers), content_policy=policy)


hosts = st.sampled_from(
    ["a.example", "b.example", "x.a.example", "*.a.example", "a.example/t", "a.example/t/u",
     "a.example/v", "b.example/t/"]
)  # fmt: skip
kinds = st.sampled_from([Kind.SCRIPT, Kind.EMBED, Kind.PIXEL, Kind.COOKIE, Kind.LOCAL_STORAGE])
extra = st.lists(st.sampled_from(["style", "font", "frame", "media", "websocket"]), unique=True)
some_trackers = st.lists(
    st.builds(
        lambda category, kind, names, directives: tracker(
            category, kind, *names, directives=tuple(directives)
        ),
        st.sampled_from(CATEGORIES),
        kinds,
        st.lists(hosts, min_size=1, max_size=2, unique=True),
        extra,
    ),
    max_size=5,
    unique_by=lambda one: one.name,
)
choices = st.sets(st.sampled_from(CATEGORIES))
sources = st.sampled_from(
    ["'self'", "'nonce'", "'unsafe-inline'", "'strict-dynamic'", "data:", "blob:",
     "https://cdn.example", "*.own.example", "https://own.example:8443/lib/", "'report-sample'"]
)  # fmt: skip
policies = st.dictionaries(
    st.sampled_from(["default-src", "script-src", "script-src-elem", "img-src", "frame-src",
                     "child-src", "worker-src", "connect-src", "style-src", "form-action"]),
    st.lists(sources, min_size=1, unique=True).map(tuple),
)  # fmt: skip


@pytest.mark.legal("PB-02", "PB-10")
@unhurried
@given(some_trackers, choices, policies)
def test_no_source_reaches_a_host_that_is_refused(
    trackers: list[Tracker], allowed: set[str], own: dict[str, tuple[str, ...]]
) -> None:
    policy = policy_of(site_with(*trackers, own=own))
    assert policy.faults() == []
    directives = policy.directives(allowed)
    for name in FALLBACKS:
        for one in policy.needed:
            if one.category not in allowed and one.directive in (name, ANY):
                for source in effective(directives, name) or ():
                    if reaches(source, one.host):
                        # It is of a part of that host which another category declares by itself.
                        assert any(
                            source in other.sources
                            and other.category in allowed
                            and other.host.specificity > one.host.specificity
                            for other in policy.needed
                        )


@unhurried
@given(some_trackers, choices, policies)
def test_what_is_allowed_and_shared_with_nothing_refused_may_load(
    trackers: list[Tracker], allowed: set[str], own: dict[str, tuple[str, ...]]
) -> None:
    policy = policy_of(site_with(*trackers, own=own))
    directives = policy.directives(allowed)
    refused = [one for one in policy.needed if one.category not in allowed]
    for one in policy.needed:
        if one.category in allowed and not any(one.covers(other) for other in refused):
            assert set(one.sources) <= set(effective(directives, one.directive) or ())


@unhurried
@given(st.permutations([
    tracker("ads", Kind.SCRIPT, "a.example"), tracker("ads", Kind.PIXEL, "b.example"),
    tracker("functional", Kind.EMBED, "c.example"),
    tracker("personalisation", Kind.SCRIPT, "d.example"),
]), choices)  # fmt: skip
def test_the_order_of_declarations_changes_no_byte(
    trackers: list[Tracker], allowed: set[str]
) -> None:
    site = site_with(*trackers)
    plain = site_with(*sorted(trackers, key=lambda one: one.name))
    assert policy_of(site).header(allowed) == policy_of(plain).header(allowed)


@unhurried
@given(policies, policies)
def test_merging_twice_is_merging_once_and_takes_nothing_away(
    base: Directives, more: Directives
) -> None:
    merged = merge(base, more)
    assert merge(merged, more) == merged
    for name in base:
        assert set(base[name]) <= set(merged[name])


@unhurried
@given(policies)
def test_a_policy_survives_being_written_and_read(own: Directives) -> None:
    read = parse_policy(format_policy(own))
    assert parse_policy(format_policy(read)) == read
    assert {name: set(found) for name, found in read.items()} == {
        name: set(found) for name, found in own.items()
    }


@unhurried
@given(policies)
def test_a_nonce_lets_nothing_in_from_a_host_that_is_not_named(own: Directives) -> None:
    """The second policy has no nonce and no trust handed on, wherever the first one has."""
    second = guard(own)
    for name in ("script-src", "style-src"):
        found = effective(own, name) or ()
        if any(one in ("'nonce'", "'strict-dynamic'") for one in found):
            assert not {"'nonce'", "'strict-dynamic'"} & set(second[name])
            assert {one for one in second[name] if one[0] != "'"} == {
                one for one in found if one[0] != "'"
            }


@pytest.mark.legal("PB-02")
@pytest.mark.parametrize(
    ("directive", "source"),
    [
        ("default-src", "*"),
        ("script-src", "https:"),
        ("img-src", "http:"),
        ("connect-src", "wss:"),
        ("img-src", "ads.example"),
        ("img-src", "https://ads.example"),
        ("font-src", "https://ads.example:8443"),
        ("img-src", "https://*.example"),
        ("frame-src", "http://map.example/there/"),
        ("script-src", "https://*:443"),
    ],
)
def test_a_policy_that_would_let_a_refused_host_in_is_refused(directive: str, source: str) -> None:
    site = site_with(own={directive: (source,)})
    [fault] = policy_of(site).faults()
    assert fault.startswith(f"{directive} has {source}, which lets everybody load from ")
    [finding] = [one for one in gate_findings(site) if one.severity == "error"]
    assert (finding.rule, finding.message) == ("PB-02", fault)


@pytest.mark.parametrize(
    "source", ["'self'", "data:", "blob:", "https://cdn.example", "*.ads.example", "ftp://ads.example"]
)  # fmt: skip
def test_what_reaches_no_declared_host_is_the_sites_own_business(source: str) -> None:
    assert policy_of(site_with(own={"img-src": (source,)})).faults() == []


@pytest.mark.parametrize(
    ("source", "declared", "met"),
    [
        ("https://a.example/t/u.js", "a.example/t", True),
        ("https://a.example/t/", "a.example/t/u", True),
        ("https://a.example/tu", "a.example/t", False),
        ("https://a.example/%74", "a.example/t", True),
        ("https://a.example/v/", "a.example/t", False),
        ("*.a.example", "a.example", False),
        ("*.a.example", "*.x.a.example", True),
        ("x.a.example", "*.a.example", True),
        ("'self'", "a.example", False),
    ],
)
def test_sources_and_declarations_are_compared_by_host_and_path(
    source: str,
    declared: str,
    met: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    assert reaches(source, parse_declared_host(declared)) is met


def test_a_host_that_two_categories_need_waits_for_both() -> None:
    site = site_with(
        tracker("functional", Kind.SCRIPT, "cdn.example"),
        tracker("ads", Kind.SCRIPT, "cdn.example/ads.js"),
        own={},
    )
    policy = policy_of(site)
    assert "cdn.example" not in policy.header({"functional"})
    assert " cdn.example/ads.js " in policy.header({"ads"})
    assert " cdn.example " not in policy.header({"ads"})
    assert " cdn.example " in policy.header({"functional", "ads"}).replace(";", " ;")
    [warned] = [one for one in gate_findings(site) if one.rule == "PB-10"]
    assert "cdn.example" in warned.message
    assert "functional" in warned.message


def test_what_is_necessary_loads_for_everyone_unless_it_is_also_a_choice() -> None:
    necessary = tracker(NECESSARY, Kind.SCRIPT, "pay.example")
    assert "pay.example" in policy_of(site_with(necessary)).header(())
    both = site_with(necessary, tracker("ads", Kind.SCRIPT, "pay.example"), own={})
    assert any("pay.example" in fault for fault in policy_of(both).faults())


def test_a_host_of_the_site_itself_cannot_be_held_and_the_gate_says_so() -> None:
    site = site_with(tracker("ads", Kind.PIXEL, "programme.example"), own={})
    assert any("programme.example is the site's own" in one.message for one in gate_findings(site))


@pytest.mark.legal("PB-16")
def test_scripts_that_stand_in_the_page_are_warned_of_unless_they_need_a_nonce() -> None:
    for own, warned in (("'unsafe-inline'",), 1), (("'unsafe-inline'", "'nonce'"), 0), ((), 0):
        findings = gate_findings(site_with(own={"script-src": own}))
        assert len([one for one in findings if one.rule == "PB-16"]) == warned


def test_the_strict_parts_stand_unless_the_site_gives_others() -> None:
    strict = policy_of(make_site()).directives(())
    assert strict["default-src"] == strict["base-uri"] == strict["form-action"] == ("'self'",)
    assert strict["object-src"] == ("'none'",)
    own = policy_of(site_with(own={"base-uri": ("'none'",)})).directives(())
    assert own["base-uri"] == ("'none'",)


def test_a_service_elsewhere_is_let_in() -> None:
    site = replace(make_site(), service_url="https://consent.example/here")
    found = policy_of(site).directives(())
    assert "https://consent.example/here/" in found["script-src"]
    assert "https://consent.example/here/" in found["connect-src"]


def test_frames_that_are_loaded_by_a_click_stay_open_where_the_site_says_so() -> None:
    site = replace(make_site(), content_policy=OwnPolicy({}, load_once=True))
    assert policy_of(site).directives(())["frame-src"] == ("'self'", "map.example")
    assert "ads.example" not in policy_of(site).header(())


def test_a_tracker_may_need_more_than_its_kind_says() -> None:
    site = site_with(tracker("ads", Kind.SCRIPT, "chat.example", directives=("frame", "websocket")))
    found = policy_of(site).directives({"ads"})
    assert "chat.example" in found["frame-src"]
    assert "wss://chat.example" in found["connect-src"]


def test_a_nonce_is_filled_in_or_left_out_and_never_guessable() -> None:
    policy = policy_of(site_with(own={"script-src": ("'self'", "'nonce'")}))
    assert f"'nonce-{NONCE}'" in policy.header((), NONCE)
    assert "nonce" not in policy.header(())
    for bad in ("short", "a" * 15, "abc; script-src *" * 2, "x" * 300, "a' 'unsafe-inline' 'b" * 2):
        with pytest.raises(RuleError):
            policy.header((), bad)
    assert with_nonce({"script-src": ("'nonce'",)}, None) == {"script-src": ("'none'",)}


def test_trusted_types_get_our_names_beside_the_sites() -> None:
    extra = '\n[content_policy]\ntrusted_types = ["app"]\n'
    header = policy_of(make_site(text=make_site_text(extra=extra))).header(())
    assert "require-trusted-types-for 'script'; trusted-types app consent consent-auto" in header


def test_reports_go_to_the_service() -> None:
    policy = policy_of(make_site())
    url = "https://programme.example/consent/api/v1/sites/programme/policy-reports"
    assert "report" not in policy.header(())
    assert policy.header((), reports=True).endswith(f"report-uri {url}; report-to consent-policy")
    assert policy.endpoints() == {"Reporting-Endpoints": f'consent-policy="{url}"'}
    local = make_site(text=make_site_text(origin="http://localhost:8000"))
    assert policy_of(local).endpoints() == {}
    assert "report-to" not in policy_of(local).header((), reports=True)


def test_the_policy_of_a_site_is_part_of_how_it_is_deployed() -> None:
    extra = '\n[content_policy]\nheader = "default-src \'self\'; img-src data:"\nfont = ["data:"]\n'
    site = make_site(text=make_site_text(extra=f"{extra}load_once = true\nreports = true\n"))
    assert site.content_policy == OwnPolicy(
        {
            "default-src": ("'self'",),
            "img-src": ("data:",),
            "font-src": ("'self'", "data:"),
        },
        load_once=True,
        reports=True,
    )
    deployment = deployment_of(site)
    assert parse_deployment(deployment.as_record()) == deployment
    assert "report-uri" in policy_of(site).header(())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('script = ["self"]', None),
        ("script = [\"'selff'\"]", "is not a source that script-src can have"),
        ("script = [\"'nonce-abc'\"]", "is fixed, so anybody knows it; give 'nonce'"),
        ('img = ["https://a.example/;x"]', "is not a source that img-src can have"),
        ('img = ["a.example\\"b"]', "is not a source"),
        ('header = "img-src x; img-src y"', "img-src is there twice"),
        ('header = "immg-src x"', "is not a directive of a Content-Security-Policy"),
        ('header = "report-uri https://r.example"', "is for the service to give"),
        ("load_once = 1", "give true or false"),
        ("images = []", "unknown key"),
    ],
)
def test_a_fault_in_the_sites_own_part_is_told(line: str, said: str | None) -> None:
    text = make_site_text(extra=f"\n[content_policy]\n{line}\n")
    if said is None:  # a host may be called so
        make_site(text=text)
        return
    with pytest.raises(ConfigurationError) as caught:
        make_site(text=text)
    assert said in str(caught.value)


def test_an_unknown_directive_of_a_tracker_is_told() -> None:
    text = make_site_text().replace('kind = "pixel"', 'kind = "pixel"\ndirectives = ["image"]')
    with pytest.raises(ConfigurationError, match='unknown code "image"'):
        make_site(text=text)


def test_a_document_says_what_a_tracker_needs_only_where_it_does() -> None:
    """So that no notice that was published before has another hash now."""
    plain = notice_document(make_site())["trackers"]
    assert not any("directives" in one for one in plain)
    more = notice_document(
        site_with(tracker("ads", Kind.SCRIPT, "a.example", directives=("font",)))
    )
    assert more["trackers"][-1]["directives"] == ["font"]
