"""Manipulations of records and of what leads to them."""

from __future__ import annotations

import json

from sqlalchemy import delete, insert, select, update

from consent.audit.entry import commitment
from consent.core.canonical import record_bytes
from consent.core.ids import uuid7
from consent.core.retention import DisposalClass
from consent.core.times import MILLIS_PER_DAY
from consent.store.tables import (
    ConsentEventRow,
    DisposalQueueRow,
    LogIndexRow,
    LogPendingRow,
    LogRecordRow,
    NoticeRow,
)
from consent.verify.findings import Kind
from tests.tamper.drill import Drills, Tamperer, teller
from tests.tamper.history import SHOP, UNIVERSITY

DRILLS: Drills = {}
told_as = teller(DRILLS)

_GRANTS = ConsentEventRow.event.in_(["granted", "partly_granted", "renewed"])
_REFUSALS = ConsentEventRow.event == "refused"


@told_as(Kind.ALTERED)
def edit_a_character_of_a_record(t: Tamperer) -> None:
    row = t.event()
    at = t.chance.randrange(len(row.payload))
    other = t.chance.choice([c for c in "abc019" if c != row.payload[at]])
    t.change(row, payload=row.payload[:at] + other + row.payload[at + 1 :])


@told_as(Kind.ALTERED)
def turn_a_refusal_into_a_grant(t: Tamperer) -> None:
    row = t.event(_REFUSALS)
    record = json.loads(row.payload)
    record["choices"] = dict.fromkeys(record["choices"], True)
    record["event"] = "granted"
    payload = record_bytes(record).decode()
    t.change(row, payload=payload, choices=json.dumps(record["choices"]), event="granted")


@told_as(Kind.ALTERED)
def commit_to_another_record(t: Tamperer) -> None:
    """Record, salt and entry fit each other; only the tree knows better."""
    row = t.event(_GRANTS)
    record = json.loads(row.payload)
    record["language"] = "nl" if record["language"] == "en" else "en"
    payload = record_bytes(record)
    t.change(
        row,
        payload=payload.decode(),
        language=record["language"],
        entry=commitment(payload, row.salt),
    )


@told_as(Kind.ALTERED)
def edit_a_column(t: Tamperer) -> None:
    name, value = t.chance.choice(
        [
            ("at", 1),
            ("site", "elsewhere"),
            ("event", "withdrawn"),
            ("choices", '{"ads":true}'),
            ("control", "embed"),
            ("layer", "other"),
            ("language", "fr"),
            ("notice", "0" * 64),
            ("scope", "0" * 64),
            ("build", "0" * 64),
            ("valid_until", 1),
            ("page_group", "other"),
            ("gpc", True),
        ]
    )
    t.change(t.event(ConsentEventRow.event != "withdrawn"), **{name: value})


@told_as(Kind.ALTERED)
def give_a_record_to_another_visitor(t: Tamperer) -> None:
    t.change(t.event(ConsentEventRow.subject.is_not(None)), subject="0" * 64)


@told_as(Kind.ALTERED)
def edit_a_salt(t: Tamperer) -> None:
    row = t.event()
    salt = bytearray(row.salt)
    salt[t.chance.randrange(64)] ^= 1 << t.chance.randrange(8)
    t.change(row, salt=bytes(salt))


@told_as(Kind.ALTERED)
def edit_an_entry(t: Tamperer) -> None:
    row = t.event()
    entry = bytearray(row.entry)
    entry[t.chance.randrange(32)] ^= 1 << t.chance.randrange(8)
    t.change(row, entry=bytes(entry))


@told_as(Kind.MISSING)
def delete_a_record(t: Tamperer) -> None:
    t.remove(t.event().id, index=t.chance.choice([True, False]))


@told_as(Kind.MISSING)
def delete_all_of_a_visitor(t: Tamperer) -> None:
    subject = t.event(ConsentEventRow.subject.is_not(None)).subject
    ids = t.session.scalars(
        select(ConsentEventRow.id).where(ConsentEventRow.subject == subject)
    ).all()
    for event_id in ids:
        t.remove(event_id)


@told_as(Kind.MISSING)
def delete_the_way_to_a_leaf(t: Tamperer) -> None:
    t.run(delete(LogIndexRow).where(LogIndexRow.event_id == t.event().id))


@told_as(Kind.ALTERED)
def swap_two_records(t: Tamperer) -> None:
    one = t.event()
    other = t.event(ConsentEventRow.id != one.id)
    parts = [(row.payload, row.salt, row.entry) for row in (other, one)]
    for row, (payload, salt, entry) in zip((one, other), parts, strict=True):
        t.change(row, payload=payload, salt=salt, entry=entry)


@told_as(Kind.ALTERED)
def swap_two_leaves(t: Tamperer) -> None:
    one = t.event(log_id=UNIVERSITY)
    other = t.event(ConsentEventRow.id != one.id, log_id=UNIVERSITY)
    leaves = t.leaf_of(one.id), t.leaf_of(other.id)
    for event_id, leaf in ((one.id, -1), (other.id, leaves[0]), (one.id, leaves[1])):
        t.run(update(LogIndexRow).where(LogIndexRow.event_id == event_id).values(leaf_index=leaf))


@told_as(Kind.ALTERED)
def put_a_leaf_into_another_log(t: Tamperer) -> None:
    row = t.event(log_id=UNIVERSITY)
    t.run(
        update(LogIndexRow)
        .where(LogIndexRow.event_id == row.id)
        .values(log_id=SHOP, leaf_index=100_000)
    )


@told_as(Kind.ALTERED)
def put_a_new_record_into_an_old_leaf(t: Tamperer) -> None:
    """A leaf whose record was disposed of gets one again."""
    disposal = t.one_of(
        select(LogRecordRow.payload).where(
            LogRecordRow.type == "disposal", LogRecordRow.log_id == UNIVERSITY
        )
    )
    first, _ = json.loads(disposal)["leaves"][0]
    row = t.event(log_id=UNIVERSITY)
    forged = t.insert_event(row, log_id=UNIVERSITY, prev=None)
    t.run(
        delete(LogPendingRow).where(LogPendingRow.event_id == forged),
        insert(LogIndexRow).values(event_id=forged, log_id=UNIVERSITY, leaf_index=first),
    )


# Inserting.


@told_as(Kind.BACKDATED)
def insert_a_back_dated_record(t: Tamperer) -> None:
    age = t.chance.randint(8, 500) * MILLIS_PER_DAY
    t.insert_event(t.event(_REFUSALS, log_id=SHOP), log_id=SHOP, site="shop", at=t.now - age)
    t.seal()


@told_as(Kind.BACKDATED)
def stage_a_back_dated_record(t: Tamperer) -> None:
    """It waits still; but a head was published that should have it."""
    age = t.chance.randint(8, 500) * MILLIS_PER_DAY
    t.insert_event(t.event(_REFUSALS, log_id=SHOP), log_id=SHOP, site="shop", at=t.now - age)


@told_as(Kind.BACKDATED)
def insert_a_record_of_tomorrow(t: Tamperer) -> None:
    row = t.event(_REFUSALS, log_id=SHOP)
    t.insert_event(row, log_id=SHOP, at=t.now + t.chance.randint(1, 9) * MILLIS_PER_DAY)
    t.seal()


@told_as(Kind.BACKDATED)
def seal_a_record_a_second_time(t: Tamperer) -> None:
    row = t.event(ConsentEventRow.at < t.now - 30 * MILLIS_PER_DAY, log_id=SHOP)
    t.run(
        delete(LogIndexRow).where(LogIndexRow.event_id == row.id),
        insert(LogPendingRow).values(
            event_id=row.id, log_id=SHOP, entry=row.entry, enqueued_at=t.now
        ),
    )
    t.seal()


@told_as(Kind.ALTERED)
def have_a_record_follow_one_of_another_visitor(t: Tamperer) -> None:
    one = t.event(_GRANTS, log_id=UNIVERSITY)
    other = t.event(_GRANTS, ConsentEventRow.subject != one.subject, log_id=UNIVERSITY)
    t.insert_event(one, log_id=UNIVERSITY, at=t.now, prev=other.id)
    t.seal()


@told_as(Kind.MISSING)
def have_a_record_follow_one_that_never_was(t: Tamperer) -> None:
    one = t.event(_GRANTS, log_id=UNIVERSITY)
    t.insert_event(one, log_id=UNIVERSITY, at=t.now, prev=_id_of_nobody(t))
    t.seal()


def _id_of_nobody(t: Tamperer) -> str:
    return uuid7(t.now - 1000, t.chance.randbytes(10))


@told_as(Kind.ALTERED)
def record_an_act_in_the_log_of_somebody_else(t: Tamperer) -> None:
    t.insert_event(t.event(log_id=UNIVERSITY), log_id=SHOP, at=t.now, prev=None)
    t.seal()


@told_as(Kind.ALTERED)
def record_an_act_under_a_notice_that_was_never_shown(t: Tamperer) -> None:
    row = t.event(log_id=UNIVERSITY)
    t.insert_event(row, log_id=UNIVERSITY, at=t.now, prev=None, notice="0" * 64)
    t.seal()


# What waits.


@told_as(Kind.MISSING)
def delete_what_waits(t: Tamperer) -> None:
    row = t.one_of(select(LogPendingRow))
    if t.chance.choice([True, False]):
        t.run(delete(LogPendingRow).where(LogPendingRow.event_id == row.event_id))
    else:
        t.run(delete(ConsentEventRow).where(ConsentEventRow.id == row.event_id))
    if t.chance.choice([True, False]):
        t.seal()


@told_as(Kind.ALTERED)
def edit_what_waits(t: Tamperer) -> None:
    row = t.one_of(select(LogPendingRow))
    t.run(
        update(LogPendingRow)
        .where(LogPendingRow.event_id == row.event_id)
        .values(entry=t.chance.randbytes(32))
    )
    if t.chance.choice([True, False]):
        t.seal()


@told_as(Kind.ALTERED)
def have_a_record_wait_for_another_log(t: Tamperer) -> None:
    row = t.one_of(select(LogPendingRow).where(LogPendingRow.log_id == UNIVERSITY))
    other = t.chance.choice([SHOP, "nobody/1"])
    t.run(update(LogPendingRow).where(LogPendingRow.event_id == row.event_id).values(log_id=other))
    if other == SHOP:
        t.seal()


@told_as(Kind.MISSING)
def have_something_sealed_that_is_no_record(t: Tamperer) -> None:
    t.run(
        insert(LogPendingRow).values(
            event_id=_id_of_nobody(t), log_id=SHOP, entry=t.chance.randbytes(32), enqueued_at=t.now
        )
    )
    t.seal()


# Disposals and losses.


@told_as(Kind.DISPOSAL_TOO_EARLY)
def forge_the_retention_of_a_young_record(t: Tamperer) -> None:
    reason, days = t.chance.choice([("retention_refusal", 170), ("retention_grant", 700)])
    row = t.event(ConsentEventRow.at > t.now - days * MILLIS_PER_DAY, log_id=UNIVERSITY)
    t.dispose(reason, t.leaf_of(row.id))
    t.remove(row.id)
    t.seal()


@told_as(Kind.DISPOSAL_TOO_EARLY)
def have_the_service_retire_a_young_record(t: Tamperer) -> None:
    row = t.event(_REFUSALS, ConsentEventRow.at > t.now - 170 * MILLIS_PER_DAY)
    reason = t.chance.choice(
        [DisposalClass.RETENTION_REFUSAL.value, DisposalClass.RETENTION_GRANT.value]
    )
    t.run(insert(DisposalQueueRow).values(event_id=row.id, reason=reason, queued_at=t.now))
    t.history.dispose()
    t.seal()


@told_as(Kind.DISPOSAL_TOO_EARLY)
def shorten_the_promise_and_dispose(t: Tamperer) -> None:
    """A config record with another notice makes nothing due that was not."""
    row = t.event(_GRANTS, ConsentEventRow.at > t.now - 600 * MILLIS_PER_DAY, log_id=UNIVERSITY)
    t.stage("config", site="programme", notice="1" * 64, scope="1" * 64, policy="1" * 64, builds={})
    t.dispose("retention_grant", t.leaf_of(row.id))
    t.remove(row.id)
    t.seal()


@told_as(Kind.BACKDATED)
def forge_a_disposal_of_the_future(t: Tamperer) -> None:
    row = t.event(ConsentEventRow.at > t.now - 170 * MILLIS_PER_DAY, log_id=UNIVERSITY)
    t.dispose("retention_refusal", t.leaf_of(row.id), at=t.now + 181 * MILLIS_PER_DAY)
    t.remove(row.id)
    t.seal()


@told_as(Kind.ALTERED)
def forge_a_disposal_of_what_exists(t: Tamperer) -> None:
    t.dispose("erasure", t.leaf_of(t.event(log_id=UNIVERSITY).id))
    t.seal()


@told_as(Kind.ALTERED)
def dispose_a_second_time(t: Tamperer) -> None:
    payload = t.one_of(
        select(LogRecordRow.payload).where(
            LogRecordRow.type == "disposal", LogRecordRow.log_id == SHOP
        )
    )
    t.dispose("erasure", json.loads(payload)["leaves"][0][0], log_id=SHOP)
    t.seal()


@told_as(Kind.DISPOSAL_TOO_EARLY)
def dispose_of_what_is_not_there_yet(t: Tamperer) -> None:
    t.dispose("erasure", t.chance.choice([5_000, 10**12]))
    t.seal()


@told_as(Kind.MISSING)
def delete_with_a_disposal_that_is_never_sealed(t: Tamperer) -> None:
    row = t.event(log_id=UNIVERSITY)
    disposal = t.dispose("erasure", t.leaf_of(row.id))
    t.remove(row.id)
    t.run(delete(LogPendingRow).where(LogPendingRow.event_id == disposal))


@told_as(Kind.MISSING)
def delete_a_disposal(t: Tamperer) -> None:
    row = t.one_of(select(LogRecordRow).where(LogRecordRow.type == "disposal"))
    t.run(delete(LogRecordRow).where(LogRecordRow.id == row.id))


@told_as(Kind.ALTERED)
def edit_a_disposal(t: Tamperer) -> None:
    row = t.one_of(select(LogRecordRow).where(LogRecordRow.type == "disposal"))
    record = json.loads(row.payload)
    record["reason"] = "erasure" if record["reason"] != "erasure" else "retention_grant"
    t.change(row, payload=record_bytes(record).decode())


@told_as(Kind.MISSING)
def declare_a_record_lost_in_a_restore(t: Tamperer) -> None:
    row = t.event(ConsentEventRow.at < t.now - 60 * MILLIS_PER_DAY, log_id=UNIVERSITY)
    leaf = t.leaf_of(row.id)
    t.stage("recovery", lost=[[leaf, leaf]], reason="disk failure")
    t.remove(row.id)
    t.seal()


@told_as(Kind.ALTERED)
def edit_a_record_of_the_logs_own(t: Tamperer) -> None:
    row = t.one_of(select(LogRecordRow))
    name, value = t.chance.choice(
        [("type", "epoch"), ("at", 1), ("payload", "{}"), ("salt", bytes(64)), ("log_id", "x/1")]
    )
    t.change(row, **{name: value})


@told_as(Kind.ALTERED)
def edit_a_notice(t: Tamperer) -> None:
    row = t.one_of(select(NoticeRow))
    months = row.document.replace('"proof_months":24', '"proof_months":1')
    t.run(update(NoticeRow).where(NoticeRow.notice_hash == row.notice_hash).values(document=months))
