"""The automatic blocker's settings, and the rules it is given."""

from __future__ import annotations

import pytest

from consent.core.blocking import blocking_findings, blocking_rules
from consent.core.config import load_site
from consent.core.deployment import deployment_of, parse_deployment
from consent.core.model import NECESSARY, Blocking, Kind, Tracker
from consent.core.notice import Notice
from consent.errors import ConfigurationError
from tests.make import make_notice, make_site, make_site_text, make_tracker

ON = "[blocking]\nautomatic = true\n"


def pixel(category: str, *hosts: str) -> Tracker:
    return make_tracker(category=category, kind=Kind.PIXEL, domain=None, hosts=hosts)


def notice_of(*trackers: Tracker) -> Notice:
    return make_notice(make_site(trackers=trackers))


def test_without_a_word_there_is_no_automatic_blocker() -> None:
    assert make_site().blocking == Blocking(False, False, ())
    record = {**deployment_of(make_site()).as_record(), "blocking": None}
    assert parse_deployment(record).blocking == Blocking(False, False, ())


def test_the_settings_are_read_and_kept_with_the_publication() -> None:
    extra = f'{ON}undeclared = "hold"\nown_hosts = ["static.example.org", "*.cdn.example/site"]\n'
    site = load_site(make_site_text(extra=extra), "site.toml")
    assert site.blocking == Blocking(True, True, ("static.example.org", "*.cdn.example/site"))
    deployment = deployment_of(site)
    assert parse_deployment(deployment.as_record()) == deployment


def test_publications_of_earlier_versions_have_no_automatic_blocker() -> None:
    record = deployment_of(make_site()).as_record()
    del record["blocking"]
    assert parse_deployment(record) == deployment_of(make_site())


@pytest.mark.parametrize(
    ("section", "fault"),
    [
        ('[blocking]\nautomatic = "yes"', 'blocking.automatic: is "yes"; give true or false'),
        (f'{ON}undeclared = "let"', "blocking.undeclared"),
        (f'{ON}own_hosts = ["https://a.example"]', "has a scheme or a port"),
        (f"{ON}unknown = 1", "unknown key"),
        ('[blocking]\nundeclared = "hold"', "is for the automatic blocker only"),
    ],
)
def test_what_is_wrong_is_told(section: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        load_site(make_site_text(extra=section), "site.toml")
    assert any(fault in line for line in raised.value.faults)


@pytest.mark.legal("PB-02", "PB-10")
def test_the_closest_description_of_an_address_comes_first() -> None:
    notice = notice_of(
        pixel("ads", "*.maps.example", "maps.example/ads"),
        pixel("functional", "maps.example", "a.b.maps.example"),
        pixel("ads", "*.b.maps.example"),
    )
    assert blocking_rules(notice.document, []) == [
        ["a.b.maps.example", "/", "functional"],
        ["maps.example", "/ads/", "ads"],
        ["maps.example", "/", "functional"],
        ["*.b.maps.example", "/", "ads"],
        ["*.maps.example", "/", "ads"],
    ]


@pytest.mark.legal("PB-02")
def test_a_shared_host_waits_for_all_and_what_is_necessary_alone_for_nothing() -> None:
    notice = notice_of(
        pixel("ads", "cdn.example"),
        pixel("functional", "cdn.example"),
        pixel(NECESSARY, "cdn.example", "pay.example"),
    )
    assert blocking_rules(notice.document, []) == [
        ["pay.example", "/"],
        ["cdn.example", "/", "functional", "ads"],
    ]


def test_the_site_itself_is_never_held_but_a_path_of_it_may_be() -> None:
    notice = notice_of(pixel("ads", "programme.example", "programme.example/count.js"))
    assert blocking_rules(notice.document, ["programme.example"]) == [
        ["programme.example", "/count.js/", "ads"],
        ["programme.example", "/"],
    ]


def test_what_the_rules_cannot_keep_apart_is_warned_of() -> None:
    trackers = (
        pixel("ads", "cdn.example", "programme.example"),
        pixel("functional", "cdn.example", "maps.example"),
    )
    site = make_site(trackers=trackers, blocking=Blocking(automatic=True))
    found = [str(one) for one in blocking_findings(site, make_notice(site).document)]
    assert len(found) == 2
    assert "cdn.example: is declared for functional and ads" in found[0]
    assert "programme.example: is the site itself" in found[1]
    quiet = make_site(trackers=trackers)
    assert list(blocking_findings(quiet, make_notice(quiet).document)) == []
