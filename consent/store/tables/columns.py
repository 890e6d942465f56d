"""Types of columns that several tables have."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer

Millis = BigInteger  # since 1970 UTC, as in the records
Sequence = BigInteger().with_variant(Integer, "sqlite")
