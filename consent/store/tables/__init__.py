"""All tables. Evidence is append-only (triggers hold it; an event may go only when the disposal
queue names it), never cascades, and has no foreign keys
that could delete it; its only unique constraint is its id, so that it can be partitioned by it.

Instants are milliseconds since 1970 UTC in BIGINT columns, as in the records.
"""

from __future__ import annotations

from consent.store.tables.log import (
    LogAnchorRow,
    LogCheckpointRow,
    LogIndexRow,
    LogKeyRow,
    LogPendingRow,
    LogRecordRow,
    LogRow,
    LogStateRow,
    LogTileRow,
)
from consent.store.tables.officers import (
    OfficerActionRow,
    OfficerChallengeRow,
    OfficerInvitationRow,
    OfficerLookRow,
    OfficerPasskeyRow,
    OfficerRecoveryCodeRow,
    OfficerRow,
    OfficerSessionRow,
    SignInFailureRow,
)
from consent.store.tables.publications import (
    BuildRow,
    NoticeRow,
    PictureRow,
    PolicyRow,
    PublicationRow,
)
from consent.store.tables.records import (
    ConsentEventRow,
    DisposalQueueRow,
    RefusalTotalRow,
    RestrictionRow,
    SubmissionRow,
)
from consent.store.tables.totals import DisplayTotalRow, EventDayRow, EventTotalRow, PolicyReportRow

__all__ = [
    "EVIDENCE_TABLES",
    "BuildRow",
    "ConsentEventRow",
    "DisplayTotalRow",
    "DisposalQueueRow",
    "EventDayRow",
    "EventTotalRow",
    "LogAnchorRow",
    "LogCheckpointRow",
    "LogIndexRow",
    "LogKeyRow",
    "LogPendingRow",
    "LogRecordRow",
    "LogRow",
    "LogStateRow",
    "LogTileRow",
    "NoticeRow",
    "OfficerActionRow",
    "OfficerChallengeRow",
    "OfficerInvitationRow",
    "OfficerLookRow",
    "OfficerPasskeyRow",
    "OfficerRecoveryCodeRow",
    "OfficerRow",
    "OfficerSessionRow",
    "PictureRow",
    "PolicyReportRow",
    "PolicyRow",
    "PublicationRow",
    "RefusalTotalRow",
    "RestrictionRow",
    "SignInFailureRow",
    "SubmissionRow",
]

EVIDENCE_TABLES = (
    "consent_event",
    "notice",
    "policy",
    "publication",
    "log",
    "officer_action",
    "log_record",
    "build",
    "picture",
)
