"""A record as it is read back from its bytes: what every check asks of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from consent.core.canonical import MAX_RECORD_BYTES
from consent.core.ids import is_uuid
from consent.errors import RecordFormatError
from consent.verify.instants import MAX_INSTANT


def _refuse(number: str) -> None:
    raise ValueError(f"{number} is no integer")


# The canonical form of `consent.core.canonical`; what is read from JSON needs no look at its types.
_dumps = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_loads = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `values` has all of its keys."""

    type: str
    id: str
    at: int
    values: dict[str, Any]

    def text(self, key: str) -> str:
        """Return the text under a key; raise RecordFormatError if there is none."""
        value = self.values.get(key)
        if not isinstance(value, str):
            raise RecordFormatError(f"a {self.type} record has a text under {key!r}")
        return value

    def text_or_none(self, key: str) -> str | None:
        return self.text(key) if key in self.values else None

    def ranges(self, key: str) -> list[tuple[int, int]]:
        """Return ranges (first, last) of leaves; raise RecordFormatError unless they ascend."""
        value = self.values.get(key)
        after = -1
        found: list[tuple[int, int]] = []
        for pair in value if isinstance(value, list) else [None]:
            match pair:
                case [int(first), int(last)] if after < first <= last:
                    found.append((first, last))
                    after = last
                case _:
                    raise RecordFormatError(f"{key!r} is a list of ranges that ascend")
        return found


def read_record(payload: bytes) -> Record:
    """Return the record in its bytes; raise RecordFormatError unless they are its one spelling."""
    if len(payload) > MAX_RECORD_BYTES:
        raise RecordFormatError(f"it has {len(payload)} bytes; {MAX_RECORD_BYTES} are allowed")
    try:
        values = _loads(payload.decode())
        again = _dumps(values).encode()
    except (ValueError, RecursionError) as error:
        raise RecordFormatError("it is not JSON, or not in the form of a record") from error
    if not isinstance(values, dict) or again != payload:
        raise RecordFormatError("it is not in the canonical form of a record")
    match values:
        case {"v": 1, "type": str(type_), "id": str(id_), "at": int(at)} if (
            is_uuid(id_) and 0 <= at < MAX_INSTANT and not isinstance(at, bool)
        ):
            return Record(type_, id_, at, values)
    raise RecordFormatError("it does not have what every record has: v, type, id and at")
