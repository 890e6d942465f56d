"""Receipts that visitors kept: whether what each promises was done in time."""

from __future__ import annotations

from collections.abc import Sequence

from consent.audit.receipts import Receipt
from consent.errors import RecordFormatError
from consent.verify.findings import Findings, Kind
from consent.verify.instants import instant
from consent.verify.ruler import SLACK_MS
from consent.verify.trust import Trust


class ReceiptsCheck:
    """Waits for the entries of some receipts while the entries of the log pass."""

    def __init__(self, notes: Sequence[str], trust: Trust, findings: Findings) -> None:
        self._findings = findings
        self._wanted: dict[bytes, Receipt] = {}
        self.notes: list[str] = []
        for note in notes:
            try:
                receipt = trust.open_receipt(note)
            except RecordFormatError as error:
                findings.add(Kind.BAD_SIGNATURE, f"a receipt: {error}")
                continue
            self._wanted[receipt.entry] = receipt

    def take(self, leaf: int, entry: bytes, covered_at: int | None) -> None:
        receipt = self._wanted.pop(entry, None) if self._wanted else None
        if receipt is None:
            return
        late = covered_at is not None and covered_at > receipt.merge_by * 1000 + SLACK_MS
        how = f", later than promised ({instant(receipt.merge_by * 1000)})" if late else ""
        self.notes.append(f"The receipt of record {receipt.record_id} is kept: leaf {leaf}{how}.")

    def finish(self, signed_at: int | None) -> None:
        """Look at the receipts whose entries did not come before the newest head."""
        for receipt in self._wanted.values():
            merge_by = receipt.merge_by * 1000
            if signed_at is None or signed_at <= merge_by:
                self.notes.append(
                    f"The receipt of record {receipt.record_id} is due at {instant(merge_by)}, "
                    "which this log does not reach yet."
                )
                continue
            self._findings.add(
                Kind.MISSING,
                f"record {receipt.record_id}: a receipt signed for it promises it in the log by "
                f"{instant(merge_by)}, but the log of {instant(signed_at)} does not have it",
                record=receipt.record_id,
            )
