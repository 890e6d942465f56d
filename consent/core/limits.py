"""The numbers that law, regulators and browsers set; the configuration and the gate share them."""

from __future__ import annotations

MAX_CATEGORIES = 8

DEFAULT_CHOICE_DAYS = 180
MIN_REFUSAL_DAYS = 180  # no new question for six months after a refusal
MAX_CONSENT_DAYS = 365
MAX_STATISTICS_DEVICE_MONTHS = 13  # without consent; CNIL, deliberation of 4 July 2025
MAX_STATISTICS_DATA_MONTHS = 25
MAX_DEVICE_DAYS = 400  # browsers cut cookies to this (RFC 6265bis)

DEFAULT_PROOF_MONTHS = 24
PROOF_MONTHS_WITHOUT_REASON = 24
MAX_PROOF_MONTHS = 60  # the five years within which a fine can follow

UNSENT_DAYS = 30  # how long the browser keeps a choice it could not send
ACTION_RECORD_MONTHS = 60  # what officers did: as long as the longest proof, and its fines
REFUSAL_RECORD_DAYS = 180
SUBMISSION_DAYS = 30
MAX_BACKUP_DAYS = 3650
MAX_APPROVALS = 2  # people who approve a publication, beside whoever proposes it

DAYS_PER_UNIT = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "months": 30, "years": 365}


def days_of(amount: int, unit: str) -> float:
    """Return a lifetime in days; 0 for those that have no fixed end."""
    return amount * DAYS_PER_UNIT.get(unit, 0)
