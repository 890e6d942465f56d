"""Manipulations of the tree, its heads, its keys, and of what lies beside it."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select, update

from consent.audit.checkpoints import Checkpoint, clock_key_name, sign_checkpoint
from consent.audit.notes import ClockSigner, NoteSigner
from consent.audit.tiles import ENTRIES, append_entries, decode_entries
from consent.store.tables import (
    BuildRow,
    ConsentEventRow,
    LogAnchorRow,
    LogCheckpointRow,
    LogIndexRow,
    LogKeyRow,
    LogRecordRow,
    LogRow,
    LogStateRow,
    LogTileRow,
    PolicyRow,
    PublicationRow,
)
from consent.verify.findings import Kind
from tests.audit.make_keys import private_key
from tests.tamper.drill import Drills, Tamperer, teller
from tests.tamper.history import SHOP, UNIVERSITY

DRILLS: Drills = {}
told_as = teller(DRILLS)


def _tile(t: Tamperer) -> LogTileRow:
    row: LogTileRow = t.one_of(select(LogTileRow))
    return row


def _put_tile(t: Tamperer, log_id: str, level: int, n: int, data: bytes) -> None:
    key = LogTileRow.log_id == log_id, LogTileRow.level == level, LogTileRow.n == n
    t.run(update(LogTileRow).where(*key).values(data=data))


@told_as(Kind.ALTERED)
def edit_a_tile(t: Tamperer) -> None:
    row = _tile(t)
    data = bytearray(row.data)
    data[t.chance.randrange(len(data))] ^= 1 << t.chance.randrange(8)
    _put_tile(t, row.log_id, row.level, row.n, bytes(data))


@told_as(Kind.MISSING)
def delete_a_tile(t: Tamperer) -> None:
    row = _tile(t)
    t.run(
        delete(LogTileRow).where(
            LogTileRow.log_id == row.log_id, LogTileRow.level == row.level, LogTileRow.n == row.n
        )
    )


@told_as(Kind.ALTERED)
def rebuild_the_tree_without_a_record(t: Tamperer) -> None:
    """Everything in the database fits together again; only the signatures do not."""
    rows = t.session.scalars(
        select(LogTileRow)
        .where(LogTileRow.log_id == SHOP, LogTileRow.level == ENTRIES)
        .order_by(LogTileRow.n)
    ).all()
    entries = [entry for row in rows for entry in decode_entries(row.data)]
    entries[t.chance.randrange(len(entries))] = t.chance.randbytes(32)
    rebuilt = append_entries(lambda _level, _n: b"", 0, entries)
    for (level, n), data in rebuilt.tiles.items():
        _put_tile(t, SHOP, level, n, data)
    t.run(update(LogStateRow).where(LogStateRow.log_id == SHOP).values(root=rebuilt.root))


@told_as(Kind.ALTERED)
def edit_the_root_of_the_state(t: Tamperer) -> None:
    t.run(update(LogStateRow).values(root=t.chance.randbytes(32)))


@told_as(Kind.ROLLED_BACK)
def set_the_state_back(t: Tamperer) -> None:
    t.run(update(LogStateRow).values(size=t.chance.randint(0, 100)))


@told_as(Kind.ALTERED)
def set_the_state_ahead(t: Tamperer) -> None:
    t.run(update(LogStateRow).values(size=t.chance.randint(1_000, 10_000)))


@told_as(Kind.MISSING)
def delete_the_state(t: Tamperer) -> None:
    t.run(delete(LogStateRow))


def _head(t: Tamperer) -> LogCheckpointRow:
    row: LogCheckpointRow = t.one_of(select(LogCheckpointRow).where(LogCheckpointRow.published))
    return row


def _change_head(t: Tamperer, row: LogCheckpointRow, **values: object) -> None:
    t.run(
        update(LogCheckpointRow)
        .where(
            LogCheckpointRow.log_id == row.log_id,
            LogCheckpointRow.size == row.size,
            LogCheckpointRow.created == row.created,
        )
        .values(**values)
    )


@told_as(Kind.BAD_SIGNATURE)
def edit_a_head(t: Tamperer) -> None:
    row = _head(t)
    lines = row.note.split("\n")
    number = t.chance.choice([1, 2, 4, 5])
    at = len(lines[number]) - 2
    lines[number] = {
        1: str(row.size + 1),
        2: "A" * 43 + "=",
        4: lines[4][: at - 8] + "AAAAAAAA"[: len(lines[4]) - at + 8 - 2] + lines[4][-2:],
        5: "",
    }[number]
    _change_head(t, row, note="\n".join(line for n, line in enumerate(lines) if n != 5 or line))


@told_as(Kind.BAD_SIGNATURE)
def take_the_time_off_a_head(t: Tamperer) -> None:
    row = _head(t)
    _change_head(t, row, note="".join(row.note.splitlines(keepends=True)[:-1]))


@told_as(Kind.ALTERED)
def file_a_head_under_another_time(t: Tamperer) -> None:
    row = _head(t)
    _change_head(t, row, created=row.created + t.chance.choice([-1, 1]) * 3_600_000)


@told_as(Kind.ALTERED)
def file_a_head_under_another_size(t: Tamperer) -> None:
    row = _head(t)
    _change_head(t, row, size=row.size + t.chance.randint(1, 5))


@told_as(Kind.MISSING)
def delete_every_head(t: Tamperer) -> None:
    t.run(delete(LogCheckpointRow))


@told_as(Kind.MISSING)
def delete_a_head_that_was_witnessed(t: Tamperer) -> None:
    row = _head(t)
    t.run(
        delete(LogCheckpointRow).where(
            LogCheckpointRow.log_id == row.log_id, LogCheckpointRow.size == row.size
        )
    )


@told_as(Kind.BAD_SIGNATURE)
def edit_the_line_of_a_witness(t: Tamperer) -> None:
    row = t.one_of(select(LogAnchorRow))
    t.change(row, blob=row.blob[:-12] + b"AAAAAAAAAA" + row.blob[-2:])


@told_as(Kind.ROLLED_BACK)
def set_the_log_back_row_by_row(t: Tamperer) -> None:
    """Every table is as it was; but this machine remembers what it has signed."""
    size = t.session.scalar(
        select(func.max(LogCheckpointRow.size)).where(
            LogCheckpointRow.log_id == SHOP,
            LogCheckpointRow.size
            < select(LogStateRow.size).where(LogStateRow.log_id == SHOP).scalar_subquery(),
        )
    )
    assert size is not None
    gone = select(LogIndexRow.event_id).where(
        LogIndexRow.log_id == SHOP, LogIndexRow.leaf_index >= size
    )
    ids = t.session.scalars(gone).all()
    rows = t.session.scalars(
        select(LogTileRow)
        .where(LogTileRow.log_id == SHOP, LogTileRow.level == ENTRIES)
        .order_by(LogTileRow.n)
    ).all()
    entries = [entry for row in rows for entry in decode_entries(row.data)][:size]
    tree = append_entries(lambda _level, _n: b"", 0, entries)
    for (level, n), data in tree.tiles.items():
        _put_tile(t, SHOP, level, n, data)
    t.run(
        delete(ConsentEventRow).where(ConsentEventRow.id.in_(ids)),
        delete(LogRecordRow).where(LogRecordRow.id.in_(ids)),
        delete(LogIndexRow).where(LogIndexRow.event_id.in_(ids)),
        delete(LogCheckpointRow).where(
            LogCheckpointRow.log_id == SHOP, LogCheckpointRow.size > size
        ),
        delete(LogAnchorRow).where(LogAnchorRow.log_id == SHOP, LogAnchorRow.size > size),
        update(LogStateRow).where(LogStateRow.log_id == SHOP).values(size=size, root=tree.root),
    )


@told_as(Kind.FORKED)
def rewrite_the_log_with_its_own_keys(t: Tamperer) -> None:
    """Who holds the keys makes a history without one record. A head that was kept tells."""
    keys = t.history.world.keys.log
    assert keys is not None

    origin = t.session.scalars(select(LogRow.origin).where(LogRow.log_id == SHOP)).one()
    log = NoteSigner(origin, keys.log[0])
    clock = ClockSigner(clock_key_name(origin), keys.clock[0])
    victim = t.event(log_id=SHOP)
    leaf = t.leaf_of(victim.id)
    rows = t.session.scalars(
        select(LogTileRow)
        .where(LogTileRow.log_id == SHOP, LogTileRow.level == ENTRIES)
        .order_by(LogTileRow.n)
    ).all()
    entries = [entry for row in rows for entry in decode_entries(row.data)]
    other = t.event(ConsentEventRow.id != victim.id, log_id=SHOP)
    entries[leaf] = other.entry
    tree = append_entries(lambda _level, _n: b"", 0, entries)
    for (level, n), data in tree.tiles.items():
        _put_tile(t, SHOP, level, n, data)
    heads = t.session.scalars(select(LogCheckpointRow).where(LogCheckpointRow.log_id == SHOP)).all()
    for head in heads:
        part = append_entries(lambda _level, _n: b"", 0, entries[: head.size])
        checkpoint = Checkpoint(origin, head.size, part.root)
        note = sign_checkpoint(checkpoint, [log], [clock], head.created // 1000)
        _change_head(t, head, note=note)
    t.change(victim, payload=other.payload, salt=other.salt, entry=other.entry)
    t.run(
        delete(LogAnchorRow).where(LogAnchorRow.log_id == SHOP),
        update(LogStateRow).where(LogStateRow.log_id == SHOP).values(root=tree.root),
    )


# Keys.


@told_as(Kind.BAD_SIGNATURE)
def delete_a_key(t: Tamperer) -> None:
    """Also that of the clock, without which nothing would be dated."""
    role = t.chance.choice(["log", "clock", "receipt"])
    t.run(delete(LogKeyRow).where(LogKeyRow.role == role))


@told_as(Kind.BAD_SIGNATURE)
def add_a_key_of_his_own(t: Tamperer) -> None:
    """He signs a head with it, beside the key of the log."""
    origin = t.session.scalars(select(LogRow.origin).where(LogRow.log_id == UNIVERSITY)).one()
    own = NoteSigner(origin, private_key(77))
    head = t.one_of(select(LogCheckpointRow).where(LogCheckpointRow.log_id == UNIVERSITY))
    _change_head(t, head, note=head.note + own.line(head.note.split("\n\n")[0] + "\n"))
    t.run(
        insert(LogKeyRow).values(
            log_id=UNIVERSITY, vkey=own.verifier.vkey, role="log", added_at=t.now
        )
    )


@told_as(Kind.ALTERED)
def give_the_log_another_origin(t: Tamperer) -> None:
    t.run(update(LogRow).where(LogRow.log_id == SHOP).values(origin="elsewhere.example/shop/1"))


# Beside the log.


@told_as(Kind.ALTERED)
def edit_a_policy(t: Tamperer) -> None:
    row = t.one_of(select(PolicyRow))
    t.run(
        update(PolicyRow)
        .where(PolicyRow.version == row.version)
        .values(document=row.document.replace("a", "b", 1))
    )


@told_as(Kind.ALTERED)
def edit_a_build(t: Tamperer) -> None:
    row = t.one_of(select(BuildRow))
    t.run(update(BuildRow).where(BuildRow.digest == row.digest).values(content=b"x"))


@told_as(Kind.ALTERED)
def edit_a_publication(t: Tamperer) -> None:
    row = t.one_of(select(PublicationRow))
    later = row.published_at + 1
    changes = {"notice_hash": "0" * 64, "policy_version": "0" * 64, "published_at": later}
    name = t.chance.choice(list(changes))
    t.change(row, **{name: changes[name]})


@told_as(Kind.MISSING)
def delete_a_publication(t: Tamperer) -> None:
    row = t.one_of(select(PublicationRow))
    t.run(delete(PublicationRow).where(PublicationRow.id == row.id))
