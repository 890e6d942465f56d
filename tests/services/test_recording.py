"""One act on a real database of each engine: what is stored, answered, repeated and refused."""

from __future__ import annotations

import base64
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from consent.audit.entry import commitment
from consent.audit.notes import NoteVerifier
from consent.audit.receipts import open_receipt, receipt_key_name
from consent.audit.tokens import open_answer
from consent.core.ids import reference_code
from consent.core.model import EventName, Status
from consent.core.times import day_of, end_of_day
from consent.errors import (
    ContradictoryControlError,
    IncompleteChoicesError,
    NotFoundError,
    NoticeSupersededError,
    NoticeTokenError,
    StoreUnavailableError,
    SubmissionConflictError,
    UnknownCategoryError,
    UnknownPageGroupError,
)
from consent.services.builds import script_build
from consent.services.recording import forget_submissions
from consent.services.standing import find_by_receipt, find_history, find_standing
from consent.store import database
from consent.store.builds import Build, insert_build
from consent.store.tables import (
    ConsentEventRow,
    LogPendingRow,
    RefusalTotalRow,
    SubmissionRow,
)
from tests.make import make_site
from tests.world import Browser, World, new_id

pytestmark = pytest.mark.smoke

ALL = {"functional": True, "personalisation": True, "ads": True}
NONE = dict.fromkeys(ALL, False)


@pytest.fixture
def alice(world: World) -> Browser:
    return Browser(world)


def rows(world: World, table: Any = ConsentEventRow) -> int:
    count = world.session.scalar(select(func.count()).select_from(table)) or 0
    world.session.rollback()
    return count


def waiting(world: World) -> int:
    """Count the acts that wait for the log; what it says of itself waits beside them."""
    query = select(func.count()).select_from(LogPendingRow)
    acts = query.join(ConsentEventRow, ConsentEventRow.id == LogPendingRow.event_id)
    count = world.session.scalar(acts) or 0
    world.session.rollback()
    return count


@pytest.mark.legal("RP-01", "RP-02")
def test_a_grant_is_stored_with_everything_that_proves_it(alice: Browser) -> None:
    recorded = alice.accept_all(page_group="admissions")
    stored = recorded.stored
    assert stored is not None
    record = json.loads(stored.payload)
    notice = alice.world.site().notice
    assert record["event"] == "granted"
    assert record["choices"] == ALL
    assert record["notice"] == notice.hash
    assert record["scope"] == notice.scope
    assert record["build"] == script_build()
    assert record["language"] == "en"
    assert record["control"] == "accept_all"
    assert record["layer"] == "banner"
    assert record["page_group"] == "admissions"
    assert record["at"] == alice.world.now
    assert commitment(stored.payload.encode(), stored.salt) == stored.entry
    assert rows(alice.world) == waiting(alice.world) == 1


@pytest.mark.legal("RP-13")
def test_the_receipt_is_genuine_and_promises_this_entry(alice: Browser) -> None:
    recorded = alice.accept_all()
    site, keys = alice.world.site(), alice.world.keys
    verifier = NoteVerifier(receipt_key_name(site.log_origin), keys.receipt.public_key())
    assert recorded.receipt is not None
    assert recorded.stored is not None
    receipt = open_receipt(verifier, recorded.receipt)
    assert receipt.record_id == recorded.stored.event.id
    assert receipt.entry == recorded.stored.entry
    assert receipt.merge_by * 1000 == recorded.decided_at + 60_000


@pytest.mark.legal("RP-04", "RP-06", "CT-07")
def test_a_refusal_has_no_identifier_and_is_the_same_bytes_for_everyone(world: World) -> None:
    first, second = Browser(world), Browser(world)
    one, two = first.refuse_all(), second.refuse_all()
    assert one.answer_cookie == two.answer_cookie
    assert one.identity_cookie == two.identity_cookie == ""
    assert one.stored is not None
    assert one.stored.event.event is EventName.REFUSED
    assert one.stored.event.subject is None
    assert first.cookies.identity is None


@pytest.mark.legal("SL-04")
def test_saving_with_nothing_allowed_is_a_refusal(alice: Browser) -> None:
    assert alice.save().event is EventName.REFUSED


@pytest.mark.legal("WD-07", "WD-08", "RP-10")
def test_a_browsers_acts_form_a_chain_under_one_subject(alice: Browser) -> None:
    first = alice.accept_all()
    second = alice.save("functional", "ads")
    third = alice.withdraw_all()
    events = [recorded.stored.event for recorded in (first, second, third) if recorded.stored]
    assert [event.event.value for event in events] == ["granted", "partly_granted", "withdrawn"]
    assert len({event.subject for event in events}) == 1
    assert [event.prev for event in events] == [None, events[0].id, events[1].id]
    assert alice.cookies.identity is None
    assert rows(alice.world) == 3


@pytest.mark.legal("RE-10")
def test_after_a_withdrawal_an_old_id_is_never_taken_up_again(alice: Browser) -> None:
    granted = alice.accept_all()
    before = alice.cookies
    alice.withdraw_all()
    alice.cookies = before
    state = find_standing(
        alice.world.session,
        alice.world.site(),
        before,
        keys=alice.world.keys,
        now=alice.world.now,
    ).state
    assert state.status is Status.UNDECIDED
    again = alice.accept_all()
    assert again.stored is not None
    assert granted.stored is not None
    assert again.stored.event.subject != granted.stored.event.subject
    assert again.stored.event.prev is None


@pytest.mark.legal("RE-04", "RP-10")
def test_a_grant_after_expiry_is_a_renewal_of_the_same_subject(alice: Browser) -> None:
    first = alice.accept_all()
    alice.world.pass_days(181)
    renewed = alice.accept_all()
    assert renewed.event is EventName.RENEWED
    assert renewed.stored is not None
    assert first.stored is not None
    assert renewed.stored.event.subject == first.stored.event.subject
    assert renewed.stored.event.prev == first.stored.event.id


def test_a_refusal_after_expiry_carries_no_subject(alice: Browser) -> None:
    alice.accept_all()
    alice.world.pass_days(181)
    refused = alice.refuse_all()
    assert refused.event is EventName.REFUSED
    assert refused.stored is not None
    assert refused.stored.event.subject is None
    assert refused.stored.event.prev is None
    assert alice.cookies.identity is None


@pytest.mark.legal("CT-05", "RE-03")
def test_answer_and_record_end_on_the_same_day(alice: Browser) -> None:
    recorded = alice.refuse_all()
    assert recorded.answer_cookie is not None
    answer = open_answer(alice.world.keys.keyring, "programme", recorded.answer_cookie)
    assert answer.chosen_on == day_of(alice.world.now)
    assert end_of_day(answer.ends_on) == recorded.valid_until


def test_a_repeat_gets_the_same_answer_and_stores_nothing(alice: Browser) -> None:
    submission_id = new_id()
    before = alice.cookies
    first = alice.accept_all(submission_id=submission_id)
    alice.cookies = before
    alice.world.now += 5_000
    again = alice.accept_all(submission_id=submission_id)
    assert again.is_repeat
    assert replace(again, is_repeat=False) == first
    assert rows(alice.world) == 1


def test_a_repeat_is_answered_before_its_token_is_looked_at(alice: Browser) -> None:
    submission_id = new_id()
    first = alice.refuse_all(submission_id=submission_id)
    again = alice.refuse_all(submission_id=submission_id, token="expired")
    assert replace(again, is_repeat=False) == first


def test_the_same_id_with_other_content_is_a_conflict(alice: Browser) -> None:
    submission_id = new_id()
    alice.refuse_all(submission_id=submission_id)
    with pytest.raises(SubmissionConflictError):
        alice.accept_all(submission_id=submission_id)
    assert rows(alice.world) == 1


@pytest.mark.legal("RE-10")
def test_a_late_repeat_does_not_bring_back_what_was_replaced(alice: Browser) -> None:
    submission_id = new_id()
    alice.accept_all(submission_id=submission_id)
    alice.withdraw_all()
    repeated = alice.accept_all(submission_id=submission_id)
    assert repeated.is_repeat
    assert repeated.answer_cookie is None
    assert repeated.identity_cookie is None


@pytest.mark.parametrize("mode", ["event", "count"])
def test_a_late_repeat_of_a_refusal_leaves_a_later_grant_alone(alice: Browser, mode: str) -> None:
    alice.world.publish(record_refusals=mode)
    submission_id = new_id()
    alice.refuse_all(submission_id=submission_id)
    alice.accept_all()
    repeated = alice.refuse_all(submission_id=submission_id)
    assert repeated.is_repeat
    assert repeated.answer_cookie is None
    assert repeated.identity_cookie is None


def test_a_late_repeat_of_a_grant_leaves_a_later_refusal_alone(alice: Browser) -> None:
    submission_id = new_id()
    alice.accept_all(submission_id=submission_id)
    alice.cookies = replace(alice.cookies, identity=None)
    alice.refuse_all()
    repeated = alice.accept_all(submission_id=submission_id)
    assert repeated.answer_cookie is None
    assert repeated.identity_cookie is None


def test_a_repeat_after_a_lost_answer_brings_its_cookies(alice: Browser) -> None:
    alice.refuse_all()
    before, submission_id = alice.cookies, new_id()
    first = alice.accept_all(submission_id=submission_id)
    alice.cookies = before
    again = alice.accept_all(submission_id=submission_id)
    assert again.answer_cookie == first.answer_cookie
    assert again.identity_cookie == first.identity_cookie


def test_submissions_are_forgotten_after_30_days(alice: Browser) -> None:
    alice.refuse_all()
    alice.world.pass_days(30)
    assert forget_submissions(alice.world.session, alice.world.now) == 0
    alice.world.now += 1
    assert forget_submissions(alice.world.session, alice.world.now) == 1
    assert rows(alice.world, SubmissionRow) == 0
    assert rows(alice.world) == 1


@pytest.mark.legal("RP-12")
def test_an_act_without_our_token_stores_nothing(alice: Browser) -> None:
    forged = alice.world.token(alice.world.site(), site="other")
    for token in ("nonsense", forged):
        with pytest.raises(NoticeTokenError):
            alice.accept_all(token=token)
    assert rows(alice.world) == rows(alice.world, SubmissionRow) == 0


def test_an_act_on_a_script_of_an_earlier_version_names_that_build(alice: Browser) -> None:
    world = alice.world
    earlier = Build("ea" * 32, "script", b"earlier", world.now)
    token = world.token(world.site(), build=earlier.digest)
    with pytest.raises(NoticeTokenError):
        alice.accept_all(token=token)
    insert_build(world.session, earlier)
    world.session.commit()
    stored = alice.accept_all(token=token).stored
    assert stored is not None
    assert stored.event.build == earlier.digest


def test_a_token_for_a_notice_that_was_never_published_stores_nothing(alice: Browser) -> None:
    with pytest.raises(NoticeTokenError):
        alice.accept_all(token=alice.world.token(alice.world.site(), notice="00" * 32))
    assert rows(alice.world) == 0


@pytest.mark.legal("SL-01", "SL-05", "CO-04")
def test_what_does_not_fit_stores_nothing(alice: Browser) -> None:
    with pytest.raises(IncompleteChoicesError):
        alice.act("save", {"functional": True})
    with pytest.raises(UnknownCategoryError):
        alice.act("save", {**NONE, "necessary": True})
    with pytest.raises(ContradictoryControlError):
        alice.act("accept_all", {**ALL, "ads": False})
    with pytest.raises(UnknownPageGroupError):
        alice.accept_all(page_group="not-in-the-list")
    assert rows(alice.world) == rows(alice.world, SubmissionRow) == 0


@pytest.mark.legal("SG-01", "SG-05", "RP-11")
def test_gpc_is_recorded_only_where_it_mattered(world: World) -> None:
    careful = Browser(world, gpc=True)
    accepted = careful.act("accept_all", {**ALL, "ads": False})
    overridden = careful.save("ads")
    refused = Browser(world, gpc=True).refuse_all()
    signals = [
        json.loads(recorded.stored.payload).get("signals")
        for recorded in (accepted, overridden, refused)
        if recorded.stored
    ]
    assert signals == [{"gpc": True}, {"gpc": True}, None]


def test_when_the_scope_changed_refusals_stand_and_grants_are_asked_again(alice: Browser) -> None:
    shown = alice.world.site()
    token = alice.world.token(shown)
    categories = tuple(
        replace(category, data=(*category.data, "device")) if category.id == "ads" else category
        for category in make_site().categories
    )
    alice.world.publish(categories=categories)
    with pytest.raises(NoticeSupersededError):
        alice.accept_all(site=shown, token=token)
    assert rows(alice.world) == 0
    refused = alice.refuse_all(site=shown, token=token)
    assert refused.notice == shown.notice.hash


@pytest.mark.legal("RE-05")
def test_when_only_the_wording_changed_grants_stand_too(alice: Browser) -> None:
    shown = alice.world.site()
    alice.accept_all()
    now_shown = alice.world.publish(texts={"en": {"control.label": "Cookie choices"}})
    assert now_shown.notice.hash != shown.notice.hash
    assert now_shown.scope.hash == shown.scope.hash
    recorded = Browser(alice.world).accept_all(site=shown)
    assert recorded.notice == shown.notice.hash
    kept = find_standing(
        alice.world.session, now_shown, alice.cookies, keys=alice.world.keys, now=alice.world.now
    )
    assert kept.state.status is Status.DECIDED


@pytest.mark.legal("RE-05", "RE-06", "RE-07")
def test_after_a_change_of_scope_the_rest_stands_and_the_answer_renews(alice: Browser) -> None:
    alice.accept_all()
    alice.world.pass_days(10)
    categories = tuple(
        replace(category, data=(*category.data, "device")) if category.id == "ads" else category
        for category in make_site().categories
    )
    site = alice.world.publish(categories=categories)
    standing = find_standing(
        alice.world.session, site, alice.cookies, keys=alice.world.keys, now=alice.world.now
    )
    assert standing.state.status is Status.RENEWAL_NEEDED
    assert standing.state.choices == {**ALL, "ads": False}
    old_end = standing.state.answer
    renewed = alice.act("refuse_all", {**ALL, "ads": False})
    assert renewed.event is EventName.RENEWED
    assert old_end is not None
    assert renewed.valid_until == old_end.valid_until


def test_in_count_mode_a_refusal_leaves_only_a_daily_total(alice: Browser) -> None:
    alice.world.publish(record_refusals="count")
    submission_id = new_id()
    first = alice.refuse_all(submission_id=submission_id)
    again = alice.refuse_all(submission_id=submission_id)
    Browser(alice.world).refuse_all()
    assert first.stored is None
    assert first.receipt is None
    assert first.answer_cookie
    assert replace(again, is_repeat=False) == first
    assert rows(alice.world) == 0
    assert alice.world.session.scalar(select(RefusalTotalRow.count)) == 2


def test_in_count_mode_grants_and_withdrawals_keep_their_rows(alice: Browser) -> None:
    alice.world.publish(record_refusals="count")
    alice.accept_all()
    assert alice.withdraw_all().stored is not None
    assert rows(alice.world) == 2


def test_on_another_domain_there_is_no_id_and_no_history(alice: Browser) -> None:
    alice.world.publish(service_url="https://consent.example")
    alice.accept_all()
    second = alice.save("ads")
    assert alice.cookies.identity is None
    assert second.stored is not None
    assert second.stored.event.subject is None
    assert second.stored.event.prev is None


@pytest.mark.legal("RR-05", "RR-06")
def test_history_is_for_the_holder_of_the_id_or_a_receipt_only(world: World) -> None:
    alice, bob = Browser(world), Browser(world)
    first = alice.accept_all()
    alice.save("ads")
    bob.accept_all()
    site, session, keys = world.site(), world.session, world.keys
    history = find_history(session, site, alice.cookies, keys=keys)
    assert [stored.event.event.value for stored in history] == ["partly_granted", "granted"]
    assert first.receipt is not None
    by_receipt = find_by_receipt(session, site, first.receipt, keys=keys)
    assert by_receipt == history
    for cookies in (Browser(world).cookies, replace(alice.cookies, identity="forged")):
        with pytest.raises(NotFoundError):
            find_history(session, site, cookies, keys=keys)
    later = first.receipt.replace("received 1", "received 2")
    with pytest.raises(NotFoundError):
        find_by_receipt(session, site, later, keys=keys)


def test_a_refusals_receipt_shows_that_refusal_alone(alice: Browser) -> None:
    refused = alice.refuse_all()
    assert refused.receipt is not None
    site, keys = alice.world.site(), alice.world.keys
    found = find_by_receipt(alice.world.session, site, refused.receipt, keys=keys)
    assert [stored.event.event for stored in found] == [EventName.REFUSED]


def test_the_code_on_the_page_is_the_one_of_the_record(alice: Browser) -> None:
    recorded = alice.accept_all()
    standing = find_standing(
        alice.world.session,
        alice.world.site(),
        alice.cookies,
        keys=alice.world.keys,
        now=alice.world.now,
    )
    assert recorded.stored is not None
    assert recorded.stored.event.subject is not None
    assert standing.code == reference_code(recorded.stored.event.subject)


def test_simultaneous_repeats_store_one_event(engine: Engine, world: World) -> None:
    submission_id = new_id()

    def submit(_: int) -> bytes:
        with Session(engine) as session:
            own = World(session, keys=world.keys)
            recorded = Browser(own).accept_all(submission_id=submission_id)
            assert recorded.stored is not None
            return recorded.stored.entry

    with ThreadPoolExecutor(8) as pool:
        entries = Counter(pool.map(submit, range(16)))
    assert len(entries) == 1
    assert rows(world) == waiting(world) == 1


def test_simultaneous_acts_of_one_browser_form_one_chain(engine: Engine, world: World) -> None:
    alice = Browser(world)
    alice.accept_all()
    cookies = alice.cookies

    def change(_: int) -> None:
        with Session(engine) as session:
            Browser(World(session, keys=world.keys), cookies=cookies).save("ads")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(change, range(6)))
    prevs = list(world.session.scalars(select(ConsentEventRow.prev)))
    assert len(set(prevs)) == len(prevs) == 7


def test_a_database_that_cannot_take_the_write_says_so(
    engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT_MS", 100)
    alice = Browser(world)
    world.session.execute(text("SELECT 1"))
    with engine.connect() as other:
        if engine.dialect.name == "sqlite":
            world.session.execute(text("PRAGMA busy_timeout = 100"))
            other.execution_options(writes=True).execute(text("SELECT 1"))
        else:
            other.execute(text("LOCK TABLE submission IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StoreUnavailableError):
            alice.refuse_all()
    assert alice.cookies.answer is None
    assert alice.refuse_all().answer_cookie


def test_salts_have_64_random_bytes(world: World) -> None:
    salts = set()
    for _ in range(5):
        stored = Browser(world).refuse_all().stored
        assert stored is not None
        salts.add(base64.b64encode(stored.salt))
        assert len(stored.salt) == 64
    assert len(salts) == 5
