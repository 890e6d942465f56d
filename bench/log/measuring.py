"""What is measured of a log of some size, and of a chain of the same entries."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.log import chain
from bench.log.filling import LOG_ID, Filled, stage
from consent.audit.entry import leaf_hash
from consent.audit.proofs import inclusion_proof, verify_inclusion
from consent.audit.tiles import TILE_WIDTH, decode_entries
from consent.services.live_checks import LiveChecks
from consent.services.live_log import LiveSource
from consent.services.sealing import BATCHES, get_log, seal_all
from consent.services.sealing_head import StateFiles
from consent.services.verifying import verify_database
from consent.store.log import find_leaf, find_state, tile_reader
from consent.store.tables import LogIndexRow
from consent.verify.findings import Findings, Kind
from consent.verify.log_check import Evidence
from consent.verify.tree_check import TreeCheck
from tests.make_year import YEAR, YEAR_MS

SEALED = 20_000
SINGLE = 1_000
PROOFS = 500
NOW = YEAR + YEAR_MS + 60_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How many a second, by the clock on the wall and by this process's own processor time."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured at one size. Chains have no cold and warm: there is no proof to cut."""

    engine: str
    size: int
    sealing: Rate
    chaining: Rate
    chaining_each: Rate
    proof_cold: Rate
    proof_warm: Rate
    proof_bytes: int
    checking: Rate
    chain_proof: Rate
    chain_proof_bytes: int
    tree: Rate
    chain_check: Rate
    whole: Rate


def measure(log: Filled, tell: Callable[[str], None]) -> Measured:
    """Measure everything at the log's size; sealing comes last, since it makes the log grow."""
    with Session(log.engine) as session:
        tell("verifying")
        whole = _whole(session, log)
        tree = _tree(session, log)
        tell("proving")
        cold = _proofs(session, log, warm=False)
        warm = _proofs(session, log, warm=True)
        checking, path = _checking(session, log)
        tell("chaining")
        chain_check, chain_proof = _chain(session, log)
        chaining, chaining_each = _chaining(session, log)
        tell("sealing")
        sealing = _sealing(session, log)
    return Measured(
        engine=log.name,
        size=log.size,
        sealing=sealing,
        chaining=chaining,
        chaining_each=chaining_each,
        proof_cold=cold,
        proof_warm=warm,
        proof_bytes=32 * path,
        checking=checking,
        chain_proof=chain_proof,
        chain_proof_bytes=64 * (log.size // 2),
        tree=tree,
        chain_check=chain_check,
        whole=whole,
    )


def _rate(count: int, work: Callable[[], object]) -> Rate:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Rate(count / (time.perf_counter() - wall), count / (time.process_time() - cpu))


def _sealing(session: Session, log: Filled) -> Rate:
    stage(session, [os.urandom(32) for _ in range(SEALED)], NOW)
    return _rate(SEALED, lambda: seal_all(session, LOG_ID, log.keys, now=NOW))


def _tree(session: Session, log: Filled) -> Rate:
    """Read every entry, compute the root and every tile anew, and hold them against the stored."""
    source = LiveSource(session, get_log(session, LOG_ID), None, LiveChecks(session))
    findings = Findings()
    check = TreeCheck(source, log.size, findings)

    def walk() -> None:
        for bundle in check.entries():
            for _, leaf in bundle:
                check.frontier.append(leaf)

    rate = _rate(log.size, walk)
    state = find_state(session, LOG_ID)
    assert state is not None
    assert check.frontier.root() == state.root
    assert not list(findings)
    return rate


def _whole(session: Session, log: Filled) -> Rate:
    """Do all that `consent verify` does, every record opened."""
    with tempfile.TemporaryDirectory() as folder:
        reports = []
        rate = _rate(
            log.size,
            lambda: reports.append(
                verify_database(session, Evidence(), state_files=StateFiles(Path(folder)))
            ),
        )
    [found] = reports[0].logs
    assert found.opened == log.size
    assert {one.kind for one in found.findings} <= {Kind.UNANCHORED}, list(found.findings)[:3]
    return rate


def _chosen(session: Session, log: Filled) -> list[str]:
    """Return the ids of some records from all over the log."""
    dice = random.Random(7)  # noqa: S311 -- the same ones every time
    indexes = [dice.randrange(log.size) for _ in range(PROOFS)]
    query = select(LogIndexRow.event_id).where(LogIndexRow.log_id == LOG_ID)
    return [session.scalars(query.where(LogIndexRow.leaf_index == one)).one() for one in indexes]


def _proofs(session: Session, log: Filled, *, warm: bool) -> Rate:
    """Look a record up and prove it: each with tiles read anew, or with those read before."""
    ids = _chosen(session, log)
    shared = tile_reader(session, LOG_ID)

    def prove() -> None:
        for event_id in ids:
            leaf = find_leaf(session, event_id)
            assert leaf is not None
            read = shared if warm else tile_reader(session, LOG_ID)
            inclusion_proof(read, log.size, leaf.index)

    if warm:
        prove()
    return _rate(len(ids), prove)


def _checking(session: Session, log: Filled) -> tuple[Rate, int]:
    """Check proofs as a visitor does; return also how many hashes one has."""
    read = tile_reader(session, LOG_ID)
    state = find_state(session, LOG_ID)
    assert state is not None
    index = log.size // 3
    bundle = decode_entries(read(-1, index // TILE_WIDTH))
    leaf = leaf_hash(bundle[index % TILE_WIDTH])
    path = inclusion_proof(read, log.size, index)

    def check() -> None:
        for _ in range(PROOFS):
            verify_inclusion(leaf, index, log.size, path, state.root)

    return _rate(PROOFS, check), len(path)


def _chain(session: Session, log: Filled) -> tuple[Rate, Rate]:
    """Return how fast all links are checked, and those that prove an entry in the middle."""
    chain.make_chain(session)
    for batch in _entries(session, log):
        chain.append(session, batch)
    checked = _rate(log.size, lambda: chain.verify(session))
    return checked, _rate(1, lambda: chain.verify(session, log.size // 2))


def _chaining(session: Session, log: Filled) -> tuple[Rate, Rate]:
    """Add links in batches as large as those of sealing, and one by one as requests bring them."""
    return (
        _links(session, SEALED, BATCHES[log.engine.dialect.name]),
        _links(session, SINGLE, 1),
    )


def _links(session: Session, count: int, batch: int) -> Rate:
    new = [os.urandom(32) for _ in range(count)]

    def extend() -> None:
        for start in range(0, count, batch):
            chain.append(session, new[start : start + batch])

    return _rate(count, extend)


def _entries(session: Session, log: Filled) -> Iterator[list[bytes]]:
    read = tile_reader(session, LOG_ID)
    batch: list[bytes] = []
    for n in range(-(-log.size // TILE_WIDTH)):
        batch += decode_entries(read(-1, n))
        if len(batch) >= chain.ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
