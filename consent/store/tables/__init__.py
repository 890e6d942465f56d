"""All tables. Evidence is append-only (triggers hold it; an event may go only when the disposal
queue names it, an action when its own queue does), never cascades, and has no foreign keys
that could delete it; its only unique constraint is its id, so that it can be partitioned by it.

Instants are milliseconds since 1970 UTC in BIGINT columns, as in the records.
"""

from __future__ import annotations

from consent.store.tables.actions import ActionQueueRow, SealedActionRow
from consent.store.tables.checks import CheckRunRow
from consent.store.tables.exports import ExportJobRow
from consent.store.tables.log import (
    ActionCountRow,
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
from consent.store.tables.proposals import ProposalAnswerRow, ProposalRow, PublicationActRow
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
from consent.store.tables.reports import ReportDeliveryRow
from consent.store.tables.totals import (
    DisplayTotalRow,
    EventDayRow,
    EventTotalRow,
    LateTotalRow,
    PolicyReportRow,
)

__all__ = [
    "EVIDENCE_TABLES",
    "ActionCountRow",
    "ActionQueueRow",
    "BuildRow",
    "CheckRunRow",
    "ConsentEventRow",
    "DisplayTotalRow",
    "DisposalQueueRow",
    "EventDayRow",
    "EventTotalRow",
    "ExportJobRow",
    "LateTotalRow",
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
    "ProposalAnswerRow",
    "ProposalRow",
    "PublicationActRow",
    "PublicationRow",
    "RefusalTotalRow",
    "ReportDeliveryRow",
    "RestrictionRow",
    "SealedActionRow",
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
    "sealed_action",
    "log_record",
    "build",
    "picture",
)
