"""The month of a site: its counts beside the month before, its notices, its log, who did what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.core.certificates import Fault, HttpsCertificate
from consent.core.checks import CheckKind, Outcome
from consent.core.monthly_report import Check, Host, MonthlyReport, Removal, Weight
from consent.core.months import Month
from consent.core.suppression import Cell, Known, exactly
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.core.totals import Place
from consent.core.words import load_words
from consent.errors import RuleError
from consent.export.monthly_report import report_text
from consent.services.reporting.gathering import Telling, gather, last_month_over
from consent.services.retention import Sealing, run_retention
from consent.store.checks import insert_run, list_open, mark_ended, mark_started
from consent.store.database import write_transaction
from consent.store.displays import add_displays
from consent.store.log import FORKED
from consent.store.log_anchors import Anchor, insert_anchor
from consent.store.log_heads import latest_published
from consent.store.log_sealing import refuse
from consent.store.officers import record_action
from consent.store.policy_reports import Blocked, add_counts
from tests.log import WorldLog
from tests.make import make_site
from tests.world import START, Browser, World, new_id

NOVEMBER = Month(2026, 11)

# Where the engine makes no difference.
embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def gathered(world: World, month: Month = NOVEMBER, **telling: object) -> MonthlyReport:
    options = {"language": "en", "minimum": 5} | telling
    return gather(world.session, world.site(), month, Telling(**options), now=world.now)  # type: ignore[arg-type]


def act(world: World, action: str, **detail: object) -> None:
    with write_transaction(world.session):
        record_action(
            world.session,
            officer="Olga",
            action=action,
            subject_id=new_id(),
            detail=detail,
            now=world.now,
        )


@embedded
def test_a_month_is_over_ten_minutes_after_its_end(world: World) -> None:
    assert last_month_over(parse_rfc3339("2026-12-01T00:09:59Z")) == Month(2026, 10)
    assert last_month_over(parse_rfc3339("2026-12-01T00:10:00Z")) == NOVEMBER
    with pytest.raises(RuleError, match="2026-11 is not over"):
        gathered(world)


@pytest.mark.legal("AE-09")
def test_counts_stand_beside_those_of_the_month_before_and_small_ones_are_not_told(
    world: World,
) -> None:
    notice = world.site().notice.hash
    with write_transaction(world.session):
        days = {"20261031": 50, "20261122": 40, "20261130": 35, "20261201": 9}
        places = {("programme", Place(day, notice, "en")): n for day, n in days.items()}
        add_displays(world.session, places)
    for number in range(8):
        Browser(world).accept_all()
        if number < 3:
            Browser(world).refuse_all()
    world.pass_days(10)
    report = gathered(world)
    figures = {one.name: (one.now, one.before) for one in report.figures}
    assert figures["displays"] == (exactly(75), exactly(50))
    assert figures["accepted"] == (exactly(8), exactly(0))
    assert figures["refused"] == (Cell(Known.AT_LEAST, 1), exactly(0))
    (displays,) = (one for one in report.figures if one.name == "displays")
    assert displays.change == pytest.approx(0.5)
    labels = [(one.name, one.label) for one in report.granted]
    assert labels == [
        ("functional", "Functional"), ("personalisation", "Personalisation"), ("ads", "Ads"),
    ]  # fmt: skip


@embedded
def test_it_tells_which_notices_came_into_force_and_who_is_asked_again(world: World) -> None:
    site = make_site()
    world.pass_days(1)
    changed = replace(site.categories[0], purposes=("personalised_content",))
    world.publish(categories=(changed, *site.categories[1:]))
    world.pass_days(8)
    world.publish()
    world.pass_days(2)
    first, second = gathered(world).publications
    assert (first.is_first, first.changes, first.asks_again) == (True, (), ())
    assert (second.is_first, second.asks_again) == (False, ("Functional",))
    assert any("purposes" in line for line in second.changes)
    assert second.at == START + MILLIS_PER_DAY


@embedded
def test_it_names_the_undeclared_hosts_of_the_month_only(world: World) -> None:
    with write_transaction(world.session):
        for day, name, count in (
            ("20261031", "before.example", 9),
            ("20261125", "few.example", 2),
            ("20261125", "many.example", 5),
            ("20261126", "many.example", 6),
            ("20261126", "map.example", 7),
            ("20261201", "after.example", 9),
        ):
            add_counts(world.session, "programme", day, {Blocked("script-src", name): count})
    world.pass_days(10)
    report = gathered(world)
    assert report.hosts == (Host("many.example", 11), Host("few.example", 2))
    (point,) = (one for one in report.points if one.name == "hosts")
    assert point.values == {"hosts": "many.example and few.example"}


def test_the_log_has_its_newest_head_anchors_and_what_was_removed(
    world: World, log: WorldLog
) -> None:
    log.act(3)
    log.seal()
    head, log_id = log.publish(), log.log_id
    assert head is not None
    with write_transaction(world.session):
        for kind, at in (("rfc3161", START), ("rfc3161", START + 20 * MILLIS_PER_DAY)):
            anchor = Anchor(log_id, head.size, head.created, kind, "tsa", b"", at)
            insert_anchor(world.session, anchor)
    world.pass_days(200)
    run_retention(world.session, world.now, Sealing(world.keys, log.state_files))
    world.pass_days(30)
    report = gathered(world, Month(2027, 6))
    (one,) = report.logs
    newest = latest_published(world.session, log_id)
    assert newest is not None
    assert one.head is not None
    assert (one.head.size, one.head.note) == (newest.size, newest.note)
    assert one.removals == (Removal("retention_refusal", 3, 1),)
    assert (one.stamps, one.cosignatures, one.status) == (0, 0, "ok")
    (november,) = gathered(world).logs
    assert (november.stamps, november.removals) == (1, ())


@embedded
def test_a_log_that_is_not_signed_comes_first_and_is_bad(world: World, log: WorldLog) -> None:
    log.seal()
    log.publish()
    with write_transaction(world.session):
        refuse(world.session, log.log_id, FORKED, "Two heads.", world.now)
    world.pass_days(10)
    report = gathered(world)
    assert report.weight is Weight.BAD
    assert report.points[0].name == "log_forked"
    assert {point.name for point in report.points} == {"log_forked", "check_old", "unanchored"}


@embedded
@pytest.mark.parametrize(
    ("outcome", "is_ok", "name"),
    [(Outcome.OK, True, None), (Outcome.PROBLEM, False, "check_failed")],
)
def test_it_tells_what_the_last_check_of_the_log_found(
    world: World, outcome: Outcome, *, is_ok: bool, name: str | None
) -> None:
    world.pass_days(9)
    with write_transaction(world.session):
        insert_run(world.session, CheckKind.LOG, None, world.now)
        (run,) = list_open(world.session)
        mark_started(world.session, run.id, world.now)
        mark_ended(world.session, run.id, outcome, {}, world.now)
    world.pass_days(1)
    report = gathered(world)
    assert report.check == Check(world.now - MILLIS_PER_DAY, is_ok=is_ok)
    assert [one.name for one in report.points] == ([] if name is None else [name])


@embedded
def test_it_tells_which_certificates_the_last_self_check_met_ended_or_end_soon(
    world: World,
) -> None:
    world.pass_days(9)
    own = world.site().deployment.origins[0].removeprefix("https://")
    met = [
        HttpsCertificate(own, world.now + 20 * MILLIS_PER_DAY, 90 * MILLIS_PER_DAY),
        HttpsCertificate("console.example", world.now - 1, 9 * MILLIS_PER_DAY, Fault.EXPIRED),
        HttpsCertificate("other.example", world.now - 1, 9 * MILLIS_PER_DAY, Fault.EXPIRED),
    ]
    with write_transaction(world.session):
        insert_run(world.session, CheckKind.SERVICE, None, world.now)
        (run,) = list_open(world.session)
        result = {"certificates": [one.as_record() for one in met]}
        mark_ended(world.session, run.id, Outcome.PROBLEM, result, world.now)
    world.pass_days(1)
    report = gathered(world, console="https://console.example")
    assert report.weight is Weight.BAD
    points = [(one.name, one.values["name"]) for one in report.points if "name" in one.values]
    assert points == [("https_expired", "console.example"), ("https_soon", own)]
    assert [(one.kind, one.name) for one in report.expiries] == [
        ("https", own),
        ("https", "console.example"),
    ]
    text = report_text(report, load_words("report", "en"))
    assert f"The HTTPS certificate of {own} ends on 21 December 2026" in " ".join(text.split())
    world.pass_days(8)  # what a check saw that long ago is not told any more
    assert gathered(world).expiries == ()


def test_it_counts_what_officers_did_on_this_site_in_this_month(world: World) -> None:
    act(world, "record:show", site="programme")
    act(world, "records:list", site="programme")
    act(world, "record:show", site="beside")
    act(world, "record:search", clue="code")
    act(world, "export:create", filter={"site": ["programme"]}, format="csv")
    act(world, "record:proof_pdf", site="programme")
    act(world, "subject:erase", site="programme", records=2)
    act(world, "person:list")
    world.pass_days(9)
    act(world, "record:show", site="programme")
    world.pass_days(1)
    assert gathered(world).acts == {
        "looks": 2, "searches": 1, "exports": 1, "proofs": 1, "erasures": 1, "requests": 0,
    }  # fmt: skip


@embedded
def test_texts_are_in_the_language_of_the_report(world: World) -> None:
    world.pass_days(10)
    report = gathered(world, language="nl", console="https://console.example")
    assert report.site_name == "Biomedische wetenschappen"
    assert report.console == "https://console.example/console/sites/programme"
