"""How the process around the sites is set up, as it may be shown: no secret, no path."""

from __future__ import annotations

from dataclasses import dataclass

from consent.core.suppression import DEFAULT_MINIMUM


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the environment says. `authorities` are hosts, `witnesses` and `quorum` names.

    `report_people` has, for each person who is mailed the regular report, of which site; None for
    all. `report_server` and `report_program` are hosts.
    """

    database: str = "sqlite"
    sealing: str = "background"
    audit_receipt: str = "promise"
    log_tiles: str = "officers"
    authorities: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    quorum: str = "none"
    console_origin: str | None = None
    provider: str | None = None
    trusted_proxies: int = 0
    writes_per_minute: int = 60
    report_minimum: int = DEFAULT_MINIMUM
    has_metrics: bool = False
    report_people: tuple[str | None, ...] = ()
    report_server: str | None = None
    report_program: str | None = None
