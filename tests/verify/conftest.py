"""A log of a year, that tests go on with or tamper with."""

from __future__ import annotations

from functools import cache

import pytest

from tests.verify.make_log import (
    ALICE,
    BOB,
    LogFolder,
)


@pytest.fixture
def log() -> LogFolder:
    """The log of a year, the test's own."""
    return log_of_a_year().copy()


@cache
def log_of_a_year() -> LogFolder:
    """A log of a year: a publication, refusals, Alice's and Bob's grants, an erasure, disposals."""
    log = LogFolder()
    log.announce()
    log.publish()
    for _ in range(6):
        log.consent()
    alice = log.consent(ALICE)
    log.consent(BOB)
    log.publish()
    log.pass_days(3)
    log.consent(ALICE, prev=log.id_of(alice))
    for _ in range(300):
        log.consent()
    log.publish()
    log.pass_days(180)
    log.dispose("retention_refusal", 1, 2, 3)
    log.dispose("erasure", 8)
    log.consent()
    log.publish()
    return log
