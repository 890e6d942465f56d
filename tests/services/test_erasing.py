"""Erasure on both engines: withdrawn first, hidden at once, removed within a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from consent.core.ids import reference_code
from consent.core.model import Status
from consent.core.retention import DisposalClass
from consent.core.times import MILLIS_PER_DAY
from consent.errors import (
    NotFoundError,
    NoticeTokenError,
    NotPermittedError,
    RuleError,
    SubmissionConflictError,
)
from consent.services.answering import Recorded
from consent.services.erasing import Erased, ErasureAct, erase, erase_found, find_by_code
from consent.services.officers import operator
from consent.services.standing import (
    find_by_receipt,
    find_held_event,
    find_history,
    find_standing,
)
from consent.store.events import EventFilter, count_events, stream_events
from consent.store.officers import Officer
from consent.store.restriction import list_all_of_subject
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    OfficerActionRow,
    SubmissionRow,
)
from tests.disposing import disposals, dispose, leaves_of
from tests.make import make_site
from tests.world import Browser, World, new_id


@pytest.fixture
def alice(world: World) -> Browser:
    return Browser(world)


def ask(browser: Browser, *, submission_id: str | None = None, token: str | None = None) -> Erased:
    """Ask for erasure with the cookies a browser holds, and leave those as they are."""
    world = browser.world
    site = world.site()
    act = ErasureAct(submission_id or new_id(), token or world.token(site), browser.cookies)
    return erase(world.session, site, act, keys=world.keys, now=world.now)


def rows(world: World, table: Any = ConsentEventRow) -> int:
    count = world.session.scalar(select(func.count()).select_from(table)) or 0
    world.session.rollback()
    return count


def event_of(recorded: Recorded) -> Any:
    assert recorded.stored is not None
    return recorded.stored.event


def standing_of(browser: Browser) -> Any:
    world = browser.world
    site, session = world.site(), world.session
    return find_standing(session, site, browser.cookies, keys=world.keys, now=world.now)


def require_hidden(browser: Browser, recorded: Recorded) -> None:
    """Fail if any reader still finds what is recorded of a browser."""
    world = browser.world
    site, session, keys = world.site(), world.session, world.keys
    assert recorded.receipt is not None
    lookups: list[Callable[[], object]] = [
        lambda: find_history(session, site, browser.cookies, keys=keys),
        lambda: find_by_receipt(session, site, recorded.receipt or "", keys=keys),
        lambda: find_held_event(session, site, browser.cookies, event_of(recorded).id, keys=keys),
    ]
    for lookup in lookups:
        with pytest.raises(NotFoundError):
            lookup()
    assert standing_of(browser).history == ()
    assert standing_of(browser).code is None
    subjects = {stored.event.subject for stored in stream_events(session, EventFilter())}
    assert event_of(recorded).subject not in subjects


@pytest.mark.legal("RR-07", "RR-08", "WD-07")
def test_an_active_consent_is_withdrawn_then_hidden_then_removed(world: World) -> None:
    alice, bob = Browser(world), Browser(world)
    granted = alice.accept_all()
    alice.save("ads")
    bob.accept_all()
    erased = ask(alice)
    assert erased.hidden.count == 3
    assert erased.hidden.removed_by == world.now + MILLIS_PER_DAY
    assert erased.withdrawal is not None
    withdrawal = event_of(erased.withdrawal)
    assert (withdrawal.event.value, withdrawal.subject) == ("withdrawn", event_of(granted).subject)
    assert erased.withdrawal.identity_cookie == ""
    assert "_ads-0" in (erased.withdrawal.answer_cookie or "")
    require_hidden(alice, granted)
    assert count_events(world.session, EventFilter()) == 1
    assert rows(world) == 4
    world.now = erased.hidden.removed_by
    dispose(world.session, world.now)
    assert rows(world) == 1
    assert leaves_of(world.session, event_of(granted).id, withdrawal.id) == []
    assert rows(world, DisposalQueueRow) == 0
    assert len(find_history(world.session, world.site(), bob.cookies, keys=world.keys)) == 1


@pytest.mark.legal("RR-07")
def test_a_withdrawn_consent_is_erased_without_another_withdrawal(alice: Browser) -> None:
    granted = alice.accept_all()
    cookies = alice.cookies
    alice.withdraw_all()
    refused = alice.cookies.answer
    alice.cookies = replace(cookies, answer=refused)
    erased = ask(alice)
    assert (erased.hidden.count, erased.withdrawal, erased.forgets_answer) == (2, None, False)
    require_hidden(alice, granted)
    dispose(alice.world.session, alice.world.now)
    assert rows(alice.world) == 0


@pytest.mark.legal("RR-07")
def test_an_expired_consent_inside_its_retention_is_erased(alice: Browser) -> None:
    granted = alice.accept_all()
    alice.world.pass_days(200)
    erased = ask(alice)
    assert (erased.hidden.count, erased.withdrawal, erased.forgets_answer) == (1, None, False)
    require_hidden(alice, granted)
    dispose(alice.world.session, alice.world.now)
    assert rows(alice.world) == 0


@pytest.mark.legal("RR-07", "RR-06")
def test_who_refused_holds_no_id_and_there_is_nothing_to_find(alice: Browser) -> None:
    alice.refuse_all()
    with pytest.raises(NotFoundError):
        ask(alice)
    assert standing_of(alice).state.status is Status.DECIDED
    assert rows(alice.world) == 1
    assert rows(alice.world, DisposalQueueRow) == 0


@pytest.mark.legal("RR-07", "RR-05", "RR-06")
def test_an_unknown_id_is_told_nothing_and_changes_nothing(world: World) -> None:
    alice, stranger = Browser(world), Browser(world)
    alice.accept_all()
    other_site = replace(make_site(), id="library", origins=("https://library.example",))
    world.publish_site(replace(other_site, service_url="https://library.example/consent"))
    assert alice.cookies.identity is not None
    forged = replace(alice.cookies, identity=alice.cookies.identity[:-2] + "AA")
    for cookies in (stranger.cookies, forged):
        stranger.cookies = cookies
        with pytest.raises(NotFoundError, match="there is nothing here for this browser"):
            ask(stranger)
    site = world.site("library")
    act = ErasureAct(new_id(), world.token(site), alice.cookies)
    with pytest.raises(NotFoundError):
        erase(world.session, site, act, keys=world.keys, now=world.now)
    assert rows(world) == 1
    assert rows(world, DisposalQueueRow) == 0


def test_a_repeated_erasure_is_answered_alike_and_records_nothing_more(alice: Browser) -> None:
    alice.accept_all()
    submission_id = new_id()
    first = ask(alice, submission_id=submission_id)
    alice.world.now += 5_000
    again = ask(alice, submission_id=submission_id)
    assert again.hidden == first.hidden
    assert again.withdrawal is None
    assert again.forgets_answer
    assert rows(alice.world) == rows(alice.world, DisposalQueueRow) == 2
    dispose(alice.world.session, alice.world.now)
    assert ask(alice, submission_id=submission_id).hidden.count == 0
    assert rows(alice.world) == 0


@pytest.mark.legal("RE-10")
def test_a_late_repeat_of_an_erased_act_brings_nothing_back(alice: Browser) -> None:
    submission_id = new_id()
    alice.accept_all(submission_id=submission_id)
    ask(alice)
    for _ in ("hidden", "removed"):
        with pytest.raises(SubmissionConflictError):
            alice.accept_all(submission_id=submission_id)
        dispose(alice.world.session, alice.world.now)
    assert rows(alice.world) == 0


@pytest.mark.legal("RE-10")
def test_a_submission_keeps_no_link_to_what_was_erased(alice: Browser) -> None:
    kept = Browser(alice.world).accept_all()
    alice.accept_all()
    ask(alice)
    dispose(alice.world.session, alice.world.now)
    links = [
        (row.event_id, bool(row.presented))
        for row in alice.world.session.scalars(select(SubmissionRow))
    ]
    alice.world.session.rollback()
    assert sorted(links, key=str) == [(event_of(kept).id, True), (None, False), (None, False)]


def test_after_an_erasure_a_browser_that_kept_its_cookies_has_chosen_nothing(
    alice: Browser,
) -> None:
    first = alice.accept_all()
    ask(alice)
    assert standing_of(alice).state.status is Status.UNDECIDED
    again = alice.accept_all()
    assert event_of(again).subject != event_of(first).subject
    assert event_of(again).prev is None
    assert [stored.event.id for stored in standing_of(alice).history] == [event_of(again).id]


def test_an_erasure_that_cannot_be_recorded_as_a_withdrawal_changes_nothing(
    alice: Browser,
) -> None:
    used = new_id()
    alice.accept_all(submission_id=used)
    before = Browser(alice.world)
    before.accept_all()
    withdrawn = new_id()
    before.withdraw_all(submission_id=withdrawn, layer="page")
    for submission_id in (used, withdrawn):
        with pytest.raises(SubmissionConflictError):
            ask(alice, submission_id=submission_id)
    with pytest.raises(NoticeTokenError):
        ask(alice, token="forged")
    assert rows(alice.world, DisposalQueueRow) == 0
    assert standing_of(alice).state.status is Status.DECIDED


def test_a_notice_shown_before_the_categories_changed_can_still_erase(alice: Browser) -> None:
    token = alice.world.token(alice.world.site())
    alice.accept_all()
    site = make_site()
    trackers = tuple(one for one in site.trackers if one.category != "ads")
    categories = tuple(one for one in site.categories if one.id != "ads")
    providers = tuple(one for one in site.providers if one.id != "study-ads")
    alice.world.publish(categories=categories, trackers=trackers, providers=providers)
    erased = ask(alice, token=token)
    assert erased.hidden.count == 2
    assert erased.withdrawal is not None


@pytest.mark.legal("RR-12", "RR-07")
def test_of_a_request_only_kind_time_and_number_stay(alice: Browser) -> None:
    granted = alice.accept_all()
    ask(alice)
    world = alice.world
    world.now += 1
    dispose(world.session, world.now)
    [record] = disposals(world.session)
    leaves = record.pop("leaves")
    assert sum(last - first + 1 for first, last in leaves) == 2
    assert record == {
        "v": 1,
        "type": "disposal",
        "id": record["id"],
        "at": world.now,
        "reason": "erasure",
        "policy": "removed on request",
        "role": "service",
        "count": 2,
    }
    everything = repr(
        [
            row
            for table in ConsentEventRow.metadata.tables.values()
            if table.name != "submission"
            for row in world.session.execute(select(table))
        ]
    )
    assert event_of(granted).subject not in everything
    assert event_of(granted).id not in everything
    assert rows(world, SubmissionRow) == 2
    world.pass_days(31)
    dispose(world.session, world.now)
    assert rows(world, SubmissionRow) == 0


@pytest.mark.legal("RR-12")
def test_a_visitors_own_request_is_written_down_once_and_without_whose_it_was(
    alice: Browser,
) -> None:
    granted = alice.accept_all()
    ask(alice)
    ask(alice)
    action = alice.world.session.scalars(select(OfficerActionRow)).one()
    assert (action.officer, action.action) == ("the data subject", "subject:erase")
    assert json.loads(action.detail) == {"site": "programme", "result": "removed"}
    for secret in (event_of(granted).subject, event_of(granted).id):
        assert secret not in f"{action.subject_id} {action.detail}"


def code_of(recorded: Recorded) -> str:
    return reference_code(event_of(recorded).subject)


@pytest.mark.legal("RR-07", "RR-08", "RR-12")
def test_an_officer_erases_by_the_code_and_the_log_does_not_know_whom(world: World) -> None:
    alice, bob = Browser(world), Browser(world)
    granted = alice.accept_all()
    alice.withdraw_all()
    bob.accept_all()
    found = find_by_code(world.session, "programme", code_of(granted).lower().replace("-", " "))
    assert erase_found(world.session, found, officer=operator("olga"), now=world.now).count == 2
    require_hidden(alice, granted)
    action = world.session.scalars(select(OfficerActionRow)).one()
    assert (action.officer, action.action) == ("cli:olga", "subject:erase")
    assert json.loads(action.detail) == {"site": "programme", "records": 2, "result": "removed"}
    for secret in (code_of(granted), found.subject, event_of(granted).id):
        assert secret not in f"{action.subject_id} {action.detail}"
    dispose(world.session, world.now)
    assert rows(world) == 1
    with pytest.raises(NotFoundError):
        find_by_code(world.session, "programme", code_of(granted))


@pytest.mark.legal("RR-07", "WD-07")
def test_an_officer_withdraws_a_grant_that_still_counts_before_erasing_it(world: World) -> None:
    alice = Browser(world)
    grant = event_of(alice.accept_all(page_group="contact"))
    found = find_by_code(world.session, "programme", reference_code(grant.subject))
    assert erase_found(world.session, found, officer=operator("olga"), now=world.now).count == 2
    first, last = list_all_of_subject(world.session, "programme", grant.subject)
    assert (first.id, last.prev, last.event.value) == (grant.id, grant.id, "withdrawn")
    assert set(last.choices.values()) == {False}
    assert (last.notice, last.build, last.page_group) == (grant.notice, grant.build, None)
    assert last.at == grant.at + 1
    assert dispose(world.session, world.now).removed == {DisposalClass.ERASURE: 2}
    assert rows(world) == 0


def test_an_officer_adds_no_withdrawal_to_what_has_expired(world: World) -> None:
    alice = Browser(world)
    granted = alice.accept_all()
    world.pass_days(200)
    found = find_by_code(world.session, "programme", code_of(granted))
    assert erase_found(world.session, found, officer=operator("olga"), now=world.now).count == 1


@pytest.mark.parametrize(
    ("site", "code", "error"),
    [
        ("programme", "0000-0000-0000", NotFoundError),
        ("library", None, NotFoundError),
        ("programme", "UUUU-0000-0000", RuleError),
        ("programme", "0000", RuleError),
    ],
)
def test_a_code_that_leads_to_nobody_erases_nothing(
    alice: Browser, site: str, code: str | None, error: type[Exception]
) -> None:
    granted = alice.accept_all()
    with pytest.raises(error):
        find_by_code(alice.world.session, site, code or code_of(granted))


def test_an_officer_of_another_site_erases_nothing(alice: Browser) -> None:
    granted = alice.accept_all()
    found = find_by_code(alice.world.session, "programme", code_of(granted))
    otto = Officer("", "Otto", ("library",), 0, None)
    with pytest.raises(NotPermittedError):
        erase_found(alice.world.session, found, officer=otto, now=alice.world.now)
    assert rows(alice.world, DisposalQueueRow) == 0


def test_a_removal_that_is_broken_off_loses_neither_rows_nor_their_record(
    alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.accept_all()
    ask(alice)
    world = alice.world

    def fail(_count: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("consent.services.retention.BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        dispose(world.session, world.now, fail)
    assert rows(world) == rows(world, DisposalQueueRow) == 1
    outcome = dispose(world.session, world.now)
    assert outcome.removed == {DisposalClass.ERASURE: 1}
    assert rows(world) == 0
    assert [one["count"] for one in disposals(world.session)] == [1, 1]
